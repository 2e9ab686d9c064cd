"""How much was read rightly: top-n accuracy, by group, with its uncertainty, and jamo by jamo.

A test set of typefaces is a sample of *faces*: a thousand glyphs of one face are not a thousand independent
images. So groups are averaged with equal weight, the worst is named, and intervals come from resampling
groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from koocr.evaluation.readings import IntArray, Readings, TextArray
from koocr.hangul import NUM_SYLLABLES, is_syllable, split_index, syllable_index

__all__ = [
    "Interval",
    "Score",
    "accuracy",
    "bootstrap_interval",
    "jamo_accuracies",
    "mean_and_worst",
    "score",
    "scores_by",
    "syllable_indices",
]


@dataclass(frozen=True)
class Score:
    """The accuracy on one group of images; shares in [0, 1].

    Attributes:
        count: how many images.
        top_1: share whose best answer is right.
        top_n: share with the right answer among the candidates.
    """

    count: int
    top_1: float
    top_n: float


@dataclass(frozen=True)
class Interval:
    """A confidence interval, both ends in the unit of the value."""

    low: float
    high: float


def accuracy(rank: npt.ArrayLike, n: int = 1) -> float:
    """The share of images whose truth is among the first n candidates; NaN for no images.

    Args:
        rank: (N,) place of the truth among the candidates, 0 for the best.
        n: how many candidates count.
    """
    ranks = np.asarray(rank)
    return float(np.mean(ranks < n)) if ranks.size else float("nan")


def score(readings: Readings) -> Score:
    """The accuracy over all images; top-n counts every candidate there is."""
    num_candidates = readings.candidates.shape[1]
    return Score(len(readings), accuracy(readings.rank), accuracy(readings.rank, num_candidates))


def scores_by(readings: Readings, groups: TextArray) -> dict[str, Score]:
    """The accuracy on each group of images.

    Args:
        readings: N images.
        groups: (N,) the name of each image's group, `readings.source` for instance.

    Returns:
        Group → score, sorted by name.
    """
    return {str(name): score(readings.where(groups == name)) for name in np.unique(groups)}


def mean_and_worst(scores: dict[str, Score]) -> tuple[float, float, str]:
    """Top-1: the mean over groups of equal weight, the lowest, and the name of that group.

    Raises:
        ValueError: there is no group.
    """
    if not scores:
        raise ValueError("no groups to average")
    worst = min(scores, key=lambda name: scores[name].top_1)
    return float(np.mean([s.top_1 for s in scores.values()])), scores[worst].top_1, worst


def bootstrap_interval(
    hits: NDArray[np.bool_],
    groups: TextArray,
    *,
    level: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """The percentile interval of the mean over groups, by resampling whole groups (Efron, 1979).

    With few groups it is too narrow: read it as a hint, not a promise. Where there is one group only, a
    single writer for instance, its images are resampled.

    Args:
        hits: (N,) whether each image was read rightly.
        groups: (N,) the face or the writer of each image.
        level: the share of resamples inside the interval.
        resamples: how many.
        seed: equal seeds give equal intervals.

    Raises:
        ValueError: there are no images.
    """
    if not len(hits):
        raise ValueError("no images to resample")
    rng = np.random.default_rng(seed)
    names = np.unique(groups)
    means = np.array([hits[groups == name].mean() for name in names])
    if len(names) == 1:
        resampled = rng.binomial(len(hits), means[0], size=resamples) / len(hits)
    else:
        resampled = means[rng.integers(len(names), size=(resamples, len(names)))].mean(axis=1)
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def syllable_indices(texts: TextArray) -> IntArray:
    """The number of each syllable, 0 to 11,171; -1 for anything else."""
    return np.array([syllable_index(t) if is_syllable(t) else -1 for t in texts.tolist()], dtype=np.int64)


def jamo_accuracies(readings: Readings) -> dict[str, float]:
    """The share of images of syllables whose initial, medial and final were each read rightly.

    An answer that isn't a syllable has all three wrong. Images that show no syllable don't count; NaN if none
    is left.
    """
    truth, read = syllable_indices(readings.truth), syllable_indices(readings.read)
    is_counted = truth >= 0
    places = zip(("initial", "medial", "final"), split_index(truth), split_index(read), strict=True)
    is_whole = (read >= 0) & (read < NUM_SYLLABLES)
    return {
        name: float(np.mean(((true == got) & is_whole)[is_counted])) if is_counted.any() else float("nan")
        for name, true, got in places
    }
