"""The n-gram model against its definition, as a distribution, and on disk."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.charset import Charset, line_charset
from koocr.errors import CharsetError, ConfigError, DataError, WeightsCorruptError, WeightsMissingError
from koocr.line.ngram import NGram

LETTERS = Charset(tuple("가나다 "))
TEXTS = ["가나다", "가나 가나", "가나", "나 가다", "다다다"]
ROUNDING = 0.01
"""Logarithms have the precision of a half float."""


def witten_bell(texts: list[str], context: str, symbol: str, num_symbols: int) -> float:
    """p(symbol | context) as the definition says, with `^` before and behind each text."""
    if context == "" and not texts:
        return 1 / num_symbols
    shorter = witten_bell(texts, context[1:], symbol, num_symbols) if context else 1 / num_symbols
    padded = ["^^^" + text + "^" for text in texts]
    behind = [
        text[place]
        for text in padded
        for place in range(3, len(text))
        if text[place - len(context) : place] == context
    ]
    if not behind:
        return shorter
    kinds = len(set(behind))
    return (behind.count(symbol) + kinds * shorter) / (len(behind) + kinds)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_it_is_witten_bell(order: int) -> None:
    model = NGram.train(TEXTS, LETTERS, order=order, min_count=1)
    assert model.order == order
    for prefix in ("", "가", "나 ", "가나", "가나다", "다다", "나나나가"):
        ids = [LETTERS.symbols.index(symbol) for symbol in prefix]
        context = ("^^^" + prefix)[-(order - 1) :] if order > 1 else ""
        for number, symbol in enumerate(LETTERS.symbols):
            expected = np.log(witten_bell(TEXTS, context, symbol, 5))
            assert model.score(ids, number) == pytest.approx(expected, abs=ROUNDING), (prefix, symbol)
        assert model.end(ids) == pytest.approx(np.log(witten_bell(TEXTS, context, "^", 5)), abs=ROUNDING)


@settings(max_examples=30)
@given(
    st.lists(st.text("가나다 ", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=8),
    st.integers(1, 4),
    st.integers(1, 3),
    st.lists(st.integers(0, 3), max_size=5),
)
def test_what_follows_sums_to_one(texts: list[str], order: int, least: int, prefix: list[int]) -> None:
    model = NGram.train(texts, LETTERS, order=order, min_count=least)
    logs = [model.score(prefix, symbol) for symbol in range(4)] + [model.end(prefix)]
    assert max(logs) <= 0
    assert np.exp(logs).sum() == pytest.approx(1, abs=ROUNDING)


def test_a_text_is_the_product_of_its_symbols() -> None:
    model = NGram.train(TEXTS, LETTERS, order=3)
    steps = [model.score([], 0), model.score([0], 1), model.end([0, 1])]
    assert model.log_probability("가나") == pytest.approx(sum(steps))
    assert (
        model.log_probability("가나") > model.log_probability("나가") > model.log_probability("나가나가나가")
    )
    with pytest.raises(CharsetError):
        model.log_probability("각")


def test_lines_with_foreign_symbols_and_empty_ones_are_left_out() -> None:
    model = NGram.train([*TEXTS, "가각", "", "  "], LETTERS, min_count=1)
    same = NGram.train(TEXTS, LETTERS, min_count=1)
    assert model.log_probability("가나") == same.log_probability("가나")
    with pytest.raises(DataError, match="no text is left"):
        NGram.train(["abc", ""], LETTERS)


def test_it_comes_back_from_its_file(tmp_path: Path) -> None:
    charset = line_charset()
    model = NGram.train(["안녕하세요. 반갑습니다!", "안녕히 가세요.", "2026년 11월"], charset, min_count=1)
    path = tmp_path / "korean.npz"
    model.save(path)
    again = NGram.load(path, charset)
    assert again.order == 4
    for text in ("안녕하세요.", "세요 안녕", "힣", "1월 1일"):
        assert again.log_probability(text) == model.log_probability(text)
    with pytest.raises(ConfigError, match="another charset; train it anew"):
        NGram.load(path, LETTERS)


def test_bad_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    with pytest.raises(WeightsMissingError, match=r"no n-gram model .*model\.npz"):
        NGram.load(path, LETTERS)
    NGram.train(TEXTS, LETTERS).save(path)
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2], whole[:200] + b"\0" * 50 + whole[250:]):
        path.write_bytes(damaged)
        with pytest.raises(WeightsCorruptError, match="no n-gram model, or damaged"):
            NGram.load(path, LETTERS)
    with path.open("wb") as file:
        np.savez(file, format=np.array(1), charset=np.array(""))
    with pytest.raises(WeightsCorruptError, match="format 1, not 2"):
        NGram.load(path, LETTERS)


def test_a_file_of_another_kind_or_with_a_part_missing(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    model = NGram.train(TEXTS, LETTERS)
    model.save(path)
    whole = path.read_bytes()
    other_compression = bytearray(whole)
    for head, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        other_compression[whole.index(head) + place] = 99
    longest_lost = whole.replace(f"symbols{model.order}.npy".encode(), b"symbolz4.npy")
    assert longest_lost != whole
    one_flipped = bytearray(whole)
    one_flipped[whole.rindex(b"\x93NUMPY") + 20] ^= 1
    for damaged in (bytes(other_compression), longest_lost, bytes(one_flipped)):
        path.write_bytes(damaged)
        with pytest.raises(WeightsCorruptError, match="no n-gram model, or damaged"):
            NGram.load(path, LETTERS)


def test_a_saved_model_is_the_same(tmp_path: Path) -> None:
    """Contexts come back from the n-grams below, those of boundaries, which are none, too."""
    for order in range(1, 5):
        model = NGram.train(TEXTS, LETTERS, order=order, min_count=1)
        model.save(tmp_path / "model.npz")
        loaded = NGram.load(tmp_path / "model.npz", LETTERS)
        for level, other in zip(model._levels, loaded._levels, strict=True):
            for name in ("keys", "logs", "contexts", "rests"):
                array, again = getattr(level, name), getattr(other, name)
                assert array.dtype == again.dtype and np.array_equal(array, again), (order, name)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("counts2", lambda array: array + 1, "other n-grams"),
        ("counts2", lambda array: array[1:], "don't fit"),
        ("known2", lambda array: array[1:], "don't fit"),
        ("known2", np.zeros_like, "don't fit"),
        ("logs2", lambda array: array[1:], "don't fit"),
        ("others2", lambda array: array[None], "don't fit"),
    ],
)
def test_arrays_that_do_not_fit_together(tmp_path: Path, name: str, change: Any, reason: str) -> None:
    path = tmp_path / "model.npz"
    NGram.train(TEXTS, LETTERS, order=2).save(path)
    with np.load(path) as arrays:
        whole = dict(arrays)
    with path.open("wb") as file:
        np.savez(file, **{**whole, name: change(whole[name])})
    with pytest.raises(WeightsCorruptError, match=reason):
        NGram.load(path, LETTERS)


def test_what_it_remembers_stays_small() -> None:
    """A process that reads thousands of lines asks for hundreds of thousands of scores."""
    model = NGram.train(TEXTS, LETTERS, order=3)
    tracemalloc.start()
    try:
        for number in range(60_000):
            model.score([number], 0)  # no prefix was asked for before
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8e6


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"order": 0}, "order is 0; give a whole number from 1 to 4"),
        ({"order": 5}, "order is 5"),
        ({"min_count": 0}, "min_count is 0; give at least 1"),
    ],
)
def test_numbers_out_of_range_are_refused(how: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        NGram.train(TEXTS, LETTERS, **how)


def test_too_large_a_charset_is_refused() -> None:
    large = Charset(tuple(map(chr, range(0x10000, 0x20000))))
    with pytest.raises(ConfigError, match="can't have 65536 symbols"):
        NGram.train(["가"], large)
