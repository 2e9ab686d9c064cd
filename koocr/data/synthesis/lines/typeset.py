"""From a text to letters in a row, and to the drawn line.

Word spaces are left, never drawn: some faces draw a box for U+0020. However wide they are to be, each shows
more ground than most of the letter spaces of its line, or nobody could read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.lookalikes import struck_zero
from koocr.data.synthesis.lines.pool import Script
from koocr.data.synthesis.lines.settings import EM
from koocr.data.synthesis.lines.spacing import Jitter, Spacing
from koocr.errors import DataError
from koocr.hangul import is_syllable

__all__ = ["Canvas", "Layout", "Placed", "lay_out", "paint"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float64]


class Placed(NamedTuple):
    """A letter's ink and where its first pixel goes: from the line's first pen, from the baseline."""

    ink: UInt8Array
    x: int
    y: int


@dataclass(frozen=True)
class Layout:
    """Letters in their places, at an em of `EM` pixels; y is 0 on the baseline and grows downwards.

    Attributes:
        placed: the letters that have ink.
        spans: (L, 2) left and right of each symbol's ink; of a space, the gap between its neighbours.
        cells: (L, 2) where the pen stood before and after each symbol.
        box: left, top, right, bottom of all ink.
        is_squared: whether the cells are to be drawn.
    """

    placed: tuple[Placed, ...]
    spans: FloatArray
    cells: FloatArray
    box: tuple[int, int, int, int]
    is_squared: bool = False


@dataclass
class Canvas:
    """A drawn line, to be marked and bent.

    Attributes:
        ink: (H, W) uint8, bright on 0.
        spans: (L, 2) left and right of each symbol.
        behind: (H, W) uint8, what was printed below the ink, or None: nothing.
        baseline: its row.
        box: left, top, right, bottom of the line's own ink.
    """

    ink: UInt8Array
    spans: FloatArray
    baseline: float
    box: tuple[int, int, int, int]
    behind: UInt8Array | None = None


def lay_out(
    text: str,
    script: Script,
    rng: np.random.Generator,
    *,
    spacing: Spacing | None = None,
    jitter: Jitter | None = None,
    has_struck_zeros: bool = False,
) -> Layout:
    """Puts the letters of a text in a row.

    Args:
        text: symbols that the script draws, and single spaces between words.
        script: draws the letters.
        rng: source of the jitter of the gaps.
        spacing: the gaps.
        jitter: how each letter is changed; None: not at all.
        has_struck_zeros: whether zeros have a stroke through them, as in listings.

    Raises:
        DataError: the script doesn't draw one of the symbols.
    """
    spacing = spacing or Spacing()
    glyphs = [script.glyph(symbol) for symbol in text]
    for symbol, glyph in zip(text, glyphs, strict=True):
        if glyph is None and symbol != " ":
            raise DataError(f"the face {script.hand.name} doesn't draw {symbol!r}; take another text")
    if has_struck_zeros:
        glyphs = [_struck(*pair) for pair in zip(text, glyphs, strict=True)]
    if jitter is not None:
        glyphs = [_changed(glyph, number, jitter) for number, glyph in enumerate(glyphs)]
    if spacing.pitch is not None:
        glyphs = [_in_cell(*pair, spacing.pitch * EM) for pair in zip(text, glyphs, strict=True)]
    pens, advances = _pens(text, glyphs, rng, spacing)
    placed = tuple(
        Placed(glyph.ink, round(pen + glyph.left), round(glyph.top))
        for glyph, pen in zip(glyphs, pens.tolist(), strict=True)
        if glyph is not None
    )
    spans = _spans(glyphs, placed)
    return Layout(placed, spans, np.stack([pens, pens + advances], 1), _box(placed), spacing.is_squared)


def _struck(symbol: str, glyph: Glyph | None) -> Glyph | None:
    return glyph._replace(ink=struck_zero(glyph.ink)) if glyph is not None and symbol == "0" else glyph


def _changed(glyph: Glyph | None, number: int, jitter: Jitter) -> Glyph | None:
    if glyph is None:
        return None
    (a, b), (c, d) = jitter.matrices[number].tolist()
    height, width = glyph.ink.shape
    new_width = int(abs(a) * width + abs(b) * height) + 2
    new_height = int(abs(c) * width + abs(d) * height) + 2
    x, y = (width - 1) / 2, (height - 1) / 2
    matrix = np.array(
        [[a, b, (new_width - 1) / 2 - a * x - b * y], [c, d, (new_height - 1) / 2 - c * x - d * y]]
    )
    ink = cv2.warpAffine(glyph.ink, matrix, (new_width, new_height), flags=cv2.INTER_LINEAR)
    left = glyph.left + (width - new_width) / 2
    top = d * (glyph.top + height / 2) - new_height / 2 + float(jitter.shifts[number])
    return Glyph(ink, left, top, glyph.advance * a)


def _in_cell(symbol: str, glyph: Glyph | None, pitch: float) -> Glyph | None:
    """A letter in the middle of a cell; Latin letters and digits have half a cell."""
    if glyph is None:
        return None
    width = glyph.ink.shape[1]
    cell = max(pitch / 2 if symbol.isascii() else pitch, width + 2.0)
    return Glyph(glyph.ink, (cell - width) / 2, glyph.top, cell)


def _pens(
    text: str, glyphs: Sequence[Glyph | None], rng: np.random.Generator, spacing: Spacing
) -> tuple[FloatArray, FloatArray]:
    """(L,) where the pen stands before each symbol, and how far each moves it."""
    count = len(glyphs)
    is_space = np.array([glyph is None for glyph in glyphs])
    widths = np.array([0.0 if glyph is None else glyph.advance for glyph in glyphs])
    left = np.array([0.0 if glyph is None else glyph.left for glyph in glyphs])
    right = np.array([0.0 if g is None else g.advance - g.left - g.ink.shape[1] for g in glyphs])
    jitter = np.clip(rng.standard_normal(count), -2, 2) * spacing.letter_jitter * EM
    after = widths + spacing.tracking * EM + jitter
    after[is_space] = _word_spaces(rng, int(is_space.sum()), spacing)
    if spacing.pitch is None:
        after[:-1] += _between_scripts(text) * spacing.between_scripts * EM
        ground = right[:-1] + after[:-1] - widths[:-1] + left[1:]  # (L - 1,) between the ink of neighbours
        is_within = ~(is_space[:-1] | is_space[1:])
        usual = max(0.0, float(np.quantile(ground[is_within], 0.75))) if is_within.any() else 0.0
        for place in np.flatnonzero(is_space).tolist():
            shown = ground[place - 1] + after[place] + left[place + 1]
            after[place] += max(0.0, usual + spacing.least * EM - shown)
    return np.concatenate([[0.0], np.cumsum(after)[:-1]]), after


def _between_scripts(text: str) -> NDArray[np.bool_]:
    """(L - 1,) where Hangul stands beside a Latin letter, a digit or the outside of a bracket."""
    hangul = np.array([is_syllable(symbol) for symbol in text])
    begins, ends = (
        np.array([symbol.isascii() and (symbol.isalnum() or symbol in marks) for symbol in text])
        for marks in ("([{", ")]}")
    )
    return (hangul[:-1] & begins[1:]) | (ends[:-1] & hangul[1:])


def _word_spaces(rng: np.random.Generator, count: int, spacing: Spacing) -> FloatArray:
    if spacing.pitch is not None:
        return np.full(count, EM * spacing.pitch * (1.0 if spacing.is_squared else 0.5))
    factors = np.exp(rng.standard_normal(count) * spacing.space_jitter)
    spaces = np.maximum(spacing.space * factors, spacing.least)
    is_column = rng.random(count) < spacing.column
    return EM * np.where(is_column, rng.uniform(1.5, 5.0, count), spaces)


def _spans(glyphs: Sequence[Glyph | None], placed: Sequence[Placed]) -> FloatArray:
    letters = iter(placed)
    spans = np.array(
        [(np.nan, np.nan) if glyph is None else _span(next(letters)) for glyph in glyphs], np.float64
    ).reshape(-1, 2)
    for place in np.flatnonzero(np.isnan(spans[:, 0])).tolist():
        left, right = spans[place - 1, 1], spans[place + 1, 0]
        spans[place] = min(left, right), max(left, right)
    return spans


def _span(letter: Placed) -> tuple[float, float]:
    return letter.x, letter.x + letter.ink.shape[1]


def _box(placed: Sequence[Placed]) -> tuple[int, int, int, int]:
    return (
        min(letter.x for letter in placed),
        min(letter.y for letter in placed),
        max(letter.x + letter.ink.shape[1] for letter in placed),
        max(letter.y + letter.ink.shape[0] for letter in placed),
    )


def paint(layout: Layout, *, pads: tuple[int, int, int, int] = (0, 0, 0, 0)) -> Canvas:
    """Draws the letters.

    Args:
        layout: their places.
        pads: rows and columns of ground: left, top, right, bottom.
    """
    left, top, right, bottom = layout.box
    pad_left, pad_top, pad_right, pad_bottom = pads
    x0, y0 = left - pad_left, top - pad_top
    ink = np.zeros((bottom + pad_bottom - y0, right + pad_right - x0), np.uint8)
    for letter in layout.placed:
        height, width = letter.ink.shape
        view = ink[letter.y - y0 : letter.y - y0 + height, letter.x - x0 : letter.x - x0 + width]
        np.maximum(view, letter.ink, out=view)
    box = left - x0, top - y0, right - x0, bottom - y0
    return Canvas(ink, layout.spans - x0, float(-y0), box)
