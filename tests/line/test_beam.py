"""The beam search against all texts of short lines, and with priors that change the answer."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.errors import ConfigError
from koocr.line.beam import BeamSettings, beam_search, with_prior
from koocr.line.decode import best_path, text_log_probability
from koocr.line.scores import frame_scores
from tests.line.line_oracles import all_probabilities, all_texts, factorised, plain

EVERYTHING = {"width": 10_000, "num_symbols": 100, "min_probability": 0.0, "margin": math.inf}
SEEDS = st.integers(0, 10**6)


class Pairs:
    """A prior that likes some pairs of symbols, and some ends; `of` a text, none below the least."""

    def __init__(self, symbols: int, seed: int, least: float = -7.5) -> None:
        self.least = least
        table = np.random.default_rng(seed).normal(0, 2, (symbols + 1, symbols + 1))
        self.logs = table - np.log(np.exp(table).sum(1, keepdims=True))

    def score(self, prefix: Sequence[int], symbol: int) -> float:
        return float(self.logs[prefix[-1] if prefix else -1, symbol])

    def end(self, prefix: Sequence[int]) -> float:
        return self.score(prefix, -1)

    def of(self, text: Sequence[int]) -> float:
        return self.before(text) + max(self.end(text), self.least)

    def before(self, text: Sequence[int]) -> float:
        scores = (self.score(text[:place], symbol) for place, symbol in enumerate(text))
        return sum(max(score, self.least) for score in scores)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 5), st.sampled_from([0.5, 2.0, 6.0]))
def test_a_beam_that_holds_everything_is_exact(seed: int, steps: int, scale: float) -> None:
    outputs = plain(steps, scale=scale, seed=seed)
    expected = all_texts(all_probabilities(outputs))
    found = beam_search(frame_scores(outputs), BeamSettings(**EVERYTHING))
    assert {hypothesis.ids for hypothesis in found} == set(expected)
    for hypothesis in found:
        assert hypothesis.log_probability == pytest.approx(np.log(expected[hypothesis.ids]), abs=1e-4)
        assert hypothesis.score == hypothesis.log_probability and hypothesis.log_prior == 0
    scores = [hypothesis.score for hypothesis in found]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=25)
@given(
    SEEDS,
    st.integers(1, 5),
    st.sampled_from([0.3, 1.0]),
    st.sampled_from([0.0, 1.5, -1.0]),
    st.sampled_from([-float("inf"), -3.0, -0.5]),
)
def test_with_a_prior_it_ranks_by_the_weighted_sum(
    seed: int, steps: int, weight: float, bonus: float, least: float
) -> None:
    outputs = plain(steps, seed=seed)
    prior = Pairs(3, seed, least)
    expected = {
        text: np.log(probability) + weight * prior.of(text) + bonus * len(text)
        for text, probability in all_texts(all_probabilities(outputs)).items()
    }
    wide = BeamSettings(prior_weight=weight, symbol_bonus=bonus, least_prior=least, **EVERYTHING)
    found = beam_search(frame_scores(outputs), wide, prior=prior)
    assert {hypothesis.ids: hypothesis.score for hypothesis in found} == pytest.approx(expected, abs=1e-4)
    assert found[0].score == pytest.approx(max(expected.values()), abs=1e-4)
    assert found[0].log_prior == pytest.approx(prior.of(found[0].ids))


@settings(max_examples=25)
@given(
    SEEDS, st.integers(1, 8), st.integers(1, 4), st.sampled_from([0.0, 0.7]), st.sampled_from([-2.0, 0, 2.0])
)
def test_a_narrow_beam_keeps_what_a_plain_search_keeps(
    seed: int, width: int, steps: int, weight: float, bonus: float
) -> None:
    """Against a search that makes every continuation before it drops any."""
    outputs = plain(steps + 2, seed=seed)
    how = BeamSettings(
        width=width, num_symbols=3, min_probability=0.0, prior_weight=weight, symbol_bonus=bonus
    )
    prior = Pairs(3, seed)
    found = beam_search(frame_scores(outputs), how, prior=prior)
    expected = plain_search(all_probabilities(outputs), how, prior)
    assert {hypothesis.ids for hypothesis in found} == set(expected)
    for hypothesis in found:
        assert hypothesis.log_probability == pytest.approx(np.log(expected[hypothesis.ids]), abs=1e-4)


def plain_search(table: np.ndarray, how: BeamSettings, prior: Pairs) -> dict[tuple[int, ...], float]:
    beam = {(): (1.0, 0.0)}

    def rank(item: tuple[Any, Any]) -> float:
        text, ends = item
        before = prior.before(text)
        mass = np.log(sum(ends)) if sum(ends) else -np.inf
        return mass + how.prior_weight * before + how.symbol_bonus * len(text)

    for row in table:
        grown: dict[tuple[int, ...], list[float]] = {}
        for text, (blank, symbol) in beam.items():
            grown.setdefault(text, [0.0, 0.0])[0] += (blank + symbol) * row[0]
            for number, share in enumerate(row[1:]):
                is_last = text[-1:] == (number,)
                if is_last:
                    grown[text][1] += symbol * share
                grown.setdefault((*text, number), [0.0, 0.0])[1] += (
                    blank if is_last else blank + symbol
                ) * share
        kept = sorted(grown.items(), key=rank, reverse=True)[: how.width]
        beam = {text: (ends[0], ends[1]) for text, ends in kept}
    return {text: sum(ends) for text, ends in beam.items() if sum(ends)}


def test_it_finds_the_text_that_the_best_path_misses() -> None:
    """Blank 0.4, a symbol 0.35 in both of two frames: the best path is nothing, but the symbol has more."""
    row = np.log([0.4, 0.35, 0.25]).astype(np.float32)
    scores = frame_scores({"symbol": np.stack([row, row])})
    assert best_path(scores) == ()
    best = beam_search(scores)[0]
    assert best.ids == (0,)
    assert np.exp(best.log_probability) == pytest.approx(0.35 * 0.35 + 2 * 0.4 * 0.35)


def test_a_prior_that_rules_a_word_out_only_takes_a_little_from_it() -> None:
    """Symbol 0 is clear in the picture, and the prior holds it for impossible."""

    class Never:
        def score(self, prefix: Sequence[int], symbol: int) -> float:
            return -1000.0 if symbol == 0 else -1.0

        def end(self, prefix: Sequence[int]) -> float:
            return -1000.0

    scores = frame_scores({"symbol": np.log([[0.001, 0.99, 0.009]]).astype(np.float32)})
    assert beam_search(scores, with_prior(), prior=Never())[0].ids == (0,)
    strict = replace(with_prior(), least_prior=-2000.0)
    assert beam_search(scores, strict, prior=Never())[0].ids != (0,)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 5), st.sampled_from([0.0, 1.5, -1.0]))
def test_a_prior_has_no_say_in_some_symbols(seed: int, steps: int, bonus: float) -> None:
    outputs, prior, free = plain(steps, seed=seed), Pairs(3, seed), 1
    expected = {}
    for text, probability in all_texts(all_probabilities(outputs)).items():
        terms = [
            max(prior.score(text[:place], symbol), prior.least) + bonus
            for place, symbol in enumerate(text)
            if symbol != free
        ]
        expected[text] = np.log(probability) + sum(terms) + max(prior.end(text), prior.least)
    wide = BeamSettings(prior_weight=1.0, symbol_bonus=bonus, **EVERYTHING)
    found = beam_search(frame_scores(outputs), wide, prior=prior, unweighed=frozenset([free]))
    assert {hypothesis.ids: hypothesis.score for hypothesis in found} == pytest.approx(expected, abs=1e-4)


@settings(max_examples=25)
@given(SEEDS, st.integers(3, 8))
def test_a_prior_that_says_how_far_it_looks_back_finds_the_same(seed: int, steps: int) -> None:
    class Near(Pairs):
        reach = 1

        def score(self, prefix: Sequence[int], symbol: int) -> float:
            assert symbol == -1 or len(prefix) <= 1
            return super().score(prefix, symbol)

    scores = frame_scores(plain(steps, seed=seed))
    near, far = (beam_search(scores, with_prior(), prior=kind(3, seed)) for kind in (Near, Pairs))
    assert near == far


def test_it_reads_factorised_outputs() -> None:
    outputs = factorised(30, scale=4.0, seed=1)
    outputs["kind"][::2, 0] += 12
    scores = frame_scores(outputs)
    found = beam_search(scores, BeamSettings(width=10))
    assert len(found) == 10
    path = tuple(symbol.id for symbol in best_path(scores))
    assert text_log_probability(scores, found[0].ids) >= text_log_probability(scores, path) - 1e-4
    for hypothesis in found[:3]:
        exact = text_log_probability(scores, hypothesis.ids)
        assert exact - 0.5 < hypothesis.log_probability <= exact + 1e-4


def test_a_weight_of_zero_switches_the_prior_off() -> None:
    class Forbidden:
        def score(self, prefix: Sequence[int], symbol: int) -> float:
            raise AssertionError("asked")

        end = score

    scores = frame_scores(plain(8, seed=4))
    assert beam_search(scores, prior=Forbidden()) == beam_search(scores)


def test_sure_blanks_cost_nothing_and_change_nothing() -> None:
    outputs = plain(5, seed=6)
    blank = np.array([[40, 0, 0, 0]] * 50, np.float32)
    apart = {"symbol": np.concatenate([outputs["symbol"], blank])}
    found, expected = beam_search(frame_scores(apart)), beam_search(frame_scores(outputs))
    assert [hypothesis.ids for hypothesis in found] == [hypothesis.ids for hypothesis in expected]
    assert [hypothesis.score for hypothesis in found] == pytest.approx([item.score for item in expected])


@pytest.mark.parametrize("steps", [0, 3])
def test_nothing_is_found_where_nothing_is(steps: int) -> None:
    best = beam_search(
        frame_scores({"symbol": np.array([[50, 0, 0]] * steps, np.float32).reshape(steps, 3)})
    )[0]
    assert best.ids == () and best.log_probability == pytest.approx(0)


def test_even_a_frame_without_likely_symbols_leads_on() -> None:
    """A thousand symbols as likely as each other, each below the least probability, and no blank."""
    logits = np.zeros((4, 1001), np.float32)
    logits[:, 0] = -200
    best = beam_search(frame_scores({"symbol": logits}), BeamSettings(min_probability=0.01))
    assert len(best[0].ids) >= 1


def test_a_thousand_frames_do_not_vanish() -> None:
    best = beam_search(frame_scores(plain(1000, scale=1.0, seed=7)))[0]
    assert np.isfinite(best.log_probability) and best.log_probability < -300


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width is 0; give a whole number of at least 1"),
        ({"width": 2.5}, "width is 2.5; give a whole number"),
        ({"num_symbols": "3"}, "num_symbols is '3'; give a whole number"),
        ({"num_symbols": 0}, "num_symbols is 0"),
        ({"min_probability": 1.0}, "min_probability is 1.0; give a number from 0 to below 1"),
        ({"prior_weight": -0.1}, "prior_weight is -0.1; give 0 or more"),
        ({"symbol_bonus": float("nan")}, "symbol_bonus is nan; give a finite number"),
        ({"least_prior": 0.0}, "least_prior is 0.0; give a number below 0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BeamSettings(**wrong)
