"""Cells whose text goes on in further lines, in tables without rules: each is read to its end.

The lines of one cell stand closer to each other than rows do, and the cells of a row begin, or lie, level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koocr.page.level import Boxes, FloatArray, IntArray
from koocr.page.rows import rows_of

__all__ = ["is_wrapped_table", "wrapped_rows"]

_ALIGNED = 0.6
"""In em: the lines of a cell begin, end or lie in the middle so near each other."""
_SAME_TYPE = 1.35
"""The lines of a cell differ in height by less; not so a dash and a word, see `_MARK`."""
_SYLLABLE = 1.5
"""In em: what is narrower is a syllable, whose height says little of its type."""
_MARK = 0.6
"""Of an em: what is lower, a dash for instance, is no line of a longer text."""
_DENSE = 2.2
"""In em, from line to line of a cell at most."""
_CLOSER = 1.12
"""Lines of cells keep one distance, within this factor; rows are further apart."""
_FULL = 0.35
"""Of a cell's widest line: lines that go on are not shorter."""
_NARROW = 2.5
"""In em: a cell is wider if its text has to go on in another line."""
_LEVEL = 0.4
"""In em: cells of one row begin, or have their middles, so near each other."""
_MOST_EQUAL = 4
"""Lines of the cells of a row that all have as many; of more it may be a part of a table of its own."""

_FEWEST_ROWS = 3
_MOSTLY = 0.7
"""Of the units: so many stand in rows of cells if it is a table."""
_FEW_LINES = 2.5
"""Lines of a cell, in the mean."""


def wrapped_rows(boxes: Boxes) -> list[IntArray]:
    """As `koocr.page.rows.rows_of`, but the lines of a wrapped cell come one after the other.

    Returns:
        Arrays of row numbers of `boxes`, units beside each other or a single one; together all, each once.
    """
    if len(boxes) < 4:
        return rows_of(boxes)
    bands = _bands(boxes)
    is_wrapped = [_is_wrapped(boxes, band) for band in bands]
    if not any(is_wrapped):
        return rows_of(boxes)
    pairs = zip(bands, is_wrapped, strict=True)
    return _placed(boxes, [band for band, is_sure in pairs if is_sure or _may_be_wrapped(boxes, band)])


def is_wrapped_table(boxes: Boxes) -> bool:
    """Whether most units are short cells in several rows, some of them wrapped; prose in columns is not."""
    if len(boxes) < 2 * _FEWEST_ROWS:
        return False
    bands = _bands(boxes)
    rows = [band for band in bands if len(band) > 1 and _are_cells(boxes, band)]
    sizes = np.array([len(cell) for band in rows for cell in band])
    is_table = len(rows) >= _FEWEST_ROWS and sizes.sum() >= _MOSTLY * len(boxes)
    return bool(is_table and sizes.mean() < _FEW_LINES and any(_is_wrapped(boxes, band) for band in rows))


@dataclass(frozen=True)
class _Links:
    """Which unit goes on in which below it.

    Attributes:
        below: (N,) row numbers, -1 for none.
        pitch: (N,) from middle to middle, in pixels; infinite for none.
    """

    below: IntArray
    pitch: FloatArray

    @classmethod
    def of(cls, boxes: Boxes) -> _Links:
        """The nearest aligned unit below each, if nothing else is nearer to that."""
        apart = boxes.middle[None] - boxes.middle[:, None]  # (N, N), how far the second is below the first
        apart = np.where(_are_aligned(boxes) & (apart > 0.5 * boxes.em), apart, np.inf)
        below, above = apart.argmin(axis=1), apart.argmin(axis=0)
        pitch = apart.min(axis=1)
        is_link = np.isfinite(pitch) & (above[below] == np.arange(len(boxes)))
        return cls(np.where(is_link, below, -1), np.where(is_link, pitch, np.inf))

    def is_within(self, em: float) -> NDArray[np.bool_]:
        """(N,) whether a link stays within a cell: one of the closest, where others are clearly wider."""
        known = np.sort(self.pitch[np.isfinite(self.pitch)])
        if len(known) < 2 or known[0] > _DENSE * em:
            return np.zeros(len(self.pitch), bool)
        most = _CLOSER * float(np.median(known[known < _CLOSER * known[0]]))
        is_clear = (known > _CLOSER * most).any()
        return np.asarray((self.pitch <= most) & is_clear)


