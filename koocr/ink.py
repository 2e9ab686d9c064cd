"""From a picture of one character to the square that a network reads.

The same code prepares pictures for reading and real crops for training. It finds out which of the two
tones is ink, takes uneven light away, cuts to the ink, and fits that undistorted into the middle of a square.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int32]

INK_SHARE = 52 / 64
"""Long side of the ink, as a share of the network's square."""
_WORK_SIZE = 160
"""Ink is looked for at this size at most: more than twice what the network sees, and quick."""
_GRID = 24
"""Side of the coarse picture from which the paper's tone is judged."""
_MIN_CONTRAST = 14
"""Grey levels between ink and ground below which a picture counts as blank."""
_MIN_CONTRAST_TO_NOISE = 1.8
"""The same, in standard deviations of a pixel's noise (which smoothing has brought down to a third)."""


@dataclass(frozen=True)
class Ink:
    """Ink found in a picture.

    Attributes:
        darkness: (h, w) uint8, ink bright on 0, ground and light taken away, at working size.
        box: (left, top, right, bottom) of the character in `darkness`, half-open.
    """

    darkness: UInt8Array
    box: tuple[int, int, int, int]


def fit_glyph(grey: UInt8Array, size: int = 64) -> UInt8Array | None:
    """Prepares one character for the network.

    Args:
        grey: (H, W) uint8 picture of one character, dark on light or light on dark, tight or loose.
        size: side of the network's square.

    Returns:
        (size, size) uint8, ink 255 on ground 0, the ink's long side `INK_SHARE` of the square; None for a
        blank picture.
    """
    ink = find_ink(grey)
    if ink is None:
        return None
    left, top, right, bottom = ink.box
    if max(grey.shape) > _WORK_SIZE and max(right - left, bottom - top) < _WORK_SIZE // 3:
        ink = _look_closer(grey, ink) or ink  # a small character in a large picture
    return _fit(ink, size)


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
    box = _ink_box(darkness)
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
    margin = max(right - left, bottom - top) // 2 + 2
    rows = slice(max(0, int((top - margin) * scale)), int((bottom + margin) * scale))
    columns = slice(max(0, int((left - margin) * scale)), int((right + margin) * scale))
    return find_ink(grey[rows, columns])


def _darkness(work: UInt8Array) -> UInt8Array | None:
    """Ink bright on 0, 255 at its darkest, whatever the tones and the light were; None when blank."""
    smooth = cv2.blur(work, (3, 3))
    low, high = _percentiles(smooth, 0.005, 0.995)
    if high - low < _MIN_CONTRAST:
        return None
    if _is_light_on_dark(smooth):
        work, smooth = 255 - work, 255 - smooth
    slope = _slope(smooth)
    work, smooth = cv2.subtract(work, slope), cv2.subtract(smooth, slope)
    ground = _ground(smooth)
    ink = cv2.subtract(ground, work)
    strong = cv2.subtract(ground, smooth)
    noise = 1.5 * _percentiles(cv2.absdiff(work, smooth), 0.5)[0]
    peak = _percentiles(strong, 0.99)[0]
    if peak < max(_MIN_CONTRAST, _MIN_CONTRAST_TO_NOISE * noise):
        return None
    floor = min(1.5 * noise, 0.2 * peak)
    gain = 255.0 / max(peak - floor, 1.0)
    return cv2.LUT(ink, np.clip((np.arange(256) - floor) * gain, 0, 255).astype(np.uint8))


def _percentiles(image: UInt8Array, *shares: float) -> list[int]:
    """Grey levels below which the given shares of the pixels lie."""
    counts = np.cumsum(cv2.calcHist([image], [0], None, [256], [0, 256]))
    return [int(level) for level in np.searchsorted(counts, np.array(shares) * counts[-1])]


