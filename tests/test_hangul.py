import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from koocr import hangul

SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4)]
MIXED_TEXT = st.text(
    st.one_of(st.sampled_from(SYLLABLES), st.sampled_from(hangul.JAMO), st.characters(codec="utf-8"))
)


def test_tables_hold_what_unicode_names():
    def names(prefix, jamo):
        return [unicodedata.name(char).removeprefix(prefix) for char in jamo]

    conjoining_initials = names("HANGUL CHOSEONG ", map(chr, range(0x1100, 0x1113)))
    conjoining_medials = names("HANGUL JUNGSEONG ", map(chr, range(0x1161, 0x1176)))
    conjoining_finals = names("HANGUL JONGSEONG ", map(chr, range(0x11A8, 0x11C3)))
    assert names("HANGUL LETTER ", hangul.INITIALS) == conjoining_initials
    assert names("HANGUL LETTER ", hangul.MEDIALS) == conjoining_medials
    assert names("HANGUL LETTER ", hangul.FINALS[1:]) == conjoining_finals
    assert hangul.FINALS[0] == ""


def test_counts():
    assert (hangul.NUM_INITIALS, hangul.NUM_MEDIALS, hangul.NUM_FINALS) == (19, 21, 28)
    assert tuple(map(len, (hangul.INITIALS, hangul.MEDIALS, hangul.FINALS))) == (19, 21, 28)
    assert hangul.NUM_SYLLABLES == 11_172
    assert len(hangul.JAMO) == hangul.NUM_JAMO == 51
    assert set(hangul.JAMO) == {*hangul.INITIALS, *hangul.MEDIALS, *hangul.FINALS[1:]}


def test_every_syllable_comes_back_from_its_parts():
    assert [hangul.compose(*hangul.decompose(char)) for char in SYLLABLES] == SYLLABLES


def test_every_syllable_decomposes_as_unicodedata_does():
    for char in SYLLABLES:
        initial, medial, final = hangul.decompose(char)
        expected = [0x1100 + initial, 0x1161 + medial] + ([0x11A7 + final] if final else [])
        assert [ord(jamo) for jamo in unicodedata.normalize("NFD", char)] == expected


def test_index_counts_syllables_in_unicode_order():
    assert [hangul.syllable_index(char) for char in SYLLABLES] == list(range(11_172))
    assert [hangul.syllable(index) for index in range(11_172)] == SYLLABLES


def test_arithmetic_on_arrays_equals_that_on_integers():
    index = np.arange(11_172, dtype=np.int32).reshape(4, -1)
    parts = hangul.split_index(index)
    assert all(part.shape == index.shape and part.dtype == np.int32 for part in parts)
    by_one = np.array([hangul.split_index(int(number)) for number in index.ravel()])
    np.testing.assert_array_equal(np.stack(parts, axis=-1).reshape(-1, 3), by_one)
    np.testing.assert_array_equal(hangul.join_index(*parts), index)


def test_syllable_takes_numpy_integers():
    assert hangul.syllable(np.int64(11_171)) == "힣"
    assert hangul.compose(np.int8(18), np.int8(20), np.int8(27)) == "힣"


@pytest.mark.parametrize(
    "text", ["", "가나", "ㄱ", "a", "\u1100", "\u1100\u1161\u11a8", "\uabff", "\ud7a4", "漢", "🙂"]
)
def test_what_is_no_syllable(text):
    assert not hangul.is_syllable(text)
    with pytest.raises(ValueError, match="not one precomposed Hangul syllable"):
        hangul.decompose(text)


@pytest.mark.parametrize("text", ["", "ㄱㄴ", "가", "\u1100", "\u3130", "\u3164", "\u3165"])
def test_what_is_no_jamo(text):
    assert not hangul.is_jamo(text)


def test_jamo_run_from_giyeok_to_i():
    assert all(map(hangul.is_jamo, hangul.JAMO))
    assert hangul.JAMO[0] == "ㄱ"
    assert hangul.JAMO[-1] == "ㅣ"


@pytest.mark.parametrize("index", [-1, 11_172])
def test_syllable_number_out_of_range(index):
    with pytest.raises(ValueError, match=f"no syllable number {index}; they run from 0 to 11171"):
        hangul.syllable(index)


@pytest.mark.parametrize(
    ("parts", "name"),
    [((19, 0, 0), "initial"), ((0, -1, 0), "medial"), ((0, 21, 0), "medial"), ((0, 0, 28), "final")],
)
def test_part_out_of_range(parts, name):
    with pytest.raises(ValueError, match=f"no {name} number"):
        hangul.compose(*parts)


def test_to_jamo_spells_syllables_and_keeps_the_rest():
    assert hangul.to_jamo("한글 값 ㄳ OCR!") == "ㅎㅏㄴㄱㅡㄹ ㄱㅏㅄ ㄳ OCR!"


@given(MIXED_TEXT)
@example("\u1100\u1161\u11a8")  # decomposed
@example("가\u11a8")  # a syllable that takes a final when normalised
def test_normal_forms_agree_with_each_other(text):
    assert hangul.nfc(text) == hangul.nfc(hangul.nfd(text)) == unicodedata.normalize("NFC", text)
    assert hangul.nfd(text) == hangul.nfd(hangul.nfc(text))
    assert not any(map(hangul.is_syllable, hangul.nfd(text)))


@given(MIXED_TEXT)
def test_to_jamo_leaves_no_syllable_and_is_character_by_character(text):
    spelled = hangul.to_jamo(text)
    assert not any(map(hangul.is_syllable, spelled))
    assert spelled == "".join(map(hangul.to_jamo, text))
    assert hangul.to_jamo(spelled) == spelled
