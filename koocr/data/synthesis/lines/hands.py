"""What draws the letters of a line: a typeface, or a writer's scanned crops.

Both give the same thing, a `Glyph` at an em of `EM` pixels, drawn when it is first asked for and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from koocr.charset import line_charset
from koocr.data.faces import Face, open_font
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.settings import EM
from koocr.errors import DataError
from koocr.hangul import NUM_SYLLABLES, is_syllable, syllable, syllable_index
from koocr.ink import find_ink

__all__ = ["FaceHand", "FontHand", "Glyph", "Hand", "WriterHand"]

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int32]

_NOWHERE = ("\uffff", "\U0010ffff", "\u0378")  # code points that no face has
_ALIKE, _UNLIKE = 0.35, 0.7  # differences, in shares of the ink
_FAINT = 6  # grey levels of an edge that may be cut
WRITTEN_EM = 0.80  # median height of a hand's syllables
WRITTEN_MIDDLE = -0.36  # of an em: where a syllable's middle lies above the baseline, as in typefaces
_WRITTEN_WANDER = 0.5  # share of a crop's own height in its cell that is kept
WRITTEN_BEARING = 0.07  # ground on each side of a written letter, in ems
_SAMPLE = 120  # crops that a hand's size is measured on


class Glyph(NamedTuple):
    """A letter, at an em of `EM` pixels.

    Attributes:
        ink: (h, w) uint8, bright on 0, cut to the ink.
        left: from the pen to the ink, to the right.
        top: from the baseline to the ink's first row, downwards: mostly negative.
        advance: how far the pen moves on.
    """

    ink: UInt8Array
    left: float
    top: float
    advance: float


class Hand(Protocol):
    """Who draws."""

    @property
    def name(self) -> str:
        """Id of the face or writer."""

    @property
    def klass(self) -> str:
        """The face's class; `handwriting` for writers."""

    @property
    def is_real(self) -> bool:
        """Whether these are a writer's crops."""

    @property
    def syllables(self) -> IntArray:
        """Indices of the syllables that it draws."""

    def others(self) -> str:
        """The other symbols of `line_charset` that it draws, without the space."""

    def glyph(self, symbol: str) -> Glyph | None:
        """A letter; None for one that it doesn't draw."""


class FontHand:
    """Letters of a font file.

    Args:
        font: opened at `EM` pixels.
        name: of the face.
        klass: its class.
        syllables: indices of those that it draws; no other is drawn.
    """

    is_real = False

    def __init__(
        self, font: ImageFont.FreeTypeFont, *, name: str, klass: str, syllables: IntArray | None = None
    ) -> None:
        self._font, self.name, self.klass = font, name, klass
        self.syllables: IntArray = np.empty(0, np.int32) if syllables is None else syllables
        self._drawn = np.zeros(NUM_SYLLABLES, bool)
        self._drawn[self.syllables] = True
        self._kept: dict[str, Glyph | None] = {}
        self._stand_ins = [glyph for symbol in _NOWHERE if (glyph := self._mask(symbol)) is not None]
        self._others: str | None = None

    def others(self) -> str:
        """Those whose picture is not blank and not that of a missing glyph."""
        if self._others is None:
            symbols = line_charset().symbols[NUM_SYLLABLES:]
            self._others = "".join(symbol for symbol in symbols if self._draw(symbol) is not None)
        return self._others

    def glyph(self, symbol: str) -> Glyph | None:
        """A letter; None for one that the face does not really draw."""
        if symbol not in self._kept:
            self._kept[symbol] = self._draw(symbol)
        return self._kept[symbol]

    @property
    def num_kept(self) -> int:
        """How many letters are kept drawn."""
        return len(self._kept)

    def forget(self) -> None:
        """Throws away what is kept."""
        self._kept.clear()

    def _draw(self, symbol: str) -> Glyph | None:
        if is_syllable(symbol):
            return self._mask(symbol) if self._drawn[syllable_index(symbol)] else None
        glyph = None if symbol == " " else self._mask(symbol)
        if glyph is None or any(_look_alike(glyph, stand_in) for stand_in in self._stand_ins):
            return None
        return None if symbol == "\\" and not self._is_backslash(glyph) else glyph

    def _mask(self, symbol: str) -> Glyph | None:
        mask, (x, y) = self._font.getmask2(symbol, mode="L", anchor="ls")
        width, height = mask.size
        ink = np.frombuffer(bytes(mask), np.uint8).reshape(height, width)
        # Not `compare`: OpenCV 5 takes the number for an array where there is only one pixel.
        left, top, width, height = (
            cv2.boundingRect(cv2.threshold(ink, _FAINT, 255, cv2.THRESH_BINARY)[1]) if ink.size else (0,) * 4
        )
        if not width:
            return None
        cut = np.ascontiguousarray(ink[top : top + height, left : left + width])
        return Glyph(cut, float(x) + left, float(y) + top, float(self._font.getlength(symbol)))

    def _is_backslash(self, glyph: Glyph) -> bool:
        """Korean faces show ₩ for U+005C; a backslash is a slash in the mirror."""
        slash = self.glyph("/")
        if slash is None:
            return False
        height, width = slash.ink.shape
        mirrored = cv2.resize(cv2.flip(glyph.ink, 1), (width, height), interpolation=cv2.INTER_AREA)
        return _difference(mirrored, slash.ink) < _UNLIKE


