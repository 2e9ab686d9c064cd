"""Lines to measure readers with: as other programs draw them, not as training does.

Nothing here is shared with the drawing of training lines: Pillow sets the whole line, with the face's own
word spaces, and the faults are those of `koocr.evaluation.degradation`. A reader that is measured with the
noise that it was trained on looks better than it is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from koocr.charset import line_charset
from koocr.data.faces import Face
from koocr.data.handwriting import Handwriting
from koocr.data.text import Repertoire
from koocr.errors import DataError
from koocr.evaluation.degradation import Degradation, degrade
from koocr.hangul import is_jamo, is_syllable, syllable_index

__all__ = ["LINE_FAULTS", "FacePen", "WriterPen"]

UInt8Array = NDArray[np.uint8]

LINE_FAULTS = replace(Degradation(), angle_deg=(-2.0, 2.0))
"""As for characters, but for the skew: nobody cuts a line out of a page that lies 7 degrees askew."""

_EM_PX = 64  # drawn at, before degrading
_CLEAN_EM_PX = tuple(range(30, 51, 4))  # of clean lines; each size has to be opened
_SPACE = 0.3  # of an em, for faces that draw a box for the space
_MARGIN = 0.25  # ems of ground on each side
_NOWHERE = "\uffff"
_WON = "\\"  # two Korean faces in three show ₩ for the backslash
_INK = 150  # grey levels below which a scan is ink
_LETTER_GAP, _WORD_GAP = 0.10, (0.35, 0.6)  # of a writer's median height


class FacePen:
    """Sets lines in a face, black on white. Its fonts stay open as long as it lives.

    Args:
        face: to be measured on.
        syllables: indices of those that it really draws (`koocr.data.faces.load_coverage`).
    """

    def __init__(self, face: Face, syllables: NDArray[np.int32]) -> None:
        self.face = face
        self.syllables = syllables
        self._fonts: dict[int, ImageFont.FreeTypeFont] = {}

    @cached_property
    def repertoire(self) -> Repertoire:
        """The symbols of lines that the face really draws.

        Raises:
            DataError: the font file is missing or is no font.
        """
        font = self._font(_EM_PX)
        missing = bytes(font.getmask(_NOWHERE))
        others = (symbol for symbol in line_charset().symbols if not is_syllable(symbol) and symbol != " ")
        drawn = (symbol for symbol in others if _is_drawn(bytes(font.getmask(symbol)), missing))
        return Repertoire(self.syllables, "".join(symbol for symbol in drawn if symbol != _WON))

    def line(self, text: str, rng: np.random.Generator, *, degraded: bool = False) -> UInt8Array:
        """Draws a line.

        Args:
            text: single spaces between words; the face draws all of it (see `repertoire`).
            rng: draws the size and the faults.
            degraded: shrunk, skewed, blurred, faded, noisy, saved as JPEG (`LINE_FAULTS`).

        Returns:
            (H, W) uint8.

        Raises:
            DataError: the font file is missing or is no font, or there is nothing to draw.
        """
        em_px = _EM_PX if degraded else _CLEAN_EM_PX[rng.integers(len(_CLEAN_EM_PX))]
        font = self._font(em_px)
        draws_a_box = any(bytes(font.getmask(" ")))
        ink = _by_hand(font, text, em_px) if draws_a_box else _mask(font, text)
        if not ink.any():
            raise DataError(f"the face {self.face.id} draws nothing for {text!r}; take another text")
        image = np.pad(255 - ink, round(_MARGIN * em_px), constant_values=255)
        return degrade(image, rng, em_px=em_px, ranges=LINE_FAULTS) if degraded else image

    def _font(self, em_px: int) -> ImageFont.FreeTypeFont:
        if em_px not in self._fonts:
            self._fonts[em_px] = self.face.open(em_px)
        return self._fonts[em_px]


def _is_drawn(mask: bytes, missing: bytes) -> bool:
    return any(mask) and mask != missing


def _mask(font: ImageFont.FreeTypeFont, text: str) -> UInt8Array:
    mask, _ = font.getmask2(text, mode="L")
    width, height = mask.size
    return np.frombuffer(bytes(mask), np.uint8).reshape(height, width)


def _by_hand(font: ImageFont.FreeTypeFont, text: str, em_px: int) -> UInt8Array:
    """Word by word, for a face that draws a box for the space."""
    words, space = text.split(" "), round(_SPACE * em_px)
    widths = [round(font.getlength(word)) for word in words]
    line = np.zeros((3 * em_px, sum(widths) + space * (len(words) - 1) + em_px), np.uint8)
    pen = em_px // 4
    for word, width in zip(words, widths, strict=True):
        mask, (x, y) = font.getmask2(word, mode="L", anchor="ls")
        ink = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[::-1])
        top, left = 2 * em_px + int(y), pen + int(x)
        view = line[top : top + ink.shape[0], left : left + ink.shape[1]]
        np.maximum(view, ink[: view.shape[0], : view.shape[1]], out=view)
        pen += width + space
    rows = np.flatnonzero(line.any(1))
    return line[rows[0] : rows[-1] + 1] if len(rows) else line


class WriterPen:
    """Sets a writer's crops side by side, as scanned.

    Args:
        crops: of one writer; of what was written twice, the first is taken.
    """

    def __init__(self, crops: Handwriting) -> None:
        self.writer = crops.writer
        self._places = {label: place for place, label in reversed(list(enumerate(crops.labels)))}
        self._images = crops.images

    @cached_property
    def repertoire(self) -> Repertoire:
        """The syllables and single jamo that the writer has written.

        Raises:
            DataError: there are no syllables.
        """
        syllables = [syllable_index(label) for label in self._places if is_syllable(label)]
        jamo = "".join(label for label in self._places if is_jamo(label))
        return Repertoire(np.array(sorted(syllables), np.int32), jamo)

    def line(self, text: str, rng: np.random.Generator, *, degraded: bool = False) -> UInt8Array:
        """Sets a line.

        Args:
            text: of what was written, with single spaces between words.
            rng: draws the word spaces and the faults.
            degraded: as of `FacePen.line`.

        Raises:
            DataError: the writer has not written one of the syllables.
        """
        missing = sorted({symbol for symbol in text if symbol != " " and symbol not in self._places})
        if missing:
            raise DataError(f"the writer {self.writer} has no {missing[0]!r}; take another text")
        letters = [None if symbol == " " else _cut(self._images[self._places[symbol]]) for symbol in text]
        height = float(np.median([letter[0].shape[0] for letter in letters if letter is not None]))
        image = np.pad(_beside(letters, height, rng), round(_MARGIN * height), constant_values=255)
        return degrade(image, rng, em_px=height / 0.8, ranges=LINE_FAULTS) if degraded else image


_Letter = tuple[UInt8Array, int]


def _beside(letters: list[_Letter | None], height: float, rng: np.random.Generator) -> UInt8Array:
    """Letters in a row, None for a space, each as high in it as it stood in its cell."""
    pens, pen = [], 0.0
    for letter in letters:
        pens.append(round(pen))
        pen += (
            height * rng.uniform(*_WORD_GAP) if letter is None else letter[0].shape[1] + height * _LETTER_GAP
        )
    top = min(letter[1] for letter in letters if letter is not None)
    bottom = max(letter[1] + letter[0].shape[0] for letter in letters if letter is not None)
    image = np.full((bottom - top, round(pen) + 1), 255, np.uint8)
    for letter, left in zip(letters, pens, strict=True):
        if letter is not None:
            rows = slice(letter[1] - top, letter[1] - top + letter[0].shape[0])
            view = image[rows, left : left + letter[0].shape[1]]
            np.minimum(view, letter[0][:, : view.shape[1]], out=view)
    return image


def _cut(crop: UInt8Array) -> _Letter:
    """A crop cut to its ink, and the row of its cell that it begins in."""
    rows, columns = (np.flatnonzero((crop < _INK).any(axis)) for axis in (1, 0))
    if not len(rows):
        return crop, 0
    return crop[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], int(rows[0])
