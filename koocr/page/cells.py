"""Cells: the parts of a page that rules enclose, as a tree: a page holds tables, a table cells, and so on.

The rules are drawn into a small picture; what its white parts hold belongs together.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, FloatArray, IntArray
from koocr.page.separators import Rules

__all__ = ["Cell", "Table", "enclosed_cells"]

_SIDE = 1000
"""Pixels of the longer side of the small picture."""
_CLOSED = 0.25
"""In em: rules that end so near another one touch it."""
_LEAST_OPEN = 12.0
"""In em, the length of rules between which a table may be open at its sides; shorter ones may be blanks."""
_LEAST_TABLE = 3.0
"""The same where a rule between cells says that it is a table."""
_ON = 0.7
"""In em, how near a rule ends to another one that it is to reach."""
_SAME_END = 1.0
"""In em, how far the ends of such rules may lie apart."""

Place = tuple[float, float, float, float]


@dataclass(frozen=True)
class Cell:
    """A part of the page.

    Attributes:
        units: in it and in none of its tables; row numbers.
        tables: frames and tables in it.
    """

    units: IntArray
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Table:
    """Cells whose rules touch; a framed box is one of one cell.

    Attributes:
        place: left, top, right, bottom.
        rows: its cells that hold something, from the top down, each row from left to right.
    """

    place: Place
    rows: tuple[tuple[Cell, ...], ...] = field(default=())


def enclosed_cells(boxes: Boxes, rules: Rules) -> Cell:
    """The page as a tree of cells.

    Args:
        boxes: N units, N at least 1.
        rules: in the same coordinates.

    Returns:
        The outermost cell, which is what no rules enclose.
    """
    units = np.arange(len(boxes))
    if len(rules.across) < 2:
        return Cell(units)
    drawing = _Drawing.of(boxes, rules)
    parts = drawing.parts_of(boxes)
    children: dict[int, list[int]] = {}
    for group, parent in drawing.parents.items():
        children.setdefault(parent, []).append(group)

    def cell(part: int) -> Cell:
        tables = (table(group) for group in children.get(part, []))
        return Cell(units[parts == part], tuple(found for found in tables if found.rows))

    def table(group: int) -> Table:
        own = [part for part, its in drawing.groups.items() if its == group]
        filled = {part: found for part in own if (found := cell(part)).units.size or found.tables}
        return Table(
            _hull([drawing.places[part] for part in own]), _in_rows(filled, drawing.places, boxes.em)
        )

    return cell(0)


@dataclass(frozen=True)
class _Drawing:
    """The small picture.

    A part is a white piece that rules enclose, 0 what is outside; a group is rules that touch.

    Attributes:
        labels: (H, W) which piece each pixel is of.
        low, scale: from level coordinates to the picture: (point - low) * scale + 2.
        places: of each part.
        groups: the group of rules around each part.
        parents: the part around each group.
    """

    labels: IntArray
    low: FloatArray
    scale: float
    places: dict[int, Place]
    groups: dict[int, int]
    parents: dict[int, int]

    @classmethod
    def of(cls, boxes: Boxes, rules: Rules) -> _Drawing:
        sides = _open_sides(rules, boxes.em)
        ends = np.concatenate([rules.across, rules.down, sides]).reshape(-1, 2, 2)
        corners = np.stack([boxes.left, boxes.top, boxes.right, boxes.bottom], 1).reshape(-1, 2)
        points = np.concatenate([ends.reshape(-1, 2), corners])
        low = points.min(axis=0)
        scale = _SIDE / max(1.0, float(np.ptp(points, axis=0).max()))
        width, height = (np.ceil(np.ptp(points, axis=0) * scale).astype(int) + 5).tolist()
        picture = np.zeros((height, width), np.uint8)
        for start, stop in np.rint((_stretched(ends, _CLOSED * boxes.em) - low) * scale).astype(int) + 2:
            cv2.line(picture, start.tolist(), stop.tolist(), 255, 1)
        picture[[0, -1]], picture[:, [0, -1]] = 0, 0
        _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.bitwise_not(picture), connectivity=4)
        _, inked, ink_stats, _ = cv2.connectedComponentsWithStats(picture, connectivity=8)
        labels[labels == labels[0, 0]] = 0  # and so are the rules themselves
        places, groups = {}, {}
        for part, (left, top, wide, high, _) in enumerate(stats.tolist()):
            if (
                (labels[top, left : left + wide] == part).any()
                and part
                and min(wide, high) > 0.8 * boxes.em * scale
            ):
                edges = np.array([left - 2, top - 2, left + wide - 2, top + high - 2]) / scale
                places[part] = tuple((edges + np.tile(low, 2)).tolist())
                groups[part] = int(
                    inked[top - 1, left + int(np.argmax(labels[top, left : left + wide] == part))]
                )
        labels[~np.isin(labels, list(places))] = 0
        parents = {group: _around(labels, inked, ink_stats[group], group) for group in set(groups.values())}
        return cls(labels, low, scale, places, groups, parents)

    def parts_of(self, boxes: Boxes) -> IntArray:
        """(N,) the part that most of a unit's middle line lies in."""
        along = np.linspace(0.1, 0.9, 9)[None]
        x = boxes.left[:, None] + along * boxes.width[:, None]
        columns = np.rint((x - self.low[0]) * self.scale).astype(int) + 2
        rows = np.rint((boxes.middle - self.low[1]) * self.scale).astype(int) + 2
        found = self.labels[rows[:, None], columns]  # (N, 9)
        return np.array([np.bincount(line).argmax() for line in found], np.int64)


