"""Texts for lines: what is drawn is what the hand can draw, of the right length, kind and split."""

from __future__ import annotations

import gzip
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.data.text import (
    KINDS,
    LineText,
    Repertoire,
    Sentences,
    Syllables,
    Text,
    TextSettings,
    read_texts,
    read_words,
    text_split,
)
from koocr.errors import ConfigError, DataError
from koocr.hangul import NUM_SYLLABLES, is_syllable, nfd, syllable, syllable_index

WORDS = [f"{syllable(7 * number)}{syllable(11 * number % NUM_SYLLABLES)}" for number in range(600)]
LINES = [" ".join(WORDS[start : start + 9]) for start in range(0, 500, 2)]


def repertoire(symbols: str | None = None, others: str = "!?.,ㅋㅎㅠㅜㅇㄴㅡ~…:;") -> Repertoire:
    indices = range(NUM_SYLLABLES) if symbols is None else map(syllable_index, symbols)
    return Repertoire(np.array(list(indices), np.int32), others)


def line_text(split: str = "train", **how: object) -> LineText:
    sources = {"sentences": Sentences([LINES], split=split), "syllables": Syllables(WORDS, split=split)}
    return LineText(sources, split=split, settings=TextSettings(**how))  # type: ignore[arg-type]


def draw(text: LineText, number: int, *, length: int = 20, hand: Repertoire | None = None) -> Text:
    return text.draw(np.random.default_rng(number), hand or repertoire(), length=length)


def test_the_split_of_a_text_is_its_own_whatever_its_form() -> None:
    assert text_split("한국어 문장") == text_split(nfd("한국어  문장 ")) == text_split("한국어\u3000문장")


def test_most_texts_are_learnt_and_some_are_kept_for_measuring() -> None:
    splits = [text_split(f"{number}") for number in range(5000)]
    assert 0.94 < splits.count("train") / 5000 < 0.98
    assert 0.01 < splits.count("val") / 5000 < 0.03 and 0.01 < splits.count("test") / 5000 < 0.03


@pytest.mark.parametrize("split", ["train", "test"])
def test_sentences_are_ends_of_lines_of_their_split(split: str) -> None:
    source = Sentences([LINES[:100], LINES[100:]], split=split)
    allowed = [line for line in LINES if text_split(line) == split]
    rng = np.random.default_rng(0)
    for _ in range(100):
        item = source.item(rng, repertoire())
        assert any(line == item or line.endswith(" " + item) for line in allowed)


def test_a_split_without_text_is_refused() -> None:
    lines = [line for line in LINES if text_split(line) == "train"]
    with pytest.raises(DataError, match="'val'"):
        Sentences([lines], split="val")
    with pytest.raises(DataError, match="'val'"):
        Syllables(lines, split="val")


def test_groups_come_equally_often_whatever_their_size() -> None:
    small = next(line for line in WORDS if text_split(line) == "train")
    source = Sentences([LINES, [small]], split="train")
    rng = np.random.default_rng(0)
    share = np.mean([source.item(rng, repertoire()) == small for _ in range(400)])
    assert 0.4 < share < 0.6


@given(st.text(alphabet="가각힣 aㅋ😀뷁", max_size=8))
def test_a_repertoire_draws_what_is_in_it_and_the_space(text: str) -> None:
    hand = repertoire("가힣", "ㅋ")
    assert hand.draws(text) == (set(text) <= set("가힣ㅋ "))


def test_a_hand_without_syllables_is_refused() -> None:
    with pytest.raises(DataError, match="no syllables"):
        Repertoire(np.empty(0, np.int32))


def test_random_syllables_follow_the_weights() -> None:
    weights = np.zeros(NUM_SYLLABLES)
    weights[syllable_index("가")], weights[syllable_index("힣")] = 1.0, 3.0
    indices = np.array([syllable_index(char) for char in "가뷁힣"], np.int32)
    drawn = Repertoire(indices, weights=weights).random_syllables(np.random.default_rng(0), 4000)
    assert len(drawn) == 4000 and set(drawn) == set("가힣")
    assert 0.72 < drawn.count("힣") / 4000 < 0.78


def test_random_syllables_reach_all_that_there_are() -> None:
    drawn = repertoire().random_syllables(np.random.default_rng(0), 200_000)
    assert len(set(drawn)) == NUM_SYLLABLES


def test_the_same_generator_gives_the_same_text() -> None:
    text = line_text()
    assert [draw(text, number) for number in range(30)] == [draw(text, number) for number in range(30)]
    assert len({draw(text, number).text for number in range(30)}) > 25


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 7), (5, 40), (30, 64)])
def test_lines_are_no_longer_than_they_may_be_and_hold_single_spaces(low: int, high: int) -> None:
    text = line_text(min_length=low, max_length=high, respaced=0.5)
    for number in range(60):
        drawn = draw(text, number, length=min(high, low + number % 9)).text
        assert 1 <= len(drawn) <= high and drawn == " ".join(drawn.split())


