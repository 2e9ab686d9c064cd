"""From a picture of one character to the square that a network reads.

The same code prepares pictures for reading and real crops for training. It finds out which of the two
tones is ink, takes uneven light away, cuts to the ink, and fits that undistorted into the middle of a square.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.ink_box import Box, ink_box

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

INK_SHARE = 52 / 64
"""Long side of the ink, as a share of the network's square."""
_WORK_SIZE = 192
"""Ink is looked for at this size at most: three times what the network sees, and quick."""
_LARGE = 4 * _WORK_SIZE
"""Shrunk from more than this, the strokes of a small character may be paler than the paper's noise."""
_EDGE = 2
"""Pixels of ground put around a picture, so that strokes at its edge are as wide as others."""
_GRID = 24
"""Side of the coarse picture from which the paper's tone is judged."""
_GROUND_SIZE = 40
_NARROW, _WIDE = 0.3, 0.75
"""Sides of the squares that the ink never fills, light and heavy, as shares of the picture."""
_MIN_CONTRAST = 14
"""Grey levels between ink and ground below which a picture counts as blank."""
_LEAST_DEPTH = 0.3
"""How far ink lies below the darkest paper near it, as a share of how far it lies below its own."""
_NOISE_SCALE = 2.75
"""Standard deviation of normal noise over the 30th percentile of its distance from a 3×3 mean."""
_MIN_CONTRAST_TO_NOISE = 2.4
"""The same, in standard deviations of a pixel's noise (which smoothing has brought down to a third)."""


@dataclass(frozen=True)
class Ink:
    """Ink found in a picture.

    Attributes:
        darkness: (h, w) uint8, ink bright on 0, ground and light taken away, at working size.
        box: (left, top, right, bottom) of the character in `darkness`, half-open.
    """

    darkness: UInt8Array
    box: Box


def fit_glyph(grey: UInt8Array, size: int = 64) -> UInt8Array | None:
    """Prepares one character for the network.

    Args:
        grey: (H, W) uint8 picture of one character, dark on light or light on dark, tight or loose.
        size: side of the network's square.

    Returns:
        (size, size) uint8, ink 255 on ground 0, the ink's long side `INK_SHARE` of the square; None for a
        blank picture.
    """
    if max(grey.shape) > _LARGE:
        part = _where_tones_differ(grey)
        if part is not None and max(part.shape) < 0.7 * max(grey.shape):
            return fit_glyph(part, size)
    ink = find_ink(grey)
    if ink is None:
        return None
    left, top, right, bottom = ink.box
    if max(grey.shape) > _WORK_SIZE and max(right - left, bottom - top) < 0.7 * _WORK_SIZE:
        ink = _look_closer(grey, ink) or ink  # a small character in a large picture
    square = _fit(ink, size)
    return square if square.any() else None


def _where_tones_differ(grey: UInt8Array) -> UInt8Array | None:
    """The part of a large picture that has contrast: small characters are lost when the picture shrinks."""
    step = max(grey.shape) // _WORK_SIZE
    square = _square(step)
    lightest, darkest = cv2.dilate(grey, square)[::step, ::step], cv2.erode(grey, square)[::step, ::step]
    contrast = cv2.subtract(lightest, darkest)
    most = cv2.minMaxLoc(contrast)[1]
    rows, columns = np.nonzero(contrast > max(2 * _MIN_CONTRAST, 0.5 * most))
    if not len(rows):
        return None
    margin = 3 + max(np.ptp(rows), np.ptp(columns)) // 4
    top, left = max(0, rows.min() - margin) * step, max(0, columns.min() - margin) * step
    return grey[top : (rows.max() + margin) * step, left : (columns.max() + margin) * step]


def find_ink(grey: UInt8Array) -> Ink | None:
    """Finds the one character in a picture; None when the picture is blank.

    Args:
        grey: (H, W) uint8, H and W at least 1.
    """
    work = _shrink(grey)
    if min(work.shape) < 3:
        return None
    darkness = _darkness(work)
    if darkness is None:
        return None
    darkness = cv2.copyMakeBorder(darkness, _EDGE, _EDGE, _EDGE, _EDGE, cv2.BORDER_CONSTANT, value=0)
    box = ink_box(darkness, edge=_EDGE)
    return None if box is None else Ink(darkness, box)