def _is_light_on_dark(smooth: UInt8Array) -> bool:
    """Whether the ink is the lighter tone: ink covers less, and hardly ever the corners.

    Dark is what is nearer to the darkest than to the lightest tone around, so that no shadow counts as ink.
    """
    small = cv2.resize(smooth, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    reach = np.ones((13, 13), np.uint8)
    middle = cv2.addWeighted(cv2.dilate(small, reach), 0.5, cv2.erode(small, reach), 0.5, 0)
    dark = cv2.compare(small, middle, cv2.CMP_LT) // 255
    corners = dark[[0, 0, 0, 0, -1, -1, -1, -1, 1, 1, -2, -2], [0, 1, -1, -2, 0, 1, -1, -2, 0, -1, 0, -1]]
    return cv2.mean(dark)[0] + 0.6 * float(corners.mean()) > 0.8


def _dark_pixels(smooth: UInt8Array) -> UInt8Array:
    """1 for the darker of the two tones, else 0 (Otsu, 1979)."""
    return cv2.threshold(smooth, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]


def _slope(smooth: UInt8Array) -> UInt8Array:
    """How much lighter than at its darkest side the paper is at every pixel, if its tone were a plane."""
    height, width = smooth.shape
    small = cv2.resize(smooth, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(small, np.ones((7, 7), np.uint8)).astype(np.float32)
    axis = np.linspace(-1, 1, _GRID, dtype=np.float32)
    across, down = (paper.mean(0) @ axis) / (axis @ axis), (paper.mean(1) @ axis) / (axis @ axis)
    plane = across * (1 + np.sign(across) * np.linspace(-1, 1, width))[None, :] * np.sign(across)
    plane = plane + down * (1 + np.sign(down) * np.linspace(-1, 1, height))[:, None] * np.sign(down)
    return plane.astype(np.uint8)


def _ground(smooth: UInt8Array) -> UInt8Array:
    """The paper's tone at every pixel: strokes closed at a small size, then smoothed.

    Heavy type needs a wider closing than a pen; the wider, the less of a shadow's edge is followed.
    """
    height, width = smooth.shape
    reach = 11 if cv2.mean(_dark_pixels(smooth))[0] < 0.3 else 19
    small = cv2.resize(smooth, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    closed = cv2.blur(closed, (5, 5), borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(closed, (width, height), interpolation=cv2.INTER_LINEAR)


def _ink_box(darkness: UInt8Array) -> tuple[int, int, int, int] | None:
    """The box around the character: everything dark but dust and what leans on the picture's edge."""
    smooth = cv2.blur(darkness, (3, 3))
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = cv2.threshold(smooth, max(40.0, min(0.8 * threshold, 110.0)), 1, cv2.THRESH_BINARY)[1]
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return None
    boxes = _Boxes.of(stats[1:])
    areas = stats[1:, cv2.CC_STAT_AREA]
    keep = areas >= max(2.0, 0.012 * areas.max())
    keep &= ~_leans_on_edge(boxes, areas, darkness.shape, keep)
    keep &= ~_lies_far_off(boxes, areas, keep)
    return boxes.around(keep)


@dataclass(frozen=True)
class _Boxes:
    """Boxes of connected parts, each (K,) int."""

    left: IntArray
    top: IntArray
    right: IntArray
    bottom: IntArray

    @classmethod
    def of(cls, stats: IntArray) -> _Boxes:
        left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
        return cls(left, top, left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT])

    def around(self, chosen: BoolArray) -> tuple[int, int, int, int]:
        return (
            int(self.left[chosen].min()),
            int(self.top[chosen].min()),
            int(self.right[chosen].max()),
            int(self.bottom[chosen].max()),
        )

    def gap_to(self, box: tuple[int, int, int, int]) -> IntArray:
        """Pixels between each part and a box, along the axis on which they are further apart."""
        left, top, right, bottom = box
        return np.maximum.reduce([left - self.right, self.left - right, top - self.bottom, self.top - bottom])


def _leans_on_edge(boxes: _Boxes, areas: IntArray, shape: tuple[int, ...], keep: BoolArray) -> BoolArray:
    """Which parts are cell borders, ruled lines or neighbours' strokes rather than the character.

    Only where the rest of the ink stands clear of every edge: in a tight crop, strokes touch the edges.
    """
    height, width = shape[:2]
    touches = (boxes.left <= 1) | (boxes.top <= 1) | (boxes.right >= width - 1) | (boxes.bottom >= height - 1)
    body = keep & ~touches
    if not body.any() or not touches.any():
        return np.zeros_like(keep)
    left, top, right, bottom = box = boxes.around(body)
    clear = 0.06 * min(height, width)
    stands_clear = min(left, top, width - right, height - bottom) >= clear
    large_enough = min((bottom - top) / height, (right - left) / width) >= 0.3
    if not (stands_clear and large_enough) or areas[body].sum() < 0.4 * areas[keep].sum():
        return np.zeros_like(keep)
    spans = (boxes.right - boxes.left >= 0.9 * width) | (boxes.bottom - boxes.top >= 0.9 * height)
    return touches & ((boxes.gap_to(box) >= clear) | spans)


def _lies_far_off(boxes: _Boxes, areas: IntArray, keep: BoolArray) -> BoolArray:
    """Which parts are specks far from the character: small, and well off the box of all that is large."""
    small = areas < 0.05 * areas[keep].sum()
    body = keep & ~small
    if not body.any() or not (keep & small).any():
        return np.zeros_like(keep)
    left, top, right, bottom = box = boxes.around(body)
    return small & (boxes.gap_to(box) > 0.45 * max(right - left, bottom - top))


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
