"""What a page is laid out with: chance, faces, texts, and the look that the page has throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from koocr.data.synthesis.lines.hands import Hand
from koocr.data.synthesis.pages.sheet import Sheet
from koocr.data.synthesis.pages.types import GROUPS, PRINTED, WRITTEN, Type, TypePool
from koocr.data.text import LineText

__all__ = ["Desk", "Look"]

_POINT = 72.0  # of an inch
_LEAST_EM_PX = 9.0  # smaller letters can't be read, and nobody would photograph them


@dataclass(frozen=True)
class Look:
    """How all text of a page is set.

    Attributes:
        hand, heading_hand: who draws text and headings.
        size_px: em of the text.
        line_height: from baseline to baseline, in ems.
        tracking, space: see `Type`.
        is_justified: whether lines end flush.
        breaks_words: whether a line ends wherever it is full, as Korean books do.
        indent: of a paragraph's first line, in ems.
        paragraph_gap: further ground between paragraphs, in ems.
        heading_scales: em of the headings of levels 0 and 1, in those of the text.
        heading_is_bold: of both.
        is_centred: whether headings stand in the middle.
        is_marked: whether words are underlined or shaded now and then.
    """

    hand: Hand
    heading_hand: Hand
    size_px: float
    line_height: float
    tracking: float
    space: float
    is_justified: bool
    breaks_words: bool
    indent: float
    paragraph_gap: float
    heading_scales: tuple[float, float]
    heading_is_bold: bool
    is_centred: bool
    is_marked: bool


class Desk:
    """Lays out one page.

    Args:
        sheet: what is filled.
        rng: source of all chance.
        pool: faces.
        text: what is said.
        dpi: pixels per inch.
        columns: that a document may have.
        is_print: no handwriting.
    """

    def __init__(
        self,
        sheet: Sheet,
        rng: np.random.Generator,
        *,
        pool: TypePool,
        text: LineText,
        dpi: float,
        columns: Sequence[int] = (1, 2, 3),
        is_print: bool = False,
    ) -> None:
        self.sheet, self.rng, self.dpi, self.columns = sheet, rng, dpi, tuple(columns)
        self._pool, self._text, self._is_print = pool, text, is_print
        self._kept: dict[str, Type] = {}
        self.look = self._draw_look(is_print)
        self.body = self.type()

    def chance(self, share: float) -> bool:
        """True as often as that."""
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        """A number, all equally likely."""
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return int(self.rng.integers(low, high, endpoint=True))

    def any_of(self, choices: Sequence[str]) -> str:
        """One of them."""
        return choices[int(self.rng.integers(len(choices)))]

    def px(self, points: float) -> float:
        """Pixels of a length in points."""
        return points * self.dpi / _POINT

    def type(self, scale: float = 1.0, *, is_bold: bool = False, is_heading: bool = False) -> Type:
        """The page's face at its size, or so many times it; `is_heading` takes the other face."""
        look = self.look
        size_px = max(_LEAST_EM_PX, look.size_px * scale)
        hand = look.heading_hand if is_heading else look.hand
        bold = max(1, round(size_px / 22)) if is_bold else 0
        return self._pool.type(hand, size_px, self.rng, tracking=look.tracking, space=look.space, bold=bold)

    def heading_type(self, level: int) -> Type:
        """The face of headings of a level, 0 or 1."""
        key = f"heading {level}"
        if key not in self._kept:
            scale = self.look.heading_scales[level]
            self._kept[key] = self.type(scale, is_bold=self.look.heading_is_bold, is_heading=True)
        return self._kept[key]

    def filler(self) -> Type:
        """What fills in forms: a hand as often as not, else the page's own face."""
        if "filler" not in self._kept:
            hand = self.look.hand
            if self.chance(0.5) and not self._is_print:
                hand = self._pool.pick(self.rng, groups=WRITTEN)
            self._kept["filler"] = self._pool.type(hand, 1.1 * self.look.size_px, self.rng)
        return self._kept["filler"]

    def say(self, length: int, *, kinds: Sequence[str] = ("sentences",), is_heading: bool = False) -> str:
        """A text of about so many symbols."""
        hand = self.look.heading_hand if is_heading else self.look.hand
        if hand.is_real:
            kinds = ("sentences", "syllables") if len(hand.syllables) > 1000 else ("syllables",)
        return self._text.draw(self.rng, self._pool.repertoire(hand), length=length, kinds=kinds).text

    def short(self, most: int, *, kinds: Sequence[str] = ("sentences", "forms")) -> str:
        """A text of at most so many symbols: what stands in cells and headings."""
        text = self.say(max(1, most - 4), kinds=kinds)
        words = text[: most + 1].split(" ")
        kept = " ".join(words[:-1]) if len(text) > most and len(words) > 1 else text[:most]
        return kept.strip(" ")

    def _draw_line_height(self) -> float:
        """Tight as newspapers, ordinary, or loose as reports are."""
        if self.chance(0.2):
            return 1.6  # what the word processor of most Koreans begins with
        low, high = ((1.15, 1.45), (1.4, 1.8), (1.8, 2.2))[self.count(0, 2)]
        return self.between(low, high)

    def _draw_look(self, is_print: bool) -> Look:
        rng = self.rng
        hand = self._pool.pick(rng, groups=PRINTED if is_print else GROUPS)
        is_other = hand.klass != "handwriting" and self.chance(0.5)
        size_pt = float(np.exp(rng.uniform(np.log(7.5), np.log(14.0))))
        return Look(
            hand=hand,
            heading_hand=self._pool.pick(rng, groups=PRINTED) if is_other else hand,
            size_px=max(_LEAST_EM_PX, self.px(size_pt)),
            line_height=self._draw_line_height(),
            tracking=0.0 if self.chance(0.6) else self.between(-0.06, 0.06),
            space=self.between(0.2, 0.36),
            is_justified=self.chance(0.6) and hand.klass != "handwriting",
            breaks_words=self.chance(0.5),
            indent=float(rng.choice([0.0, 1.0, 1.0, 2.0])),
            paragraph_gap=0.0 if self.chance(0.5) else self.between(0.2, 1.5),
            heading_scales=(self.between(1.25, 1.7), self.between(1.0, 1.2)),
            heading_is_bold=self.chance(0.6),
            is_centred=self.chance(0.15),
            is_marked=self.chance(0.2),
        )
