"""Best paths, alignments and probabilities of texts against all paths of short lines."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.hangul import NUM_SYLLABLES
from koocr.line.decode import align, best_path, needed_frames, place_symbols, text_log_probability
from koocr.line.scores import FrameScores, frame_scores
from tests.line.line_oracles import all_probabilities, all_texts, best_alignment, collapse, factorised, plain

SEEDS = st.integers(0, 10**6)


def marked(columns: list[int], *, symbols: int = 4, sure: float = 9.0) -> FrameScores:
    """A line whose frames say these columns, 0 being the blank."""
    logits = np.zeros((len(columns), 1 + symbols), np.float32)
    logits[np.arange(len(columns)), columns] = sure
    return frame_scores({"symbol": logits})


def test_repeats_merge_and_a_blank_parts_equal_symbols() -> None:
    """가가 and 가 differ by the blank between them."""
    path = best_path(marked([0, 1, 1, 0, 1, 2, 0]))
    assert [(symbol.id, symbol.start, symbol.stop) for symbol in path] == [(0, 1, 3), (0, 4, 5), (1, 5, 6)]
    assert [symbol.id for symbol in best_path(marked([1, 1, 1]))] == [0]


@pytest.mark.parametrize("columns", [[], [0], [0, 0, 0]])
def test_nothing_is_read_where_nothing_is(columns: list[int]) -> None:
    assert best_path(marked(columns)) == ()


def test_the_peak_is_the_surest_frame_of_its_run() -> None:
    logits = np.zeros((4, 3), np.float32)
    logits[:, 1] = [4, 6, 9, 5]
    (symbol,) = best_path(frame_scores({"symbol": logits}))
    assert (symbol.start, symbol.stop, symbol.peak) == (0, 4, 2)
    assert symbol.log_probability == pytest.approx(-np.log(1 + 2 * np.exp(-9)), abs=1e-6)


@given(SEEDS, st.integers(1, 6))
def test_the_best_path_is_the_likeliest_of_all(seed: int, steps: int) -> None:
    outputs = plain(steps, seed=seed)
    columns = tuple(all_probabilities(outputs).argmax(1).tolist())
    path = best_path(frame_scores(outputs))
    assert tuple(symbol.id for symbol in path) == collapse(columns)
    for symbol in path:
        assert set(columns[symbol.start : symbol.stop]) == {symbol.id + 1}


def test_every_syllable_can_be_read() -> None:
    """11,172 frames, each sure of the jamo of another syllable, and blanks between."""
    ids = np.arange(NUM_SYLLABLES)
    frames = 2 * ids + 1
    outputs = factorised(2 * NUM_SYLLABLES + 1, scale=0.1)
    outputs["kind"][:, 0] += 20
    outputs["kind"][frames, 1] += 40
    outputs["initial"][frames, ids // 588] += 20
    outputs["medial"][frames, ids // 588, ids // 28 % 21] += 20
    outputs["final"][frames, ids // 28 % 21, ids % 28] += 20
    path = best_path(frame_scores(outputs))
    assert [symbol.id for symbol in path] == ids.tolist()
    assert [symbol.start for symbol in path] == frames.tolist()


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 6))
def test_probabilities_of_texts_are_sums_over_paths(seed: int, steps: int) -> None:
    outputs = plain(steps, seed=seed, scale=4.0)
    scores = frame_scores(outputs)
    for text, probability in all_texts(all_probabilities(outputs)).items():
        assert text_log_probability(scores, text) == pytest.approx(np.log(probability), abs=1e-4)


@settings(max_examples=10)
@given(SEEDS, st.integers(1, 5))
def test_alignments_are_the_likeliest_paths_of_a_text(seed: int, steps: int) -> None:
    outputs = plain(steps, seed=seed)
    table, scores = all_probabilities(outputs), frame_scores(outputs)
    for text in all_texts(table):
        found = [0] * steps
        for symbol in align(scores, text):
            found[symbol.start : symbol.stop] = [symbol.id + 1] * (symbol.stop - symbol.start)
            assert symbol.start <= symbol.peak < symbol.stop
        assert tuple(found) == best_alignment(table, text)


def test_aligning_the_best_path_gives_it_back() -> None:
    scores = frame_scores(factorised(40, scale=4.0, seed=3))
    path = best_path(scores)
    assert len(path) > 10
    assert align(scores, [symbol.id for symbol in path]) == path


@pytest.mark.parametrize("length", [63, 64, 400])
def test_lines_of_any_length_are_aligned(length: int) -> None:
    """128 states and more: steps back along the path are kept in eight bits, places on it aren't."""
    scores = marked([0, 1, 0, 2] * (length // 2) + [1] * (length % 2))
    path = best_path(scores)
    assert len(path) == length
    assert align(scores, [symbol.id for symbol in path]) == path


def test_texts_that_are_too_long() -> None:
    scores = marked([1, 2])
    assert needed_frames([0, 0]) == 3 and needed_frames([0, 1, 0]) == 3 and needed_frames([]) == 0
    assert text_log_probability(scores, [0, 0]) == -np.inf
    with pytest.raises(ValueError, match="2 symbols don't fit into 2 frames"):
        align(scores, [0, 0])


def test_probabilities_of_long_lines_do_not_vanish() -> None:
    """600 frames, each with e^-20 for anything but its column: hopeless texts, and right ones, have logs."""
    columns = [0, 1, 0, 2, 0, 3] * 100
    scores = marked(columns, sure=20.0)
    right = [symbol.id for symbol in best_path(scores)]
    assert text_log_probability(scores, right) == pytest.approx(-600 * 4 * np.exp(-20), abs=1e-4)
    wrong = [3 if place % 10 == 0 else symbol for place, symbol in enumerate(right)]
    assert text_log_probability(scores, wrong) == pytest.approx(-20 * 30, abs=1)
    assert text_log_probability(marked([1], sure=400.0), [1]) < -170


@given(SEEDS, st.integers(1, 40), st.integers(0, 3))
def test_a_text_like_the_best_path_is_placed_as_the_whole_line_is_aligned(
    seed: int, length: int, edits: int
) -> None:
    """Symbols that another one takes the place of, that come in between, or that are left out."""
    rng = np.random.default_rng(seed)
    columns: list[int] = [0]
    for symbol in rng.integers(1, 100, length).tolist():
        columns += [symbol] * int(rng.integers(1, 3)) + [0] * int(rng.integers(1, 4))
    logits = rng.normal(0, 0.5, (len(columns), 100)).astype(np.float32)
    logits[np.arange(len(columns)), columns] += 9
    scores = frame_scores({"symbol": logits})
    ids = [symbol.id for symbol in best_path(scores)]
    for _ in range(edits):
        spot = int(rng.integers(len(ids) + 1))
        ids[spot : spot + int(rng.integers(2))] = rng.integers(0, 99, int(rng.integers(2))).tolist()
    assert place_symbols(scores, ids) == align(scores, ids)


@given(SEEDS, st.integers(1, 12), st.integers(0, 6))
def test_what_is_placed_reads_as_the_text(seed: int, steps: int, length: int) -> None:
    """Also where the network is sure of nothing."""
    outputs = plain(steps, seed=seed)
    ids = np.random.default_rng(seed).integers(0, 3, length).tolist()
    scores = frame_scores(outputs)
    if needed_frames(ids) > steps:
        with pytest.raises(ValueError, match="don't fit"):
            place_symbols(scores, ids)
        return
    placed = place_symbols(scores, ids)
    assert [symbol.id for symbol in placed] == ids
    bounds = [bound for symbol in placed for bound in (symbol.start, symbol.stop)]
    assert bounds == sorted(bounds)
    assert all(symbol.start <= symbol.peak < symbol.stop for symbol in placed)


def test_equal_symbols_keep_the_blank_between_them() -> None:
    """One of several equal symbols is left out, or there is one more: the path still reads as the text."""
    scores = marked([0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 2, 0])
    for count in (1, 2, 3, 4, 5):
        placed = place_symbols(scores, [0] * count)
        assert [symbol.id for symbol in placed] == [0] * count
        assert all(left.stop < right.start for left, right in pairwise(placed))
