"""AI Hub's Korean character set (한국어 글자체 이미지) as patches.

The set is downloaded by hand after signing its terms, and laid out so: `handwritten_label.json` and
`printed_label.json` beside the folders `1_syllable/`, `2_syllable/` (handwritten) and `syllable/` (printed).
A label file holds `annotations: [{image_id, text, attributes: {type}}]`; only single characters, of type
글자(음절), are taken.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from koocr.data.crawl.faces import CrawlSettings, split_of
from koocr.data.files import atomic_file
from koocr.data.patches import PatchKind, check_label, write_patch
from koocr.errors import DataError, InputError
from koocr.image import load_image

UInt8Array = npt.NDArray[np.uint8]

CHARACTER = "글자(음절)"
PROBLEMS = "aihub_problems.csv"
_FOLDERS = {
    PatchKind.HANDWRITTEN: ("1_syllable", "2_syllable"),
    PatchKind.PRINTED: ("syllable",),
}
_TELL_EVERY = 1000


@dataclass(frozen=True)
class Problem:
    """One record that could not be used: its label file, its number there (from 0), its image, and why."""

    file: str
    record: int
    image_id: str
    problem: str


@dataclass
class AIHubResult:
    """What became of the set.

    Attributes:
        num_images: (kind, split) → pictures written.
        num_other: records of other types (words, sentences), passed over.
        problems: records that could not be used.
    """

    num_images: dict[tuple[PatchKind, str], int] = field(default_factory=dict)
    num_other: int = 0
    problems: list[Problem] = field(default_factory=list)


def convert_aihub(
    root: str | os.PathLike[str],
    folders: dict[str, Path],
    *,
    settings: CrawlSettings,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> AIHubResult:
    """Turns the set into patches `handwritten_<n>` and `printed_<n>`; one bad record doesn't stop the others.

    Printed characters are split by whole typefaces where the label file names them (`attributes: {font}`),
    all others one by one. Pictures are fitted into a square, undistorted, on the colour of their own edge.

    Args:
        root: where the label files and image folders lie.
        folders: `train` and `val` → where the patches go; `aihub_problems.csv` is written to the first.
        settings: picture size, patch size, split.
        tell: called now and then with records done and records in all.

    Raises:
        DataError: neither label file is there, or one is damaged.
    """
    base, result = Path(root), AIHubResult()
    labels = {kind: base / f"{kind.value}_label.json" for kind in _FOLDERS}
    present = {kind: file for kind, file in labels.items() if file.exists()}
    if not present:
        raise DataError(f"neither {' nor '.join(file.name for file in labels.values())} is here", file=base)
    for kind, file in present.items():
        writers = {split: _Writer(kind, split, folder, settings) for split, folder in folders.items()}
        for split, image, label in _records(kind, file, settings, result, tell):
            writers[split].add(image, label)
        for split, writer in writers.items():
            writer.flush()
            result.num_images[kind, split] = writer.num_images
    _write_problems(next(iter(folders.values())) / PROBLEMS, result.problems)
    return result


def fit_square(image: UInt8Array, size: int) -> UInt8Array:
    """Fits a picture into a square, undistorted and centred, on the colour of its own edge.

    Args:
        image: uint8 (H, W).
        size: side of the result.
    """
    height, width = image.shape
    scale = size / max(height, width)
    new = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, new, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    square = np.full((size, size), int(np.median(edge)), np.uint8)
    top, left = (size - new[1]) // 2, (size - new[0]) // 2
    square[top : top + new[1], left : left + new[0]] = small
    return square


class _Writer:
    """Gathers pictures and writes a patch whenever there are enough."""

    def __init__(self, kind: PatchKind, split: str, folder: Path, settings: CrawlSettings) -> None:
        self._kind, self._folder, self._settings = kind, folder, settings
        self._images: list[UInt8Array] = []
        self._labels: list[str] = []
        self._num_patches = 0
        self.num_images = 0

    def add(self, image: UInt8Array, label: str) -> None:
        self._images.append(image)
        self._labels.append(label)
        self.num_images += 1
        if len(self._images) == self._settings.pickle_size:
            self.flush()

    def flush(self) -> None:
        if self._images:
            name = f"{self._kind.value}_{self._num_patches}{self._settings.suffix}"
            write_patch(self._folder / name, np.stack(self._images), self._labels)
            self._num_patches += 1
            self._images, self._labels = [], []


def _records(
    kind: PatchKind,
    file: Path,
    settings: CrawlSettings,
    result: AIHubResult,
    tell: Callable[[int, int], None],
) -> Iterator[tuple[str, UInt8Array, str]]:
    annotations = _annotations(file)
    for number, record in enumerate(annotations):
        if number % _TELL_EVERY == 0:
            tell(number, len(annotations))
        try:
            attributes = record["attributes"]
            if attributes["type"] != CHARACTER:
                result.num_other += 1
                continue
            label = check_label(str(record["text"]).strip())
            image = fit_square(
                _picture(file.parent, kind, str(record["image_id"])), settings.placement.image_size
            )
        except (KeyError, TypeError, ValueError, InputError) as error:
            result.problems.append(Problem(file.name, number, _image_id(record), _reason(error)))
            continue
        group = str(attributes.get("font") or record["image_id"])
        yield split_of(group, val_ratio=settings.val_ratio, seed=settings.seed), image, label
    tell(len(annotations), len(annotations))


def _annotations(file: Path) -> list[Any]:
    try:
        annotations = json.loads(file.read_text(encoding="utf-8-sig"))["annotations"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"the label file is damaged ({type(error).__name__}: {error})", file=file) from error
    if not isinstance(annotations, list):
        raise DataError("the label file's annotations are not a list", file=file)
    return annotations


def _picture(root: Path, kind: PatchKind, image_id: str) -> UInt8Array:
    if not image_id or Path(image_id).name != image_id:
        raise ValueError(f"the image_id {image_id!r} is no file name")
    paths = [root / folder / f"{image_id}.png" for folder in _FOLDERS[kind]]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise ValueError(f"there is no {image_id}.png in {' or '.join(_FOLDERS[kind])}")
    return load_image(path)


def _image_id(record: object) -> str:
    return str(record.get("image_id", "")) if isinstance(record, dict) else ""


def _reason(error: Exception) -> str:
    return f"the record has no {error}" if isinstance(error, KeyError) else str(error)


def _write_problems(path: Path, problems: list[Problem]) -> None:
    if not problems:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "record", "image_id", "problem"))
    writer.writerows((row.file, row.record, row.image_id, row.problem) for row in problems)
    with atomic_file(path) as stream:
        stream.write(text.getvalue().encode("utf-8"))
