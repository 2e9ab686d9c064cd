"""Where one part of a page with columns ends and the next begins, though no heading reaches across them."""

from __future__ import annotations

import numpy as np

from koocr.page.level import Boxes, IntArray
from koocr.page.separators import Rules

__all__ = ["split_at_heading", "split_between_rules", "split_head"]

_LARGER = 1.15
"""So many times the usual size is a heading."""
_ROOM = 1.2
"""In em, how much more than the heading's own height the blank beside it is."""
_STARTS = 1.3
"""In em: columns below a heading begin about level."""
_MOST_HEADS = 4
_MOST_WIDTH = 0.75
"""Of what stands below: a longer line is text, or crosses the columns anyway."""
_LEAST_IN_COLUMN = 1.5
"""In em, of the heights of its lines together."""
_CENTRED = 0.6
"""In em, how far the middle of a heading lies from that of what is below it."""

_SAME_PLACE = 0.7
"""In em: rules between columns stand so exactly below each other."""
_LEAST_BETWEEN, _MOST_BETWEEN = 1.5, 8.0
"""In em, from the foot of one to the head of the next."""


def split_between_rules(boxes: Boxes, rules: Rules, em: float) -> tuple[IntArray, IntArray] | None:
    """Cuts where a rule between columns ends and another one begins below it.

    Args:
        boxes: N units.
        rules: of the page, in the same coordinates.
        em: the usual height of the page's units.

    Returns:
        The numbers of the units above and below; None where there is no such place.
    """
    down = rules.down[~rules.are_sides(em)]
    left, _, right, _ = boxes.hull()
    for upper in down[(down[:, 0] > left + em) & (down[:, 0] < right - em)]:  # not the edge of the paper
        blank = down[:, 1] - upper[3]
        is_next = (np.abs(down[:, 0] - upper[2]) < _SAME_PLACE * em) & (blank > _LEAST_BETWEEN * em)
        if not (is_next & (blank < _MOST_BETWEEN * em)).any():
            continue
        is_above = boxes.middle < upper[3]
        cut = upper[3] + np.array([1, -1]) * 0.5 * em
        is_clear = (boxes.bottom[is_above] < cut[0]).all() and (boxes.top[~is_above] > cut[1]).all()
        if is_clear and min(is_above.sum(), (~is_above).sum()) > 2:
            return np.flatnonzero(is_above), np.flatnonzero(~is_above)
    return None


def split_head(boxes: Boxes, em: float) -> tuple[IntArray, IntArray] | None:
    """Takes off the topmost units, if each stands alone and the last over columns, larger or in their middle.

    A short one crosses no gutter, and would be the first line of the column that it stands over.

    Args:
        boxes: N units.
        em: the usual height of the page's units.

    Returns:
        The numbers of those units and of the others; None where they are lines like others.
    """
    order = np.argsort(boxes.top, kind="stable")
    middle = (boxes.left + boxes.right) / 2
    for count in range(1, min(_MOST_HEADS, len(order) - 2) + 1):
        last, below = order[count - 1], boxes.take(order[count:])
        top = float(below.top.min())
        left, _, right, _ = below.hull()
        middles = [(left + right) / 2, *middle[order[: count - 1]]]  # of what is below, and of a title above
        is_centred = min(abs(middle[last] - other) for other in middles) < _CENTRED * em
        is_title = boxes.height[last] >= _LARGER * em and boxes.left[last] < left + 2 * em
        if top < boxes.bottom[order[:count]].max() - 0.2 * em:
            return None
        if boxes.width[last] > _MOST_WIDTH * (right - left):  # a line of text, or one that parts the columns
            continue
        row = below.take(np.flatnonzero(below.top < top + _STARTS * em))
        if (is_centred or is_title) and _are_columns(below, float(row.left.max()), em):
            return order[:count], order[count:]
    return None


def _are_columns(boxes: Boxes, x: float, em: float) -> bool:
    """Whether several lines end before a place and several begin there or behind it; a table is many."""
    sides = boxes.right < x + 0.3 * em, boxes.left > x - 0.3 * em
    return bool(min(boxes.height[side].sum() for side in sides) > _LEAST_IN_COLUMN * em)


def split_at_heading(boxes: Boxes, rules: Rules, em: float) -> tuple[IntArray, IntArray] | None:
    """Cuts where one unit stands alone from side to side, with columns above it and columns below it.

    Args:
        boxes: N units.
        rules: of the page, in the same coordinates; one that runs past a heading keeps it in its column.
        em: the usual height of the page's units.

    Returns:
        The numbers of the units above, and those from the heading on; None where there is no such place.
    """
    order = np.argsort(boxes.top, kind="stable")
    top, bottom = boxes.top[order], boxes.bottom[order]
    reach = np.maximum.accumulate(bottom)
    left, _, right, _ = boxes.hull()
    is_centred = np.abs(boxes.left + boxes.right - left - right)[order] / 2 < _CENTRED * em
    is_larger = boxes.height[order] >= _LARGER * em
    for place in range(2, len(order) - 2):
        unit = order[place]
        if (
            not (is_larger[place] or is_centred[place])
            or rules.length_between(left, right, boxes.top[unit] - em, boxes.bottom[unit] + em)
            > boxes.height[unit] + em
        ):
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
