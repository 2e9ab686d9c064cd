"""Columns: where a page, or a part of it, is read down one side of a gutter before the other.

A gutter is a strip that no unit and no rule crosses for some way down. It stands between columns of prose,
but between the cells of a table and the choices of a question too, and those are read row by row. What tells
them apart: prose fills its column, is wide and dense, and has lines where the other column has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, IntArray
from koocr.page.rows import are_level
from koocr.page.separators import Rules
from koocr.page.wrapped import is_wrapped_table

__all__ = ["Gutter", "best_gutter"]

_OVERLAP = 0.3
"""In em: how far a unit may reach over the edge of a gutter, as found boxes do."""
_LEAST_TOGETHER = 0.3
"""Share of the height both sides span that both have to write on; speech bubbles take turns."""

_FULL = 0.75
"""Of a column's width: a line with so much ink is full."""
_LEAST_WIDTH = 4.0
"""In em, of a column; page numbers behind the titles of a list of contents take less."""
_MANY_LINES, _RAGGED = 9, 0.7
"""Of so many lines, prose takes more of a column in the mean, though few are full; cells take less."""
_LIKE_OTHERS = 3.0
"""What it adds to the score that both sides are as wide as columns elsewhere on the page are."""
_SAME_WIDTH = 0.12
_SAME_BLANK = 0.8
_LEAST_STRIP = 0.15
"""Of the ink beside a gutter: what the strip next to it must hold to say what stands there."""


@dataclass(frozen=True)
class Gutter:
    """A gutter and what stands around it; arrays of row numbers.

    Attributes:
        above, left, right, below: together all units, each once.
        score: of the sides as columns of their own; above 0 they are.
        edges: of the columns beside it, left and right of the left one and then of the right one, in pixels.
    """

    above: IntArray
    left: IntArray
    right: IntArray
    below: IntArray
    score: float
    edges: tuple[float, ...] = ()


def best_gutter(
    boxes: Boxes, rules: Rules, *, em: float, least_score: float = 0.0, known: Sequence[Gutter] = ()
) -> Gutter | None:
    """The gutter between two columns that has most beside it; of several such, the widest.

    Args:
        boxes: N units.
        rules: horizontal ones end a gutter, a vertical one inside speaks for it.
        em: the usual height of the page's units.
        least_score: see `Gutter.score`.
        known: gutters elsewhere on the page; what lies below one, or parts columns as wide, is sooner one.

    Returns:
        The gutter, or None where nothing stands in columns.
    """
    level = are_level(boxes)
    largest_first = groupby(sorted(_gutters(boxes, rules, em), key=_size, reverse=True), key=_size)
    for _, alike in largest_first:
        found = []
        for gutter in alike:
            sides = _Sides.of(boxes, gutter, level)
            score = _score(boxes, sides, level, rules, em)
            edges = sides.edges(boxes)
            score += _LIKE_OTHERS * _is_like(edges, known)
            if score > least_score and not _is_table(boxes, gutter):
                found.append((sides.gap, replace(gutter, score=score, edges=edges)))
        if found:
            return max(found, key=lambda item: item[0])[1]
    return None


def _is_like(edges: tuple[float, ...], known: Sequence[Gutter]) -> bool:
    """Whether edges are those of columns as wide as known ones, or of a blank that known ones continue in."""
    outer, start, stop, last = edges
    widths = np.array([width for gutter in known for width in np.diff(gutter.edges)[::2]])
    alike = [(np.abs(widths - own) < _SAME_WIDTH * widths).any() for own in (start - outer, last - stop)]
    blanks = [(gutter.edges[1], max(gutter.edges[1] + 1, gutter.edges[2])) for gutter in known]
    below = [min(stop, high) - max(start, low) > _SAME_BLANK * (high - low) for low, high in blanks]
    return all(alike) or any(below)


def _is_table(boxes: Boxes, gutter: Gutter) -> bool:
    return is_wrapped_table(boxes.take(np.union1d(gutter.left, gutter.right)))


def _size(gutter: Gutter) -> int:
    return len(gutter.left) + len(gutter.right)


def _gutters(boxes: Boxes, rules: Rules, em: float) -> Iterator[Gutter]:
    """All that may be gutters: each ends in the left edge of a unit and runs until something crosses it."""
    order = np.argsort(boxes.middle, kind="stable")
    left, _, right, _ = boxes.hull()
    slack = np.minimum(_OVERLAP * em, 0.25 * boxes.width)
    seen: set[bytes] = set()
    for x in _edges(boxes, em):
        is_left = boxes.right - slack <= x
        crosses = ~is_left & (boxes.left + slack < x)
        ends = np.sort(np.concatenate([boxes.middle[crosses], rules.crossing(x, left, right, em)]))
        part = np.searchsorted(ends, boxes.middle)
        part[crosses] = -1
        for number in np.unique(part[part >= 0]):
            inside = order[part[order] == number]
            sides = inside[is_left[inside]], inside[~is_left[inside]]
            key = sides[0].tobytes() + b"|" + sides[1].tobytes()
            if len(sides[0]) and len(sides[1]) and len(inside) > 2 and key not in seen:
                seen.add(key)
                others = np.setdiff1d(order, inside)
                is_above = boxes.middle[others] < boxes.middle[inside].mean()
                yield Gutter(others[is_above], *sides, others[~is_above], 0.0)


