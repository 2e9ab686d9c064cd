"""Labelled pages in a folder: `images/` beside `labels/*.txt`, one text unit a line.

A line is `x1,y1,x2,y2,x3,y3,x4,y4,transcription`: the corners in pixels in the order of reading, clockwise
from the top left, and the text, in which commas may stand; `###` is text that is neither right nor wrong to
find (the format of ICDAR 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koocr.errors import DataError, InputError
from koocr.hangul import nfc
from koocr.image import GreyImage, load_image
from koocr.polygon import Quads, area, order_corners

__all__ = ["IGNORED", "FolderPage", "FolderUnit", "PageFolder", "read_labels"]

IGNORED = "###"
_NUM_COORDINATES = 8
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".avif"})


@dataclass(frozen=True)
class FolderUnit:
    """One line of a label file.

    Attributes:
        quad: (4, 2) float32.
        text: NFC; `###` where it is ignored.
    """

    quad: Quads
    text: str

    @property
    def is_ignored(self) -> bool:
        """Whether it is neither right nor wrong to find it."""
        return self.text == IGNORED


@dataclass(frozen=True)
class FolderPage:
    """A page and what stands on it.

    Attributes:
        image: (H, W) grey.
        units: in the order of the file.
        name: of its picture.
    """

    image: GreyImage
    units: tuple[FolderUnit, ...]
    name: str = ""


class PageFolder:
    """All pages of a folder, by the names of their pictures; labels are read at once, pictures when needed.

    Args:
        folder: with `images` and `labels`; a label file has the name of its picture, or `gt_` before it.

    Raises:
        DataError: a folder is missing, holds no picture, or a picture has no labels; or see `read_labels`.
    """

    def __init__(self, folder: Path) -> None:
        self._images = _pictures(folder / "images")
        self._units = [read_labels(_label_file(folder / "labels", path)) for path in self._images]

    def __len__(self) -> int:
        return len(self._images)

    def page(self, number: int) -> FolderPage:
        """Page `number`, from 0.

        Raises:
            DataError: its picture can't be read.
        """
        path = self._images[number]
        try:
            return FolderPage(load_image(path), self._units[number], path.name)
        except InputError as error:
            raise DataError(f"{error}", file=path) from error


def read_labels(path: Path) -> tuple[FolderUnit, ...]:
    """The text units of a label file, empty lines left out.

    Raises:
        DataError: it is no UTF-8, or a line has no eight numbers, or its corners enclose nothing.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"it can't be read ({error}); save it as UTF-8", file=path) from error
    return tuple(_unit(line, path, number) for number, line in enumerate(lines, start=1) if line.strip())


def _unit(line: str, path: Path, number: int) -> FolderUnit:
    fields = line.split(",", _NUM_COORDINATES)
    try:
        values = np.array([float(field) for field in fields[:_NUM_COORDINATES]], np.float32)
        quad = values.reshape(4, 2)
    except ValueError:
        raise DataError(
            f"it begins with {line[:40]!r}; give x1,y1,x2,y2,x3,y3,x4,y4,transcription",
            file=path,
            line=number,
        ) from None
    if not np.isfinite(quad).all() or area(order_corners(quad)) <= 0:
        raise DataError(f"the corners {fields[:8]} enclose nothing; correct them", file=path, line=number)
    text = nfc(fields[_NUM_COORDINATES].strip()) if len(fields) > _NUM_COORDINATES else ""
    return FolderUnit(quad if _is_clockwise(quad) else order_corners(quad), text)


def _is_clockwise(quad: Quads) -> bool:
    """Whether the corners turn right, as seen on the screen, everywhere."""
    sides = np.roll(quad, -1, axis=0) - quad
    after = np.roll(sides, -1, axis=0)
    return bool((sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0] >= 0).all())


def _pictures(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    except OSError as error:
        raise DataError(f"it can't be read ({error.strerror}); pictures belong there", file=folder) from error
    if not found:
        raise DataError("it holds no picture; put some there", file=folder)
    return found


def _label_file(folder: Path, picture: Path) -> Path:
    paths = [folder / f"{prefix}{picture.stem}.txt" for prefix in ("", "gt_")]
    for path in paths:
        if path.exists():
            return path
    raise DataError(
        f"there are no labels {paths[0].name}; write them, an empty file for a page without text",
        file=picture,
    )
