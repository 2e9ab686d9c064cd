"""Whether the probabilities mean what they say: of the answers given with 0.9, are nine in ten right?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from koocr.evaluation.readings import FloatArray, IntArray

__all__ = [
    "Reliability",
    "binary_loss",
    "expected_calibration_error",
    "fit_temperature",
    "minimum",
    "negative_log_likelihood",
    "reliability",
]

MIN_TEMPERATURE: Final = 0.05
MAX_TEMPERATURE: Final = 20.0
_GOLDEN: Final = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Reliability:
    """Answers sorted into B bins by their confidence; empty bins are left out.

    Attributes:
        low, high: (B,) edges of each bin.
        confidence: (B,) mean confidence of the bin's answers.
        accuracy: (B,) share of them that is right.
        count: (B,) how many.
    """

    low: FloatArray
    high: FloatArray
    confidence: FloatArray
    accuracy: FloatArray
    count: IntArray

    @property
    def expected_error(self) -> float:
        """The mean distance between confidence and accuracy, weighted by count; NaN without answers."""
        if not self.count.sum():
            return float("nan")
        return float(np.average(np.abs(self.confidence - self.accuracy), weights=self.count))


def reliability(
    confidence: FloatArray, is_right: NDArray[np.bool_], *, bins: int = 15, equal_mass: bool = False
) -> Reliability:
    """Sorts answers into bins of confidence.

    Args:
        confidence: (N,) in [0, 1].
        is_right: (N,).
        bins: how many bins.
        equal_mass: bins of equal counts instead of equal widths (Nguyen and O'Connor, 2015). With equal
            widths, the answers of a good reader nearly all fall into the last bin.

    Raises:
        ValueError: shapes differ, or a confidence is outside [0, 1].
    """
    confidence, is_right = np.asarray(confidence, dtype=np.float64), np.asarray(is_right, dtype=bool)
    if confidence.shape != is_right.shape or confidence.ndim != 1:
        raise ValueError(f"confidence has shape {confidence.shape} and is_right {is_right.shape}")
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise ValueError("a confidence is outside [0, 1]")
    groups = _equal_mass(confidence, bins) if equal_mass else _equal_width(confidence, bins)
    kept = [(low, high, members) for low, high, members in groups if len(members)]
    return Reliability(
        low=np.array([low for low, _, _ in kept]),
        high=np.array([high for _, high, _ in kept]),
        confidence=np.array([confidence[members].mean() for _, _, members in kept]),
        accuracy=np.array([is_right[members].mean() for _, _, members in kept]),
        count=np.array([len(members) for _, _, members in kept], dtype=np.int64),
    )


_Bins = Iterable[tuple[float, float, IntArray]]


def _equal_width(confidence: FloatArray, bins: int) -> _Bins:
    number = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)  # right-closed
    return [(b / bins, (b + 1) / bins, np.flatnonzero(number == b)) for b in range(bins)]


def _equal_mass(confidence: FloatArray, bins: int) -> _Bins:
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [(float(confidence[part[0]]), float(confidence[part[-1]]), part) for part in parts]


def expected_calibration_error(
    confidence: FloatArray, is_right: NDArray[np.bool_], *, bins: int = 15, equal_mass: bool = False
) -> float:
    """The mean distance between confidence and accuracy over bins, in [0, 1] (Guo et al., 2017, section 2).

    Args and errors are those of `reliability`.
    """
    return reliability(confidence, is_right, bins=bins, equal_mass=equal_mass).expected_error


Batches = Sequence[tuple[NDArray[np.floating], IntArray]]
"""Pairs of logits (N, C), -inf for classes that can't be, and labels (N,), all N of one batch with the same
C."""


def fit_temperature(batches: Batches, *, steps: int = 60) -> float:
    """Finds the temperature T with which softmax(logits / T) fits a validation set best (Guo et al., 2017).

    The mean negative log-likelihood is convex in 1/T, so that Newton's method, kept inside a bracket, finds
    its one minimum. Log-probabilities serve as logits, since they differ from them by one constant per image.
    Where a joint probability is a product of heads, dividing it by T divides each head by T.

    Args:
        batches: the validation set; several batches only save memory.
        steps: the most iterations.

    Returns:
        T, in [0.05, 20]; below 1 makes the answers surer.

    Raises:
        ValueError: there are no images.
    """
    low, high = 1 / MAX_TEMPERATURE, 1 / MIN_TEMPERATURE
    beta, last_step = 1.0, high
    for _ in range(steps):
        _, slope, curvature = _derivatives(batches, beta)
        low, high = (beta, high) if slope < 0 else (low, beta)
        step = -slope / curvature if curvature > 0 else math.inf
        if not low < beta + step < high or abs(step) > abs(last_step) / 2:
            step = math.sqrt(low * high) - beta  # Newton leaves the bracket or creeps: halve the bracket
        beta, last_step = beta + step, step
        if abs(step) < 1e-8 * beta:
            break
    return 1 / beta


def negative_log_likelihood(batches: Batches, *, temperature: float = 1.0) -> float:
    """The mean of -log p(truth) at a temperature, in nats.

    Raises:
        ValueError: there are no images.
    """
    return _derivatives(batches, 1 / temperature)[0]


def _derivatives(batches: Batches, beta: float) -> tuple[float, float, float]:
    """Loss, slope and curvature in beta = 1/T: the means of -log p, E[z] - z_true and Var[z]."""
    count, totals = 0, np.zeros(3)
    for logits, labels in batches:
        shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)  # (N, C), best 0
        weights = np.exp(beta * shifted)
        norm = weights.sum(axis=1)
        finite = np.where(weights > 0, shifted, 0.0)
        mean = (weights * finite).sum(axis=1) / norm
        square = (weights * finite**2).sum(axis=1) / norm
        true = shifted[np.arange(len(labels)), labels]
        totals += [(np.log(norm) - beta * true).sum(), (mean - true).sum(), (square - mean**2).sum()]
        count += len(labels)
    if not count:
        raise ValueError("no images to measure a likelihood on")
    loss, slope, curvature = totals / count
    return float(loss), float(slope), float(curvature)


def binary_loss(log_probability: NDArray[np.float64], is_right: NDArray[np.bool_]) -> float:
    """The mean log loss of "this answer is right", given the logarithm of its probability; (N,) each."""
    wrong = np.log(np.maximum(-np.expm1(np.minimum(log_probability, 0.0)), 1e-12))
    return float(-np.mean(np.where(is_right, log_probability, wrong)))


def minimum(function: Callable[[float], float], low: float, high: float, *, steps: int = 14) -> float:
    """Where a function with one valley between two numbers is lowest, by golden-section search."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2
