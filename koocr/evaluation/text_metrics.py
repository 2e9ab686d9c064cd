"""How well lines were read: error rates of characters, words, letters and spaces, by group, with uncertainty.

Rates of several lines are sums of edits over sums of characters, so a long line weighs more than a short one.
Whole faces are averaged with equal weight, and intervals come from resampling faces: the lines of one face
are no independent samples of "Korean type" (see `koocr.evaluation.metrics`).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from koocr.evaluation.alignment import Step, edit_distance
from koocr.evaluation.line_readings import FACE, LineReadings
from koocr.evaluation.metrics import Interval
from koocr.evaluation.readings import FloatArray, IntArray
from koocr.hangul import to_jamo

__all__ = [
    "LineCounts",
    "TextScore",
    "cer_interval",
    "confused",
    "count_errors",
    "line_scores_by",
    "mean_cer",
    "score_lines",
]


@dataclass(frozen=True, eq=False)
class LineCounts:
    """What there is in each of N lines, and what is wrong with it; all (N,) integers.

    Attributes:
        characters: of the truth, spaces included.
        substitutions, insertions, deletions: edits from the truth to what was read.
        solid, solid_edits: characters and edits once the spaces of both texts are taken out.
        words, word_edits: eojeol, which is what stands between spaces; edits of whole ones.
        jamo, jamo_edits: letters (한글 has six; other characters and spaces count as one), and their edits.
        spaces, read_spaces, right_spaces: in the truth; in what was read; read where there is one, along the
            edit path.
        exact: 1 for a line without an edit.
        length: of the longer of the two texts.
    """

    characters: IntArray
    substitutions: IntArray
    insertions: IntArray
    deletions: IntArray
    solid: IntArray
    solid_edits: IntArray
    words: IntArray
    word_edits: IntArray
    jamo: IntArray
    jamo_edits: IntArray
    spaces: IntArray
    read_spaces: IntArray
    right_spaces: IntArray
    exact: IntArray
    length: IntArray

    @property
    def edits(self) -> IntArray:
        """(N,) substitutions, insertions and deletions together."""
        return self.substitutions + self.insertions + self.deletions

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.characters)

    def where(self, chosen: NDArray[np.bool_] | IntArray) -> LineCounts:
        """The lines of a mask or of an index array."""
        return LineCounts(*(getattr(self, column.name)[chosen] for column in fields(self)))


def count_errors(readings: LineReadings) -> LineCounts:
    """Counts everything that `score_lines` needs, once for each line."""
    lines = zip(readings.truth, readings.read, readings.steps, strict=True)
    rows = [_count(truth, read, steps) for truth, read, steps in lines]
    table = np.array(rows, np.int64).reshape(len(rows), len(fields(LineCounts)))
    return LineCounts(*table.T)


def _count(truth: str, read: str, steps: tuple[Step, ...]) -> tuple[int, ...]:
    insertions = sum(not step.truth for step in steps)
    deletions = sum(not step.read for step in steps)
    wrong = sum(not step.is_right for step in steps)
    solid, words, jamo = truth.replace(" ", ""), truth.split(), to_jamo(truth)
    return (
        len(truth),
        wrong - insertions - deletions,
        insertions,
        deletions,
        len(solid),
        edit_distance(solid, read.replace(" ", "")),
        len(words),
        edit_distance(words, read.split()),
        len(jamo),
        edit_distance(jamo, to_jamo(read)),
        truth.count(" "),
        read.count(" "),
        sum(step.is_right and step.truth == " " for step in steps),
        int(truth == read),
        max(len(truth), len(read)),
    )


@dataclass(frozen=True)
class TextScore:
    """How well a group of lines was read; NaN where there was nothing to measure on.

    Attributes:
        lines: how many.
        cer: character error rate: edits over characters of the truth, spaces included; may exceed 1.
        cer_solid: the same once the spaces of both texts are taken out.
        wer: word error rate, a word being an eojeol.
        exact: share of lines without any error.
        similarity: 1 − NED: 1 less the edits over the length of the longer text, mean over lines (Sun et al.,
            2019, ICDAR 2019 LSVT); two empty texts are alike.
        jamo_error: edits of letters over letters, spaces included.
        space_precision: share of the spaces read that are there.
        space_recall: share of the spaces that were read.
        substitutions, insertions, deletions: edits over characters of the truth; they sum to `cer`.
    """

    lines: int
    cer: float
    cer_solid: float
    wer: float
    exact: float
    similarity: float
    jamo_error: float
    space_precision: float
    space_recall: float
    substitutions: float
    insertions: float
    deletions: float


def score_lines(counts: LineCounts) -> TextScore:
    """The rates of some lines together."""
    characters, edits = _sum(counts.characters), _sum(counts.edits)
    return TextScore(
        lines=len(counts),
        cer=_share(edits, characters),
        cer_solid=_share(_sum(counts.solid_edits), _sum(counts.solid)),
        wer=_share(_sum(counts.word_edits), _sum(counts.words)),
        exact=_share(_sum(counts.exact), len(counts)),
        similarity=_mean(1 - counts.edits / np.maximum(1, counts.length)),
        jamo_error=_share(_sum(counts.jamo_edits), _sum(counts.jamo)),
        space_precision=_share(_sum(counts.right_spaces), _sum(counts.read_spaces)),
        space_recall=_share(_sum(counts.right_spaces), _sum(counts.spaces)),
        substitutions=_share(_sum(counts.substitutions), characters),
        insertions=_share(_sum(counts.insertions), characters),
        deletions=_share(_sum(counts.deletions), characters),
    )


def _sum(values: IntArray) -> int:
    return int(values.sum())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else math.nan


def line_scores_by(readings: LineReadings, counts: LineCounts, grouping: str) -> dict[str, TextScore]:
    """The rates of each group of lines.

    Args:
        readings: N lines.
        counts: of the same lines.
        grouping: one of the readings' groupings.

    Returns:
        Group → rates, in the order in which the groups first occur; empty if there is no such grouping.
    """
    groups = readings.groups.get(grouping)
    return {
        name: score_lines(counts.where(groups == name))
        for name in readings.group_names(grouping)
        if groups is not None
    }


def _face_sums(readings: LineReadings, counts: LineCounts) -> tuple[IntArray, IntArray]:
    """Edits and characters of each face, both (F,); of each line where there is one face only."""
    _, face = np.unique(readings.groups.get(FACE, np.zeros(len(readings))), return_inverse=True)
    if not face.any():
        return counts.edits, counts.characters
    edits, characters = (np.bincount(face, weights) for weights in (counts.edits, counts.characters))
    return edits.astype(np.int64), characters.astype(np.int64)


def mean_cer(readings: LineReadings, counts: LineCounts) -> float:
    """The mean over faces of their character error rates; NaN if there are no characters."""
    rates = [found.cer for found in line_scores_by(readings, counts, FACE).values()]
    known = [rate for rate in rates if not math.isnan(rate)]
    return float(np.mean(known)) if known else score_lines(counts).cer


def cer_interval(
    readings: LineReadings,
    counts: LineCounts,
    *,
    level: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """The percentile interval of `mean_cer`, by resampling whole faces (Efron, 1979).

    Where there is one face only, a single writer for instance, its lines are resampled. With few faces it is
    too narrow: a hint, not a promise.

    Args:
        readings: N lines.
        counts: of the same lines.
        level: the share of resamples inside the interval.
        resamples: how many.
        seed: equal seeds give equal intervals.

    Raises:
        ValueError: there are no characters to resample.
    """
    edits, characters = _face_sums(readings, counts)
    edits, characters = edits[characters > 0], characters[characters > 0]
    if not len(edits):
        raise ValueError("no characters to resample")
    rng = np.random.default_rng(seed)
    is_single = len(readings.group_names(FACE)) < 2
    rates = np.empty(resamples)
    for number in range(resamples):  # one at a time: lines are many
        drawn = rng.integers(len(edits), size=len(edits))
        if is_single:
            rates[number] = edits[drawn].sum() / characters[drawn].sum()
        else:
            rates[number] = (edits[drawn] / characters[drawn]).mean()
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def confused(readings: LineReadings, num: int = 30) -> list[tuple[Step, int]]:
    """The most frequent errors: what was read as what, lost ("" read) or invented ("" true), and how often.

    Equally frequent ones stand in Unicode order.
    """
    errors = Counter(step for steps in readings.steps for step in steps if not step.is_right)
    return sorted(errors.items(), key=lambda item: (-item[1], item[0]))[:num]
