"""Lines written with a moving pen: one hand a line, each letter of it written anew."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.hands import WRITTEN_BEARING, WRITTEN_EM, WRITTEN_MIDDLE, Glyph
from koocr.data.synthesis.lines.settings import EM
from koocr.data.synthesis.written import Hand, sample_hand, unit_square, write
from koocr.hangul import JAMO, NUM_SYLLABLES, is_jamo, is_syllable, syllable_index

__all__ = ["PenHand"]

IntArray = NDArray[np.int32]


class PenHand:
    """All syllables and single jamo in one hand; faces step in for what else a line needs.

    Letters are not kept: nobody writes one twice alike.

    Args:
        hand: how it writes.
        seed: of its letters.
    """

    name = "written"
    klass = "handwriting"
    is_real = False

    def __init__(self, hand: Hand, seed: int) -> None:
        self._hand = hand
        self._rng = np.random.default_rng(seed)
        self.syllables: IntArray = np.arange(NUM_SYLLABLES, dtype=np.int32)

    @classmethod
    def draw(cls, rng: np.random.Generator) -> PenHand:
        """Somebody at random."""
        return cls(sample_hand(rng), int(rng.integers(2**31)))

    def others(self) -> str:
        """The single jamo."""
        return "".join(JAMO)

    def glyph(self, symbol: str) -> Glyph | None:
        """A letter, written anew; None for one that is neither a syllable nor a jamo."""
        if is_syllable(symbol):
            return self._write(syllable_index(symbol))
        return self._write(NUM_SYLLABLES + JAMO.index(symbol)) if is_jamo(symbol) else None

    def _write(self, symbol: int) -> Glyph | None:
        ink = write(symbol, self._hand, self._rng)
        start, side = unit_square(self._hand)
        scale = WRITTEN_EM * EM / side
        left, top, width, height = cv2.boundingRect(cv2.compare(ink, 24, cv2.CMP_GT))
        if not width:
            return None
        size = max(1, round(width * scale)), max(1, round(height * scale))
        mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        letter = cv2.resize(ink[top : top + height, left : left + width], size, interpolation=mode)
        middle = start + side / 2
        bearing = WRITTEN_BEARING * EM
        return Glyph(letter, bearing, WRITTEN_MIDDLE * EM + (top - middle) * scale, size[0] + 2 * bearing)
