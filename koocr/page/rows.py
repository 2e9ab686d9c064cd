"""Rows: units that stand beside each other, as the cells of a table or the choices of a question do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, IntArray

__all__ = ["are_level", "cells_of_row", "rows_and_cards", "rows_of"]

_BETWEEN = 0.5
"""In em, between cells."""
_DENSE = 1.8
"""In em, from line to line of a cell; rows of a table are further apart."""
_PICTURE = 3.0
"""In em, of the blank above captions."""
_MOST_CARD_LINES = 6
_LEVEL_TOPS = 0.7
_SAME_ROW = 0.5
"""Of the smaller height: how far the centres of neighbours in a row may differ."""


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
    strips = _strips(boxes)
    counts = {len(rows_of(boxes.take(strip))) for strip in strips}
    is_row = len(counts) > 1 and all(_is_dense(boxes.take(strip), boxes.em) for strip in strips)
    return strips if is_row else [np.arange(len(boxes))]


def rows_and_cards(boxes: Boxes, em: float) -> list[IntArray]:
    """As `rows_of`, but captions that stand side by side below pictures are read one after the other.

    Such a row of cards stands below a wide blank, its cards begin level and hold some dense lines each.

    Args:
        boxes: N units.
        em: the usual height of the page's units.
    """
    order = np.argsort(boxes.top, kind="stable")
    reach = np.maximum.accumulate(boxes.bottom[order])
    blanks = boxes.top[order][1:] - reach[:-1]
    parts = np.split(order, np.flatnonzero(blanks > _PICTURE * em) + 1)
    rows: list[IntArray] = []
    for number, part in enumerate(parts):
        strips = [part[strip] for strip in _strips(boxes.take(part))] if number else [part]
        is_cards = len(strips) > 1 and _are_cards([boxes.take(strip) for strip in strips], em)
        for strip in strips if is_cards else [part]:
            rows += [strip[row] for row in rows_of(boxes.take(strip))]
    return rows


def _are_cards(strips: list[Boxes], em: float) -> bool:
    num_lines = [len(rows_of(strip)) for strip in strips]
    tops = [float(strip.top.min()) for strip in strips]
    is_short = 2 <= max(num_lines) <= _MOST_CARD_LINES and np.mean([num > 1 for num in num_lines]) >= 0.5
    return bool(
        is_short and np.ptp(tops) < _LEVEL_TOPS * em and all(_is_dense(strip, em) for strip in strips)
    )


def _strips(boxes: Boxes) -> list[IntArray]:
    """What gaps from the top to the foot part, from left to right."""
    order = np.argsort(boxes.left, kind="stable")
    reach = np.maximum.accumulate(boxes.right[order])
    return np.split(order, np.flatnonzero(boxes.left[order][1:] > reach[:-1] + _BETWEEN * boxes.em) + 1)


def _is_dense(boxes: Boxes, em: float) -> bool:
    """Whether lines follow each other as in a paragraph."""
    middles = [float(boxes.middle[row].mean()) for row in rows_of(boxes)]
    return bool((np.diff(middles) < _DENSE * max(em, boxes.em)).all())


def _joins(boxes: Boxes, row: list[int], unit: int) -> bool:
    middles, heights = boxes.middle[row], boxes.height[row]
    near = _SAME_ROW * min(float(boxes.height[unit]), float(heights.mean()))
    if abs(float(boxes.middle[unit] - middles.mean())) > max(near, 0.25 * float(boxes.height[unit])):
        return False
    shared = np.minimum(boxes.right[row], boxes.right[unit]) - np.maximum(boxes.left[row], boxes.left[unit])
    return bool((shared <= 0.3 * np.minimum(boxes.width[row], boxes.width[unit])).all())
