"""Two texts side by side: how many edits make one of the other, and which character was read as which."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from koocr.evaluation.readings import IntArray
from koocr.hangul import NUM_SYLLABLES, split_index

__all__ = ["Step", "align", "edit_distance", "least_edits_within"]

_FIRST_SYLLABLE, _SPACE = ord("가"), ord(" ")
_UNLIKE = 3  # as many letters as two syllables can differ in
_NOT_A_SPACE = 9  # a space is nearly never *mistaken* for a character: it is lost, or invented


class Step(NamedTuple):
    """One step from the true text to the one that was read.

    Attributes:
        truth: a character, "" where one was invented (an insertion).
        read: what was read for it, "" where it was lost (a deletion).
    """

    truth: str
    read: str

    @property
    def is_right(self) -> bool:
        """Whether the character was read as it is."""
        return self.truth == self.read


def edit_distance(truth: Sequence[Hashable], read: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and substitutions that lead from one to the other (Levenshtein, 1966).

    Args:
        truth: a text, or a list of words.
        read: the same.
    """
    if truth == read:
        return 0
    numbers = {item: number for number, item in enumerate(dict.fromkeys([*truth, *read]))}
    rows, columns = (np.array([numbers[item] for item in part], np.int64) for part in (truth, read))
    return int(_table((rows[:, None] != columns).astype(np.int64), gap=1)[-1, -1])


def least_edits_within(truth: str, read: str) -> int:
    """The fewest edits that lead from a text to any part of another (Sellers, 1980).

    Args:
        truth: what is looked for.
        read: where; what stands before and after the part costs nothing.

    Returns:
        0 if it stands there, at most its length: of an empty part, all of it is missing.
    """
    if truth in read:
        return 0
    costs = (_code_points(truth)[:, None] != _code_points(read)).astype(np.int64)
    return int(_table(costs, gap=1, starts_anywhere=True)[-1].min())


def align(truth: str, read: str) -> list[Step]:
    """Lays two texts side by side along the shortest edit path.

    Of several shortest paths the one is taken whose substituted characters are the most alike, syllables by
    the number of letters in which they differ; a space is matched with another character only if that saves
    an edit. So 밝다 read as 발가다 is 밝 → 발 and an invented 가, not 밝 → 가 after an invented 발.

    Args:
        truth: the true text.
        read: what was read.

    Returns:
        The steps, left to right; `Step.truth` of all makes the true text, `Step.read` the other.
    """
    if truth == read:
        return [Step(char, char) for char in truth]
    rows, columns = _code_points(truth), _code_points(read)
    unlikeness = _unlikeness(rows[:, None], columns[None, :])
    edit = 1 + _NOT_A_SPACE * min(len(truth), len(read))  # more than all unlikeness of a path together
    costs = np.where(unlikeness > 0, edit + unlikeness, 0)
    return _walk_back(_table(costs, gap=edit), costs, truth, read)


def _code_points(text: str) -> IntArray:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4").astype(np.int64)


def _unlikeness(truth: IntArray, read: IntArray) -> IntArray:
    """How unlike two characters are: 0 the same, 1 to 3 by differing letters, more for spaces."""
    first, second = truth - _FIRST_SYLLABLE, read - _FIRST_SYLLABLE
    pairs = zip(split_index(first), split_index(second), strict=True)
    letters = np.sum([(a != b).astype(np.int64) for a, b in pairs], axis=0)
    are_syllables = _is_syllable(first) & _is_syllable(second)
    unlike: IntArray = np.where(are_syllables, letters, _UNLIKE * (truth != read))
    return np.where((truth == _SPACE) != (read == _SPACE), _NOT_A_SPACE, unlike)


def _is_syllable(index: IntArray) -> npt.NDArray[np.bool_]:
    return (index >= 0) & (index < NUM_SYLLABLES)


def _table(costs: IntArray, *, gap: int, starts_anywhere: bool = False) -> IntArray:
    """The cheapest way to every cell: (R + 1, C + 1), row r and column c after r and c characters.

    Row by row without a loop over columns: what comes from the left is a running minimum once the gaps that
    lead to each column are taken off.

    Args:
        costs: (R, C) of reading row's character as column's.
        gap: of an insertion or a deletion.
        starts_anywhere: whether columns before the first that is used cost nothing.
    """
    num_rows, num_columns = costs.shape
    gaps = gap * np.arange(num_columns + 1)
    table = np.empty((num_rows + 1, num_columns + 1), np.int64)
    table[0] = 0 if starts_anywhere else gaps
    for row in range(num_rows):
        from_above = table[row] + gap
        np.minimum(from_above[1:], table[row, :-1] + costs[row], out=from_above[1:])
        table[row + 1] = np.minimum.accumulate(from_above - gaps) + gaps
    return table


def _walk_back(table: IntArray, costs: IntArray, truth: str, read: str) -> list[Step]:
    row, column = len(truth), len(read)
    steps = []
    while row or column:
        here = table[row, column]
        if row and column and here == table[row - 1, column - 1] + costs[row - 1, column - 1]:
            row, column = row - 1, column - 1
            steps.append(Step(truth[row], read[column]))
        elif row and (not column or table[row - 1, column] < table[row, column - 1]):
            row -= 1
            steps.append(Step(truth[row], ""))
        else:
            column -= 1
            steps.append(Step("", read[column]))
    return steps[::-1]
