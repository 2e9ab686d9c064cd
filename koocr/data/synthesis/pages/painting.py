"""Paints a sheet: grey levels, and the place of each text by the ink that is really there."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.pages.sheet import Area, Line, Mark, Picture, Run, Sheet

__all__ = ["paint"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_BAND = (-0.62, -0.10)  # ems from the baseline that a quad spans at least: a dash is as high as a letter
_SUBPIXEL_BITS = 4  # of the coordinates of lines


def paint(sheet: Sheet) -> tuple[UInt8Array, FloatArray, list[Run]]:
    """Paints all that lies on a page.

    Returns:
        (H, W) uint8; (N, 4, 2) the quads of the texts that have ink on the page, pixel edges: a pixel in
        column 3 lies between x = 3 and x = 4; and these texts, in the order of reading.
    """
    image = np.full((sheet.height, sheet.width), round(sheet.ground), np.uint8)
    for mark in sheet.marks:
        _mark(image, mark)
    quads, runs = [], []
    for run in sheet.runs:
        box = _run(image, run)
        if box is not None:
            quads.append(_quad(box))
            runs.append(run)
    for mark in sheet.stamps:
        _mark(image, mark)
    return image, np.array(quads, np.float32).reshape(-1, 4, 2), runs


def _run(image: UInt8Array, run: Run) -> tuple[float, float, float, float] | None:
    """Paints a text and says where it is: left, top, right, bottom."""
    drawn = run.type.draw(run.text, space_px=run.space_px)
    if drawn is None:
        return None
    left, baseline = round(run.x) + drawn.left, round(run.baseline)
    top = baseline + drawn.top
    height, width = drawn.ink.shape
    if run.halo is not None:
        _rim(image, run, drawn.ink, left, top)
    if not blend(image, np.float32(run.tone), drawn.ink, left, top):
        return None
    size = run.type.size_px
    low, high = baseline + _BAND[0] * size, baseline + _BAND[1] * size
    return left, min(top, low), left + width, max(top + height, high)


def _rim(image: UInt8Array, run: Run, ink: UInt8Array, left: int, top: int) -> None:
    """What parts letters from a picture behind them."""
    wide = max(1, round(run.type.size_px / 18))
    around = cv2.dilate(np.pad(ink, wide), np.ones((2 * wide + 1, 2 * wide + 1), np.uint8))
    blend(image, np.float32(run.halo), np.asarray(around, np.uint8), left - wide, top - wide)


def blend(image: UInt8Array, tones: FloatArray | np.float32, cover: UInt8Array, left: int, top: int) -> bool:
    """Lays tones over a picture; False where none of it falls on the picture.

    Args:
        image: (H, W), changed.
        tones: one, or (h, w).
        cover: (h, w), 255 where only the tones are seen.
        left: column of the first of them.
        top: its row.
    """
    height, width = cover.shape
    y0, y1 = max(0, -top), min(height, image.shape[0] - top)
    x0, x1 = max(0, -left), min(width, image.shape[1] - left)
    if y0 >= y1 or x0 >= x1:
        return False
    view = image[top + y0 : top + y1, left + x0 : left + x1]
    share = cover[y0:y1, x0:x1] * np.float32(1 / 255)
    over = tones[y0:y1, x0:x1] if isinstance(tones, np.ndarray) else tones
    np.copyto(view, np.rint(view + (over - view) * share), casting="unsafe")
    return True


def _quad(box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _mark(image: UInt8Array, mark: Mark) -> None:
    if isinstance(mark, Line):
        _line(image, mark)
    elif isinstance(mark, Area):
        _area(image, mark)
    else:
        _picture(image, mark)


def _picture(image: UInt8Array, picture: Picture) -> None:
    cover = picture.cover
    if cover is None:
        cover = np.full(picture.pixels.shape, 255, np.uint8)
    blend(image, picture.pixels.astype(np.float32), cover, picture.left, picture.top)


def _line(image: UInt8Array, line: Line) -> None:
    points = np.array(line.points, np.float64)
    for start, end in pairwise(points):
        for first, last in _dashes(start, end, line.dash):
            (x0, y0), (x1, y1) = np.rint(np.array((first, last)) * 2**_SUBPIXEL_BITS).astype(int).tolist()
            tone = round(line.tone)
            cv2.line(image, (x0, y0), (x1, y1), tone, line.width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _dashes(
    start: NDArray[np.float64], end: NDArray[np.float64], dash: float
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    length = float(np.hypot(*(end - start)))
    if dash <= 0 or length == 0:
        return [(start, end)]
    step = (end - start) / length
    places = np.arange(0, length, 2 * dash)
    return [(start + step * place, start + step * min(length, place + dash)) for place in places]


def _area(image: UInt8Array, area: Area) -> None:
    outline = _outline(area)
    if area.fill is not None:
        cv2.fillPoly(image, [outline], round(area.fill), cv2.LINE_AA if area.radius else cv2.LINE_8)
    if area.frame is not None:
        cv2.polylines(image, [outline], True, round(area.frame), area.width, cv2.LINE_AA)


def _outline(area: Area) -> NDArray[np.int32]:
    left, top, right, bottom = (round(side) for side in area.rect)
    if not area.radius:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.int32)
    radius = min(area.radius, area.rect.width / 2, area.rect.height / 2)
    turns = np.radians(np.arange(0, 91, 10))
    corners = ((right - radius, bottom - radius, 0), (left + radius, bottom - radius, 90),
               (left + radius, top + radius, 180), (right - radius, top + radius, 270))  # fmt: skip
    points = [
        (x + radius * np.cos(turns + np.radians(angle)), y + radius * np.sin(turns + np.radians(angle)))
        for x, y, angle in corners
    ]
    return np.rint(np.concatenate([np.stack(pair, 1) for pair in points])).astype(np.int32)
