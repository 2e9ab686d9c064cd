"""Spelling and its undoing, for every syllable and for sequences that are no text."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.charset import line_charset
from koocr.hangul import NUM_SYLLABLES
from koocr.line.decode import PlacedSymbol
from koocr.line.spelling import NUM_LETTERS, spell, unspell

CHARSET = line_charset()
IDS = st.lists(st.integers(0, len(CHARSET) - 1), max_size=12)


def placed(letters: list[int]) -> list[PlacedSymbol]:
    return [
        PlacedSymbol(int(letter), 2 * place, 2 * place + 1, 2 * place, -0.5)
        for place, letter in enumerate(letters)
    ]


def read(letters: list[int]) -> str:
    return CHARSET.decode(symbol.id for symbol in unspell(placed(letters)))


def test_letters_are_those_of_unicode() -> None:
    """NFD gives conjoining jamo: initials from U+1100, medials from U+1161, finals from U+11A8."""
    for index in range(NUM_SYLLABLES):
        points = [ord(jamo) for jamo in unicodedata.normalize("NFD", chr(0xAC00 + index))]
        starts = (0x1100, 0x1161 - 19, 0x11A8 - 40)
        assert spell([index]).tolist() == [
            point - start for point, start in zip(points, starts, strict=False)
        ]


@given(IDS)
def test_spelling_is_undone(ids: list[int]) -> None:
    assert [symbol.id for symbol in unspell(placed(spell(ids).tolist()))] == ids


@given(st.lists(st.integers(0, NUM_LETTERS + 381), max_size=12))
def test_any_sequence_reads_as_something(letters: list[int]) -> None:
    symbols = unspell(placed(letters))
    assert all(0 <= symbol.id < len(CHARSET) for symbol in symbols)
    assert [symbol.start for symbol in symbols] == sorted({symbol.start for symbol in symbols})
    assert sum(symbol.log_probability for symbol in symbols) == pytest.approx(-0.5 * len(letters))


def test_letters_of_no_syllable_stand_alone() -> None:
    g, a, final_g, space = 0, 19, 40, spell([CHARSET.symbols.index(" ")])[0]
    assert read([g, a, final_g]) == "각"
    assert read([g, g, a, a, final_g]) == "ㄱ가ㅏㄱ"
    assert read([g, space, a, final_g, final_g]) == "ㄱ ㅏㄱㄱ"
    assert read([g, a, g, a]) == "가가"


def test_a_syllable_reaches_from_its_first_letter_to_its_last() -> None:
    (symbol,) = unspell(placed([0, 19, 40]))
    assert (symbol.start, symbol.stop, symbol.peak, symbol.log_probability) == (0, 5, 2, -1.5)


def test_nothing_spells_as_nothing() -> None:
    assert spell([]).dtype == np.int32 and not len(spell([]))
    assert unspell([]) == ()
