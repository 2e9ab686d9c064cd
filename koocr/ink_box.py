"""Which dark parts of a picture are the character, and not dust, cell borders, rules or neighbours.

The parts are few and every check is simple arithmetic, so they are plain Python objects: NumPy on arrays of
five numbers takes longer than all the rest of finding the ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
Labels = NDArray[np.uint16]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; half-open."""
_INK = 145
"""What is nowhere as dark as this is no stroke, but the rest of a shadow, or of a page shining through."""


class _Part(NamedTuple):
    """A connected dark part: the edges of its box in the picture's coordinates, its area and its label."""

    left: int
    top: int
    right: int
    bottom: int
    area: int
    label: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


def ink_box(darkness: UInt8Array, *, edge: int = 0) -> Box | None:
    """Finds the box around the character.

    Args:
        darkness: (H, W) uint8, ink bright on 0; fewer than 2^18 pixels.
        edge: pixels of empty ground that were put around the picture.

    Returns:
        The box, or None where nothing is dark, or nothing but a bar along one side.
    """
    smooth = cv2.blur(darkness, (3, 3))
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    mask = cv2.threshold(smooth, max(40.0, min(0.8 * threshold, 110.0)), 1, cv2.THRESH_BINARY)[1]
    # 8-connected parts of 2^18 pixels are at most 2^16, and labels of 16 bits take half the time.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_16U)
    if count < 2:
        return None
    parts = _large_parts(stats, labels, darkness, edge)
    height, width = darkness.shape
    picture = _Picture(width - 2 * edge, height - 2 * edge, labels, edge)
    character = picture.character(parts)
    if not character:
        return None
    left, top, right, bottom = _around(character)
    return left + edge, top + edge, right + edge, bottom + edge


def _large_parts(stats: NDArray[np.int32], labels: Labels, darkness: UInt8Array, edge: int) -> list[_Part]:
    """The parts that hold ink and are not tiny beside the largest."""
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0  # the ground
    if len(stats) > 2:
        strokes = cv2.compare(darkness, _INK, cv2.CMP_GT)
        ink = cv2.calcHist([labels], [0], strokes, [len(stats)], [0, len(stats)]).ravel()
        ink[0] = 0
        if ink.any():
            areas[ink == 0] = 0
    chosen = np.flatnonzero(areas >= max(1.0, 0.012 * float(areas.max())))
    return [
        _Part(left - edge, top - edge, left - edge + width, top - edge + height, area, label)
        for (left, top, width, height, area), label in zip(
            stats[chosen].tolist(), chosen.tolist(), strict=True
        )
    ]


def _around(parts: Sequence[_Part]) -> Box:
    return (
        min([part.left for part in parts]),
        min([part.top for part in parts]),
        max([part.right for part in parts]),
        max([part.bottom for part in parts]),
    )


def _gap(part: _Part, box: Box) -> int:
    """Pixels between a part and a box, along the axis on which they are further apart."""
    left, top, right, bottom = box
    return max(left - part.right, part.left - right, top - part.bottom, part.top - bottom)


def _without(parts: Sequence[_Part], foreign: Sequence[_Part]) -> list[_Part]:
    return [part for part in parts if part not in foreign] if foreign else list(parts)


