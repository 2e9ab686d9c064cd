"""Headings that are too short to reach across all columns, and still end those above them."""

from __future__ import annotations

import numpy as np

from koocr.page.level import Boxes, IntArray

__all__ = ["split_at_heading"]

_LARGER = 1.15
"""So many times the usual size is a heading."""
_ROOM = 1.2
"""In em, how much more than the heading's own height the blank beside it is."""
_STARTS = 0.8
"""In em: columns below a heading begin about level."""


def split_at_heading(boxes: Boxes, em: float) -> tuple[IntArray, IntArray] | None:
    """Cuts where one unit stands alone from side to side, with columns above it and columns below it.

    Args:
        boxes: N units.
        em: the usual height of the page's units.

    Returns:
        The numbers of the units above, and those from the heading on; None where there is no such place.
    """
    order = np.argsort(boxes.top, kind="stable")
    top, bottom = boxes.top[order], boxes.bottom[order]
    reach = np.maximum.accumulate(bottom)
    for place in range(2, len(order) - 2):
        if boxes.height[order[place]] < _LARGER * em:
            continue
        is_alone = (
            top[place] > reach[place - 1] - 0.2 * em and top[place + 1 :].min() > bottom[place] - 0.2 * em
        )
        if is_alone and _parts_columns(boxes, order[:place], order[place], order[place + 1 :], em):
            return order[:place], order[place:]
    return None


def _parts_columns(boxes: Boxes, above: IntArray, unit: int, below: IntArray, em: float) -> bool:
    """Whether something stands beside the heading's column, above and below it, with a wide blank between."""
    beside = [
        part[(boxes.left[part] > boxes.right[unit]) | (boxes.right[part] < boxes.left[unit])]
        for part in (above, below)
    ]
    if min(map(len, beside)) < 2:
        return False
    blank = boxes.top[beside[1]].min() - boxes.bottom[beside[0]].max()
    own = np.setdiff1d(below, beside[1])
    starts = [float(boxes.top[part].min()) for part in (own, beside[1]) if len(part)]
    return bool(blank > boxes.height[unit] + _ROOM * em and np.ptp(starts) < _STARTS * em)
