"""Syllables written with a moving pen: complete, deterministic, legible, in the right places."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from koocr import KoOCR
from koocr.data.glyphs import GLYPH_SIZE, INK_SIZE, fit_ink
from koocr.data.synthesis.written import Hand, sample_hand, unit_square, write, write_fitted
from koocr.data.synthesis.written.hand import corner_cutting
from koocr.data.synthesis.written.layout import place
from koocr.data.synthesis.written.letters import CONSONANTS, FLAT, UPRIGHT, ways
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS, NUM_SYLLABLES, syllable, syllable_index

NEAT = Hand(
    speed=0.0, freedom=0.0, tremble=0.0, slant=0.0, rise=0.0, aspect=1.0, size=1.0, pen=0.05, taper=0.0
)
"""First ways of all letters, in their boxes."""
COMMON = (
    "가각간갈감갑강개객거건걸검게격견결경계고곡곤골공"
    "과관광교구국군굴궁권귀규균그극근글금급기긴길김나난날남낫내너널네노"
)


def test_every_letter_has_ways_inside_its_box() -> None:
    for letter in (*CONSONANTS, *UPRIGHT, *FLAT):
        assert len(ways(letter)) >= 3, letter
        for way in ways(letter) + ways(letter, is_beside=True):
            for stroke in way:
                assert len(stroke) >= 2, (letter, stroke)
                assert stroke.min() >= 0 and stroke.max() <= 1


def test_every_jamo_in_every_place_leaves_ink() -> None:
    rng = np.random.default_rng(0)
    symbols = [syllable_index(chr(ord("가") + 588 * initial)) for initial in range(len(INITIALS))]
    symbols += [28 * medial for medial in range(len(MEDIALS))]
    symbols += list(range(len(FINALS)))
    symbols += [NUM_SYLLABLES + number for number in range(len(JAMO))]
    for symbol in symbols:
        ink = write(symbol, sample_hand(rng), rng)
        assert (ink > 127).sum() > 40, symbol
        edge = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        assert not edge.any(), f"symbol {symbol} runs over the edge of its canvas"


def test_the_same_seed_writes_the_same() -> None:
    def written(seed: int) -> list[bytes]:
        rng = np.random.default_rng(seed)
        return [write(symbol, sample_hand(rng), rng).tobytes() for symbol in range(0, 11172, 911)]

    assert written(1) == written(1)
    assert written(1) != written(2)


def test_boxes_lie_as_hangul_is_built() -> None:
    rng = np.random.default_rng(0)
    left, right = (part.box for part in place("ㄱ", "ㅏ", "", rng, freedom=0))
    assert left[2] <= right[0], "an upright vowel stands to the right"
    above, below, final = (part.box for part in place("ㄱ", "ㅗ", "ㄴ", rng, freedom=0))
    assert above[3] <= below[1] and below[3] <= final[1], "flat vowels lie below, finals at the bottom"
    assert [part.letter for part in place("ㄲ", "ㅙ", "ㄺ", rng, freedom=0)] == list("ㄱㄱㅗㅐㄹㄱ")


def test_a_fifth_of_each_side_is_cut_off_a_corner() -> None:
    corner = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]])
    path = corner_cutting(3, 10) @ corner  # by hand: (2, 0) … (8, 0), (10, 2), (10, 8), and once more
    assert path[0] == pytest.approx(corner[0]) and path[-1] == pytest.approx(corner[-1])
    assert [8 - 0.2 * 8, 0] in path.round(9).tolist()
    assert [8.4, 0.4] in path.round(9).tolist(), "a fifth of the way from (8, 0) to (10, 2)"
    assert corner_cutting(6, 13).sum(1) == pytest.approx(1.0), "points of the path are means of corners"
    assert corner_cutting(6, 13).min() >= 0


def test_the_shipped_model_reads_a_neat_hand() -> None:
    rng = np.random.default_rng(0)
    images = [255 - write(syllable_index(char), NEAT, rng) for char in COMMON]
    read = [texts[0] if texts else "" for texts in KoOCR().predict(images, 1)]
    wrong = [f"{char}→{text}" for char, text in zip(COMMON, read, strict=True) if char != text]
    assert len(wrong) <= 0.04 * len(COMMON), wrong


def test_haste_joins_strokes_and_changes_shapes() -> None:
    def parts(speed: float) -> float:
        hand = replace(NEAT, speed=speed, tremble=0.03)
        rng = np.random.default_rng(0)
        pictures = [write(syllable_index(char), hand, rng) for char in COMMON * 15]
        return float(np.mean([cv2.connectedComponents((ink > 127).astype(np.uint8))[0] for ink in pictures]))

    assert parts(1.0) < parts(0.0) - 0.02, "fewer separate parts"


@pytest.mark.parametrize("how", [{}, {"grid": 14}, {"pen": 0.12}, {"pen": 0.04, "taper": 0.5}])
def test_a_fitted_drawing_is_the_drawing_fitted(how: dict[str, float]) -> None:
    hand = replace(NEAT, tremble=0.03, slant=0.2, rise=0.1, **how)  # type: ignore[arg-type]
    differences = []
    for symbol in range(0, NUM_SYLLABLES + len(JAMO), 331):
        fitted = write_fitted(symbol, hand, np.random.default_rng(symbol))
        same = fit_ink(write(symbol, hand, np.random.default_rng(symbol)))
        assert same is not None and fitted.shape == same.shape and fitted.max() > 150
        one, other = (cv2.GaussianBlur(square, (0, 0), 2).astype(float) for square in (fitted, same))
        differences.append(np.abs(one - other).sum() / other.sum())
    assert max(differences) < 0.3 and np.mean(differences) < 0.2, "widths are rounded otherwise"


def test_fitted_drawings_fill_the_square_as_stored_glyphs_do() -> None:
    rng = np.random.default_rng(3)
    for symbol in range(0, NUM_SYLLABLES + len(JAMO), 61):
        square = write_fitted(symbol, sample_hand(rng), rng)
        assert square.shape == (GLYPH_SIZE, GLYPH_SIZE) and square.dtype == np.uint8
        left, top, width, height = cv2.boundingRect((square > 24).astype(np.uint8))
        assert abs(max(width, height) - INK_SIZE) <= 2
        assert abs(2 * left + width - GLYPH_SIZE) <= 3 and abs(2 * top + height - GLYPH_SIZE) <= 3


@pytest.mark.parametrize("symbol", [0, 11171])
def test_first_and_last_syllable(symbol: int) -> None:
    assert write(symbol, NEAT, np.random.default_rng(0)).any(), syllable(symbol)


def test_letters_of_pixels_are_one_pixel_wide() -> None:
    rng = np.random.default_rng(0)
    ink = write(syllable_index("모"), replace(NEAT, grid=12), rng)
    assert set(np.unique(ink)) == {0, 255}
    assert np.array_equal(ink, np.kron(ink[::4, ::4], np.ones((4, 4), np.uint8))), "made of squares"
    set_ = ink[::4, ::4] > 0
    blocks = set_[:-1, :-1] & set_[1:, 1:] & set_[1:, :-1] & set_[:-1, 1:]
    assert set_.sum() > 20 and not blocks.any(), "strokes are one pixel wide"


def test_thick_strokes_get_thinner_where_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    def inked(char: str) -> float:
        hand = replace(NEAT, pen=0.14)
        return float((write(syllable_index(char), hand, np.random.default_rng(0)) > 127).sum())

    thinned = {char: inked(char) for char in "그뷁쀏"}
    monkeypatch.setattr("koocr.data.synthesis.written.hand._FEW_STROKES", 1000)
    assert inked("그") == thinned["그"], "few strokes stay as they are"
    for char in "뷁쀏":
        assert thinned[char] < 0.95 * inked(char)


@pytest.mark.parametrize("grid", [0, 14])
def test_neat_letters_fill_the_unit_square(grid: int) -> None:
    hand = replace(NEAT, grid=grid)
    ink = write(syllable_index("뮴"), hand, np.random.default_rng(0))
    start, side = unit_square(hand)
    rows, columns = (np.flatnonzero((ink > 127).any(axis)) for axis in (1, 0))
    slack = 0.06 * side + 4
    for inked in (rows, columns):
        assert abs(inked[0] - start) <= slack and abs(inked[-1] + 1 - start - side) <= slack
