"""Endless batches of lines: batch i is a function of the seed and i alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.bending import Bend, bend, clip_side, draw_bend
from koocr.data.synthesis.lines.faults import spoil
from koocr.data.synthesis.lines.hands import Hand
from koocr.data.synthesis.lines.lookalikes import disguised
from koocr.data.synthesis.lines.marks import add_marks, add_neighbour, change_pen, draw_squares
from koocr.data.synthesis.lines.paper import Textures, colour
from koocr.data.synthesis.lines.pool import HandPool, Script
from koocr.data.synthesis.lines.settings import EM, DrawingSettings, LookalikeSettings
from koocr.data.synthesis.lines.spacing import draw_jitter, draw_spacing
from koocr.data.synthesis.lines.typeset import Canvas, Layout, lay_out, paint
from koocr.data.text import KINDS, LineText, Text

__all__ = ["DrawnLine", "LineBatch", "LineStream"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_LEAST_LENGTH = 0.6  # of the longest line of a batch
_MOST_NEIGHBOUR = 0.35  # ems of a neighbouring line that are seen at most


_WRITERS_KINDS = ("sentences", "syllables")  # forms would be drawn by those who step in
_FEW = 1000  # syllables that ordinary text needs at least


@dataclass(frozen=True)
class DrawnLine:
    """One line.

    Attributes:
        image: (H, W) uint8 grey, as a user would cut it out of a page.
        text: what it says.
        spans: (L, 2) float32, left and right of each symbol's ink in the image, about right; of a space, the
            gap between its neighbours.
        kind: of text, one of `koocr.data.text.KINDS`, or `words` in the lines of conditions.
        source: id of the face or writer.
        is_handwritten: whether that is a hand or a face that imitates one.
    """

    image: UInt8Array
    text: str
    spans: FloatArray
    kind: str
    source: str
    is_handwritten: bool


@dataclass(frozen=True)
class LineBatch:
    """N lines; attributes as of `DrawnLine`, one entry a line."""

    images: list[UInt8Array]
    texts: tuple[str, ...]
    spans: tuple[FloatArray, ...]
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    is_handwritten: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def of(cls, lines: list[DrawnLine]) -> LineBatch:
        """Puts lines together."""
        return cls(
            images=[line.image for line in lines],
            texts=tuple(line.text for line in lines),
            spans=tuple(line.spans for line in lines),
            kinds=tuple(line.kind for line in lines),
            sources=tuple(line.source for line in lines),
            is_handwritten=np.array([line.is_handwritten for line in lines], bool),
        )


class LineStream:
    """Batches of drawn lines.

    Because a batch depends on nothing but the seed and its number, training that was stopped goes on with
    exactly the lines that it would have seen. A larger batch of the same number begins with the same lines.

    Args:
        pool: who draws.
        text: what is said.
        settings: how.
        seed: another seed, other lines.
    """

    def __init__(
        self, pool: HandPool, text: LineText, *, settings: DrawingSettings | None = None, seed: int = 0
    ) -> None:
        self._pool = pool
        self._text = text
        self._settings = settings or DrawingSettings()
        self._seed = seed
        self._textures = Textures(seed)

    def batch(self, index: int, size: int = 32) -> LineBatch:
        """Batch number `index`, from 0, of `size` lines."""
        rng = np.random.default_rng([self._seed, index])
        longest = self._longest(rng)
        return LineBatch.of(
            [
                self._line(np.random.default_rng([self._seed, index, number]), longest)
                for number in range(size)
            ]
        )

    def _longest(self, rng: np.random.Generator) -> int | None:
        """Length of the longest lines of a batch, where its lines are to be about equally long."""
        low, high = self._text.settings.min_length, self._text.settings.max_length
        return int(rng.integers(low, high, endpoint=True)) if self._settings.similar_lengths else None

    def _line(self, rng: np.random.Generator, longest: int | None) -> DrawnLine:
        lengths = self._text.settings.min_length, self._text.settings.max_length
        if longest is not None:
            lengths = max(lengths[0], round(_LEAST_LENGTH * longest)), longest
        hand = self._pool.pick(rng)
        repertoire = self._pool.repertoire(hand)
        length = int(rng.integers(*lengths, endpoint=True))
        text = self._text.draw(rng, repertoire, length=length, kinds=_fitting(hand))
        return draw_line(text, hand, rng, pool=self._pool, settings=self._settings, textures=self._textures)


def _fitting(hand: Hand) -> tuple[str, ...]:
    """The kinds of text that show what a hand can do."""
    if not hand.is_real:
        return KINDS
    return _WRITERS_KINDS if len(hand.syllables) >= _FEW else _WRITERS_KINDS[1:]


def draw_line(
    text: Text,
    hand: Hand,
    rng: np.random.Generator,
    *,
    pool: HandPool,
    settings: DrawingSettings,
    textures: Textures,
) -> DrawnLine:
    """Draws one line.

    Args:
        text: what it says; the hand, or one that steps in, draws all of it.
        hand: who draws.
        rng: source of all chance.
        pool: who steps in.
        settings: how.
        textures: noise for paper and pictures.
    """
    is_hand = hand.klass == "handwriting"
    script = pool.script(hand, rng)
    layout = _laid_out(text, script, rng, settings, is_hand=is_hand)
    shape = draw_bend(rng, settings.shape, settings.hand, is_hand=is_hand)
    has_neighbours = rng.random() < settings.marks.neighbours
    if has_neighbours:
        shape = shape.calmed(layout.box[2] - layout.box[0])
    canvas = _painted(layout, shape, rng, settings)
    if has_neighbours:
        rows = shape.reach(layout.box[2] - layout.box[0])[1]
        canvas = _between_neighbours(canvas, text, script, rng, rows=rows)
    change_pen(canvas, rng, settings.shape)
    if layout.is_squared:
        draw_squares(canvas, layout, rng)
    add_marks(canvas, text.text, rng, settings.marks)
    canvas = bend(canvas, shape, rng)
    if not has_neighbours and rng.random() < settings.shape.clipped:
        canvas = clip_side(canvas, rng, most=settings.shape.most_clipped)
    picture, contrast = colour(canvas, rng, settings.paper, textures)
    image, scale = spoil(
        picture, rng, settings.faults, em_px=shape.em_px, contrast=contrast, textures=textures
    )
    spans = (canvas.spans * scale).astype(np.float32)
    return DrawnLine(image, text.text, spans, text.kind, hand.name, is_hand)


def _laid_out(
    text: Text, script: Script, rng: np.random.Generator, settings: DrawingSettings, *, is_hand: bool
) -> Layout:
    spacing = draw_spacing(
        rng, settings.spacing, is_hand=is_hand, is_form=text.kind == "forms", is_word=" " not in text.text
    )
    is_jittered = settings.hand.most > 0 and (is_hand or rng.random() < settings.hand.printed)
    hand = (
        settings.hand
        if is_hand
        else replace(settings.hand, most=max(settings.hand.least, 0.6 * settings.hand.most))
    )
    jitter = draw_jitter(rng, len(text.text), hand) if is_jittered else None
    drawn, is_struck = text.text, False
    if settings.lookalikes != LookalikeSettings.without_chance():
        drawn = disguised(drawn, rng) if rng.random() < settings.lookalikes.disguised else drawn
        is_struck = rng.random() < settings.lookalikes.struck_zero
    if drawn != text.text and not all(symbol == " " or script.glyph(symbol) for symbol in drawn):
        drawn = text.text
    return lay_out(drawn, script, rng, spacing=spacing, jitter=jitter, has_struck_zeros=is_struck)


def _painted(layout: Layout, shape: Bend, rng: np.random.Generator, settings: DrawingSettings) -> Canvas:
    """The letters, with ground around them: as much as the bend needs and the user leaves."""
    left, _, right, _ = layout.box
    columns, rows = shape.reach(right - left)
    across = rng.exponential(settings.shape.side_margin * EM, 2).astype(int) + columns + 1
    down = rng.exponential(settings.shape.margin * EM, 2).astype(int) + rows + 1
    return paint(layout, pads=(int(across[0]), int(down[0]), int(across[1]), int(down[1])))


def _between_neighbours(
    canvas: Canvas, text: Text, script: Script, rng: np.random.Generator, *, rows: int
) -> Canvas:
    """Puts the same hand's lines above or below, or both, and cuts them where a user would.

    Further `rows` of them are for the bend.
    """
    which = rng.random()
    for is_above in (True, False):
        if which < 0.25 or (which < 0.6) == is_above:
            words = text.text.split(" ")
            other = paint(lay_out(" ".join(rng.permutation(words).tolist()), script, rng))
            seen, gap = (
                int(ems * EM) for ems in (rng.uniform(0.03, _MOST_NEIGHBOUR), rng.uniform(0.02, 0.4))
            )
            canvas = _with_ground(canvas, rows + seen + gap, is_above=is_above)
            add_neighbour(canvas, other.ink, rng, is_above=is_above, gap=gap)
    return canvas


def _with_ground(canvas: Canvas, rows: int, *, is_above: bool) -> Canvas:
    """Exactly so many rows of ground above or below the letters."""
    height = canvas.ink.shape[0]
    left, top, right, bottom = canvas.box
    more = rows - (top if is_above else height - bottom)
    if more <= 0:
        kept = canvas.ink[-more:] if is_above else canvas.ink[: height + more]
        ink = np.ascontiguousarray(kept)
    else:
        ground = np.zeros((more, canvas.ink.shape[1]), np.uint8)
        ink = np.vstack([ground, canvas.ink] if is_above else [canvas.ink, ground])
    moved = more if is_above else 0
    return Canvas(ink, canvas.spans, canvas.baseline + moved, (left, top + moved, right, bottom + moved))
