"""Rates of lines against tables counted by hand."""

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.document import Line, LineCharacter
from koocr.evaluation.alignment import Step
from koocr.evaluation.line_readings import LineReadings
from koocr.evaluation.text_metrics import (
    TextScore,
    cer_interval,
    confused,
    count_errors,
    line_scores_by,
    mean_cer,
    score_lines,
)
from koocr.hangul import nfd


def line(text: str, confidences: Sequence[float] = (), *, characters: str | None = None) -> Line:
    """A line as a reader gives it; 0.9 is the confidence of each character unless said."""
    symbols = text if characters is None else characters
    values = confidences or [0.9] * len(symbols)
    places = enumerate(zip(symbols, values, strict=True))
    return Line(text, 0.7, tuple(LineCharacter(symbol, p, x, x + 1) for x, (symbol, p) in places))


def table() -> LineReadings:
    """Three lines of two faces: right; a space lost and a letter wrong; a space and a character invented."""
    return LineReadings.of_texts(
        ["가 나", "한글 좋다", "각 나다"],
        ["가 나", "한굴좋다", "각 나 다."],
        groups={"face": ["a", "a", "b"], "condition": ["clean", "bad", "clean"]},
    )


def test_counts_of_each_line_by_hand() -> None:
    counts = count_errors(table())
    rows = {name: values.tolist() for name, values in vars(counts).items()}
    assert rows == {
        "characters": [3, 5, 4],
        "substitutions": [0, 1, 0],
        "insertions": [0, 0, 2],
        "deletions": [0, 1, 0],
        "solid": [2, 4, 3],
        "solid_edits": [0, 1, 1],
        "words": [2, 2, 2],
        "word_edits": [0, 2, 2],
        "jamo": [5, 12, 8],  # ㄱㅏ ㄴㅏ; ㅎㅏㄴㄱㅡㄹ ㅈㅗㅎㄷㅏ; ㄱㅏㄱ ㄴㅏㄷㅏ
        "jamo_edits": [0, 2, 2],
        "spaces": [1, 1, 1],
        "read_spaces": [1, 0, 2],
        "right_spaces": [1, 0, 1],
        "exact": [1, 0, 0],
        "length": [3, 5, 6],
    }


def test_rates_are_sums_over_sums() -> None:
    found = score_lines(count_errors(table()))
    expected = TextScore(
        lines=3,
        cer=4 / 12,
        cer_solid=2 / 9,
        wer=4 / 6,
        exact=1 / 3,
        similarity=(1 + 3 / 5 + 4 / 6) / 3,
        jamo_error=4 / 25,
        space_precision=2 / 3,
        space_recall=2 / 3,
        substitutions=1 / 12,
        insertions=2 / 12,
        deletions=1 / 12,
    )
    assert asdict(found) == pytest.approx(asdict(expected))


def test_rates_by_group_and_their_mean_over_faces() -> None:
    readings = table()
    counts = count_errors(readings)
    by_face = line_scores_by(readings, counts, "face")
    assert {name: (s.lines, s.cer) for name, s in by_face.items()} == {"a": (2, 2 / 8), "b": (1, 2 / 4)}
    assert mean_cer(readings, counts) == pytest.approx((2 / 8 + 2 / 4) / 2)
    assert list(line_scores_by(readings, counts, "condition")) == ["clean", "bad"]  # as they come
    assert line_scores_by(readings, counts, "kind") == {}


def test_nothing_to_measure_on_is_nan_and_an_invention_on_a_blank_line_counts() -> None:
    blank = LineReadings.of_texts(["", ""], ["", "가"], groups={})
    found = score_lines(count_errors(blank))
    assert math.isnan(found.cer) and math.isnan(found.space_recall)
    assert (found.exact, found.similarity) == (0.5, 0.5)
    both = LineReadings.join([blank, LineReadings.of_texts(["가나"], ["가나"], groups={})])
    assert score_lines(count_errors(both)).cer == 1 / 2
    with pytest.raises(ValueError, match="no characters"):
        cer_interval(blank, count_errors(blank))
    none = blank.where(np.zeros(2, bool))
    assert math.isnan(score_lines(count_errors(none)).exact)