def _edges(boxes: Boxes, em: float) -> list[float]:
    """Left edges of units, one of each group that lies within a fifth of an em: its first and its last."""
    edges = np.sort(boxes.left)
    starts = np.concatenate([[True], np.diff(edges) > 0.2 * em])
    return np.unique(np.concatenate([edges[starts], edges[np.append(starts[1:], True)]])).tolist()  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Sides:
    """The two strips of units beside a gutter, of perhaps more that stand on each side."""

    left: IntArray
    right: IntArray
    gap: float

    @classmethod
    def of(cls, boxes: Boxes, gutter: Gutter, level: NDArray[np.bool_]) -> _Sides:
        left = _strip(boxes, gutter.left, last=True)
        right = _strip(boxes, gutter.right, last=False)
        gap = float(np.quantile(boxes.left[right], 0.1) - np.quantile(boxes.right[left], 0.9))
        return cls(left, right, max(0.0, gap))

    def edges(self, boxes: Boxes) -> tuple[float, ...]:
        """Left and right of the left strip, then of the right one."""
        left, right = boxes.take(self.left).hull(), boxes.take(self.right).hull()
        return left[0], left[2], right[0], right[2]


def _strip(boxes: Boxes, units: IntArray, *, last: bool) -> IntArray:
    """The last, or the first, of the strips into which gaps cut all the way down divide some units.

    One with little in it, a page number for instance, does not count.
    """
    order = units[np.argsort(boxes.left[units], kind="stable")]
    reach = np.maximum.accumulate(boxes.right[order])
    cuts = np.flatnonzero(boxes.left[order][1:] > reach[:-1] - 0.1 * boxes.height[order][1:]) + 1
    strips = np.split(order, cuts)
    least = _LEAST_STRIP * float(boxes.width[units].sum())
    full = [strip for strip in strips if boxes.width[strip].sum() >= least]
    return full[-1 if last else 0] if full else order


def _score(boxes: Boxes, sides: _Sides, level: NDArray[np.bool_], rules: Rules, em: float) -> float:
    """How much more the sides are columns than cells."""
    left, right = (_Side.of(boxes, units, level) for units in (sides.left, sides.right))
    top, bottom = max(left.top, right.top), min(left.bottom, right.bottom)
    if bottom <= top or _together(boxes, sides, top, bottom, em) < _LEAST_TOGETHER:
        return -9.0
    fewest = min(left.num_lines, right.num_lines)
    if max(left.num_lines, right.num_lines) < 2:
        return -9.0
    alone = min(_alone(boxes, sides, top, bottom), 0.5)
    filled = min(left.filled, right.filled) / 2 + (left.filled + right.filled) / 4
    narrower = min(left.width, right.width) / em
    ruled = rules.length_between(left.right - em, right.left + em, top, bottom) / (bottom - top)
    return (
        5 * (filled - (0.6 if fewest >= 5 else 0.7 if fewest >= 3 else 0.9))
        + 8 * alone * min(1.0, fewest / 4)
        + (1 - alone) * float(np.clip(0.8 * (narrower - 10), -4, 0))
        + 0.1 * float(np.clip(narrower - 10, 0, 5))
        + float(np.clip(0.15 * (fewest - 4), -0.6, 0.3))
        - float(np.clip(0.5 * (sides.gap / em - 4), 0, 3))
        - 1.0 * (max(left.pitch, right.pitch) > 2.4)
        + 3.0 * (ruled > 0.6)
        + 1.5 * (fewest >= _MANY_LINES and min(left.inked, right.inked) > _RAGGED)
        - 4.0 * (narrower < _LEAST_WIDTH)
    )


@dataclass(frozen=True)
class _Side:
    """What a strip of units looks like: edges in pixels, `pitch` in heights of its lines.

    `filled` is the share of its lines that are full, `inked` how much of its width a line takes in the mean.
    """

    num_lines: float
    filled: float
    inked: float
    width: float
    pitch: float
    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def of(cls, boxes: Boxes, units: IntArray, level: NDArray[np.bool_]) -> _Side:
        part = boxes.take(units)
        left, top, right, bottom = part.hull()
        same = level[np.ix_(units, units)]
        weight = 1 / same.sum(axis=1)  # a line of several units counts once
        ink = same @ part.width / max(1.0, right - left)
        num_lines = float(weight.sum())
        steps = np.diff(np.sort(part.middle))
        steps = steps[steps > 0.5 * part.em]
        pitch = float(np.median(steps)) / part.em if len(steps) else 1.5
        filled = float(weight[ink > _FULL].sum()) / num_lines
        inked = float((weight * np.minimum(ink, 1)).sum()) / num_lines
        return cls(num_lines, filled, inked, right - left, pitch, left, right, top, bottom)


def _alone(boxes: Boxes, sides: _Sides, top: float, bottom: float) -> float:
    """The share of lines, where both sides have some, that have no line level with them on the other side.

    Of the side that has fewer such lines: a word and what explains it in several lines are no columns.
    """
    shares = []
    for own, other in ((sides.left, sides.right), (sides.right, sides.left)):
        inside = own[(boxes.middle[own] > top) & (boxes.middle[own] < bottom)]
        if len(inside):
            apart = np.abs(boxes.middle[inside][:, None] - boxes.middle[other][None]).min(axis=1)
            shares.append(float((apart > 0.3 * boxes.height[inside]).mean()))
    return min(shares, default=0.0)


def _together(boxes: Boxes, sides: _Sides, top: float, bottom: float, em: float) -> float:
    """The share of the height both sides span that lies within a line's height of writing on both."""
    y = np.linspace(top, bottom, 64)
    written = []
    for units in (sides.left, sides.right):
        reach = np.maximum(em, boxes.height[units])
        above, below = boxes.top[units] - reach, boxes.bottom[units] + reach
        written.append(((y[:, None] > above) & (y[:, None] < below)).any(axis=1))
    return float((written[0] & written[1]).mean())
