"""Cutting scanned sheets of handwriting into characters.

Two forms are known. A *ruled* sheet (HangulRecog) is a scan of 9 × 14 ruled cells; the writer fills them row
by row with the syllables of KS X 1001 in their order, 126 to a sheet. A *headed* page (the form of 399
syllables) is cropped to its table of 12 × 12 cells, each with its printed syllable in a strip above the
handwritten one; its syllables are number 0, 29, 58, … of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from koocr.data.crawl.coverage import is_common
from koocr.errors import DataError
from koocr.hangul import NUM_FINALS, NUM_SYLLABLES, syllable

UInt8Array = npt.NDArray[np.uint8]

RULED_COLUMNS, RULED_ROWS = 9, 14
HEADED_COLUMNS = HEADED_ROWS = 12
_HEADER = 16.5 / 58.5  # of a headed cell's height: the strip with the printed syllable
_HEADED_INSET = 0.06  # of the cell, at each side: its border
_RULED_INSET = 0.03
_MAX_SKEW_DEGREES = 2.0
_LINE_SHARE = 0.4  # of a line's length that must be dark for it to be seen
_MIN_CONTRAST = 40
_MIN_INK_SHARE = 0.002  # of a cell; below it, nobody has written


def ruled_labels() -> list[str]:
    """The characters of ruled sheets: the 2,350 syllables of KS X 1001, in order."""
    return [char for char in map(syllable, range(NUM_SYLLABLES)) if is_common(char)]


def headed_labels() -> list[str]:
    """The characters of headed pages: 399 syllables, each with another final than the one before."""
    return [syllable(NUM_FINALS * i + i % NUM_FINALS) for i in range(NUM_SYLLABLES // NUM_FINALS)]


def cut_ruled(page: UInt8Array, *, columns: int = RULED_COLUMNS, rows: int = RULED_ROWS) -> list[UInt8Array]:
    """Cuts a scanned sheet along its ruled lines.

    The sheet may lie a little askew; the grid is found by its regularity, so that missing or broken lines,
    and other lines on the sheet, do no harm.

    Args:
        page: uint8 (H, W), dark on light.
        columns: cells across.
        rows: cells down.

    Returns:
        One picture a cell, row by row, without the lines.

    Raises:
        DataError: there is no such grid on the page.
    """
    page = _upright(page)
    dark = _dark(page)
    xs = _grid(_line_profile(dark, axis=0), columns)
    ys = _grid(_line_profile(dark, axis=1), rows)
    return [_inside(page, box, _RULED_INSET) for box in _boxes(xs, ys)]


def cut_headed(
    page: UInt8Array, *, columns: int = HEADED_COLUMNS, rows: int = HEADED_ROWS
) -> list[UInt8Array]:
    """Cuts a page that is cropped to its table into equal cells, and leaves their headers out.

    Args:
        page: uint8 (H, W), dark on light.
        columns: cells across.
        rows: cells down.

    Returns:
        One picture a cell, row by row.
    """
    height, width = page.shape
    xs = np.linspace(0, width, columns + 1)
    ys = np.linspace(0, height, rows + 1)
    header = height / rows * _HEADER
    return [_inside(page, (x0, y0 + header, x1, y1), _HEADED_INSET) for x0, y0, x1, y1 in _boxes(xs, ys)]


def is_written(cell: UInt8Array) -> bool:
    """Whether there is any ink in a cell."""
    ground = float(np.median(cell))
    return float((cell < ground - _MIN_CONTRAST).mean()) > _MIN_INK_SHARE


def _boxes(
    xs: Sequence[float] | npt.NDArray[np.float64], ys: Sequence[float] | npt.NDArray[np.float64]
) -> Iterator[tuple[float, float, float, float]]:
    for y0, y1 in pairwise(ys):
        for x0, x1 in pairwise(xs):
            yield float(x0), float(y0), float(x1), float(y1)


def _inside(page: UInt8Array, box: tuple[float, float, float, float], inset: float) -> UInt8Array:
    x0, y0, x1, y1 = box
    dx, dy = (x1 - x0) * inset, (y1 - y0) * inset
    return page[round(y0 + dy) : round(y1 - dy), round(x0 + dx) : round(x1 - dx)].copy()


def _dark(page: UInt8Array) -> UInt8Array:
    """Marks what is darker than its surroundings, (H, W) 0 or 255."""
    ground = cv2.medianBlur(cv2.resize(page, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA), 21)
    ground = cv2.resize(ground, page.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return ((ground.astype(np.int16) - page) > _MIN_CONTRAST).astype(np.uint8) * 255


def _upright(page: UInt8Array) -> UInt8Array:
    """Turns a page so that its ruled lines lie level: the angle at which the row sums are most uneven."""
    scale = 800 / max(page.shape)
    dark = _dark(page)
    small = np.asarray(cv2.resize(dark, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)

    def unevenness(angle: float) -> float:
        return float(np.square(np.diff(_turn(small, angle, 0).sum(axis=1, dtype=np.float64))).sum())

    coarse = max(np.arange(-_MAX_SKEW_DEGREES, _MAX_SKEW_DEGREES + 0.01, 0.2), key=unevenness)
    best = float(max(np.arange(coarse - 0.2, coarse + 0.21, 0.05), key=unevenness))
    return page if abs(best) < 0.03 else _turn(page, best, 255)


def _turn(page: UInt8Array, degrees: float, border: int) -> UInt8Array:
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(border,))
    return np.asarray(turned, np.uint8)


def _line_profile(dark: UInt8Array, *, axis: int) -> npt.NDArray[np.float64]:
    """How much of each column (axis 0) or row (axis 1) is part of a long line along it, 0 to 1."""
    length = max(8, dark.shape[axis] // 40)
    kernel = np.ones((length, 1) if axis == 0 else (1, length), np.uint8)
    wide = cv2.dilate(dark, np.ones((1, 3) if axis == 0 else (3, 1), np.uint8))
    lines = cv2.morphologyEx(wide, cv2.MORPH_OPEN, kernel)
    return np.asarray((np.asarray(lines) > 0).mean(axis=axis), np.float64)


def _grid(profile: npt.NDArray[np.float64], cells: int) -> npt.NDArray[np.float64]:
    """Places cells + 1 lines at equal distance where the profile is highest, then each at its own peak."""
    size = len(profile)
    reach = max(1, size // (cells * 40))
    near = cv2.dilate(profile.astype(np.float32)[None], np.ones((1, 2 * reach + 1), np.uint8))[0]
    best, place = 0.0, (0.0, 0.0)
    for pitch in np.arange(size / (cells * 1.7), (size - 1) / cells, 0.5):
        steps = np.round(np.arange(cells + 1) * pitch).astype(int)
        starts = np.arange(0, size - steps[-1])
        scores = near[starts[:, None] + steps].sum(axis=1)  # (starts,)
        if scores.max() > best:
            best, place = float(scores.max()), (float(starts[scores.argmax()]), float(pitch))
    if best < _LINE_SHARE * (cells + 1):
        raise DataError(f"the sheet has no grid of {cells} cells in a row or column")
    return np.array([_peak(profile, place[0] + i * place[1], 2 * reach) for i in range(cells + 1)])


def _peak(profile: npt.NDArray[np.float64], position: float, reach: int) -> float:
    """The middle of the line nearest to a position, or the position where no line is seen."""
    start = max(0, round(position) - reach)
    window = profile[start : round(position) + reach + 1]
    if not len(window) or window.max() < _LINE_SHARE:
        return position
    return start + float(np.flatnonzero(window >= 0.8 * window.max()).mean())
