"""Writes drawn pages to a folder: pictures, and labels in the way that sets of real pages have them."""

from __future__ import annotations

from pathlib import Path

import cv2

from koocr.data.files import atomic_file
from koocr.data.synthesis.pages.stream import DrawnPage, PageStream, PageUnit

__all__ = ["write_pages"]

_IGNORED = "###"


def write_pages(folder: str | Path, stream: PageStream, count: int, *, first: int = 0) -> None:
    """Writes pages as `images/000000.png` and `labels/000000.txt`.

    A label has a line for each text, in the order of reading: `x1,y1,x2,y2,x3,y3,x4,y4,transcription`, the
    corners as of `PageUnit.quad`, and ### for what is to be ignored.

    Args:
        folder: is made where it is missing.
        stream: draws.
        count: how many.
        first: number of the first page.

    Raises:
        OSError: the folder can't be written.
    """
    images, labels = Path(folder) / "images", Path(folder) / "labels"
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    for index in range(first, first + count):
        page = stream.page(index)
        with atomic_file(images / f"{index:06}.png") as file:
            file.write(cv2.imencode(".png", page.image)[1].tobytes())
        with atomic_file(labels / f"{index:06}.txt") as file:
            file.write(_label(page).encode("utf-8"))


def _label(page: DrawnPage) -> str:
    return "".join(f"{_row(unit)}\n" for unit in page.units)


def _row(unit: PageUnit) -> str:
    corners = ",".join(f"{value:.1f}" for value in unit.quad.ravel().tolist())
    return f"{corners},{_IGNORED if unit.is_ignored else unit.text}"
