"""Which dark parts of a picture are the character, and not dust, cell borders, rules or neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; half-open."""
_INK = 145
"""What is nowhere as dark as this is no stroke, but the rest of a shadow, or of a page shining through."""
Sides = tuple[BoolArray, BoolArray, BoolArray, BoolArray]
"""Which parts touch the left, the top, the right and the bottom edge."""


def ink_box(darkness: UInt8Array, *, edge: int = 0) -> Box | None:
    """Finds the box around the character.

    Args:
        darkness: (H, W) uint8, ink bright on 0.
        edge: pixels of empty ground that were put around the picture.

    Returns:
        The box, or None where nothing is dark.
    """
    smooth = cv2.blur(darkness, (3, 3))
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = cv2.threshold(smooth, max(40.0, min(0.8 * threshold, 110.0)), 1, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return None
    if count > 2:
        is_ink = np.bincount(labels[darkness > _INK], minlength=count)[1:] > 0
        if is_ink.any():
            stats[1:][~is_ink, cv2.CC_STAT_AREA] = 0
    parts = _Parts.of(stats[1:], labels, edge)
    height, width = darkness.shape
    left, top, right, bottom = parts.character((height - 2 * edge, width - 2 * edge))
    return left + edge, top + edge, right + edge, bottom + edge


@dataclass(frozen=True)
class _Parts:
    """Connected dark parts of a picture: edges of their boxes in its coordinates, and areas; (K,) each.

    Part i has the number i + 1 in `labels`, which has `edge` pixels more on each side than the picture.
    """

    left: IntArray
    top: IntArray
    right: IntArray
    bottom: IntArray
    area: IntArray
    labels: IntArray
    edge: int

    @classmethod
    def of(cls, stats: IntArray, labels: IntArray, edge: int) -> _Parts:
        left, top = stats[:, cv2.CC_STAT_LEFT] - edge, stats[:, cv2.CC_STAT_TOP] - edge
        right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
        return cls(left, top, right, bottom, stats[:, cv2.CC_STAT_AREA], labels, edge)

    def character(self, shape: tuple[int, ...]) -> Box:
        """The box around the parts that are left when all that is none of the character is taken away."""
        keep = self.area >= 0.012 * float(self.area.max())
        if keep.sum() > 1:
            keep &= ~self._frames(keep, shape)
            keep &= ~self._at_edge(keep, shape)
            keep &= ~self._specks(keep)
        return self._around(keep)

    def _around(self, chosen: BoolArray) -> Box:
        return (
            int(self.left[chosen].min()),
            int(self.top[chosen].min()),
            int(self.right[chosen].max()),
            int(self.bottom[chosen].max()),
        )

    def _gap_to(self, box: Box) -> IntArray:
        """Pixels between each part and a box, along the axis on which they are further apart."""
        left, top, right, bottom = box
        return np.maximum.reduce([left - self.right, self.left - right, top - self.bottom, self.top - bottom])

    def _frames(self, keep: BoolArray, shape: tuple[int, ...]) -> BoolArray:
        """Cell borders that run around the rest: no part of a character does."""
        height, width = shape
        wide = (self.right - self.left >= 0.75 * width) & (self.bottom - self.top >= 0.75 * height)
        frames = np.zeros_like(keep)
        for number in np.flatnonzero(keep & wide):
            frames[number] = self._is_rim(int(number))
        inside = keep & ~frames
        if not frames.any() or not inside.any():
            return np.zeros_like(keep)
        left, top, right, bottom = self._around(inside)
        around = (self.left < left) & (self.top < top) & (self.right > right) & (self.bottom > bottom)
        large = max(bottom - top, right - left) >= 0.25 * max(height, width)
        return frames & around & large

    def _is_rim(self, number: int) -> bool:
        """Whether all of a part lies along the sides of its box."""
        rows = slice(self.top[number] + self.edge, self.bottom[number] + self.edge)
        columns = slice(self.left[number] + self.edge, self.right[number] + self.edge)
        part = self.labels[rows, columns] == number + 1
        band = max(2, round(0.12 * min(part.shape)))
        return bool(part[band:-band, band:-band].sum() < 0.03 * part.sum())

    def _at_edge(self, keep: BoolArray, shape: tuple[int, ...]) -> BoolArray:
        """Ruled lines, pieces of borders and of neighbours: what touches the edge, off a body that does not.

        In a tight crop strokes of the character touch the edge too: the body must stand clear of every edge,
        be large, and, unless the part is a line along the edge, have most of the ink and be no worse centred
        without the part, which must be shallow.
        """
        height, width = shape
        sides = self._touched_sides(shape)
        touches = keep & np.logical_or.reduce(sides)
        body = keep & ~touches
        nothing = np.zeros_like(keep)
        if not body.any() or not touches.any():
            return nothing
        left, top, right, bottom = box = self._around(body)
        margins = left, top, width - right, height - bottom
        large = max((bottom - top) / height, (right - left) / width) >= 0.3
        if min(margins) < 0.05 * min(height, width) or not large:
            return nothing
        lines = touches & self._lines(shape)
        if self.area[body].sum() < 0.5 * self.area[keep & ~lines].sum():
            return nothing
        centred = [
            margin <= 2 * opposite + 0.05 * side
            for margin, opposite, side in zip(
                margins, (*margins[2:], *margins[:2]), (width, height, width, height), strict=True
            )
        ]
        foreign = np.logical_and.reduce([~side | good for side, good in zip(sides, centred, strict=True)])
        clear = self._gap_to(box) >= max(1.0, 0.02 * min(height, width))
        shallow = self._depth(sides, shape) <= 0.2 * max(right - left, bottom - top)
        return lines | (touches & foreign & clear & shallow)

    def _lines(self, shape: tuple[int, ...]) -> BoolArray:
        """Which parts run along a whole edge, near it, and are thin, or are corners of such lines."""
        height, width = shape
        wide, high = self.right - self.left >= 0.8 * width, self.bottom - self.top >= 0.8 * height
        outer = (self.bottom <= 0.15 * height) | (self.top >= 0.85 * height)
        beside = (self.right <= 0.15 * width) | (self.left >= 0.85 * width)
        lines = (wide & outer) | (high & beside)
        for number in np.flatnonzero(wide & high):
            lines[number] = self._is_rim(int(number))
        return lines

    def _depth(self, sides: Sides, shape: tuple[int, ...]) -> IntArray:
        """How far each part reaches inwards from the edge that it touches; the picture's size if none."""
        height, width = shape
        reach = (self.right, self.bottom, width - self.left, height - self.top)
        far = np.full_like(self.left, max(height, width))
        return np.minimum.reduce(
            [np.where(side, depth, far) for side, depth in zip(sides, reach, strict=True)]
        )

    def _touched_sides(self, shape: tuple[int, ...]) -> Sides:
        height, width = shape
        return self.left <= 1, self.top <= 1, self.right >= width - 1, self.bottom >= height - 1

    def _specks(self, keep: BoolArray) -> BoolArray:
        """Dust: small parts that lie off the box around all that is large."""
        total = self.area[keep].sum()
        small, tiny = self.area < 0.05 * total, self.area < 0.025 * total
        body = keep & ~small
        if not body.any():
            return np.zeros_like(keep)
        left, top, right, bottom = box = self._around(body)
        gap, size = self._gap_to(box), max(right - left, bottom - top)
        dot = np.maximum(self.right - self.left, self.bottom - self.top) < 0.14 * size
        return (small & (gap > 0.45 * size)) | ((tiny | small & dot) & (gap > 0.05 * size))