def _shrink(grey: UInt8Array) -> UInt8Array:
    scale = _WORK_SIZE / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = grey.shape
    target = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(grey, target, interpolation=cv2.INTER_AREA)


def _look_closer(grey: UInt8Array, ink: Ink) -> Ink | None:
    """Finds the ink once more at full resolution, in the part of the picture around the found box."""
    scale = max(grey.shape) / max(ink.darkness.shape)
    left, top, right, bottom = ink.box
    margin = max(right - left, bottom - top) // 2 + 4
    rows = slice(max(0, int((top - margin) * scale)), int((bottom + margin) * scale))
    columns = slice(max(0, int((left - margin) * scale)), int((right + margin) * scale))
    return find_ink(grey[rows, columns])


def _darkness(work: UInt8Array) -> UInt8Array | None:
    """Ink bright on 0, 255 at its darkest, whatever the tones and the light were; None when blank."""
    smooth = cv2.blur(work, (3, 3))
    low, high, _, _ = cv2.minMaxLoc(smooth)
    if high - low < _MIN_CONTRAST:
        return None
    small = _overview(smooth)
    is_light, share = _ink_tone(small)
    if is_light:
        work, small = cv2.bitwise_not(work), cv2.bitwise_not(small)
    ground = _ground(small, share)
    if not _is_darker_than_paper(small, ground):
        return None
    gain = 255 / np.maximum(ground, 1)  # a shadow takes as much from ink as from paper
    gain = cv2.resize(gain, (work.shape[1], work.shape[0]), interpolation=cv2.INTER_LINEAR)
    work = cv2.multiply(work, gain, dtype=cv2.CV_8U)
    smooth = cv2.blur(work, (3, 3))
    noise = _NOISE_SCALE * _percentile(cv2.absdiff(work, smooth), 0.3)
    peak = 255 - _percentile(smooth, 0.001)
    if peak < max(_MIN_CONTRAST, _MIN_CONTRAST_TO_NOISE * noise):
        return None
    floor = min(1.5 * noise, 0.2 * peak)
    slope = 255.0 / max(peak - floor, 1.0)
    return cv2.addWeighted(work, -slope, work, 0, (255 - floor) * slope)  # saturates


def _is_darker_than_paper(small: UInt8Array, ground: FloatArray) -> bool:
    """Whether anything is darker than all paper near it; what is left at a shadow's edge is not.

    The paper is lowered to its darkest within two pixels. Ink stands out from that nearly as much as from the
    paper beneath it.
    """
    depth = cv2.minMaxLoc(cv2.subtract(ground, small, dtype=cv2.CV_32F))[1]
    steepest = cv2.minMaxLoc(cv2.morphologyEx(small, cv2.MORPH_GRADIENT, _square(3)))[1]
    if steepest < _LEAST_DEPTH * depth:
        return False  # soft as no stroke is: dark corners of a photograph
    darkest = cv2.erode(ground, _square(5))
    return cv2.minMaxLoc(cv2.subtract(darkest, small, dtype=cv2.CV_32F))[1] >= _LEAST_DEPTH * depth


def _percentile(image: UInt8Array, share: float) -> int:
    """The grey level below which a share of the pixels lies."""
    counts = cv2.calcHist([image], [0], None, [256], [0, 256]).cumsum()
    return int(counts.searchsorted(share * counts[-1]))


def _overview(smooth: UInt8Array) -> UInt8Array:
    """A picture that has been smoothed, at most `_GROUND_SIZE` pixels wide and high."""
    height, width = smooth.shape
    scale = min(1.0, _GROUND_SIZE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR)


def _ink_tone(overview: UInt8Array) -> tuple[bool, float]:
    """Whether the ink is the lighter tone, and the share of the picture that it covers.

    Ink covers less than the ground, and hardly ever the corners.

    Dark is what is nearer to the darkest than to the lightest tone around, so that no shadow counts as ink.
    Where there is but one tone around, that is the ground's, which has the larger part of all the rest.
    """
    small = cv2.resize(overview, (_GRID, _GRID), interpolation=cv2.INTER_LINEAR)
    lightest, darkest = cv2.dilate(small, _square(13)), cv2.erode(small, _square(13))
    dark = cv2.compare(small, cv2.addWeighted(lightest, 0.5, darkest, 0.5, 0), cv2.CMP_LT)
    low, high, _, _ = cv2.minMaxLoc(small)
    varied = cv2.compare(cv2.subtract(lightest, darkest), 0.25 * (high - low), cv2.CMP_GE)
    if cv2.countNonZero(varied) < varied.size:
        dark[varied == 0] = 255 if cv2.mean(dark, varied)[0] > 127 else 0
    share = cv2.mean(dark)[0] / 255
    is_light = share + 0.6 * _corners(dark) > 0.8
    return is_light, 1 - share if is_light else share


