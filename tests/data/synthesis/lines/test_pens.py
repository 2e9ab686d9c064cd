"""Lines written with a moving pen."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.pens import PenHand
from koocr.data.synthesis.lines.settings import EM
from koocr.data.synthesis.written import Hand

NEAT = Hand(
    speed=0.0, freedom=0.0, tremble=0.0, slant=0.0, rise=0.0, aspect=1.0, size=1.0, pen=0.05, taper=0.0
)


def glyph(pen: PenHand, symbol: str) -> Glyph:
    drawn = pen.glyph(symbol)
    assert drawn is not None
    return drawn


def test_a_pen_writes_every_syllable_and_jamo_and_nothing_else() -> None:
    pen = PenHand.draw(np.random.default_rng(0))
    assert len(pen.syllables) == 11172
    for symbol in "가뷁힣ㄱㅏㄳㅢ":
        assert glyph(pen, symbol).ink.max() > 127
    assert all(pen.glyph(symbol) is None for symbol in "A1.,? 漢")
    assert set("ㅋㅠㄳ") <= set(pen.others())


@pytest.mark.parametrize("grid", [0, 15])
def test_letters_stand_on_one_line_in_one_size(grid: int) -> None:
    from dataclasses import replace

    pen = PenHand(replace(NEAT, grid=grid), seed=0)
    for symbol in "뮴몸맘":
        drawn = glyph(pen, symbol)
        height, width = drawn.ink.shape
        assert 0.7 * EM < height < 0.95 * EM
        assert -0.95 * EM < drawn.top < -0.6 * EM and -0.1 * EM < drawn.top + height < 0.2 * EM
        assert drawn.advance > width, "there is ground on both sides"


def test_final_and_initial_keep_their_heights() -> None:
    pen = PenHand(NEAT, seed=0)
    flat = glyph(pen, "ㅡ")
    assert flat.ink.shape[0] < 0.4 * EM, "a flat letter is not blown up to a syllable's height"


def test_the_same_seed_writes_the_same_and_nobody_writes_twice_alike() -> None:
    one, other = (PenHand.draw(np.random.default_rng(4)) for _ in range(2))
    first, again = glyph(one, "봄"), glyph(one, "봄")
    assert np.array_equal(first.ink, glyph(other, "봄").ink)
    assert first.ink.shape != again.ink.shape or not np.array_equal(first.ink, again.ink)
