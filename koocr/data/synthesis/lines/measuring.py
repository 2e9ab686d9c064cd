"""Lines to measure readers with: as other programs draw them, not as training does.

Nothing here is shared with the drawing of training lines: Pillow sets the whole line, with the face's own
word spaces, and the faults are those of `koocr.evaluation.degradation`. A reader that is measured with the
noise that it was trained on looks better than it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from koocr.data.faces import Face
from koocr.data.handwriting import Handwriting
from koocr.errors import DataError
from koocr.evaluation.degradation import Degradation, degrade
from koocr.hangul import is_syllable, syllable_index

__all__ = ["LINE_FAULTS", "draw_test_line", "draw_writer_line", "drawable"]

UInt8Array = NDArray[np.uint8]

LINE_FAULTS = replace(Degradation(), angle_deg=(-2.0, 2.0))
"""As for characters, but for the skew: nobody cuts a line out of a page that lies 7 degrees askew."""

_EM_PX = 64  # drawn at, before degrading
_CLEAN_EM_PX = (30, 50)  # of clean lines
_SPACE = 0.3  # of an em, for faces that draw a box for the space
_MARGIN = 0.25  # ems of ground on each side
_NOWHERE = "\uffff"
_WON = "\\"  # two Korean faces in three show ₩ for the backslash
_INK = 150  # grey levels below which a scan is ink
_LETTER_GAP, _WORD_GAP = 0.10, (0.35, 0.6)  # of a writer's median height


def drawable(face: Face, text: str, syllables: NDArray[np.int32]) -> bool:
    """Whether a face really draws all symbols of a text.

    Args:
        face: to be measured on.
        text: single spaces between words.
        syllables: indices of the syllables that the face draws (`koocr.data.faces.load_coverage`).

    Raises:
        DataError: the font file is missing or is no font.
    """
    font = face.open(_EM_PX)
    missing = bytes(font.getmask(_NOWHERE))
    covered = set(syllables.tolist())
    return all(_draws(font, symbol, covered, missing) for symbol in set(text) - {" "})


def _draws(font: ImageFont.FreeTypeFont, symbol: str, covered: set[int], missing: bytes) -> bool:
    if is_syllable(symbol):
        return syllable_index(symbol) in covered
    mask = bytes(font.getmask(symbol))
    return any(mask) and mask != missing and symbol != _WON


def draw_test_line(face: Face, text: str, rng: np.random.Generator, *, degraded: bool = False) -> UInt8Array:
    """Draws a line black on white.

    Args:
        face: that draws all of the text (`drawable`).
        text: single spaces between words.
        rng: draws the size and the faults.
        degraded: shrunk, skewed, blurred, faded, noisy, saved as JPEG (`LINE_FAULTS`).

    Returns:
        (H, W) uint8.

    Raises:
        DataError: the font file is missing or is no font, or there is nothing to draw.
    """
    em_px = _EM_PX if degraded else int(rng.integers(*_CLEAN_EM_PX, endpoint=True))
    font = face.open(em_px)
    draws_a_box = any(bytes(font.getmask(" ")))
    ink = _by_hand(font, text, em_px) if draws_a_box else _mask(font, text)
    if not ink.any():
        raise DataError(f"the face {face.id} draws nothing for {text!r}; take another text")
    image = np.pad(255 - ink, round(_MARGIN * em_px), constant_values=255)
    return degrade(image, rng, em_px=em_px, ranges=LINE_FAULTS) if degraded else image


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


def draw_writer_line(
    crops: Handwriting, text: str, rng: np.random.Generator, *, degraded: bool = False
) -> UInt8Array:
    """Sets a writer's crops side by side, as scanned.

    Args:
        crops: of one writer, who has written all syllables of the text.
        text: syllables, and single spaces between words.
        rng: draws the word spaces and the faults.
        degraded: as of `draw_test_line`.

    Raises:
        DataError: the writer has not written one of the syllables.
    """
    places = {label: place for place, label in reversed(list(enumerate(crops.labels)))}
    missing = sorted({symbol for symbol in text if symbol != " " and symbol not in places})
    if missing:
        raise DataError(f"the writer {crops.writer} has no {missing[0]!r}; take another text")
    letters = [None if symbol == " " else _cut(crops.images[places[symbol]]) for symbol in text]
    height = float(np.median([letter[0].shape[0] for letter in letters if letter is not None]))
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
    image = np.pad(image, round(_MARGIN * height), constant_values=255)
    return degrade(image, rng, em_px=height / 0.8, ranges=LINE_FAULTS) if degraded else image


def _cut(crop: UInt8Array) -> tuple[UInt8Array, int]:
    """A crop cut to its ink, and the row of its cell that it begins in."""
    rows, columns = (np.flatnonzero((crop < _INK).any(axis)) for axis in (1, 0))
    if not len(rows):
        return crop, 0
    return crop[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], int(rows[0])
