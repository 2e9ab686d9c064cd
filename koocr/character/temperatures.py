"""Temperatures for a network's outputs, so that a probability means what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.character.symbols import NUM_SYMBOLS, encode, split_targets
from koocr.errors import DataError
from koocr.evaluation.calibration import binary_loss, fit_temperature, minimum

__all__ = ["fit_temperatures"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

_LEAST, _MOST = 0.4, 4.0
"""An output that makes no mistake on the set, as "single" may, is likeliest at 0; a few images don't prove
that it never will."""
_BATCH = 512
"""In double precision, 11,172 logits of many more images fill the memory."""


def fit_temperatures(
    outputs: Mapping[str, FloatArray],
    symbols: IntArray,
    *,
    charset: str | None = None,
    common_bonus: float = 0.0,
) -> dict[str, float]:
    """Finds what each output's logits are to be divided by.

    First each output on its own, by its likelihood (Guo et al., 2017). That leaves the joint probability of a
    syllable too low where its jamo are read wrongly together rather than apart, so then all temperatures are
    multiplied by one factor that fits the probability of the best answer to whether it is right.

    Args:
        outputs: logits by output name, (N, …) each, of a validation set; see `koocr.character.network.heads`.
        symbols: (N,) ids of what the images show, see `koocr.character.symbols`.
        charset: the symbols of "symbol"'s columns, where the network knows fewer than all.
        common_bonus: that the scores get, see `koocr.character.decode.scores_of`.

    Returns:
        Output name → temperature, as `koocr.character.decode.scores_of` takes them.

    Raises:
        DataError: the set is empty.
    """
    if not len(symbols):
        raise DataError("the validation set is empty, so there is nothing to calibrate with")
    known = {name: logits for name, logits in outputs.items() if name in _OUTPUTS}
    alone = {name: _alone(name, logits, symbols, charset) for name, logits in known.items()}

    def loss(log_factor: float) -> float:
        scaled = _scaled(alone, math.exp(log_factor))
        scores = scores_of(known, charset=charset, temperatures=scaled, common_bonus=common_bonus)
        ids, logs = scores.top(1)
        return binary_loss(logs[:, 0].astype(np.float64), ids[:, 0] == symbols)

    return _scaled(alone, math.exp(minimum(loss, -1.4, 1.4)))


_OUTPUTS = ("initial", "medial", "final", "syllable", "single", "symbol")


def _alone(name: str, logits: FloatArray, symbols: IntArray, charset: str | None) -> float:
    labels, weights = split_targets(symbols)
    columns, is_counted = labels[name], weights[name] > 0
    if name == "symbol" and charset is not None:
        place = np.full(NUM_SYMBOLS, -1)
        place[encode(charset)] = np.arange(len(charset))
        columns = place[symbols]
        is_counted = columns >= 0
    if not is_counted.any():
        return 1.0
    rows = np.array_split(np.flatnonzero(is_counted), 1 + is_counted.sum() // _BATCH)
    fitted = fit_temperature([(logits[part], columns[part]) for part in rows])
    return min(max(fitted, _LEAST), _MOST)


def _scaled(temperatures: Mapping[str, float], factor: float) -> dict[str, float]:
    return {name: value * factor for name, value in temperatures.items()}
