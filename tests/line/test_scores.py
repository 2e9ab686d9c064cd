"""The best symbols of each frame against tables of all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from koocr.hangul import NUM_SYLLABLES, split_index
from koocr.line.scores import BLANK, FrameScores, frame_scores, split_lines
from tests.line.line_oracles import Outputs, all_probabilities, factorised, plain, softmax

FRAMES = 12
COUNTS = (1, 2, 5, 30, NUM_SYLLABLES + 6)


def both(**how: float) -> list[Outputs]:
    return [factorised(FRAMES, **how), plain(FRAMES, symbols=50, **how)]


@pytest.mark.parametrize("scale", [0.3, 3.0, 30.0])
@pytest.mark.parametrize("outputs", both(seed=1), ids=["factorised", "plain"])
def test_every_symbol_has_its_probability(outputs: Outputs, scale: float) -> None:
    scaled = {name: logits * np.float32(scale) for name, logits in outputs.items()}
    scores, expected = frame_scores(scaled), all_probabilities(scaled)
    ids = np.arange(BLANK, scores.num_symbols)
    found = np.exp(scores.at(np.arange(len(scores))[:, None], ids[None]).astype(np.float64))
    assert_allclose(found, expected, rtol=1e-3 if scale > 10 else 1e-4, atol=1e-12)
    assert found.sum(1) == pytest.approx(np.ones(FRAMES), abs=1e-4)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(0.1, 8), st.floats(-12, 12), st.booleans())
def test_the_best_of_a_frame_is_that_of_the_whole_table(
    seed: int, scale: float, towards_syllables: float, is_plain: bool
) -> None:
    outputs = (
        plain(FRAMES, scale=scale, seed=seed) if is_plain else factorised(FRAMES, scale=scale, seed=seed)
    )
    outputs.get("kind", np.zeros((1, 2)))[:, 1] += towards_syllables
    expected = all_probabilities(outputs)
    ids, logs = frame_scores(outputs).best()
    assert_allclose(np.exp(logs), expected.max(1), rtol=1e-4)
    assert_allclose(expected[np.arange(FRAMES), ids + 1], expected.max(1), rtol=1e-4)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("towards_syllables", [-4.0, 0.0, 4.0, 12.0])
@pytest.mark.parametrize("which", ["factorised", "plain"])
def test_the_n_best_are_those_of_the_whole_table(which: str, towards_syllables: float, n: int) -> None:
    outputs = dict(zip(["factorised", "plain"], both(), strict=True))[which]
    outputs.get("kind", np.zeros((1, 2)))[:, 1] += towards_syllables
    frames = np.array([0, 3, 3, 11])
    ids, logs = frame_scores(outputs).top(n, frames)
    expected = all_probabilities(outputs)[frames, 1:]
    best = -np.sort(-expected, axis=1)[:, :n]
    assert ids.shape == logs.shape == best.shape
    assert_allclose(np.exp(logs.astype(np.float64)), best, rtol=1e-4)
    assert_allclose(np.take_along_axis(expected, ids, 1), best, rtol=1e-4)
    assert all(len(set(row)) == len(row) for row in ids.tolist())
    assert (np.diff(logs, axis=1) <= 0).all()


def test_equal_symbols_come_by_id() -> None:
    outputs = {name: np.zeros_like(logits) for name, logits in factorised(1).items()}
    outputs["kind"][:, 2:] = -20
    ids, _ = frame_scores(outputs).top(NUM_SYLLABLES, np.array([0]))
    assert ids[0].tolist() == list(range(NUM_SYLLABLES))


def test_jamo_are_marginals_over_the_syllables() -> None:
    outputs = factorised(FRAMES, scale=3.0)
    syllables = all_probabilities(outputs)[:, 1 : 1 + NUM_SYLLABLES]
    syllables /= syllables.sum(1, keepdims=True)
    frames = np.array([2, 7])
    found = frame_scores(outputs).jamo(frames)
    for part, marginal in zip(split_index(np.arange(NUM_SYLLABLES)), found, strict=True):
        expected = [np.bincount(part, weights=syllables[frame]) for frame in frames]
        assert_allclose(marginal, expected, rtol=1e-4)


def test_lines_of_a_batch_lose_their_padding() -> None:
    batch = factorised(3, 8)
    lines = list(split_lines(batch, np.array([8, 0, 5])))
    assert [len(line) for line in lines] == [8, 0, 5]
    alone = frame_scores({name: logits[2, :5] for name, logits in batch.items()})
    assert np.array_equal(lines[2].best()[0], alone.best()[0])


def test_temperatures_divide_logits() -> None:
    outputs = plain(FRAMES)
    scores = frame_scores(outputs, temperatures={"symbol": 2.0, "other": 9.0})
    assert_allclose(np.exp(scores.blank), softmax(outputs["symbol"] / 2)[:, 0], rtol=1e-5)
    untouched = outputs["symbol"].copy()
    assert np.array_equal(outputs["symbol"], untouched)


def test_logits_are_left_as_they_are() -> None:
    outputs = factorised(FRAMES)
    before = {name: logits.copy() for name, logits in outputs.items()}
    scores: FrameScores = frame_scores(outputs)
    scores.best()
    scores.top(3, np.arange(FRAMES))
    scores.at(np.arange(FRAMES), np.zeros(FRAMES, np.int64))
    assert all(np.array_equal(before[name], outputs[name]) for name in outputs)


def test_what_was_found_before_is_what_would_be_found() -> None:
    outputs = factorised(20, seed=8)
    scores = frame_scores(outputs)
    scores.top(10, np.array([1, 4, 5, 9, 17]))
    for n, frames in ((7, [4, 9]), (10, [17]), (7, [9, 9, 4]), (3, [4, 6]), (12, [4]), (2, []), (5, [0, 19])):
        chosen = np.array(frames, np.int64)
        ids, logs = scores.top(n, chosen)
        expected_ids, expected_logs = frame_scores(outputs).top(n, chosen)
        assert np.array_equal(ids, expected_ids)
        assert_allclose(logs, expected_logs, rtol=1e-5)
