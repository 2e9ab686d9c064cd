"""Heads and feet of a page: what stands above and below all of it, such as page numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, FloatArray, IntArray
from koocr.page.rows import rows_of
from koocr.page.separators import Rules

__all__ = ["split_margins"]

_MOST_ROWS = 2
_APART = 1.6, 1.7
"""A blank all across the page that parts a head from the rest: in em, and in usual blanks between rows."""
_MOST_FILLED = 0.6
"""Of the page's width: what fills more is a line of text."""
_SHORT = 0.35
"""Of the page's width: a piece of a running head."""
_LINES_OF_COLUMN = 3
"""More units that begin where one does make it a line of their column."""
_NUMBER = 6.0
"""In em: a page number is narrower."""
_LONG_RULE = 8.0
"""In em: rules between columns are longer."""
_NEAR, _NEAR_NUMBER = 1.2, 1.05
"""So many usual blanks lie at least between a page number and the line above it; if it surely is a number."""


def split_margins(
    boxes: Boxes,
    units: IntArray,
    em: float,
    rules: Rules | None = None,
    numbers: NDArray[np.bool_] | None = None,
) -> tuple[IntArray, IntArray, IntArray]:
    """Parts some units in those of the head, of the body and of the foot.

    A head is up to two rows that leave much of the width empty, with a wide blank below them from one side of
    the page to the other; or a row of short pieces of which the last ends where the page ends. A foot is the
    like, or a page number. Neither stands beside a rule between columns.

    Args:
        boxes: of all units of the page.
        units: row numbers of those that are parted.
        em: the usual height of the page's units.
        rules: of the page, in the same coordinates, if known.
        numbers: (len(boxes),) which units say a number, if known: nothing else is a page number then.

    Returns:
        Three arrays of row numbers of `boxes`, together `units`.
    """
    bands = _bands(boxes, units)
    if len(bands) < 3:
        return units[:0], units, units[:0]
    page = _Extent.of(boxes, units, bands, em)
    head = _num_margin(boxes, bands, page.blanks, page) or int(_is_running(boxes, units, bands[0], page))
    foot = _num_margin(boxes, bands[::-1], page.blanks[::-1], page) or int(
        _is_running(boxes, units, bands[-1], page) or _is_number(boxes, bands[-1], page, numbers)
    )
    head *= not _is_beside_rule(boxes, _together(bands[:head]), rules, em)
    foot *= not _is_beside_rule(boxes, _together(bands[len(bands) - foot :]), rules, em)
    if head + foot >= len(bands):
        return units[:0], units, units[:0]
    body = bands[head : len(bands) - foot]
    return _together(bands[:head]), _together(body), _together(bands[len(bands) - foot :])


@dataclass(frozen=True)
class _Extent:
    """Edges of a page, its em, and the blanks between its bands."""

    left: float
    right: float
    em: float
    blanks: FloatArray
    usual: float

    @classmethod
    def of(cls, boxes: Boxes, units: IntArray, bands: list[IntArray], em: float) -> _Extent:
        left, _, right, _ = boxes.take(units).hull()
        blanks = np.array([boxes.top[low].min() - boxes.bottom[high].max() for high, low in pairwise(bands)])
        return cls(left, right, em, blanks, float(np.median(blanks)))

    @property
    def width(self) -> float:
        """At least one pixel."""
        return max(1.0, self.right - self.left)


def _bands(boxes: Boxes, units: IntArray) -> list[IntArray]:
    """Units between blanks that go all across, from the top down."""
    order = units[np.argsort(boxes.top[units], kind="stable")]
    reach = np.maximum.accumulate(boxes.bottom[order])
    return np.split(order, np.flatnonzero(boxes.top[order][1:] > reach[:-1]) + 1)


def _is_beside_rule(boxes: Boxes, units: IntArray, rules: Rules | None, em: float) -> bool:
    """Whether a long vertical rule, no side of a frame, runs past the middle of one of some units."""
    if rules is None or not len(units):
        return False
    down = rules.down[~rules.are_sides(em)]
    left, _, right, _ = boxes.hull()
    is_within = (down[:, 0] > left + em) & (down[:, 0] < right - em)  # not the edge of the paper
    down = down[is_within & (down[:, 3] - down[:, 1] > _LONG_RULE * em)]
    middle = boxes.middle[units][:, None]
    return bool(((middle > down[:, 1]) & (middle < down[:, 3])).any())


def _num_margin(boxes: Boxes, bands: list[IntArray], blanks: FloatArray, page: _Extent) -> int:
    """How many bands from an end are parted from the rest by a wide blank."""
    least = max(_APART[0] * page.em, _APART[1] * page.usual)
    for count in range(min(_MOST_ROWS, len(blanks)), 0, -1):
        rows = [row for band in bands[:count] for row in rows_of(boxes.take(band))]
        filled = max(float(boxes.width[band].sum()) for band in bands[:count]) / page.width
        if blanks[count - 1] >= least and len(rows) <= count and filled <= _MOST_FILLED:
            return count
    return 0


def _is_running(boxes: Boxes, units: IntArray, band: IntArray, page: _Extent) -> bool:
    """Whether a band is a row of short pieces that ends at the right edge, as no line of a column does."""
    if len(rows_of(boxes.take(band))) != 1 or (boxes.width[band] > _SHORT * page.width).any():
        return False
    last = band[int(np.argmax(boxes.right[band]))]
    at_edges = page.right - boxes.right[last] < page.em and page.right - boxes.left[last] < 0.4 * page.width
    starts_column = (np.abs(boxes.left[units] - boxes.left[last]) < page.em).sum() > _LINES_OF_COLUMN
    begins_left = len(band) == 1 or boxes.left[band].min() - page.left < 2 * page.em
    return bool(at_edges and begins_left and not starts_column)


def _is_number(boxes: Boxes, band: IntArray, page: _Extent, numbers: NDArray[np.bool_] | None) -> bool:
    """Whether the last band is one narrow piece a little apart, of no larger type."""
    if len(band) != 1 or (numbers is not None and not numbers[band[0]]):
        return False
    near = (_NEAR if numbers is None else _NEAR_NUMBER) * _line_blank(boxes, page.em)
    return bool(
        boxes.width[band[0]] < _NUMBER * page.em
        and boxes.height[band[0]] < 1.1 * page.em
        and page.blanks[-1] > max(near, 0.4 * page.em)
    )


def _line_blank(boxes: Boxes, em: float) -> float:
    """The usual blank between a unit and the next one below it."""
    shared = np.minimum(boxes.right[:, None], boxes.right) - np.maximum(boxes.left[:, None], boxes.left)
    blank = boxes.top[None] - boxes.bottom[:, None]
    blank[(shared <= 0) | (blank < -0.3 * em)] = np.inf
    nearest = blank.min(axis=1)
    return (
        float(
            np.median(
                nearest[np.isfinite(nearest)],
            )
        )
        if np.isfinite(nearest).any()
        else 0.0
    )


def _together(bands: list[IntArray]) -> IntArray:
    return np.concatenate(bands) if bands else np.zeros(0, np.int64)
