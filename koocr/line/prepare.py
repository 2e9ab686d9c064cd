"""From a picture of one line to the strip that a network reads; for reading and for training alike."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.line.level import fall_of, levelled

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

HEIGHT = 48
"""Of the strip, in pixels: 36 for the text, the rest for what the band of text was judged too small by."""
_TEXT_SHARE = 0.75
_WORK_HEIGHT = 96
"""A taller picture is shrunk first: twice what the network sees."""
_LEAST_TEXT = 0.4
"""A line of hyphens or dots fills little of its height; it is enlarged as if its text filled this much."""
_SIDE_MARGIN = 0.17
"""Ground left and right of the text, in heights of the strip."""
_MIN_CONTRAST = 14
"""Grey levels between ink and ground below which a picture counts as blank."""
_NOISE_SCALE = 2.75
"""Standard deviation of normal noise over the 30th percentile of its distance from a 3×3 mean."""
_INK = 110
_MAX_ASPECT = 200
"""Of the strip; wider ones are squeezed: a line of a thousand characters is none, and takes much memory."""


@dataclass(frozen=True)
class Strip:
    """A prepared line.

    Attributes:
        image: (height, w) uint8, ink 255 on ground 0.
        left: x in the picture of the strip's column 0, in the picture's pixels; may be negative.
        scale: pixels of the picture per pixel of the strip, along the line.
    """

    image: UInt8Array
    left: float
    scale: float


@dataclass(frozen=True)
class Ink:
    """A picture of a line and the ink that was found in it; finding it is most of the work.

    Attributes:
        grey: (H, W) uint8, as given.
        darkness: (h, w) uint8 ink bright on 0, shrunk to working height; None when blank.
        shrink: pixels of it per pixel of the picture.
    """

    grey: UInt8Array
    darkness: UInt8Array | None
    shrink: float

    @classmethod
    def of(cls, grey: UInt8Array) -> Ink:
        """Finds out which tone is ink, and takes uneven light away."""
        work, shrink = _shrink(grey)
        return cls(grey, _darkness(work) if min(work.shape) >= 3 else None, shrink)


def fit_line(picture: UInt8Array | Ink, height: int = HEIGHT) -> Strip | None:
    """Prepares a line for the network.

    Finds out which tone is ink, takes uneven light away, lays the line level, cuts to the band of text and
    scales that to three quarters of the strip's height; nothing is stretched.

    Args:
        picture: (H, W) uint8 picture of one horizontal line, dark on light or light on dark, tight or loose;
            or its ink.
        height: of the strip.

    Returns:
        The strip, or None for a blank picture.
    """
    ink = picture if isinstance(picture, Ink) else Ink.of(picture)
    fall = None if ink.darkness is None else fall_of(ink.darkness)
    if fall is None:
        return _fitted(ink, height)
    turned, back = levelled(ink.grey, fall)
    strip = _fitted(Ink.of(turned), height)
    if strip is None:
        return None
    left = back[0] @ (strip.left, len(turned) / 2, 1)
    return Strip(strip.image, float(left), strip.scale * float(back[0, 0]))


def _fitted(ink: Ink, height: int) -> Strip | None:
    """A strip of the ink of a level line."""
    darkness, shrink = ink.darkness, ink.shrink
    band = None if darkness is None else _text_band(darkness)
    if darkness is None or band is None:
        return None
    top, bottom, left, right = band
    text = max(bottom - top, _LEAST_TEXT * len(darkness))
    scale = _TEXT_SHARE * height / text
    margin = _SIDE_MARGIN * height / scale
    x0, width = left - margin, right - left + 2 * margin
    y0 = (top + bottom) / 2 - height / scale / 2
    columns = max(1, round(width * scale))
    image = _cut(darkness, x0, y0, columns, height, scale)
    kept = min(columns, _MAX_ASPECT * height)
    if kept < columns:
        image = cv2.resize(image, (kept, height), interpolation=cv2.INTER_AREA)
    return Strip(image, x0 / shrink, columns / (kept * scale * shrink))


def text_rows(picture: UInt8Array | Ink) -> slice | None:
    """The rows of a loose picture that hold its line, with room above and below; all columns stay.

    A line that fills little of its picture is a small one with much ground around it, or a large one of
    hyphens and dots: which, only reading tells.

    Args:
        picture: see `fit_line`.

    Returns:
        The rows, or None where the line fills its picture well enough or there is none.
    """
    ink = picture if isinstance(picture, Ink) else Ink.of(picture)
    if ink.darkness is None:
        return None
    band = _text_band(ink.darkness)
    if band is None or band[1] - band[0] >= _LEAST_TEXT * len(ink.darkness):
        return None
    top, bottom = band[0] / ink.shrink, band[1] / ink.shrink
    room = 0.4 * (bottom - top)
    return slice(max(0, round(top - room)), round(bottom + room))


def _shrink(grey: UInt8Array) -> tuple[UInt8Array, float]:
    """At working height, and the factor."""
    height, width = grey.shape
    scale = min(1.0, _WORK_HEIGHT / height, _WORK_HEIGHT * _MAX_ASPECT / width)
    if scale == 1.0:
        return grey, 1.0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA), scale


def _darkness(work: UInt8Array) -> UInt8Array | None:
    """Ink bright on 0, 255 at its darkest, whatever the tones and the light were; None when blank."""
    smooth = cv2.blur(work, (3, 3))
    low, high, _, _ = cv2.minMaxLoc(smooth)
    if high - low < _MIN_CONTRAST:
        return None
    if _is_light_on_dark(smooth):
        work, smooth = cv2.bitwise_not(work), cv2.bitwise_not(smooth)
    gain = 255 / np.maximum(_ground(smooth), 1)  # a shadow takes as much from ink as from paper
    work = cv2.multiply(work, gain, dtype=cv2.CV_8U)
    smooth = cv2.blur(work, (3, 3))
    noise = _NOISE_SCALE * _percentile(cv2.absdiff(work, smooth), 0.3)
    peak = 255 - _percentile(smooth, 0.002)
    if peak < max(_MIN_CONTRAST, 2.4 * noise):
        return None
    floor = min(1.5 * noise, 0.2 * peak)
    slope = 255.0 / max(peak - floor, 1.0)
    return cv2.addWeighted(work, -slope, work, 0, (255 - floor) * slope)  # saturates


def _is_light_on_dark(smooth: UInt8Array) -> bool:
    """Ink covers less than the ground, judged in windows of the line's height, which share no light.

    In each, dark is what is nearer to the darkest than to the lightest tone around; windows with little
    contrast say nothing.
    """
    height, width = smooth.shape
    rows = 16
    columns = max(4, round(width * rows / height))
    small = cv2.resize(smooth, (columns, rows), interpolation=cv2.INTER_AREA)
    reach = np.ones((2 * rows + 1, 2 * rows + 1), np.uint8)
    lightest, darkest = cv2.dilate(small, reach), cv2.erode(small, reach)
    contrast = cv2.subtract(lightest, darkest)
    _, most, _, _ = cv2.minMaxLoc(contrast)
    counted = cv2.compare(contrast, 0.5 * most, cv2.CMP_GE)
    middle = cv2.addWeighted(lightest, 0.5, darkest, 0.5, 0)
    dark = cv2.compare(small, middle, cv2.CMP_LT)
    share = cv2.mean(dark, counted)[0] / 255
    rim = np.concatenate([dark[0], dark[-1]])
    return bool(share + 0.4 * float(rim.mean() / 255) > 0.7)


def _ground(smooth: UInt8Array) -> FloatArray:
    """(H, W) the paper's tone: dark strokes are closed, the edge of a shadow stays where it is."""
    height, width = smooth.shape
    rows = min(height, 24)
    columns = max(1, round(width * rows / height))
    small = cv2.resize(smooth, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    reach = max(3, round(0.7 * rows)) | 1
    padded = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    closed = cv2.blur(closed, (reach, 3))[reach:-reach, reach:-reach]
    return cv2.resize(closed, (width, height), interpolation=cv2.INTER_LINEAR)


def _text_band(darkness: UInt8Array) -> tuple[int, int, int, int] | None:
    """(top, bottom, left, right) around the line, half-open; without what neighbours leave at the edges."""
    mask = cv2.threshold(cv2.blur(darkness, (3, 3)), _INK, 1, cv2.THRESH_BINARY)[1]
    rows = mask.sum(axis=1, dtype=np.int64)
    inked = np.flatnonzero(rows)
    if not len(inked):
        return None
    top, bottom = _main_rows(rows)
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    return top, bottom, int(columns[0]), int(columns[-1]) + 1


def _main_rows(rows: NDArray[np.int64]) -> tuple[int, int]:
    """The rows of the line itself.

    Rows of ink make runs. A run that touches the picture's edge, has a blank row towards the rest and little
    ink beside it is a neighbour's foot or head.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rows > 0, [0]]).astype(np.int8)))
    runs = [(int(a), int(b), int(rows[a:b].sum())) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    total = sum(ink for _, _, ink in runs)
    while len(runs) > 1 and runs[0][0] == 0 and runs[0][2] < 0.2 * total:
        runs = runs[1:]
    while len(runs) > 1 and runs[-1][1] == len(rows) and runs[-1][2] < 0.2 * total:
        runs = runs[:-1]
    return runs[0][0], runs[-1][1]


def _percentile(image: UInt8Array, share: float) -> int:
    counts = np.cumsum(cv2.calcHist([image], [0], None, [256], [0, 256]))
    return int(np.searchsorted(counts, share * counts[-1]))


def _cut(image: UInt8Array, x0: float, y0: float, columns: int, rows: int, scale: float) -> UInt8Array:
    """The part from (x0, y0) on, scaled, ground where the picture ends."""
    if scale < 0.6:  # a linear warp would skip pixels
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        x0, y0, scale = x0 * scale, y0 * scale, 1.0
    moved = np.array([[scale, 0, -x0 * scale], [0, scale, -y0 * scale]], np.float32)
    offset = 0.5 * scale - 0.5  # centres of pixels, not corners
    moved[:, 2] += offset
    return cv2.warpAffine(image, moved, (columns, rows), flags=cv2.INTER_LINEAR, borderValue=0)
