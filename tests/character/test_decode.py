"""Decoding against brute force: every syllable's product and every single jamo, sorted."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from koocr.character.decode import check_count, jamo_of, scores_of
from koocr.character.symbols import NUM_SYMBOLS, common_syllables, encode
from koocr.errors import ConfigError
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable_index

Outputs = dict[str, np.ndarray]
SPLIT = {"initial": 19, "medial": 21, "final": 28, "single": 52}
JOINT = {"syllable": NUM_SYLLABLES, "single": 52}
WHOLE = {"symbol": NUM_SYMBOLS}
CHARSET = "나각ㅎ닭가ㄱ힣ㅏ"
COUNTS = (1, 2, 5, 12, 13, 100, NUM_SYMBOLS)


def make(sizes: dict[str, int], *, rows: int = 6, scale: float = 4.0, seed: int = 0) -> Outputs:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, scale, (rows, size)).astype(np.float32) for name, size in sizes.items()}


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    shifted = logits.astype(np.float64) / temperature
    powers = np.exp(shifted - shifted.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def brute_force(outputs: Outputs, charset: str | None = None, **temperatures: float) -> np.ndarray:
    """(N, 11223) probabilities by the definition, in float64, syllable by syllable."""
    share = {name: softmax(logits, temperatures.get(name, 1.0)) for name, logits in outputs.items()}
    if "symbol" in share:
        if charset is None:
            return share["symbol"]
        whole = np.zeros((len(share["symbol"]), NUM_SYMBOLS))
        for column, character in enumerate(charset):
            index = syllable_index(character) if character >= "가" else NUM_SYLLABLES + JAMO.index(character)
            whole[:, index] = share["symbol"][:, column]
        return whole
    if "syllable" in share:
        syllables = share["syllable"]
    else:
        products = [
            share["initial"][:, i] * share["medial"][:, m] * share["final"][:, f]
            for i in range(19)
            for m in range(21)
            for f in range(28)
        ]
        syllables = np.stack(products, axis=1)
    return np.concatenate([share["single"][:, :1] * syllables, share["single"][:, 1:]], axis=1)


HEADS: dict[str, Callable[..., Outputs]] = {
    "independent": lambda **how: make(SPLIT, **how),
    "joint": lambda **how: make(JOINT, **how),
    "whole": lambda **how: make(WHOLE, **how),
}


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("scale", [0.3, 4.0, 15.0])
def test_the_n_best_are_those_of_brute_force(head: str, n: int, scale: float) -> None:
    outputs = HEADS[head](scale=scale)
    expected = brute_force(outputs)
    ids, logs = scores_of(outputs).top(n)
    assert ids.shape == logs.shape == (6, n)
    best = -np.sort(-expected, axis=1)[:, :n]
    assert_allclose(np.exp(logs), best, rtol=2e-5, atol=1e-30)
    assert_allclose(np.take_along_axis(expected, ids, 1), best, rtol=2e-5, atol=1e-30)
    assert all(len(set(row)) == n for row in ids.tolist())


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("single", [-12.0, 0.0, 12.0])
def test_single_jamo_take_their_places(head: str, single: float) -> None:
    outputs = HEADS[head](scale=2.0)
    if "single" in outputs:
        outputs["single"][:, 0] += single
    else:
        outputs["symbol"][:, :NUM_SYLLABLES] += single
    expected = brute_force(outputs)
    ids, _ = scores_of(outputs).top(60)
    assert np.array_equal(ids[:, :5], np.argsort(-expected, axis=1, kind="stable")[:, :5])
    assert set(ids[0].tolist()) == set(np.argsort(-expected[0])[:60].tolist())


@pytest.mark.parametrize("head", HEADS)
def test_the_probability_of_a_given_symbol(head: str) -> None:
    outputs = HEADS[head]()
    symbols = np.array([0, NUM_SYLLABLES - 1, NUM_SYLLABLES, NUM_SYMBOLS - 1, 5000, NUM_SYLLABLES + 7])
    expected = brute_force(outputs)[np.arange(6), symbols]
    assert_allclose(np.exp(scores_of(outputs).of_symbols(symbols)), expected, rtol=2e-5)


@pytest.mark.parametrize("head", HEADS)
def test_probabilities_of_all_symbols_sum_to_one(head: str) -> None:
    _, logs = scores_of(HEADS[head]()).top(NUM_SYMBOLS)
    assert np.exp(logs.astype(np.float64)).sum(1) == pytest.approx(np.ones(6), abs=1e-5)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("n", COUNTS[:-1])
def test_fewer_candidates_are_the_first_of_more(head: str, n: int) -> None:
    scores = scores_of(HEADS[head](scale=1.0))
    everything, logs = scores.top(NUM_SYMBOLS)
    ids, found = scores.top(n)
    assert np.array_equal(ids, everything[:, :n])
    assert np.array_equal(found, logs[:, :n])


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(0, 10**6), st.integers(1, 3))
@pytest.mark.parametrize("sizes", [SPLIT, JOINT, WHOLE], ids=HEADS)
def test_of_equal_symbols_the_first_comes_first(
    sizes: dict[str, int], n: int, seed: int, levels: int
) -> None:
    """Logits of very few values: most of the syllables are as likely as thousands of others."""
    rng = np.random.default_rng(seed)
    outputs = {name: rng.integers(0, levels, (2, size)).astype(np.float32) for name, size in sizes.items()}
    scores = scores_of(outputs)
    whole = scores.symbols()
    expected = np.lexsort((np.broadcast_to(np.arange(NUM_SYMBOLS), whole.shape), -whole), axis=1)[:, :n]
    assert np.array_equal(scores.top(n)[0], expected)


def test_all_equal() -> None:
    outputs = {name: np.zeros((1, size), np.float32) for name, size in SPLIT.items()}
    outputs["single"][:] = -30
    outputs["single"][:, 0] = 0
    for n in (1, 12, 13, 500):
        assert scores_of(outputs).top(n)[0].tolist() == [list(range(n))]


def test_rounding_makes_no_two_syllables_equal() -> None:
    """Initial 1 is better than 0 by the last bit of a float32, beside terms that would swallow that bit."""
    outputs = {name: np.full((1, size), -40, np.float32) for name, size in SPLIT.items()}
    outputs["single"][:, 0] = 0
    scores = scores_of(outputs)
    assert scores.jamo is not None
    initial = scores.jamo[0]
    initial[0, 0] = np.float32(-1e-7)
    initial[0, 1] = np.nextafter(initial[0, 0], np.float32(0))
    assert scores.top(1)[0][0, 0] == scores.top(13)[0][0, 0] == 21 * 28


@pytest.mark.parametrize("head", HEADS)
def test_temperatures_divide_the_logits_of_their_output(head: str) -> None:
    outputs = HEADS[head](scale=2.0)
    temperatures = {name: 0.5 + 0.7 * number for number, name in enumerate(outputs)}
    expected = brute_force(outputs, **temperatures)
    ids, logs = scores_of(outputs, temperatures=temperatures).top(NUM_SYMBOLS)
    found = np.zeros_like(expected)
    np.put_along_axis(found, ids, np.exp(logs.astype(np.float64)), 1)
    assert_allclose(found, expected, rtol=1e-4, atol=1e-9)


def test_common_syllables_get_their_bonus() -> None:
    outputs = HEADS["joint"](scale=2.0)
    logits = outputs["syllable"].astype(np.float64) / 1.3 + 0.7 * common_syllables()
    expected = np.exp(logits - logits.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    scores = scores_of(outputs, temperatures={"syllable": 1.3}, common_bonus=0.7)
    assert_allclose(np.exp(scores.syllables()), expected, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("n", [1, 5, 12, 8, 50, NUM_SYMBOLS])
def test_a_charset_of_its_own(n: int) -> None:
    outputs = make({"symbol": len(CHARSET)})
    expected = brute_force(outputs, CHARSET)
    ids, logs = scores_of(outputs, charset=CHARSET).top(n)
    known = min(n, len(CHARSET))
    assert np.array_equal(ids[:, :known], np.argsort(-expected, axis=1, kind="stable")[:, :known])
    assert np.exp(logs[:, :known]) == pytest.approx(-np.sort(-expected, axis=1)[:, :known], rel=1e-5)
    assert ids.shape == (6, n) and not np.exp(logs[:, known:]).any()


@pytest.mark.parametrize("charset", ["가나", "ㄱㅏ"])
def test_a_charset_without_jamo_or_without_syllables(charset: str) -> None:
    scores = scores_of(make({"symbol": 2}), charset=charset)
    ids, logs = scores.top(2)
    assert set(ids[0].tolist()) == set(encode(charset).tolist())
    assert np.exp(logs).sum(1) == pytest.approx(np.ones(6), abs=1e-6)
    for share in scores.jamo_shares():
        assert share.sum(1) == pytest.approx(np.ones(6), abs=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_shares_of_jamo_are_sums_over_the_other_jamo(head: str) -> None:
    outputs = HEADS[head]()
    syllables = brute_force(outputs)[:, :NUM_SYLLABLES].reshape(-1, 19, 21, 28)
    syllables = syllables / syllables.sum((1, 2, 3), keepdims=True)
    for share, others in zip(scores_of(outputs).jamo_shares(), ((2, 3), (1, 3), (1, 2)), strict=True):
        assert share == pytest.approx(syllables.sum(others), rel=1e-4, abs=1e-9)


def test_other_outputs_do_not_count() -> None:
    outputs = make(SPLIT)
    more = {**outputs, "kind": np.ones((6, 1), np.float32), "initial_1": outputs["initial"] * -1}
    assert np.array_equal(scores_of(more).top(5)[0], scores_of(outputs).top(5)[0])


def test_large_logits_do_not_overflow() -> None:
    outputs = {name: logits * 1000 for name, logits in make(SPLIT).items()}
    _, logs = scores_of(outputs).top(3)
    assert np.isfinite(logs).all() and (logs[:, 0] <= 0).all()


def test_no_image_at_all() -> None:
    assert scores_of(make(SPLIT, rows=0)).top(3)[0].shape == (0, 3)


@pytest.mark.parametrize("n", [0, -1, 11224, 20_000, True, False, 1.5, 2.0, "3", None, np.bool_(True)])
def test_counts_that_cannot_be_given(n: object) -> None:
    with pytest.raises(ConfigError, match="give a whole number from 1 to 11223"):
        check_count(n)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 11223, np.int64(5), np.uint8(3)])
def test_counts_that_can(n: int) -> None:
    check_count(n)


def test_jamo_of_a_syllable() -> None:
    assert jamo_of(syllable_index("가")) == (0, 0, 0)
    assert jamo_of(syllable_index("힣")) == (18, 20, 27)
    assert jamo_of(syllable_index("닭")) == (3, 0, 9)
