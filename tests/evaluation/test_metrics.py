"""Accuracies against tables counted by hand, and intervals against repeated experiments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.document import Candidate, Character
from koocr.evaluation.metrics import (
    Score,
    accuracy,
    bootstrap_interval,
    jamo_accuracies,
    mean_and_worst,
    score,
    scores_by,
    syllable_indices,
)
from koocr.evaluation.readings import Readings
from koocr.hangul import nfd


def character(*texts: str) -> Character:
    return Character(tuple(Candidate(text, 0.9 / (place + 1)) for place, text in enumerate(texts)))


def table() -> Readings:
    """Five images of two faces: right, second place, wrong, right, blank."""
    return Readings.of(
        ["가", "각", "한", "ㄱ", "글"],
        [character("가", "나"), character("간", "각"), character("흔", "흠"), character("ㄱ"), Character(())],
        source=["a", "a", "b", "b", "b"],
        kind=["printed"] * 3 + ["handwritten"] * 2,
        n=2,
    )


def test_ranks_and_accuracies_of_a_table_counted_by_hand() -> None:
    readings = table()
    assert readings.rank.tolist() == [0, 1, 2, 0, 2]
    assert score(readings) == Score(5, 2 / 5, 3 / 5)
    assert scores_by(readings, readings.source) == {"a": Score(2, 0.5, 1.0), "b": Score(3, 1 / 3, 1 / 3)}
    assert scores_by(readings, readings.kind) == {
        "handwritten": Score(2, 0.5, 0.5),
        "printed": Score(3, 1 / 3, 2 / 3),
    }


def test_mean_is_over_faces_of_equal_weight_and_names_the_worst() -> None:
    mean, worst, name = mean_and_worst({"large": Score(1000, 1.0, 1.0), "small": Score(1, 0.5, 1.0)})
    assert (mean, worst, name) == (0.75, 0.5, "small")
    with pytest.raises(ValueError, match="no groups"):
        mean_and_worst({})


def test_decomposed_text_counts_as_the_composed_one() -> None:
    readings = Readings.of([nfd("한")], [character(nfd("한"))], source=["a"], kind=["printed"], n=1)
    assert readings.rank.tolist() == [0]


def test_an_empty_truth_is_not_matched_by_a_missing_candidate() -> None:
    readings = Readings.of(["가"], [Character(())], source=["a"], kind=["printed"], n=3)
    assert readings.rank.tolist() == [3]
    assert readings.confidence.tolist() == [0.0]


def test_jamo_accuracies_counted_by_hand() -> None:
    # 가/가: 3 right; 각/간: initial, medial; 한/흔: initial, final; ㄱ: not counted; 글/blank: none
    assert jamo_accuracies(table()) == {"initial": 3 / 4, "medial": 2 / 4, "final": 2 / 4}


def test_no_images_have_no_accuracy() -> None:
    assert np.isnan(accuracy([]))
    assert all(np.isnan(value) for value in jamo_accuracies(table().where(np.zeros(5, bool))).values())
    with pytest.raises(ValueError, match="no images"):
        bootstrap_interval(np.zeros(0, bool), np.zeros(0, "<U1"))


def test_joining_and_choosing_keep_the_rows_together() -> None:
    readings = table()
    is_b = readings.source == "b"
    joined = Readings.join([readings.where(is_b), readings.where(~is_b)])
    assert joined.truth.tolist() == ["한", "ㄱ", "글", "가", "각"]
    assert joined.rank.tolist() == [2, 0, 2, 0, 1]


def test_arrays_of_different_length_are_refused() -> None:
    readings = table()
    with pytest.raises(ValueError, match="differ in shape"):
        Readings(
            readings.truth[:2], readings.candidates, readings.probabilities, readings.source, readings.kind
        )


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.integers(1, 6))
def test_top_n_equals_a_plain_loop_and_grows_with_n(ranks: list[int], n: int) -> None:
    assert accuracy(ranks, n) == pytest.approx(sum(rank < n for rank in ranks) / len(ranks))
    assert accuracy(ranks, n) <= accuracy(ranks, n + 1)


def test_syllable_indices_agree_with_unicode() -> None:
    texts = np.array(["가", "힣", "ㄱ", "", "A"])
    assert syllable_indices(texts).tolist() == [0, 11171, -1, -1, -1]


def test_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    true_mean, inside = 0.9, 0
    for _ in range(200):  # tests of 40 faces, whose own accuracies vary about the true mean
        of_face = rng.beta(18, 2, size=40)
        hits = rng.random((40, 50)) < of_face[:, None]
        interval = bootstrap_interval(hits.ravel(), np.repeat(np.arange(40), 50).astype(str), resamples=500)
        inside += interval.low <= true_mean <= interval.high
    assert 0.89 <= inside / 200 <= 0.99


def test_interval_by_face_is_wider_than_one_by_image() -> None:
    hits = np.repeat([True, False, True, True], 100)
    groups = np.repeat(["a", "b", "c", "d"], 100)
    by_face = bootstrap_interval(hits, groups)
    as_one = bootstrap_interval(hits, np.full(400, "all"))
    assert by_face.high - by_face.low > 3 * (as_one.high - as_one.low)
    assert as_one.low < 0.75 < as_one.high
    assert bootstrap_interval(hits, groups) == by_face  # same seed
