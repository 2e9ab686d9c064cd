"""Rules that part what is on a page: neither those of ruled paper, nor leaders, nor what crosses text out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, FloatArray, Levelling

__all__ = ["Rules", "joined_by_leaders", "separators"]

_MOST_CROSSED = 1
"""Units that a rule may go through: more often it parts nothing."""
_LEADER = 2.0
"""In em, how near a leader or a blank to fill begins after the text of its row."""
_MOST_NUMBER = 2.0
"""In em, of the number of a page behind a leader; a blank to be filled may end beside another column."""
_MANY = 10
"""So many rules in equal distances are ruled paper if"""
_TOUCHED = 0.25
"""such a share of them runs into text, or if they"""
_COVERED = 0.45
"""take so much of the height of the text: a table does neither."""
_ON = 0.7
"""In em: a rule that ends so near another one ends on it."""
_EVEN = 0.15
"""Of the distance, how far such rules are off it."""


@dataclass(frozen=True)
class Rules:
    """Straight rules in level coordinates, each array (M, 4): x0, y0, x1, y1.

    Attributes:
        across: about horizontal ones, x0 <= x1.
        down: about vertical ones, y0 <= y1.
    """

    across: FloatArray
    down: FloatArray

    def crossing(self, x: float, left: float, right: float, em: float) -> FloatArray:
        """(K,) y of the horizontal rules that cross x and reach well into both sides."""
        reach = min(2 * em, 0.25 * min(x - left, right - x) + em)
        crosses = (self.across[:, 0] < x - reach) & (self.across[:, 2] > x + reach)
        return np.asarray((self.across[crosses, 1] + self.across[crosses, 3]) / 2)

    def length_between(self, left: float, right: float, top: float, bottom: float) -> float:
        """How much of a strip's height a vertical rule in it covers."""
        if not len(self.down) or right <= left:
            return 0.0
        x = (self.down[:, 0] + self.down[:, 2]) / 2
        shared = np.minimum(self.down[:, 3], bottom) - np.maximum(self.down[:, 1], top)
        inside = (x > left) & (x < right)
        return float(np.clip(shared[inside], 0, None).max(initial=0.0))

    def are_sides(self, em: float) -> NDArray[np.bool_]:
        """(M,) whether a vertical rule is the side of a frame, or of a cell.

        Those have an end on the end of a horizontal rule, or both ends on horizontal rules; a rule between
        columns may hang from the rule below a title.
        """
        x, y = self.down[:, [0, 2]], self.down[:, [1, 3]]  # (M, 2): of the ends
        level = np.abs(y[..., None] - self.across[:, [1, 3]].mean(axis=1)) < _ON * em
        left, right = x[..., None] - self.across[:, 0], self.across[:, 2] - x[..., None]
        on = level & (left > -em) & (right > -em)  # (M, 2, K)
        at_end = level & ((np.abs(left) < em) | (np.abs(right) < em))
        return np.asarray(at_end.any(axis=(1, 2)) | on.any(axis=2).all(axis=1))


def separators(levelling: Levelling, boxes: Boxes, rules: NDArray[np.floating] | None) -> Rules:
    """The rules that part something, in level coordinates.

    Args:
        levelling: of the page.
        boxes: its N units.
        rules: (M, 2, 2) ends of all rules of the page, in its pixels; None: none are known.
    """
    ends = levelling.points(np.asarray(np.zeros((0, 2, 2)) if rules is None else rules, np.float64))
    run, fall = np.abs(ends[:, 1] - ends[:, 0]).T
    across, down = _sorted(ends[run > fall], 0), _sorted(ends[run <= fall], 1)
    is_leader = _are_leaders(boxes, across) & ~_end_at(across, down, boxes.em)
    is_useful = (_num_struck(boxes, across) <= _MOST_CROSSED) & ~is_leader
    is_paper = _are_ruled_paper(boxes, across)
    down = down[(_num_crossed(boxes, down) <= _MOST_CROSSED) & ~_end_on(across[is_paper], down, boxes.em)]
    across = across[is_useful & ~is_paper]
    return Rules(across, down)


def joined_by_leaders(
    levelling: Levelling,
    boxes: Boxes,
    rules: NDArray[np.floating] | None,
    numbers: NDArray[np.bool_] | None = None,
) -> list[list[int]]:
    """Units that are one line: a title, dots or a rule, and the number of its page.

    Args:
        levelling: of the page.
        boxes: its N units.
        rules: see `separators`.
        numbers: (N,) which units say the number of a page, if known: leaders point to nothing else.

    Returns:
        Each unit once, with those that it is joined to, from left to right.
    """
    follows: dict[int, int] = {}
    if rules is not None and len(rules):
        ends = levelling.points(np.asarray(rules, np.float64))
        run, fall = np.abs(ends[:, 1] - ends[:, 0]).T
        for x0, y0, x1, y1 in _sorted(ends[run > 4 * fall], 0).tolist():
            left = _nearest(boxes, x0 - boxes.right, (y0 + y1) / 2)
            right = _nearest(boxes, boxes.left - x1, (y0 + y1) / 2)
            if left is None or right is None or right in follows.values():
                continue
            is_number = boxes.width[right] < _MOST_NUMBER * boxes.em if numbers is None else numbers[right]
            if is_number and boxes.left[left] < boxes.left[right] and x1 - x0 > _LEADER * boxes.em:
                follows.setdefault(left, right)
    groups = []
    for unit in sorted(set(range(len(boxes))) - set(follows.values())):
        groups.append([unit])
        while groups[-1][-1] in follows:
            groups[-1].append(follows[groups[-1][-1]])
    return groups