def _are_aligned(boxes: Boxes) -> NDArray[np.bool_]:
    """(N, N) whether two units may be lines of one cell, wherever they stand."""
    centre = (boxes.left + boxes.right) / 2
    edges = np.stack([boxes.left, centre, boxes.right])
    off = np.abs(edges[:, :, None] - edges[:, None]).min(axis=0)
    higher = np.maximum(boxes.height[:, None], boxes.height)
    lower = np.minimum(boxes.height[:, None], boxes.height)
    is_syllable = (boxes.width < _SYLLABLE * boxes.em) & (boxes.height < boxes.em)
    is_rest = is_syllable[:, None] ^ is_syllable  # of two syllables neither says what type the cell has
    is_same = (higher < _SAME_TYPE * lower) | is_rest
    is_line = (lower > _MARK * boxes.em) & (higher < lower / _MARK) & is_same
    return np.asarray((off < _ALIGNED * boxes.em) & is_line)


def _chains(below: IntArray, is_kept: NDArray[np.bool_], count: int) -> list[IntArray]:
    """Cells: units that are linked, from the top down."""
    follows = {unit: int(below[unit]) for unit in np.flatnonzero(is_kept).tolist()}
    chains = []
    for first in sorted(set(range(count)) - set(follows.values())):
        chain = [first]
        while chain[-1] in follows:
            chain.append(follows[chain[-1]])
        chains.append(np.array(chain, np.int64))
    return chains


def _bands(boxes: Boxes) -> list[list[IntArray]]:
    """Cells that share some height, from the top down; each band from left to right."""
    links = _Links.of(boxes)
    cells = _chains(links.below, links.is_within(boxes.em), len(boxes))
    slack = 0.2 * boxes.em
    bands: list[list[IntArray]] = []
    reach = -np.inf
    for cell in sorted(cells, key=lambda cell: boxes.top[cell].min()):
        if boxes.top[cell].min() > reach - slack:
            bands.append([])
        bands[-1].append(cell)
        reach = max(reach, float(boxes.bottom[cell].max()))
    return [sorted(band, key=lambda cell: boxes.left[cell].min()) for band in bands]


def _is_wrapped(boxes: Boxes, band: list[IntArray]) -> bool:
    """Whether a band is surely a row of cells: things put down row by row end with a shorter row at most."""
    counts = np.array([len(cell) for cell in band])
    is_row_by_row = len(band) < 2 or (np.ptp(counts) < 2 and bool((np.diff(counts) <= 0).all()))
    return not is_row_by_row and _are_cells(boxes, band)


def _may_be_wrapped(boxes: Boxes, band: list[IntArray]) -> bool:
    """Whether it is one beside such rows, though it would be read row by row if it stood alone."""
    most = max(len(cell) for cell in band)
    return len(band) > 1 and 1 < most <= _MOST_EQUAL and _are_cells(boxes, band)


def _are_cells(boxes: Boxes, band: list[IntArray]) -> bool:
    left = np.array([boxes.left[cell].min() for cell in band])
    right = np.array([boxes.right[cell].max() for cell in band])
    top = np.array([boxes.top[cell].min() for cell in band])
    bottom = np.array([boxes.bottom[cell].max() for cell in band])
    is_line = np.array([boxes.height[cell[0]] > _MARK * boxes.em for cell in band])  # marks stand anywhere
    if is_line.sum() < 2 and len(band) < 2:
        return False
    is_apart = bool((left[1:] > right[:-1]).all())
    offs = [float(np.ptp(edge[is_line])) if is_line.any() else 0.0 for edge in (top, (top + bottom) / 2)]
    return is_apart and min(offs) < _LEVEL * boxes.em and all(_goes_on(boxes, cell) for cell in band)


def _goes_on(boxes: Boxes, cell: IntArray) -> bool:
    """Whether units below each other may be one text: numbers before the items of a list are not."""
    width = boxes.width[cell]
    is_text = len(cell) == 1 or width.max() > _NARROW * boxes.em
    return bool(is_text and (width[:-1] >= _FULL * width.max()).all())


def _placed(boxes: Boxes, wrapped: list[list[IntArray]]) -> list[IntArray]:
    """Wrapped bands cell by cell, what stands between them row by row."""
    inside = np.concatenate([cell for band in wrapped for cell in band])
    others = np.setdiff1d(np.arange(len(boxes)), inside)
    parts = [(float(boxes.top[others[row]].min()), [others[row]]) for row in _rows(boxes, others)]
    for band in wrapped:
        lines = [np.array([unit], np.int64) for cell in band for unit in cell.tolist()]
        parts.append((float(boxes.top[np.concatenate(band)].min()), lines))
    return [row for _, rows in sorted(parts, key=lambda part: part[0]) for row in rows]


def _rows(boxes: Boxes, units: IntArray) -> list[IntArray]:
    return rows_of(boxes.take(units)) if len(units) else []