def test_lines_end_with_the_word_that_reaches_the_length() -> None:
    text = line_text(max_length=60, respaced=0.0)
    for number in range(60):
        drawn = draw(text, number, length=20).text
        assert len(drawn) >= 20 and len(drawn.rpartition(" ")[0]) < 20


def test_only_what_the_hand_draws_is_said() -> None:
    few = repertoire("".join(WORDS[:300:3]), "!")
    text = line_text()
    for number in range(80):
        assert few.draws(draw(text, number, hand=few).text)


def test_a_hand_that_can_say_nothing_is_reported() -> None:
    text = LineText({"sentences": Sentences([LINES], split="train")}, split="train")
    with pytest.raises(DataError, match="can draw none"):
        draw(text, 0, hand=repertoire("뷁", ""))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_what_is_made_up_belongs_to_the_split_too(split: str) -> None:
    many = [syllable(number) for number in range(3000)]
    text = LineText({"syllables": Syllables(many, split=split)}, split=split)
    assert {text_split(draw(text, number).text) for number in range(20)} == {split}


def test_the_kinds_come_by_their_shares_and_only_those_that_are_named() -> None:
    text = line_text(sentences=1.0, syllables=3.0)
    kinds = [draw(text, number).kind for number in range(300)]
    assert 0.67 < kinds.count("syllables") / 300 < 0.83
    rng = np.random.default_rng(0)
    assert text.draw(rng, repertoire(), length=9, kinds=("sentences",)).kind == "sentences"
    assert text.draw(rng, repertoire(), length=9, kinds=("forms",)).kind in KINDS, "any, if none fits"


def test_respaced_lines_keep_their_letters() -> None:
    text = line_text(sentences=1.0, syllables=0.0, respaced=1.0, max_length=400)
    spaces = []
    for number in range(60):
        drawn = draw(text, number, length=12).text
        letters = drawn.replace(" ", "")
        assert all(is_syllable(letter) for letter in letters)
        assert letters[:2] in WORDS and letters[-2:] in WORDS
        spaces.append(drawn.count(" ") / len(drawn))
    assert min(spaces) == 0 and max(spaces) > 0.45


@pytest.mark.parametrize(
    "how", [{"sentences": -1.0}, {"min_length": 0}, {"max_length": 1}, {"respaced": 1.5}]
)
def test_settings_that_mean_nothing_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        TextSettings(**how)  # type: ignore[arg-type]


def test_a_mixture_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="none of the kinds"):
        LineText({}, split="train")


def test_text_files_are_read_packed_and_plain_without_the_words(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("둘째  줄\n\n둘째 줄\n", encoding="utf-8")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(nfd("첫째 줄").encode()))
    (tmp_path / "dictionary_words.txt").write_text("낱말\n", encoding="utf-8")
    assert read_texts(tmp_path) == [["첫째 줄"], ["둘째 줄"]]
    assert read_words(tmp_path) == ["낱말"]


def test_missing_and_damaged_text_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text files"):
        read_texts(tmp_path)
    with pytest.raises(DataError, match="dictionary_words"):
        read_words(tmp_path)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress("글".encode())[:-4])
    with pytest.raises(DataError, match=r"a\.txt\.gz"):
        read_texts(tmp_path)
    damaged = bytearray(gzip.compress("글".encode()))
    damaged[10] ^= 0xFF  # the compressed data themselves
    (tmp_path / "a.txt.gz").write_bytes(damaged)
    with pytest.raises(DataError, match=r"a\.txt\.gz"):
        read_texts(tmp_path)
    (tmp_path / "a.txt.gz").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="UTF-8"):
        read_texts(tmp_path)


def test_quotation_marks_become_curly_on_request():
    texts = ["그는 \"안녕\" 하고 ('말')했다. it's"]
    repertoire = Repertoire(np.arange(NUM_SYLLABLES, dtype=np.int32), string.printable + "“”‘’")
    drawn = []
    for curled in (0.0, 1.0):
        settings = TextSettings(curled=curled, respaced=0.0, min_length=20)
        source = Sentences([texts], split=text_split(texts[0]))
        lines = LineText({"sentences": source}, split=text_split(texts[0]), settings=settings)
        drawn.append({lines.draw(np.random.default_rng(n), repertoire, length=30).text for n in range(20)})
    assert any('"안녕"' in text for text in drawn[0])
    assert not any(mark in text for text in drawn[1] for mark in "\"'")
    assert any("“안녕” 하고 (‘말’)했다. it’s" in text for text in drawn[1])
