"""Symbols and their ids, and what each output is to say of them."""

import unicodedata

import numpy as np
import pytest

from koocr.character.symbols import NUM_SYMBOLS, common_syllables, encode, split_targets, symbol, symbol_id
from koocr.errors import CharsetError
from koocr.hangul import JAMO, NUM_SYLLABLES, compose, syllable

ALL = [chr(point) for point in (*range(0xAC00, 0xD7A4), *range(0x3131, 0x3164))]


def test_ids_are_the_syllables_in_unicode_order_then_the_jamo() -> None:
    assert len(ALL) == NUM_SYMBOLS == 11223
    assert [symbol_id(character) for character in ALL] == list(range(NUM_SYMBOLS))
    assert [symbol(index) for index in range(NUM_SYMBOLS)] == ALL


def test_encoding_a_text_or_a_list_is_encoding_each() -> None:
    expected = list(range(NUM_SYMBOLS))
    assert encode("".join(ALL)).tolist() == expected
    assert encode(ALL).tolist() == expected
    assert encode(np.array(ALL)).tolist() == expected
    assert encode(unicodedata.normalize("NFD", character) for character in ALL).tolist() == expected
    assert encode([]).tolist() == []


@pytest.mark.parametrize(
    "bad", ["a", "", "가나", "ᄀ", "ㅥ", "\u3130", "\u3164", "\uabff", "\ud7a4", "\ud800", "漢"]
)
def test_what_is_no_symbol(bad: str) -> None:
    with pytest.raises(CharsetError, match="is no symbol; give a Hangul syllable"):
        symbol_id(bad)
    with pytest.raises(CharsetError, match="is no symbol"):
        encode(["각", bad])


def test_targets_of_every_symbol() -> None:
    labels, weights = split_targets(np.arange(NUM_SYMBOLS))
    for index, character in enumerate(ALL):
        if index < NUM_SYLLABLES:
            assert (
                compose(*(int(labels[name][index]) for name in ("initial", "medial", "final"))) == character
            )
            assert (labels["syllable"][index], labels["single"][index]) == (index, 0)
        else:
            assert JAMO[labels["single"][index] - 1] == character
    whole = np.arange(NUM_SYMBOLS) < NUM_SYLLABLES
    for name in ("initial", "medial", "final", "syllable"):
        assert np.array_equal(weights[name], whole), "a single jamo teaches the parts of a syllable nothing"
    assert weights["single"].all() and weights["symbol"].all()
    assert np.array_equal(labels["symbol"], np.arange(NUM_SYMBOLS))
    assert all(((labels[name] >= 0) & (labels[name] < size)).all() for name, size in SIZES.items())


SIZES = {"initial": 19, "medial": 21, "final": 28, "syllable": 11172, "single": 52, "symbol": 11223}


def test_common_syllables_are_those_of_ks_x_1001() -> None:
    is_common = common_syllables()
    assert is_common.sum() == 2350
    for index in range(NUM_SYLLABLES):
        assert is_common[index] == (len(syllable(index).encode("euc_kr")) == 2)
