"""Confusion matrices against a plain count."""

from collections import Counter

import numpy as np
import pytest

from koocr.document import Candidate, Character
from koocr.evaluation.confusion import NO_FINAL, confusion_matrix, jamo_confusions
from koocr.evaluation.readings import Readings
from koocr.hangul import decompose, syllable


def readings_of(truth: list[str], read: list[str]) -> Readings:
    answers = [Character((Candidate(text, 0.5),) if text else ()) for text in read]
    return Readings.of(truth, answers, source=["a"] * len(truth), kind=["printed"] * len(truth), n=1)


def test_matrix_equals_a_plain_count() -> None:
    rng = np.random.default_rng(0)
    truth, read = rng.integers(5, size=300), rng.integers(5, size=300)
    count = Counter(zip(truth.tolist(), read.tolist(), strict=True))
    expected = [[count[true, got] for got in range(5)] for true in range(5)]
    assert confusion_matrix(truth, read, 5).tolist() == expected


def test_a_class_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="read"):
        confusion_matrix(np.array([0]), np.array([5]), 5)
    with pytest.raises(ValueError, match="truth"):
        confusion_matrix(np.array([-1]), np.array([0]), 5)


def test_jamo_matrices_equal_a_plain_count_over_decomposed_syllables() -> None:
    rng = np.random.default_rng(1)
    truth = [syllable(i) for i in rng.integers(11172, size=500)]
    read = [syllable(i) for i in rng.integers(11172, size=500)]
    for place, confusion in enumerate(jamo_confusions(readings_of(truth, read))):
        pairs = zip(truth, read, strict=True)
        count = Counter((decompose(true)[place], decompose(got)[place]) for true, got in pairs)
        assert {cell: confusion.counts[cell] for cell in count} == count
        assert confusion.counts.sum() == 500


def test_worst_pairs_name_the_jamo() -> None:
    initial, medial, final = jamo_confusions(readings_of(["가", "가", "각", "한"], ["나", "나", "가", "한"]))
    assert initial.worst_pairs(3) == [("ㄱ", "ㄴ", 2)]
    assert medial.worst_pairs(3) == []
    assert final.worst_pairs(3) == [("ㄱ", NO_FINAL, 1)]
    assert final.labels[0] == NO_FINAL
    assert (len(initial.labels), len(medial.labels), len(final.labels)) == (19, 21, 28)


def test_single_jamo_and_blanks_are_counted_apart() -> None:
    initial, _, _ = jamo_confusions(readings_of(["가", "가", "ㄱ", "가"], ["ㄱ", "", "가", "가"]))
    assert initial.counts.sum() == 1
    assert initial.num_unread == 2
