"""Blocks: units in their order, cut where a paragraph, a heading or a cell ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from koocr.page.level import Boxes, IntArray

__all__ = ["blocks_of"]

_GAP = 1.6
"""A blank between lines that is so many times the usual one ends a block."""
_GROWTH = 1.35
"""So does a change of size."""
_BESIDE = 1.8
"""Units beside each other of which one is so many times as high are a title and what stands beside it."""
_INDENT = 0.6, 3.5
"""In heights of the line: how far the first line of a paragraph begins to the right of the next one."""
_SHORT = 3.5
"""In heights of the line: so much less than the lines below it reaches the last line of a paragraph."""


def blocks_of(boxes: Boxes, rows: list[IntArray]) -> list[list[int]]:
    """Cuts rows, from the top down, into blocks.

    Args:
        boxes: of all units.
        rows: units beside each other; they stay in one block, but for those of very different size.

    Returns:
        Blocks of row numbers of `boxes`, in the order given.
    """
    rows = [part for row in rows for part in _of_one_size(boxes, row)]
    if not rows:
        return []
    blanks = np.array([_blank(boxes, upper, lower) for upper, lower in pairwise(rows)])
    usual = float(np.median(blanks[blanks > 0])) if (blanks > 0).any() else 0.0
    begins = [
        False,
        *(_is_indented(boxes, *three) for three in zip(rows, rows[1:], rows[2:], strict=False)),
        False,
    ]
    blocks = [rows[0].tolist()]
    for upper, lower, blank, is_new in zip(rows, rows[1:], blanks.tolist(), begins[1:], strict=False):
        if is_new or _ends(boxes, upper, lower, blank, usual):
            blocks.append([])
        blocks[-1].extend(lower.tolist())
    return blocks


def _of_one_size(boxes: Boxes, row: IntArray) -> list[IntArray]:
    """A row, cut where a title ends and small type follows, or the other way round."""
    height = np.maximum(boxes.height[row], 1.0)
    is_wide = boxes.width[row] > 2 * height  # not a sign, which may be low
    jumps = np.maximum(height[1:], height[:-1]) > _BESIDE * np.minimum(height[1:], height[:-1])
    return np.split(row, np.flatnonzero(jumps & is_wide[1:] & is_wide[:-1]) + 1)


def _blank(boxes: Boxes, upper: IntArray, lower: IntArray) -> float:
    return float(boxes.top[lower].min() - boxes.bottom[upper].max())


def _ends(boxes: Boxes, upper: IntArray, lower: IntArray, blank: float, usual: float) -> bool:
    heights = float(np.median(boxes.height[upper])), float(np.median(boxes.height[lower]))
    if max(heights) > _GROWTH * min(heights):
        return True
    return blank > max(_GAP * usual, usual + 0.3 * min(heights), 0.6 * min(heights))


def _is_indented(boxes: Boxes, upper: IntArray, lower: IntArray, next_: IntArray) -> bool:
    """Whether the second of three rows is the first line of a paragraph: indented, below one that ends early.

    What goes on in lists hangs below a line that is full; the lines of verses begin where the first one does.
    """
    if max(map(len, (upper, lower, next_))) > 1:
        return False
    above, first, second = int(upper[0]), int(lower[0]), int(next_[0])
    size = max(1.0, float(boxes.height[first]))
    indent = float(boxes.left[first] - boxes.left[second]) / size
    room = float(max(boxes.right[first], boxes.right[second]) - boxes.right[above]) / size
    begins_left = boxes.left[first] - boxes.left[above] > -_INDENT[0] * size
    return bool(_INDENT[0] < indent < _INDENT[1] and room > _SHORT and begins_left)
