"""Rows: units that stand beside each other, as the cells of a table or the choices of a question do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, IntArray

__all__ = ["are_level", "cells_of_row", "is_dense", "rows_of", "strips_of"]

_BETWEEN = 0.5
"""In em, between cells."""
_DENSE = 1.8
"""In em, from line to line of a cell; rows of a table are further apart."""
_SAME_ROW = 0.5
"""Of the smaller height: how far the centres of neighbours in a row may differ."""
_MARK = 0.6
"""Of the height of what stands beside it: a lower one may stand anywhere between foot and head of a row."""


def are_level(boxes: Boxes, tolerance: float = _SAME_ROW) -> NDArray[np.bool_]:
    """(N, N) whether two units stand in one row: their centres differ by a part of the smaller height."""
    smaller = np.minimum(boxes.height[:, None], boxes.height[None])
    return np.asarray(np.abs(boxes.middle[:, None] - boxes.middle[None]) <= tolerance * smaller)


def rows_of(boxes: Boxes) -> list[IntArray]:
    """The units row by row, from the top down, each row from left to right.

    A unit joins the row above it when it is level with the row's mean centre and stands beside, not below,
    what the row has already.

    Returns:
        Arrays of row numbers of `boxes`; together they are all of them, each once.
    """
    rows: list[list[int]] = []
    for unit in np.argsort(boxes.middle, kind="stable").tolist():
        row = next((row for row in reversed(rows[-3:]) if _joins(boxes, row, unit)), None)
        if row is None:
            rows.append([unit])
        else:
            row.append(unit)
    rows.sort(key=lambda row: float(boxes.middle[row].mean()))
    return [np.array(sorted(row, key=lambda unit: boxes.left[unit]), np.int64) for row in rows]


def cells_of_row(boxes: Boxes) -> list[IntArray]:
    """The cells of what is one row of a table: strips side by side that hold different numbers of lines.

    Returns:
        Arrays of row numbers of `boxes`, from left to right; a single one where it is no such row.
    """
    strips = strips_of(boxes)
    counts = {len(rows_of(boxes.take(strip))) for strip in strips}
    is_row = len(counts) > 1 and all(is_dense(boxes.take(strip), boxes.em) for strip in strips)
    return strips if is_row else [np.arange(len(boxes))]


def strips_of(boxes: Boxes) -> list[IntArray]:
    """What gaps from the top to the foot part, from left to right."""
    order = np.argsort(boxes.left, kind="stable")
    reach = np.maximum.accumulate(boxes.right[order])
    return np.split(order, np.flatnonzero(boxes.left[order][1:] > reach[:-1] + _BETWEEN * boxes.em) + 1)


def is_dense(boxes: Boxes, em: float) -> bool:
    """Whether lines follow each other as in a paragraph."""
    middles = [float(boxes.middle[row].mean()) for row in rows_of(boxes)]
    return bool((np.diff(middles) < _DENSE * max(em, boxes.em)).all())


def _is_level(boxes: Boxes, row: list[int], unit: int) -> bool:
    """Whether a unit's middle is near the row's, or it is a mark beside letters: a dash, dots, a comma."""
    middles, heights = boxes.middle[row], boxes.height[row]
    apart, height = abs(float(boxes.middle[unit] - middles.mean())), float(boxes.height[unit])
    if apart <= max(_SAME_ROW * min(height, float(heights.mean())), 0.25 * height):
        return True
    higher, lower = max(height, float(heights.max())), min(height, float(heights.max()))
    return lower < _MARK * higher and apart <= (higher - lower) / 2


def _joins(boxes: Boxes, row: list[int], unit: int) -> bool:
    if not _is_level(boxes, row, unit):
        return False
    shared = np.minimum(boxes.right[row], boxes.right[unit]) - np.maximum(boxes.left[row], boxes.left[unit])
    return bool((shared <= 0.3 * np.minimum(boxes.width[row], boxes.width[unit])).all())