def test_decomposed_text_and_wide_spaces_count_as_the_same() -> None:
    readings = LineReadings.of_texts([nfd("한글 이다")], ["한글\u3000 이다 "], groups={})
    assert score_lines(count_errors(readings)).cer == 0
    assert readings.is_right.all()


@given(st.text("가나 ", max_size=6), st.text("가나 ", max_size=6))
def test_rates_agree_with_each_other(truth: str, read: str) -> None:
    readings = LineReadings.of_texts([truth], [read], groups={})
    counts = count_errors(readings)
    assert (counts.edits == 0) == counts.exact == readings.is_right
    assert counts.right_spaces <= min(counts.spaces, counts.read_spaces)
    assert counts.solid_edits <= counts.edits
    assert 0 <= score_lines(counts).similarity <= 1


def test_interval_resamples_faces_and_lines_where_there_is_one() -> None:
    truth, wrong = "가나다라마바사아자차", "가나다라마바사아자카"
    read = [truth, wrong] * 50 + [truth] * 100
    faces = ["a"] * 100 + ["b"] * 100
    many = LineReadings.of_texts([truth] * 200, read, groups={"face": faces})
    interval = cer_interval(many, count_errors(many))
    assert (interval.low, interval.high) == pytest.approx((0, 0.05))  # either face twice, or both
    one = many.where(np.arange(100))
    interval = cer_interval(one, count_errors(one))
    assert 0.035 < interval.low < 0.05 < interval.high < 0.065  # 0.05 ± 2 * 0.05 / sqrt(100)
    assert cer_interval(one, count_errors(one)) == interval


def test_confusions_are_counted_the_most_frequent_first() -> None:
    readings = LineReadings.of_texts(["가 나", "가 나", "각"], ["가나", "강나", "간"], groups={})
    assert confused(readings) == [
        (Step(" ", ""), 2),
        (Step("가", "강"), 1),
        (Step("각", "간"), 1),
    ]
    assert confused(readings, 1) == [(Step(" ", ""), 2)]


def test_characters_of_lines_are_answers_with_confidence() -> None:
    readings = LineReadings.of(
        ["가 나", "다"], [line("가라나", [0.8] * 3), line("")], groups={"face": ["a", "b"]}
    )
    found = readings.characters
    assert found.truth.tolist() == ["가", " ", "나"]
    assert found.read.tolist() == ["가", "라", "나"]
    assert found.is_right.tolist() == [True, False, True]
    assert found.confidence.tolist() == [0.8] * 3
    assert set(found.source.tolist()) == {"a"}


def test_an_invented_character_is_a_wrong_answer_and_a_space_is_of_its_own_kind() -> None:
    found = LineReadings.of(["가나"], [line("가 나")], groups={}).characters
    assert found.truth.tolist() == ["가", "", "나"]
    assert found.is_right.tolist() == [True, False, True]
    assert found.kind.tolist() == ["character", "space", "character"]


def test_confidences_follow_what_normalising_leaves() -> None:
    read = line(" 가  나 ", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    readings = LineReadings.of(["가 나"], [read], groups={})
    assert readings.read == ("가 나",)
    assert readings.confidences == ((0.2, 0.3, 0.5),)
    assert readings.line_confidences.tolist() == [0.7]


def test_lines_without_confidences_have_nan() -> None:
    assert np.isnan(table().characters.confidence).all()


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="number of lines"):
        LineReadings.of_texts(["가"], ["가"], groups={"face": ["a", "b"]})
    with pytest.raises(ValueError, match="not its text"):
        LineReadings.of(["가"], [line("가", characters="나")], groups={})
    with pytest.raises(ValueError, match="confidences"):
        LineReadings(("가",), ("가",), ((0.5, 0.5),), np.array([0.5]))


def test_joining_and_choosing_keep_the_rows_together() -> None:
    readings = table()
    joined = LineReadings.join([readings.where(np.array([2])), readings.where(np.array([0, 1]))])
    assert joined.truth == ("각 나다", "가 나", "한글 좋다")
    assert joined.groups["face"].tolist() == ["b", "a", "a"]
    mixed = LineReadings.join([readings, LineReadings.of_texts(["가"], ["가"], groups={"face": ["c"]})])
    assert list(mixed.groups) == ["face"]
