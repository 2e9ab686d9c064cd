"""Cards: captions that stand side by side below pictures; each is read as a whole, the left one first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from koocr.page.level import Boxes, FloatArray, IntArray
from koocr.page.rows import is_dense, rows_of, strips_of
from koocr.page.wrapped import wrapped_rows

__all__ = ["rows_and_cards"]

_PICTURE = 3.0
"""In em, of the blank above captions."""
_PRICE = 5.5
"""In em, of the blank above the last line of a card, which may stand at its foot."""
_MOST_LINES = 6
_LEVEL = 0.7
"""In em: cards begin level, and the lines of a card below each other."""
_SAME_TYPE = 0.85
"""Of the higher one: titles and texts of cards differ by more."""
_LARGER = 1.35
"""Times the height of what the cards begin with: a heading."""


def rows_and_cards(boxes: Boxes, em: float, *, blank_above: float = 0.0) -> list[IntArray]:
    """As `koocr.page.wrapped.wrapped_rows`, but cards are read one after the other.

    A row of them stands below a wide blank, they begin level and hold some dense lines each.

    Args:
        boxes: N units.
        em: the usual height of the page's units.
        blank_above: what is empty above all of them, in pixels.
    """
    rows: list[IntArray] = []
    rest, is_below_blank = np.argsort(boxes.top, kind="stable"), blank_above > _PICTURE * em
    while len(rest):
        cards = _cards(boxes, rest, em) if is_below_blank else None
        part = np.concatenate(cards) if cards else _until_blank(boxes, rest, em)
        for strip in cards or [part]:
            rows += [strip[row] for row in wrapped_rows(boxes.take(strip))]
        is_below_blank = not cards or _is_blank(boxes, part, np.setdiff1d(rest, part), em)
        rest = rest[~np.isin(rest, part)]
    return rows


def _until_blank(boxes: Boxes, units: IntArray, em: float) -> IntArray:
    """The first of some units in the order of their tops: those above the first wide blank."""
    reach = np.maximum.accumulate(boxes.bottom[units])
    blanks = np.flatnonzero(boxes.top[units][1:] - reach[:-1] > _PICTURE * em)
    return units[: blanks[0] + 1] if len(blanks) else units


def _is_blank(boxes: Boxes, above: IntArray, below: IntArray, em: float) -> bool:
    return bool(len(below)) and bool(boxes.top[below].min() - boxes.bottom[above].max() > _PICTURE * em)


def _cards(boxes: Boxes, units: IntArray, em: float) -> list[IntArray] | None:
    """The cards that some units, in the order of their tops, begin with; None where they are none."""
    grown = _Grown.of(boxes, units, em)
    if grown.are_ragged(boxes):
        return grown.cards
    whole = _until_blank(boxes, units, em)
    strips = [whole[strip] for strip in strips_of(boxes.take(whole))]
    are_cards = len(strips) > 1 and _are_cards([boxes.take(strip) for strip in strips], em)
    return strips if are_cards else None


def _are_cards(strips: list[Boxes], em: float) -> bool:
    num_lines = [len(rows_of(strip)) for strip in strips]
    tops = [float(strip.top.min()) for strip in strips]
    is_short = 2 <= max(num_lines) <= _MOST_LINES and np.mean([num > 1 for num in num_lines]) >= 0.5
    is_level = np.ptp(tops) < _LEVEL * em and all(is_dense(strip, em) for strip in strips)
    return bool(is_short and is_level and not _is_grid(strips))


def _is_grid(strips: list[Boxes]) -> bool:
    """Whether lines of one type stand level and in full rows but for the last one, as choices do."""
    counts = np.array([len(strip) for strip in strips])
    if np.ptp(counts) > 1 or (np.diff(counts) > 0).any():
        return False
    rows = [[(strip, place) for strip in strips if place < len(strip)] for place in range(counts.max())]
    tops = [[float(np.sort(strip.middle)[place]) for strip, place in row] for row in rows]
    heights = [
        float(np.median([strip.height[np.argsort(strip.middle)[place]] for strip, place in row]))
        for row in rows
    ]
    em = max(heights)
    return bool(all(np.ptp(row) < 0.3 * em for row in tops) and min(heights) > _SAME_TYPE * em)


@dataclass(frozen=True)
class _Grown:
    """Cards grown from the row of their first lines, as long as what follows stands below these."""

    cards: list[IntArray]

    @classmethod
    def of(cls, boxes: Boxes, units: IntArray, em: float) -> _Grown:
        rows = [units[row] for row in rows_of(boxes.take(units))]
        lefts, size = boxes.left[rows[0]], float(np.median(boxes.height[rows[0]]))
        cards = [[int(unit)] for unit in rows[0]]
        reach = float(boxes.bottom[rows[0]].max())
        for row in rows[1:]:
            homes = _homes(boxes, row, lefts, em)
            blank = float(boxes.top[row].min()) - reach
            most = (_PICTURE if len(row) == len(lefts) else _PRICE) * em
            if homes is None or blank > most or boxes.height[row].max() > _LARGER * size:
                break
            for home, unit in zip(homes.tolist(), row.tolist(), strict=True):
                cards[home].append(unit)
            reach = max(reach, float(boxes.bottom[row].max()))
        return cls([np.array(card, np.int64) for card in cards])

    def are_ragged(self, boxes: Boxes) -> bool:
        """Whether they are cards and no table: some dense lines, not as many or not level in all of them."""
        if len(self.cards) < 2 or max(map(len, self.cards)) > _MOST_LINES + 1:
            return False
        if np.mean([len(card) > 1 for card in self.cards]) < 0.5:
            return False
        ends = [float(boxes.bottom[card].max()) for card in self.cards]
        texts = [card[:-1] if len(card) > 2 else card for card in self.cards]  # the last may be a price
        is_close = all(is_dense(boxes.take(card), boxes.em) for card in texts)
        if not is_close or _is_grid([boxes.take(card) for card in self.cards]):
            return False
        return bool(len(set(map(len, self.cards))) > 1 or np.ptp(ends) > 0.3 * boxes.em)


def _homes(boxes: Boxes, row: IntArray, lefts: FloatArray, em: float) -> IntArray | None:
    """(K,) below which first line each unit of a row begins; None if one begins, or ends, elsewhere."""
    off = np.abs(boxes.left[row][:, None] - lefts)  # (K, L)
    homes = off.argmin(axis=1)
    ends = np.append(lefts[1:], np.inf)[homes]
    if off.min(axis=1).max() > _LEVEL * em or (boxes.right[row] > ends).any() or len(set(homes)) < len(row):
        return None
    return np.asarray(homes)
