"""The order in which a person reads the units of a page; start reading here.

The page is laid level and cut from the top down (a recursive XY-cut, Nagy and Seth, 1984): cells that rules
enclose are one thing to what stands around them; where prose stands in columns, the part above them is read,
then each column, then the part below; anything else is read row by row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from koocr.errors import ConfigError
from koocr.page.blocks import blocks_of
from koocr.page.cards import rows_and_cards
from koocr.page.cells import Cell, enclosed_cells
from koocr.page.columns import Gutter, best_gutter
from koocr.page.headings import split_at_heading, split_between_rules, split_head
from koocr.page.level import Boxes, IntArray, Levelling
from koocr.page.margins import split_margins
from koocr.page.rows import cells_of_row, rows_of
from koocr.page.separators import Rules, joined_by_leaders, separators

__all__ = ["ORDERS", "reading_order"]

ORDERS: Final = ("auto", "columns", "rows")
"""How to order: by what the page looks like; every gutter parts columns; from top to bottom, row by row."""
_SURE = 0.5
"""Score of a gutter from which on it is an example for the others of the page."""
_NUMBER: Final = re.compile(
    r"^[\W_]*(?:p\.?|제)?[\W_]*"
    r"(?:\d{1,4}(?:\s*[-/]\s*\d{1,4})?|(?=[ivx])x{0,3}(?:ix|iv|v?i{0,3}))"
    r"\s*(?:쪽|면|페이지)?[\W_]*$",
    re.IGNORECASE,
)
"""A page number: 12, - 12 -, 3 / 10, 12쪽, xii."""
_LEAST_SCORES: Final = {"auto": 0.0, "columns": -6.0}


def reading_order(
    quads: NDArray[np.float32],
    *,
    rules: NDArray[np.float32] | None = None,
    texts: Sequence[str] | None = None,
    order: str = "auto",
) -> list[list[int]]:
    """Puts the units of a page in the order of reading.

    Args:
        quads: (N, 4, 2) units, upright but for a skew of up to about 20 degrees: lines cut at wide gaps.
        rules: (M, 2, 2) ends of straight rules in the same pixels, if known; see `koocr.page.rules`.
        texts: (N,) what the units say, if known: it tells page numbers from last lines.
        order: one of `ORDERS`.

    Returns:
        Blocks (paragraphs, headings, rows of cells) of row numbers of `quads`; each number is there once.

    Raises:
        ConfigError: the order is unknown.
    """
    if order not in ORDERS:
        raise ConfigError(f"order is {order!r}; give one of {', '.join(ORDERS)}")
    quads = np.asarray(quads, np.float32).reshape(-1, 4, 2)
    if not len(quads):
        return []
    levelling = Levelling.of(quads)
    boxes = levelling.boxes(quads)
    if order == "rows":
        return blocks_of(boxes, rows_of(boxes))
    lines = separators(levelling, boxes, rules)
    numbers = None if texts is None else np.array([_NUMBER.search(text) is not None for text in texts])
    groups = joined_by_leaders(levelling, boxes, rules, numbers)
    if len(groups) < len(quads):
        boxes = _hulls(boxes, groups)
        if numbers is not None:
            numbers = np.array([len(group) == 1 and numbers[group[0]] for group in groups])
    page = _Page(boxes, lines, boxes.em, _LEAST_SCORES[order], numbers=numbers)
    cells = enclosed_cells(boxes, lines)
    blocks = page.read(cells)
    if page.found:  # a page keeps to its columns: what is like them is one too
        blocks = replace(page, known=tuple(page.found)).read(cells)
    return [[unit for group in block for unit in groups[group]] for block in blocks]


@dataclass(frozen=True)
class _Page:
    """What all parts of a page share.

    Attributes:
        known: gutters, where some were found before.
        numbers: (N,) which units say a number, if known.
        found: gathers those that surely are some.
    """

    boxes: Boxes
    rules: Rules
    em: float
    least_score: float
    known: tuple[Gutter, ...] = ()
    numbers: NDArray[np.bool_] | None = None
    found: list[Gutter] = field(default_factory=list)

    def read(self, cell: Cell, *, is_inner: bool = False) -> list[list[int]]:
        """The blocks of a cell, the whole page being one: its own units, and its tables each as one thing."""
        boxes, things = self.boxes.take(cell.units), [[[unit]] for unit in cell.units.tolist()]
        for table in cell.tables:
            boxes = _joined(boxes, table.place)
            things.append(self._table(table.rows))
        is_table = np.arange(len(boxes)) >= len(cell.units)
        numbers = (
            None if self.numbers is None else np.append(self.numbers[cell.units], [False] * len(cell.tables))
        )
        part = _Part(boxes, self, numbers)
        blocks = []
        for block in (part.read_cell if is_inner else part.read_page)(np.arange(len(boxes))):
            blocks += _unfolded(block, things, is_table)
        return blocks

    def _table(self, rows: Sequence[Sequence[Cell]]) -> list[list[int]]:
        blocks = []
        for row in rows:
            cells = [self.read(cell, is_inner=True) for cell in row]
            if all(sum(map(len, cell)) <= 2 for cell in cells):  # short cells: a row of a table is one block
                cells = [[[unit for cell in cells for block in cell for unit in block]]]
            blocks += [block for cell in cells for block in cell if block]
        return blocks


@dataclass(frozen=True)
class _Part:
    """The things of one cell."""

    boxes: Boxes
    page: _Page
    numbers: NDArray[np.bool_] | None

    def read_page(self, things: IntArray) -> list[list[int]]:
        """The head, what stands between, and the foot."""
        head, body, foot = split_margins(self.boxes, things, self.page.em, self.page.rules, self.numbers)
        return [block for part in (head, body, foot) for block in self.read(part)]

    def read_cell(self, things: IntArray) -> list[list[int]]:
        """What rules enclose, which may be a whole row of a table that has no rules down."""
        strips = cells_of_row(self.boxes.take(things))
        return [block for strip in strips for block in self.read(things[strip])]

    def read(self, things: IntArray) -> list[list[int]]:
        """From the top down; columns one after the other."""
        if not len(things):
            return []
        boxes = self.boxes.take(things)
        em = self.page.em
        cut = (
            split_head(boxes, em)
            or split_at_heading(boxes, self.page.rules, em)
            or split_between_rules(boxes, self.page.rules, em)
        )
        if cut is not None:
            return [block for part in cut for block in self.read(things[np.sort(part)])]
        gutter = None
        if len(things) > 2:
            gutter = self._gutter(boxes)
        if gutter is None:
            rows = rows_and_cards(boxes, self.page.em, blank_above=self._blank_above(things))
            return blocks_of(self.boxes, [things[row] for row in rows])
        if gutter.score > _SURE:
            self.page.found.append(gutter)
        parts = (gutter.above, gutter.left, gutter.right, gutter.below)
        return [block for part in parts for block in self.read(things[np.sort(part)])]

    def _gutter(self, boxes: Boxes) -> Gutter | None:
        page = self.page
        return best_gutter(boxes, page.rules, em=page.em, least_score=page.least_score, known=page.known)

    def _blank_above(self, things: IntArray) -> float:
        """From some things up to what stands over them; 0 where nothing does."""
        left, top, right, _ = self.boxes.take(things).hull()
        is_over = (self.boxes.left < right) & (self.boxes.right > left) & (self.boxes.middle < top)
        is_over[things] = False
        return top - float(self.boxes.bottom[is_over].max()) if is_over.any() else 0.0


def _hulls(boxes: Boxes, groups: Sequence[Sequence[int]]) -> Boxes:
    """One box around the units of each group."""
    return Boxes(*np.array([boxes.take(np.array(group)).hull() for group in groups]).T)


def _joined(boxes: Boxes, place: tuple[float, float, float, float]) -> Boxes:
    edges = (boxes.left, boxes.top, boxes.right, boxes.bottom)
    return Boxes(*(np.append(edge, value) for edge, value in zip(edges, place, strict=True)))


def _unfolded(
    block: list[int], things: list[list[list[int]]], is_table: NDArray[np.bool_]
) -> list[list[int]]:
    """A block of things as blocks of units: a table brings blocks of its own."""
    blocks: list[list[int]] = [[]]
    for thing in block:
        if is_table[thing]:
            blocks += [*things[thing], []]
        else:
            blocks[-1] += things[thing][0]
    return [found for found in blocks if found]
