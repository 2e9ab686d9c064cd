"""From a text to letters in a row: letter and word spaces, the unsteadiness of hands, the drawn line.

Word spaces are left, never drawn: some faces draw a box for U+0020. How wide they are is decided for the line;
each still shows more ground than most of the letter spaces of its line, or nobody could read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.pool import Script
from koocr.data.synthesis.lines.settings import EM, HandSettings, SpacingSettings
from koocr.errors import DataError

__all__ = ["Canvas", "Jitter", "Layout", "Spacing", "draw_jitter", "draw_spacing", "lay_out", "paint"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

_LETTERS_A_DRIFT = 6  # letters after which a hand's drift may turn


@dataclass(frozen=True)
class Spacing:
    """The gaps of one line, in ems.

    Attributes:
        tracking: put after every letter; negative: letters move together.
        space: a word space beyond the letter spacing.
        least: what every word space has at least.
        letter_jitter: spread of the letter spaces.
        space_jitter: spread of a word space's logarithm.
        column: chance that a word space is the gap to the next column of a table.
        pitch: width of every letter's cell, or None: each letter has its own width.
        is_squared: whether the cells are drawn, and a space is an empty one.
    """

    tracking: float = 0.0
    space: float = 0.3
    least: float = 0.09
    letter_jitter: float = 0.0
    space_jitter: float = 0.0
    column: float = 0.0
    pitch: float | None = None
    is_squared: bool = False


class Jitter(NamedTuple):
    """How each letter of a line is changed: (L, 2, 2) matrices about its middle, (L,) pixels downwards."""

    matrices: FloatArray
    shifts: FloatArray


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


def draw_spacing(
    rng: np.random.Generator, settings: SpacingSettings, *, is_hand: bool, is_form: bool = False
) -> Spacing:
    """Decides the gaps of one line.

    Args:
        rng: source of all chance.
        settings: how often and how far.
        is_hand: hands are unsteady.
        is_form: forms may have columns.
    """
    tracking = _tracking(rng, settings)
    jitter = settings.letter_jitter * float(rng.random()) if is_hand else 0.0
    least = settings.least_space + settings.over_tracking * max(0.0, tracking) - 0.5 * min(0.0, tracking) + 2 * jitter
    pitch, is_squared = None, False
    if rng.random() < settings.manuscript:
        pitch, is_squared = float(rng.uniform(1.1, 1.5)), True
    elif not is_hand and rng.random() < settings.fixed_pitch:
        pitch = float(rng.uniform(0.92, 1.15))
    return Spacing(
        tracking=0.0 if pitch else tracking,
        space=max(least, _space(rng, settings)),
        least=least,
        letter_jitter=jitter,
        space_jitter=settings.space_jitter * float(rng.random()) if is_hand else 0.0,
        column=settings.column if is_form else 0.0,
        pitch=pitch,
        is_squared=is_squared,
    )


def _tracking(rng: np.random.Generator, settings: SpacingSettings) -> float:
    kind = rng.random()
    if kind < settings.tight:
        return -float(rng.uniform(0.3, 1.0)) * settings.most_tight
    if kind < settings.tight + settings.loose:
        return float(rng.uniform(0.1, 1.0)) * settings.most_loose
    return float(np.clip(rng.normal(0, settings.tracking), -0.06, 0.08))


def _space(rng: np.random.Generator, settings: SpacingSettings) -> float:
    kind = rng.random()
    if kind < settings.hairline:
        return float(rng.uniform(settings.least_space, 0.17))
    if kind < settings.hairline + settings.wide:
        return float(rng.uniform(0.6, settings.most_wide))
    return float(np.clip(settings.space * np.exp(rng.normal(0, settings.space_spread)), 0.12, 0.9))


def draw_jitter(rng: np.random.Generator, count: int, settings: HandSettings) -> Jitter:
    """Decides how each of `count` letters is changed: partly by itself, partly with its neighbours."""
    freedom = rng.uniform(settings.least, settings.most)
    own = rng.standard_normal((4, count)) * freedom
    drift = _drift(rng, 3, count) * freedom
    scale = np.exp(np.clip(settings.size * own[0] + settings.size_drift * drift[0], -0.25, 0.25))
    stretch = np.exp(settings.stretch * own[1] / 2)
    shear = np.tan(np.clip(settings.slant_drift * drift[1], -0.3, 0.3))
    angle = np.radians(settings.turn_deg * own[2])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (L, 2, 2)
    shape = np.zeros((count, 2, 2))
    shape[:, 0, 0], shape[:, 1, 1], shape[:, 0, 1] = scale * stretch, scale / stretch, -shear * scale
    shifts = EM * (settings.baseline * own[3] + settings.baseline_drift * drift[2])
    return Jitter(turn @ shape, np.clip(shifts, -0.2 * EM, 0.2 * EM))


def _drift(rng: np.random.Generator, kinds: int, count: int) -> FloatArray:
    """(kinds, count) normal numbers that change slowly along the line."""
    knots = count // _LETTERS_A_DRIFT + 2
    values = rng.standard_normal((kinds, knots))
    places = np.linspace(0, knots - 1, max(count, 2))[:count]
    return np.stack([np.interp(places, np.arange(knots), row) for row in values])


def lay_out(
    text: str, script: Script, rng: np.random.Generator, *, spacing: Spacing | None = None, jitter: Jitter | None = None
) -> Layout:
    """Puts the letters of a text in a row.

    Args:
        text: symbols that the script draws, and single spaces between words.
        script: draws the letters.
        rng: source of the jitter of the gaps.
        spacing: the gaps.
        jitter: how each letter is changed; None: not at all.

    Raises:
        DataError: the script doesn't draw one of the symbols.
    """
    spacing = spacing or Spacing()
    glyphs = [script.glyph(symbol) for symbol in text]
    for symbol, glyph in zip(text, glyphs, strict=True):
        if glyph is None and symbol != " ":
            raise DataError(f"the face {script.hand.name} doesn't draw {symbol!r}; take another text")
    if jitter is not None:
        glyphs = [_changed(glyph, number, jitter) for number, glyph in enumerate(glyphs)]
    if spacing.pitch is not None:
        glyphs = [_in_cell(glyph, spacing.pitch * EM) for glyph in glyphs]
    pens, advances = _pens(glyphs, rng, spacing)
    placed = tuple(
        Placed(glyph.ink, round(pen + glyph.left), round(glyph.top))
        for glyph, pen in zip(glyphs, pens.tolist(), strict=True)
        if glyph is not None
    )
    spans = _spans(glyphs, placed)
    return Layout(placed, spans, np.stack([pens, pens + advances], 1), _box(placed), spacing.is_squared)


def _changed(glyph: Glyph | None, number: int, jitter: Jitter) -> Glyph | None:
    if glyph is None:
        return None
    (a, b), (c, d) = jitter.matrices[number].tolist()
    height, width = glyph.ink.shape
    new_width = int(abs(a) * width + abs(b) * height) + 2
    new_height = int(abs(c) * width + abs(d) * height) + 2
    x, y = (width - 1) / 2, (height - 1) / 2
    matrix = np.array([[a, b, (new_width - 1) / 2 - a * x - b * y], [c, d, (new_height - 1) / 2 - c * x - d * y]])
    ink = cv2.warpAffine(glyph.ink, matrix, (new_width, new_height), flags=cv2.INTER_LINEAR)
    left = glyph.left + (width - new_width) / 2
    top = d * (glyph.top + height / 2) - new_height / 2 + float(jitter.shifts[number])
    return Glyph(ink, left, top, glyph.advance * a)


def _in_cell(glyph: Glyph | None, pitch: float) -> Glyph | None:
    """A letter in the middle of a cell, narrow ones of half a cell's width."""
    if glyph is None:
        return None
    width = glyph.ink.shape[1]
    cell = pitch / 2 if glyph.advance < 0.7 * EM and width < 0.46 * pitch else pitch
    cell = max(cell, width + 2.0)
    return Glyph(glyph.ink, (cell - width) / 2, glyph.top, cell)


def _pens(glyphs: Sequence[Glyph | None], rng: np.random.Generator, spacing: Spacing) -> tuple[FloatArray, FloatArray]:
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
        shown = right[:-1] + after[:-1] - widths[:-1] + left[1:]  # ground between letters without a space between
        usual = np.quantile(shown[~(is_space[:-1] | is_space[1:])], 0.75) if (~(is_space[:-1] | is_space[1:])).any() else 0
        for place in np.flatnonzero(is_space).tolist():
            ground = right[place - 1] + after[place - 1] - widths[place - 1] + after[place] + left[place + 1]
            after[place] += max(0.0, usual + spacing.least * EM - ground)
    return np.concatenate([[0.0], np.cumsum(after)[:-1]]), after


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
