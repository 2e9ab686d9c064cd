"""Heads and feet of a page: what stands apart above and below all of it, such as page numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from koocr.page.level import Boxes, IntArray
from koocr.page.rows import rows_of

__all__ = ["split_margins"]

_MOST_ROWS = 2
_LEAST_BLANK = 1.6
"""In em, between a head and the rest, all across the page."""
_LESS_THAN_BODY = 1.7
"""So many times the usual blank between the rows of the page."""
_MOST_FILLED = 0.6
"""Of the page's width: what fills more is a line of text."""


def split_margins(boxes: Boxes, units: IntArray, em: float) -> tuple[IntArray, IntArray, IntArray]:
    """Parts some units in those of the head, of the body and of the foot.

    A head is up to two rows that leave much of the width empty, with a blank below them from one side of the
    page to the other that is wider than those in the body; so is a foot.

    Returns:
        Three arrays of row numbers of `boxes`, together `units`.
    """
    bands = _bands(boxes, units)
    if len(bands) < 3:
        return units[:0], units, units[:0]
    blanks = [boxes.top[low].min() - boxes.bottom[high].max() for high, low in pairwise(bands)]
    least = max(_LEAST_BLANK * em, _LESS_THAN_BODY * float(np.median(blanks)))
    width = float(np.ptp(np.concatenate([boxes.left[units], boxes.right[units]])))
    head = _margin(boxes, bands, blanks, least, width)
    foot = _margin(boxes, bands[::-1], blanks[::-1], least, width)
    if head + foot >= len(bands):
        return units[:0], units, units[:0]
    body = bands[head : len(bands) - foot]
    return _together(bands[:head]), _together(body), _together(bands[len(bands) - foot :])


def _bands(boxes: Boxes, units: IntArray) -> list[IntArray]:
    """Units between blanks that go all across, from the top down."""
    order = units[np.argsort(boxes.top[units], kind="stable")]
    reach = np.maximum.accumulate(boxes.bottom[order])
    return np.split(order, np.flatnonzero(boxes.top[order][1:] > reach[:-1]) + 1)


def _margin(boxes: Boxes, bands: list[IntArray], blanks: list[float], least: float, width: float) -> int:
    """How many bands from an end belong to its margin."""
    for count in range(min(_MOST_ROWS, len(blanks)), 0, -1):
        rows = [row for band in bands[:count] for row in rows_of(boxes.take(band))]
        filled = max(float(boxes.width[band].sum()) for band in bands[:count]) / max(1.0, width)
        if blanks[count - 1] >= least and len(rows) <= count and filled <= _MOST_FILLED:
            return count
    return 0


def _together(bands: list[IntArray]) -> IntArray:
    return np.concatenate(bands) if bands else np.zeros(0, np.int64)