def _corners(dark: UInt8Array) -> float:
    """How dark the corners are, in [0, 1]; inside of it, where a cell's border runs around the picture."""
    corners, *rings = (_edge_weights() @ (dark.ravel() / np.float32(255))).tolist()
    for rim in rings[:2]:
        inside: float = max(rings[2:], key=lambda tone: abs(tone - rim))
        if min(rim, 1 - rim) < 0.15 and abs(rim - inside) > 0.8:  # or it is a heavy character, cut tight
            return inside
    return min(float(corners), 2.5 * max(rings[1:]))  # a thin border has dark corners, and nothing behind


@lru_cache(maxsize=1)
def _edge_weights() -> FloatArray:
    """(5, _GRID²) weights of means: of the corners, and of rings of pixels 0, 1, 2 and 3 from the edge."""
    distance = np.minimum(np.arange(_GRID), np.arange(_GRID)[::-1])
    corners = np.add.outer(distance, distance) <= 1
    rings = [np.minimum.outer(distance, distance) == depth for depth in range(4)]
    masks = np.stack([corners, *rings]).reshape(5, -1).astype(np.float32)
    return masks / masks.sum(1, keepdims=True)


def _ground(small: UInt8Array, share: float) -> FloatArray:
    """The paper's tone: dark parts that hold no large square are closed.

    A closing keeps the edge of a shadow where it is, however hard it is. How large the square must be
    depends on how much of the picture is ink: light strokes are narrow, and heavy ones stand so close that
    little paper shows between them.
    """
    heaviness = min(max((share - 0.2) / 0.2, 0.0), 1.0)
    side = _NARROW + heaviness * (_WIDE - _NARROW)
    square, plane = _square(max(3, round(side * max(small.shape))) | 1), _plane(small)
    tones = small.astype(np.float32)  # closed in less time than bytes
    closed = cv2.morphologyEx(tones, cv2.MORPH_CLOSE, square)
    # At the picture's edges a closing can't follow a slope, so one without the slope has a say, too.
    level = cv2.morphologyEx(tones - plane, cv2.MORPH_CLOSE, square) + plane
    return cv2.blur(np.minimum(closed, level), (3, 3))


def _plane(small: UInt8Array) -> FloatArray:
    """The plane that fits the paper's tone best, up to a constant."""
    height, width = small.shape
    paper = cv2.dilate(small, _square(height // 6 * 2 + 1, width // 6 * 2 + 1)).astype(np.float32)
    (across, per_x), (down, per_y) = _axis(width), _axis(height)
    slope_x, slope_y = (
        cv2.reduce(paper, 0, cv2.REDUCE_AVG)[0] @ per_x,
        cv2.reduce(paper, 1, cv2.REDUCE_AVG)[:, 0] @ per_y,
    )
    return (slope_x * across)[None, :] + (slope_y * down)[:, None]


@lru_cache(maxsize=256)
def _square(height: int, width: int | None = None) -> UInt8Array:
    """A structuring element of ones; as wide as high where no width is given."""
    return np.ones((height, height if width is None else width), np.uint8)


@lru_cache(maxsize=128)
def _axis(length: int) -> tuple[FloatArray, FloatArray]:
    """Coordinates from -1 to 1, and what to weigh values with for their slope along them (least squares)."""
    axis = np.linspace(-1, 1, length, dtype=np.float32)
    return axis, axis / max(float(axis @ axis), 1e-6)


def _fit(ink: Ink, size: int) -> UInt8Array:
    left, top, right, bottom = ink.box
    cut = ink.darkness[top:bottom, left:right]
    scale = INK_SHARE * size / max(cut.shape)
    target = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.zeros((size, size), np.uint8)
    x, y = (size - target[0]) // 2, (size - target[1]) // 2
    square[y : y + target[1], x : x + target[0]] = cv2.resize(cut, target, interpolation=mode)
    return square
