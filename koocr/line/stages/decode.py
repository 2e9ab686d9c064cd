"""From the family's logits to ids of symbols, each time the most likely: greedy, as the study reads.

Pure NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class StageReading:
    """What was read of one line.

    Attributes:
        ids: of its symbols, in order.
        confidence: the probability of the path that was followed, in [0, 1]: of a symbol or blank in each
            frame ("CTC"), of each symbol and the end ("Attn").
    """

    ids: tuple[int, ...]
    confidence: float


def read_lines(logits: FloatArray, num_frames: IntArray, *, prediction: str) -> list[StageReading]:
    """Reads a batch.

    Args:
        logits: (N, steps, 1 + C), of `koocr.line.stages.network.reading_network`.
        num_frames: (N,), of each line.
        prediction: "CTC" or "Attn".

    Returns:
        One reading a line.
    """
    return read_ctc(logits, num_frames) if prediction == "CTC" else read_attention(logits)


def read_ctc(logits: FloatArray, num_frames: IntArray) -> list[StageReading]:
    """The best path: repeated symbols are merged, blanks dropped (Graves et al., 2006, section 3.2).

    Args:
        logits: (N, T, 1 + C), column 0 the blank.
        num_frames: (N,), of each line; what is beside it is not read.
    """
    columns, logs = _best(logits)
    is_inside = np.arange(columns.shape[1]) < np.asarray(num_frames)[:, None]
    before = np.pad(columns, ((0, 0), (1, 0)))[:, :-1]
    is_symbol = is_inside & (columns != 0) & (columns != before)
    totals = np.where(is_inside, logs, 0.0).sum(axis=1)
    return _readings(columns, is_symbol, totals)


def read_attention(logits: FloatArray) -> list[StageReading]:
    """The symbols before the first end; all of them where there is none.

    Args:
        logits: (N, steps, 1 + C), column 0 the end.
    """
    columns, logs = _best(logits)
    is_symbol = np.cumprod(columns != 0, axis=1, dtype=bool)
    is_followed = np.pad(is_symbol, ((0, 0), (1, 0)), constant_values=True)[:, :-1]
    totals = np.where(is_followed, logs, 0.0).sum(axis=1)
    return _readings(columns, is_symbol, totals)


def _best(logits: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best column of each step, (N, steps), and its log-probability."""
    columns = logits.argmax(axis=2)
    below = logits - np.take_along_axis(logits, columns[..., None], axis=2)
    return columns, -np.log(np.exp(below).sum(axis=2, dtype=np.float64))


def _readings(
    columns: NDArray[np.int64], is_symbol: NDArray[np.bool_], totals: NDArray[np.float64]
) -> list[StageReading]:
    return [
        StageReading(tuple((row[chosen] - 1).tolist()), float(np.exp(total)))
        for row, chosen, total in zip(columns, is_symbol, totals, strict=True)
    ]
