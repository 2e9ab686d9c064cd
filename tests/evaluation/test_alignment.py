"""Edit distances equal a plain table's, and alignments are the most alike of all shortest paths."""

import unicodedata
from collections.abc import Sequence
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from koocr.evaluation.alignment import Step, align, edit_distance, least_edits_within
from koocr.hangul import decompose, is_syllable

TEXTS = st.text("가각간나난 aA.", max_size=9)


def plain_distance(truth: Sequence[object], read: Sequence[object]) -> int:
    """The textbook table, cell by cell."""
    above = list(range(len(read) + 1))
    for row, item in enumerate(truth, start=1):
        here = [row]
        for column, other in enumerate(read, start=1):
            here.append(min(above[column] + 1, here[-1] + 1, above[column - 1] + (item != other)))
        above = here
    return above[-1]


def unlikeness(first: str, second: str) -> int:
    if first == second:
        return 0
    if " " in (first, second):
        return 9
    if is_syllable(first) and is_syllable(second):
        return sum(a != b for a, b in zip(decompose(first), decompose(second), strict=True))
    return 3


def cost(steps: Sequence[Step]) -> tuple[int, int]:
    edits = sum(truth != read for truth, read in steps)
    return edits, sum(unlikeness(truth, read) for truth, read in steps if truth and read)


def best_cost(truth: str, read: str) -> tuple[int, int]:
    """The least (edits, unlikeness) over every path, by exhaustion with memory."""

    @cache
    def best(row: int, column: int) -> tuple[int, int]:
        if not row or not column:
            return row + column, 0
        edits, unlike = best(row - 1, column - 1)
        pair = truth[row - 1], read[column - 1]
        ways = [(edits + (pair[0] != pair[1]), unlike + unlikeness(*pair))]
        for edits, unlike in (best(row - 1, column), best(row, column - 1)):
            ways.append((edits + 1, unlike))
        return min(ways)

    return best(len(truth), len(read))


@given(TEXTS, TEXTS)
def test_distance_equals_the_plain_table(truth: str, read: str) -> None:
    assert edit_distance(truth, read) == plain_distance(truth, read)
    assert edit_distance(truth, read) == edit_distance(read, truth)


@given(st.lists(st.sampled_from(["가", "나다", "라"]), max_size=6), st.lists(st.sampled_from(["가", "라"])))
def test_distance_of_words_equals_the_plain_table(truth: list[str], read: list[str]) -> None:
    assert edit_distance(truth, read) == plain_distance(truth, read)


@given(TEXTS, TEXTS)
def test_the_closest_part_is_the_best_of_all_parts(truth: str, read: str) -> None:
    parts = [read[start:stop] for start in range(len(read) + 1) for stop in range(start, len(read) + 1)]
    assert least_edits_within(truth, read) == min(plain_distance(truth, part) for part in parts)


@given(TEXTS, TEXTS)
def test_a_path_makes_both_texts_and_is_the_best_of_all(truth: str, read: str) -> None:
    steps = align(truth, read)
    assert "".join(step.truth for step in steps) == truth
    assert "".join(step.read for step in steps) == read
    assert all(step.truth or step.read for step in steps)
    assert cost(steps) == best_cost(truth, read)
    assert cost(steps)[0] == edit_distance(truth, read)


def test_likeness_decides_between_equally_short_paths() -> None:
    assert align("밝다", "발가다") == [Step("밝", "발"), Step("", "가"), Step("다", "다")]
    assert align("가 나", "가나") == [Step("가", "가"), Step(" ", ""), Step("나", "나")]
    assert align("가 나", "강아나") == [Step("가", "강"), Step(" ", "아"), Step("나", "나")]
    assert align("", "") == []


def test_long_texts_keep_edits_before_likeness() -> None:
    truth = "".join(chr(0xAC00 + 500 * i) for i in range(20)) * 5
    read = truth[:50] + " " + truth[51:]
    assert cost(align(truth, read)) == (1, 9)
    assert align(truth, unicodedata.normalize("NFC", truth)) == [Step(char, char) for char in truth]
