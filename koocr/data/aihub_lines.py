"""AI Hub's handwriting OCR set (대용량 손글씨 OCR 데이터), read straight from its ZIPs.

The set is downloaded by hand after signing its terms: ZIPs of pictures and ZIPs of label files, hundreds of
gigabytes, so nothing is unpacked. A label file is JSON with `bbox: [{data, x: [4], y: [4]}]`; each box
becomes a line. Its picture is the file of the same base name, in whichever of the ZIPs.
"""

from __future__ import annotations

import json
import math
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from koocr.charset import normalise
from koocr.data.line_sets import LabelledLine, OnProblem, is_hangul_only
from koocr.data.zip_members import ZipMember, ZipReader, members_of
from koocr.errors import DataError, InputError
from koocr.image import GreyImage, load_image

__all__ = ["AIHubLines", "Box"]

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
_MAX_LABELS_BYTES = 64 << 20
_MAX_PICTURE_BYTES = 512 << 20
_CORNERS = 4


@dataclass(frozen=True)
class Box:
    """One text of a picture.

    Attributes:
        text: normalised.
        left, top, right, bottom: pixels of the picture, half-open.
    """

    text: str
    left: int
    top: int
    right: int
    bottom: int


class AIHubLines:
    """The lines of the set, in the order of the ZIPs' paths and of the label files' names in them.

    Only the ZIPs' directories are kept in memory. A box's picture is the upright rectangle around it.
    """

    def __init__(
        self, paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], *, hangul_only: bool = False
    ) -> None:
        """Lists what the ZIPs hold.

        Args:
            paths: ZIPs, or folders in which all ZIPs are taken, also those in folders below.
            hangul_only: leave out every line that has anything but syllables, jamo and spaces.

        Raises:
            DataError: there is no ZIP, one is damaged, or none holds a label file.
        """
        self._hangul_only = hangul_only
        archives = _zips_of([paths] if isinstance(paths, (str, os.PathLike)) else list(paths))
        members = [member for archive in archives for member in members_of(archive)]
        self._labels = [member for member in members if member.name.suffix.lower() == ".json"]
        self._pictures: dict[str, list[ZipMember]] = defaultdict(list)
        for member in members:
            if member.name.suffix.lower() in _PICTURES:
                self._pictures[member.name.stem].append(member)
        if not self._labels:
            names = ", ".join(archive.name for archive in archives)
            raise DataError(f"none of the ZIPs ({names}) holds a label file (JSON); add the ZIPs of labels")

    @property
    def num_label_files(self) -> int:
        """The number of label files, which is about that of pictures; each has several lines."""
        return len(self._labels)

    def texts(self, *, on_problem: OnProblem | None = None) -> Iterator[str]:
        """The texts alone, for a vocabulary: no picture is opened.

        Raises:
            DataError: a label file is damaged and there is no `on_problem`, which is told of it.
        """
        for _, boxes in self._label_files(on_problem):
            yield from (box.text for box in boxes)

    def lines(self, *, on_problem: OnProblem | None = None) -> Iterator[LabelledLine]:
        """The lines with their pictures, one label file after the other.

        Args:
            on_problem: is told of a label file, a picture or a box that can't be used, which is then left
                out.

        Raises:
            DataError: there is such a one and no `on_problem`.
        """
        with ZipReader() as zips:
            for label, boxes in self._label_files(on_problem):
                if not boxes:
                    continue
                try:
                    picture = self._picture_of(label)
                    image = _load(zips.read(picture, max_bytes=_MAX_PICTURE_BYTES), picture)
                except DataError as error:
                    _tell(error, on_problem)
                    continue
                yield from _cut(image, boxes, picture, label, on_problem)

    def _label_files(self, on_problem: OnProblem | None) -> Iterator[tuple[ZipMember, list[Box]]]:
        with ZipReader() as zips:
            for label in self._labels:
                try:
                    records = _records(zips.read(label, max_bytes=_MAX_LABELS_BYTES), label)
                except DataError as error:
                    _tell(error, on_problem)
                    continue
                yield label, list(self._boxes(records, label, on_problem))

    def _boxes(self, records: list[Any], label: ZipMember, on_problem: OnProblem | None) -> Iterator[Box]:
        for number, record in enumerate(records):
            try:
                box = _box(record)
            except (KeyError, TypeError, ValueError) as error:
                reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
                message = f"box {number} of the label file can't be used ({reason})"
                _tell(DataError(message, file=label.place), on_problem)
                continue
            if box.text and (not self._hangul_only or is_hangul_only(box.text)):
                yield box

    def _picture_of(self, label: ZipMember) -> ZipMember:
        """The picture of the same base name; of several, the one whose folders are the most alike."""
        found = self._pictures.get(label.name.stem, [])
        if not found:
            raise DataError(f"no ZIP holds a picture named {label.name.stem}", file=label.place)
        alike = [len(_folders(label) & _folders(picture)) for picture in found]
        best = [picture for picture, count in zip(found, alike, strict=True) if count == max(alike)]
        if len(best) > 1:
            raise DataError(
                f"{best[0].place} and {best[1].place} could both be its picture", file=label.place
            )
        return best[0]