def _around(labels: IntArray, inked: IntArray, stats: IntArray, group: int) -> int:
    """The part that a group of rules stands in: what is above its highest pixel."""
    left, top, wide = stats[:3].tolist()
    return int(labels[top - 1, left + int(np.argmax(inked[top, left : left + wide] == group))])


def _open_sides(rules: Rules, em: float) -> FloatArray:
    """(K, 4) what joins the ends of long rules that begin and end alike: many tables have no sides.

    Frames that stand below each other have some and are left alone; so are the rules of a page's head and
    foot.
    """
    long = rules.across[rules.across[:, 2] - rules.across[:, 0] > _LEAST_TABLE * em]
    long = long[np.argsort(long[:, 1], kind="stable")]
    is_closed = _touched(long[:, :2], rules.down, em) & _touched(long[:, 2:], rules.down, em)
    sides = []
    for number, upper in enumerate(long):
        lower = long[number + 1 :]
        alike = (np.abs(lower[:, [0, 2]] - upper[[0, 2]]) < _SAME_END * em).all(axis=1)
        if alike.any():
            place = number + 1 + int(np.argmax(alike))
            nearest = long[place]
            if is_closed[number] or is_closed[place] or _holds_others(upper, nearest, rules, em):
                continue
            is_long = upper[2] - upper[0] > _LEAST_OPEN * em
            if not (is_long or _are_tied(upper, nearest, rules.down, em)):
                continue
            sides += [[*upper[:2], *nearest[:2]], [*upper[2:], *nearest[2:]]]
    return np.array(sides, np.float64).reshape(-1, 4)


def _are_tied(upper: FloatArray, lower: FloatArray, down: FloatArray, em: float) -> bool:
    """Whether a vertical rule between cells runs from one horizontal rule to another."""
    inside = (down[:, 0] > upper[0] + em) & (down[:, 0] < upper[2] - em)
    low, high = upper[[1, 3]].max() + _ON * em, lower[[1, 3]].min() - _ON * em
    return bool((inside & (down[:, 1] < low) & (down[:, 3] > high)).any())


def _holds_others(upper: FloatArray, lower: FloatArray, rules: Rules, em: float) -> bool:
    """Whether rules stand between two others and end on neither: then those are of a page's head and foot."""
    low, high = upper[[1, 3]].max() + em, lower[[1, 3]].min() - em
    down = (rules.down[:, 1] > low) & (rules.down[:, 3] < high)
    inside = (rules.down[:, 0] > upper[0] - em) & (rules.down[:, 0] < upper[2] + em)
    return bool((down & inside).any())


def _touched(points: FloatArray, down: FloatArray, em: float) -> NDArray[np.bool_]:
    """(K,) whether a vertical rule comes near a point."""
    x, y = points[:, :1], points[:, 1:]
    near = (np.abs(down[:, 0] - x) < em) | (np.abs(down[:, 2] - x) < em)
    return np.asarray((near & (y > down[:, 1] - em) & (y < down[:, 3] + em)).any(axis=1))


def _stretched(ends: FloatArray, by: float) -> FloatArray:
    """(M, 2, 2) rules made longer at both ends."""
    run = ends[:, 1] - ends[:, 0]
    step = run * (by / np.maximum(1e-6, np.linalg.norm(run, axis=1, keepdims=True)))
    return np.stack([ends[:, 0] - step, ends[:, 1] + step], axis=1)


def _hull(places: list[Place]) -> Place:
    edges = np.array(places)
    low, high = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _in_rows(cells: dict[int, Cell], places: dict[int, Place], em: float) -> tuple[tuple[Cell, ...], ...]:
    """Cells whose upper edges are level make a row."""
    rows: list[list[int]] = []
    for part in sorted(cells, key=lambda part: places[part][1]):
        if not rows or places[part][1] > places[rows[-1][0]][1] + 0.7 * em:
            rows.append([])
        rows[-1].append(part)
    return tuple(tuple(cells[part] for part in sorted(row, key=lambda part: places[part][0])) for row in rows)