class _Picture(NamedTuple):
    """Its size, and `labels` of all parts, which have `edge` pixels more on each side."""

    width: int
    height: int
    labels: Labels
    edge: int

    def character(self, parts: list[_Part]) -> list[_Part]:
        """The parts that are left when all that is none of the character is taken away."""
        for find in (self._frames, self._at_edge, _specks):
            if len(parts) > 1:
                parts = _without(parts, find(parts))
        return [] if len(parts) == 1 and self._is_bar(parts[0]) else parts

    def _is_bar(self, part: _Part) -> bool:
        """Whether the only part fills one side of the picture and no more: a shadow, or a table's edge."""
        sides = self._touched_sides(part)
        margins = part.left, part.top, self.width - part.right, self.height - part.bottom
        is_solid = part.area >= 0.9 * part.width * part.height
        return sum(sides) == 3 and is_solid and max(margins) >= 0.25 * min(self.width, self.height)

    def _frames(self, parts: list[_Part]) -> list[_Part]:
        """Cell borders that run around the rest: no part of a character does."""
        frames = [
            part
            for part in parts
            if part.width >= 0.75 * self.width and part.height >= 0.75 * self.height and self._is_rim(part)
        ]
        inside = _without(parts, frames)
        if not frames or not inside:
            return []
        left, top, right, bottom = _around(inside)
        if max(bottom - top, right - left) < 0.25 * max(self.height, self.width):
            return []
        return [
            part
            for part in frames
            if part.left < left and part.top < top and part.right > right and part.bottom > bottom
        ]

    def _is_rim(self, part: _Part) -> bool:
        """Whether all of a part lies along the sides of its box."""
        rows = slice(part.top + self.edge, part.bottom + self.edge)
        columns = slice(part.left + self.edge, part.right + self.edge)
        pixels = self.labels[rows, columns] == part.label
        band = max(2, round(0.12 * min(pixels.shape)))
        return bool(pixels[band:-band, band:-band].sum() < 0.03 * part.area)

    def _at_edge(self, parts: list[_Part]) -> list[_Part]:
        """Ruled lines, pieces of borders and of neighbours: what touches the edge, off a body that does not.

        In a tight crop strokes of the character touch the edge too: the body must stand clear of every edge,
        be large, and, unless the part is a line along the edge, have most of the ink and be no worse centred
        without the part, which must be shallow.
        """
        touching = [part for part in parts if any(self._touched_sides(part))]
        body = _without(parts, touching)
        if not body or not touching:
            return []
        left, top, right, bottom = box = _around(body)
        margins = left, top, self.width - right, self.height - bottom
        large = max((bottom - top) / self.height, (right - left) / self.width) >= 0.3
        if min(margins) < 0.05 * min(self.height, self.width) or not large:
            return []
        lines = [part for part in touching if self._is_line(part)]
        if sum(part.area for part in body) < 0.5 * sum(part.area for part in _without(parts, lines)):
            return []
        clear = max(1.0, 0.02 * min(self.height, self.width))
        shallow = 0.2 * max(right - left, bottom - top)
        return lines + [
            part
            for part in _without(touching, lines)
            if self._is_off_centre(part, margins)
            and _gap(part, box) >= clear
            and self._depth(part) <= shallow
        ]

    def _is_off_centre(self, part: _Part, margins: Box) -> bool:
        """Whether the body, its margins given, is no worse centred without a part that touches the edge."""
        opposite = (*margins[2:], *margins[:2])
        sizes = self.width, self.height, self.width, self.height
        return all(
            margin <= 2 * other + 0.05 * size
            for touched, margin, other, size in zip(
                self._touched_sides(part), margins, opposite, sizes, strict=True
            )
            if touched
        )

    def _is_line(self, part: _Part) -> bool:
        """Whether a part runs along a whole edge, near it, and is thin, or is a corner of such lines."""
        wide, high = part.width >= 0.8 * self.width, part.height >= 0.8 * self.height
        if wide and high:
            return self._is_rim(part)
        outer = part.bottom <= 0.15 * self.height or part.top >= 0.85 * self.height
        beside = part.right <= 0.15 * self.width or part.left >= 0.85 * self.width
        return (wide and outer) or (high and beside)

    def _depth(self, part: _Part) -> int:
        """How far a part that touches an edge reaches inwards from it; the least where it touches several."""
        reach = part.right, part.bottom, self.width - part.left, self.height - part.top
        return min(depth for depth, side in zip(reach, self._touched_sides(part), strict=True) if side)

    def _touched_sides(self, part: _Part) -> tuple[bool, bool, bool, bool]:
        """Whether a part touches the left, the top, the right and the bottom edge."""
        return (
            part.left <= 1,
            part.top <= 1,
            part.right >= self.width - 1,
            part.bottom >= self.height - 1,
        )


def _specks(parts: list[_Part]) -> list[_Part]:
    """Dust: small parts that lie off the box around all that is large."""
    total = sum([part.area for part in parts])
    small = [part for part in parts if part.area < 0.05 * total]
    body = _without(parts, small)
    if not body or not small:
        return []
    box = _around(body)
    size = max(box[2] - box[0], box[3] - box[1])

    def is_speck(part: _Part) -> bool:
        gap = _gap(part, box)
        is_dot = part.area < 0.025 * total or max(part.width, part.height) < 0.14 * size
        return gap > 0.45 * size or (is_dot and gap > 0.05 * size)

    return [part for part in small if is_speck(part)]