def _folders(member: ZipMember) -> frozenset[str]:
    """The folders above a file, in its ZIP and above that, such as Training or Validation."""
    return frozenset((*member.archive.parent.parts, *member.name.parts[:-1]))


def _tell(error: DataError, on_problem: OnProblem | None) -> None:
    if on_problem is None:
        raise error
    on_problem(error)


def _zips_of(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        inside = [file for file in path.rglob("*") if file.suffix.lower() == ".zip"] if path.is_dir() else []
        if path.is_dir() and not inside:
            raise DataError("no ZIP is in this folder; AI Hub's parts have to be joined first", file=path)
        found += inside or [path]
    return sorted(set(found))


def _load(data: bytes, picture: ZipMember) -> GreyImage:
    try:
        return load_image(data)
    except InputError as error:
        raise DataError(str(error), file=picture.place) from error


def _records(data: bytes, label: ZipMember) -> list[Any]:
    try:
        records = json.loads(data.decode("utf-8-sig"))["bbox"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise DataError(f"the label file is damaged ({reason})", file=label.place) from error
    if not isinstance(records, list):
        raise DataError("the label file's bbox is not a list", file=label.place)
    return records


def _box(record: Any) -> Box:
    """The rectangle around a box's four corners, in whatever order they stand.

    Raises:
        KeyError: the record lacks a field.
        TypeError, ValueError: a field is not what it should be.
    """
    text, sides = record["data"], []
    if not isinstance(text, str):
        raise ValueError(f"data is {text!r}, no text")
    for axis in ("x", "y"):
        places = [float(place) for place in record[axis]]
        if len(places) != _CORNERS or not all(map(math.isfinite, places)):
            raise ValueError(f"{axis} is {record[axis]}; it must be four numbers")
        sides.append((math.floor(min(places)), math.ceil(max(places))))
    (left, right), (top, bottom) = sides
    return Box(normalise(text), left, top, right, bottom)


def _cut(
    image: GreyImage, boxes: list[Box], picture: ZipMember, label: ZipMember, on_problem: OnProblem | None
) -> Iterator[LabelledLine]:
    height, width = image.shape
    for number, box in enumerate(boxes):
        left, right = (min(max(side, 0), width) for side in (box.left, box.right))
        top, bottom = (min(max(side, 0), height) for side in (box.top, box.bottom))
        if left >= right or top >= bottom:
            sides = (box.left, box.top, box.right, box.bottom)
            message = f"the box {sides} of {box.text!r} holds no pixel of its {width} x {height} picture"
            _tell(DataError(message, file=label.place), on_problem)
            continue
        yield LabelledLine(image[top:bottom, left:right].copy(), box.text, f"{picture.place}#{number}")