def _nearest(boxes: Boxes, gap: FloatArray, y: float) -> int | None:
    """The unit of a row that a leader begins, or ends, closest to, if it comes near to any."""
    in_row = (y > boxes.middle - 0.3 * boxes.height) & (y < boxes.bottom + 0.3 * boxes.height)
    near = np.where(in_row & (gap > -boxes.em) & (gap < _LEADER * boxes.em), np.abs(gap), np.inf)
    return int(near.argmin()) if len(near) and np.isfinite(near.min()) else None


def _sorted(ends: FloatArray, axis: int) -> FloatArray:
    """(K, 4) x0, y0, x1, y1 with the end first that is further left, or up."""
    return np.take_along_axis(ends, ends[:, :, axis, None].argsort(axis=1), axis=1).reshape(-1, 4)


def _num_struck(boxes: Boxes, across: FloatArray, *, edge: float = 0.25) -> NDArray[np.int64]:
    """(K,) through how many units a horizontal rule goes, further inside than a share of their height."""
    y = (across[:, 1] + across[:, 3])[:, None] / 2
    rim = edge * boxes.height
    shared = np.minimum(boxes.right, across[:, 2:3]) - np.maximum(boxes.left, across[:, :1])
    hit = (y > boxes.top + rim) & (y < boxes.bottom - rim) & (shared > 0.5 * boxes.width)
    return np.asarray(hit.sum(axis=1))


def _num_crossed(boxes: Boxes, down: FloatArray) -> NDArray[np.int64]:
    """(K,) how many units a vertical rule cuts in two."""
    x = (down[:, 0] + down[:, 2])[:, None] / 2
    inside = (x > boxes.left + 0.5 * boxes.height) & (x < boxes.right - 0.5 * boxes.height)
    return np.asarray((inside & (boxes.middle > down[:, 1:2]) & (boxes.middle < down[:, 3:4])).sum(axis=1))


def _are_leaders(boxes: Boxes, across: FloatArray) -> NDArray[np.bool_]:
    """(K,) whether a rule goes on from a unit in its row: dots to a page number, a blank to be filled."""
    y = (across[:, 1] + across[:, 3])[:, None] / 2
    in_row = (y > boxes.middle - 0.3 * boxes.height) & (y < boxes.bottom + 0.6 * boxes.height)
    gap = across[:, :1] - boxes.right
    return np.asarray((in_row & (gap > -boxes.em) & (gap < _LEADER * boxes.em)).any(axis=1))


def _end_at(across: FloatArray, down: FloatArray, em: float) -> NDArray[np.bool_]:
    """(K,) whether a horizontal rule begins on a vertical one, as in a table that stands beside text."""
    near = np.abs(down[:, [0, 2]].mean(axis=1) - across[:, :1]) < _ON * em
    y = across[:, 1:2]
    return np.asarray((near & (y > down[:, 1] - _ON * em) & (y < down[:, 3] + _ON * em)).any(axis=1))


def _are_ruled_paper(boxes: Boxes, across: FloatArray) -> NDArray[np.bool_]:
    """(K,) whether a rule is one of many in equal distances of about a line of text, on most of the page."""
    none = np.zeros(len(across), bool)
    y = np.sort((across[:, 1] + across[:, 3]) / 2)
    steps = np.diff(y)
    is_step = steps > 0.5 * boxes.em
    usual = float(np.median(steps[is_step])) if is_step.any() else 0.0
    even = is_step & (np.abs(steps - usual) < _EVEN * usual)
    if even.sum() < _MANY or even.sum() < 0.5 * is_step.sum() or usual > 4 * boxes.em:
        return none
    _, top, _, bottom = boxes.hull()
    touched = float((_num_struck(boxes, across, edge=0.1) > 0).mean())
    return ~none if touched > _TOUCHED or steps[even].sum() > _COVERED * (bottom - top) else none


def _end_on(across: FloatArray, down: FloatArray, em: float) -> NDArray[np.bool_]:
    """(M,) whether a vertical rule runs from one horizontal rule to another, as between cells."""
    y = across[:, [1, 3]].mean(axis=1)
    if not len(y):
        return np.zeros(len(down), bool)
    near = [np.abs(down[:, [end]] - y).min(axis=1) < _ON * em for end in (1, 3)]
    return np.asarray(near[0] & near[1])
