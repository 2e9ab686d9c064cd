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


def blocks_of(boxes: Boxes, rows: list[IntArray]) -> list[list[int]]:
    """Cuts rows, from the top down, into blocks.

    Args:
        boxes: of all units.
        rows: units beside each other; they stay in one block.

    Returns:
        Blocks of row numbers of `boxes`, in the order given.
    """
    if not rows:
        return []
    blanks = np.array([_blank(boxes, upper, lower) for upper, lower in pairwise(rows)])
    usual = float(np.median(blanks[blanks > 0])) if (blanks > 0).any() else 0.0
    blocks = [rows[0].tolist()]
    for upper, lower, blank in zip(rows, rows[1:], blanks.tolist(), strict=False):
        if _ends(boxes, upper, lower, blank, usual):
            blocks.append([])
        blocks[-1].extend(lower.tolist())
    return blocks


def _blank(boxes: Boxes, upper: IntArray, lower: IntArray) -> float:
    return float(boxes.top[lower].min() - boxes.bottom[upper].max())


def _ends(boxes: Boxes, upper: IntArray, lower: IntArray, blank: float, usual: float) -> bool:
    heights = float(np.median(boxes.height[upper])), float(np.median(boxes.height[lower]))
    if max(heights) > _GROWTH * min(heights):
        return True
    return blank > max(_GAP * usual, usual + 0.3 * min(heights), 0.6 * min(heights))