def _look_alike(glyph: Glyph, other: Glyph) -> bool:
    """Whether two pictures are the same but for hinting, which may move an edge by a pixel."""
    height, width = other.ink.shape
    if abs(glyph.ink.shape[0] - height) > 1 or abs(glyph.ink.shape[1] - width) > 1:
        return False
    fitted = cv2.resize(glyph.ink, (width, height), interpolation=cv2.INTER_AREA)
    return _difference(cv2.blur(fitted, (3, 3)), cv2.blur(other.ink, (3, 3))) < _ALIKE


def _difference(ink: UInt8Array, other: UInt8Array) -> float:
    """Of two pictures of one size: 0 when they are equal, 2 when none of their ink is at the same place."""
    return float(cv2.norm(ink, other, cv2.NORM_L1)) * 2 / max(1.0, float(ink.sum()) + float(other.sum()))


class FaceHand(FontHand):
    """Letters of a Korean face.

    Args:
        face: one of the list.
        syllables: indices of those that it really draws (`koocr.data.faces.load_coverage`).

    Raises:
        DataError: the file is missing or is no font.
    """

    def __init__(self, face: Face, syllables: IntArray) -> None:
        font = open_font(face.path, EM, index=face.index)
        super().__init__(font, name=face.id, klass=face.klass, syllables=syllables)


class WriterHand:
    """Letters cut out of a writer's sheets, in the sizes that they have to one another.

    Args:
        crops: of one writer.

    Raises:
        DataError: there is no ink on any of the crops of syllables.
    """

    klass = "handwriting"
    is_real = True

    def __init__(self, crops: Handwriting) -> None:
        self._crops, self.name = crops, crops.writer
        self._places: dict[str, int] = {}
        for place, label in enumerate(crops.labels):
            self._places.setdefault(label, place)
        self.syllables: IntArray = np.array(
            sorted(map(syllable_index, filter(is_syllable, self._places))), np.int32
        )
        self._kept: dict[str, Glyph | None] = {}
        self._scale, self._middle = self._measure()

    def others(self) -> str:
        """The single jamo that are there."""
        return "".join(label for label in self._places if not is_syllable(label))

    def glyph(self, symbol: str) -> Glyph | None:
        """A letter; None for one that the writer has not written, or whose crop is blank."""
        if symbol not in self._kept:
            self._kept[symbol] = self._cut(symbol)
        return self._kept[symbol]

    def _measure(self) -> tuple[float, float]:
        """Scale to an em of `EM` pixels, and the height in the cell that letters are written at."""
        labels = [
            syllable(index) for index in self.syllables[:: -(-len(self.syllables) // _SAMPLE) or 1].tolist()
        ]
        found = [
            ink.box
            for label in labels
            if (ink := find_ink(self._crops.images[self._places[label]])) is not None
        ]
        if not found:
            raise DataError(
                f"the writer {self.name} has no crop of a syllable with ink on it; leave the set out"
            )
        _, top, _, bottom = np.array(found, float).T
        return WRITTEN_EM * EM / float(np.median(bottom - top)), float(np.median(top + bottom)) / 2

    def _cut(self, symbol: str) -> Glyph | None:
        place = self._places.get(symbol)
        found = None if place is None else find_ink(self._crops.images[place])
        if found is None:
            return None
        left, top, right, bottom = found.box
        width, height = (max(1, round(side * self._scale)) for side in (right - left, bottom - top))
        mode = cv2.INTER_AREA if self._scale < 1 else cv2.INTER_CUBIC
        ink = cv2.resize(found.darkness[top:bottom, left:right], (width, height), interpolation=mode)
        wander = float(np.clip((top + bottom) / 2 - self._middle, -25, 25)) * self._scale * _WRITTEN_WANDER
        bearing = WRITTEN_BEARING * EM
        return Glyph(ink, bearing, WRITTEN_MIDDLE * EM - height / 2 + wander, width + 2 * bearing)


def usable_writers(writers: Sequence[Handwriting], *, least: int = 50) -> list[WriterHand]:
    """The writers that have at least so many syllables: lines can't be written in single jamo."""
    enough = [crops for crops in writers if sum(map(is_syllable, set(crops.labels))) >= least]
    return [WriterHand(crops) for crops in enough]
