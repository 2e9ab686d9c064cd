"""Faces at the sizes that pages are set in: they measure texts and draw them, a word at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from koocr.data.faces import KLASSES, Face, select_faces
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.hands import Glyph, Hand, usable_writers
from koocr.data.synthesis.lines.pool import HandPool, Script, sign_fonts
from koocr.data.synthesis.lines.settings import EM, PoolSettings
from koocr.data.text import Repertoire

__all__ = ["GROUPS", "PRINTED", "WRITTEN", "Inked", "Type", "TypePool"]

UInt8Array = NDArray[np.uint8]

_PAGE_SHARES = PoolSettings(serif=0.36, gothic=0.40, display=0.08, handwriting=0.12, real=0.04)
"""Pages are print, for the most part."""
GROUPS = (*KLASSES, "real")
"""Classes of faces, and the writers."""
PRINTED = ("serif", "gothic", "display")
WRITTEN = ("handwriting", "real")
_MOST_OPEN = 32  # sizes of faces that stay open; each takes some megabytes


class Inked(NamedTuple):
    """Drawn text.

    Attributes:
        ink: (h, w) uint8, bright on 0.
        left: from the pen's first place to the ink's first column, in pixels.
        top: from the baseline to the ink's first row, downwards: mostly negative.
    """

    ink: UInt8Array
    left: int
    top: int


class Type:
    """A face at a size.

    Args:
        script: who draws, and who steps in, at an em of `EM` pixels.
        font: the face opened at the size; None for a writer, whose letters are then resized.
        size_px: the em.
        drawn: the symbols that the font really draws; others are the script's.
        tracking: further space between letters, in ems.
        space: between words, in ems.
        bold: pixels that strokes are widened by.
    """

    def __init__(
        self,
        script: Script,
        font: ImageFont.FreeTypeFont | None,
        size_px: float,
        drawn: frozenset[str],
        *,
        tracking: float = 0.0,
        space: float = 0.28,
        bold: int = 0,
    ) -> None:
        self._script, self._font, self._drawn = script, font, drawn
        self.size_px, self.tracking_px, self.space_px = size_px, tracking * size_px, space * size_px
        self.bold = bold
        self._advances: dict[str, float] = {}

    @property
    def name(self) -> str:
        """Of the face or writer."""
        return self._script.hand.name

    def advance(self, symbol: str) -> float:
        """How far a symbol moves the pen, in pixels."""
        if symbol == " ":
            return self.space_px
        if symbol not in self._advances:
            self._advances[symbol] = self._measure(symbol) + self.tracking_px
        return self._advances[symbol]

    def width(self, text: str) -> float:
        """How far a text moves the pen, in pixels."""
        return sum(map(self.advance, text))

    def draw(self, text: str, *, space_px: float | None = None) -> Inked | None:
        """Draws a text in one line; None where nothing can be seen.

        Args:
            text: words and single spaces.
            space_px: between words; None: as the type has it.
        """
        pieces = list(self._pieces(text, self.space_px if space_px is None else space_px))
        if not pieces:
            return None
        left, top = min(piece.left for piece in pieces), min(piece.top for piece in pieces)
        right = max(piece.left + piece.ink.shape[1] for piece in pieces) + self.bold
        bottom = max(piece.top + piece.ink.shape[0] for piece in pieces)
        ink = np.zeros((bottom - top, right - left), np.uint8)
        for piece in pieces:
            y, x = piece.top - top, piece.left - left
            view = ink[y : y + piece.ink.shape[0], x : x + piece.ink.shape[1]]
            np.maximum(view, piece.ink, out=view)
        return _cut(Inked(self._emboldened(ink), left, top))

    def _pieces(self, text: str, space_px: float) -> Iterator[Inked]:
        pen = 0.0
        for word in text.split(" "):
            if self._font is not None and not self.tracking_px and self._drawn.issuperset(word):
                yield from _of_font(self._font, word, pen)
                pen += self.width(word)
            else:
                for symbol in word:
                    yield from self._letter(symbol, pen)
                    pen += self.advance(symbol)
            pen += space_px

    def _letter(self, symbol: str, pen: float) -> Iterator[Inked]:
        if self._font is not None and symbol in self._drawn:
            yield from _of_font(self._font, symbol, pen)
            return
        glyph = self._script.glyph(symbol)
        if glyph is not None:
            yield _resized(glyph, self.size_px / EM, pen)

    def _measure(self, symbol: str) -> float:
        if self._font is not None and symbol in self._drawn:
            return float(self._font.getlength(symbol))
        glyph = self._script.glyph(symbol)
        return 0.0 if glyph is None else glyph.advance * self.size_px / EM

    def _emboldened(self, ink: UInt8Array) -> UInt8Array:
        """Strokes as much wider as the type is bold, as programs do that lack the bold face."""
        if not self.bold:
            return ink
        wider = ink.copy()
        for shift in range(1, self.bold + 1):
            np.maximum(wider[:, shift:], ink[:, :-shift], out=wider[:, shift:])
        return wider


def _of_font(font: ImageFont.FreeTypeFont, text: str, pen: float) -> Iterator[Inked]:
    mask, (x, y) = font.getmask2(text, mode="L", anchor="ls")
    width, height = mask.size
    if width and height:
        ink = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
        yield Inked(ink, round(pen) + int(x), int(y))


def _resized(glyph: Glyph, scale: float, pen: float) -> Inked:
    height, width = (max(1, round(side * scale)) for side in glyph.ink.shape)
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    ink = cv2.resize(glyph.ink, (width, height), interpolation=mode)
    return Inked(np.asarray(ink, np.uint8), round(pen + glyph.left * scale), round(glyph.top * scale))


def _cut(drawn: Inked) -> Inked | None:
    """Cut to what can be seen."""
    # Not `compare`: OpenCV 5 takes the number for an array where there is only one pixel.
    x, y, width, height = cv2.boundingRect(cv2.threshold(drawn.ink, 24, 255, cv2.THRESH_BINARY)[1])
    if not width:
        return None
    return Inked(drawn.ink[y : y + height, x : x + width], drawn.left + x, drawn.top + y)


class TypePool:
    """The faces and writers of pages.

    Args:
        faces: whose files are there.
        coverage: face id → indices of the syllables that it really draws (`koocr.data.faces.load_coverage`).
        writers: sets of crops of real hands.
        shares: who draws how often.

    Raises:
        DataError: there is nobody who draws.
    """

    def __init__(
        self,
        faces: Sequence[Face],
        coverage: Mapping[str, NDArray[np.int32]],
        *,
        writers: Sequence[Handwriting] = (),
        shares: PoolSettings = _PAGE_SHARES,
    ) -> None:
        self._faces = {face.id: face for face in faces}
        self._hands = HandPool(faces, coverage, writers=writers, signs=sign_fonts(), settings=shares)
        self._groups: dict[str, Sequence[Face | Hand]] = {
            klass: select_faces(faces, klasses=[klass]) for klass in KLASSES
        }
        self._groups["real"] = usable_writers(writers)
        self._shares = {name: float(getattr(shares, name)) for name in self._groups}
        self._fonts: OrderedDict[tuple[str, float], ImageFont.FreeTypeFont] = OrderedDict()
        self._drawn: dict[str, frozenset[str]] = {}

    def pick(self, rng: np.random.Generator, *, groups: Sequence[str] = GROUPS) -> Hand:
        """Who draws: one of the groups of `GROUPS` that are named; of all, where nobody is in these."""
        members = {name: self._groups[name] for name in groups if self._groups[name]} or {
            name: group for name, group in self._groups.items() if group
        }
        shares = np.array([self._shares[name] + 1e-9 for name in members])
        name = list(members)[int(rng.choice(len(shares), p=shares / shares.sum()))]
        member = members[name][int(rng.integers(len(members[name])))]
        return self._hands.hand(member) if isinstance(member, Face) else member

    def repertoire(self, hand: Hand) -> Repertoire:
        """What texts may say that a hand is to draw."""
        return self._hands.repertoire(hand)

    def type(
        self,
        hand: Hand,
        size_px: float,
        rng: np.random.Generator,
        *,
        tracking: float = 0.0,
        space: float = 0.28,
        bold: int = 0,
    ) -> Type:
        """A hand at a size; see `Type`.

        Raises:
            DataError: the font file is missing or is no font.
        """
        size_px = round(2 * size_px) / 2
        script = self._hands.script(hand, rng)
        font, drawn = None, self._drawn_by(hand)
        if hand.name in self._faces:
            font = self._font(self._faces[hand.name], size_px)
        return Type(script, font, size_px, drawn, tracking=tracking, space=space, bold=bold)

    def _drawn_by(self, hand: Hand) -> frozenset[str]:
        if hand.name not in self._drawn:
            syllables = (hand.syllables.astype(np.uint32) + 0xAC00).astype("<u4").tobytes()
            self._drawn[hand.name] = frozenset(syllables.decode("utf-32-le") + hand.others())
        return self._drawn[hand.name]

    def _font(self, face: Face, size_px: float) -> ImageFont.FreeTypeFont:
        key = face.id, size_px
        if key not in self._fonts:
            self._fonts[key] = face.open(size_px)  # type: ignore[arg-type]
            if len(self._fonts) > _MOST_OPEN:
                self._fonts.popitem(last=False)
        self._fonts.move_to_end(key)
        return self._fonts[key]
