"""How sure each symbol of a line is, and what it may be instead.

A symbol's probability in one frame is no good measure: a symbol that fills two frames may have half in each.
What is asked is whether *the stretch between its neighbours* reads as this one symbol. So a symbol's
confidence is the probability of all paths that read, between the frame where the symbol before it is surest
and the frame where the symbol behind it is, as nothing but this symbol (and the rest of those two): a sum
over all places and lengths that it may have there. The same sum with another symbol is what that one gets as
an alternative. The stretch reads as something, so over all strings, the empty one and those of two symbols
included, these probabilities sum to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koocr.line.decode import PlacedSymbol
from koocr.line.scores import BLANK, FrameScores, IntArray

__all__ = ["Alternatives", "alternatives"]

_SPARE = 2
"""So many more symbols than wanted are looked at: one may be better in other frames than the surest."""
_NOBODY = -2
"""The neighbour of the first symbol, and of the last."""


@dataclass(frozen=True)
class Alternatives:
    """What the symbols of a line may be.

    Attributes:
        confidence: (L,) probabilities of the symbols that were read.
        ids: (L, n) the most likely symbols of each place, best first; what was read is among them.
        probabilities: (L, n) theirs.
    """

    confidence: NDArray[np.float64]
    ids: IntArray
    probabilities: NDArray[np.float64]


def alternatives(scores: FrameScores, symbols: Sequence[PlacedSymbol], *, n: int = 5) -> Alternatives:
    """Finds the n most likely symbols at each place of a reading, its neighbours being as they were read.

    Args:
        scores: of the line.
        symbols: the reading: a best path, or an alignment.
        n: 1 or more; symbols that are not among the n + 2 best of the place's surest frame are left out.
    """
    read = np.array([symbol.id for symbol in symbols], np.int64)
    peaks = np.array([symbol.peak for symbol in symbols], np.int64)
    if not len(read):
        return Alternatives(np.zeros(0), np.zeros((0, n), np.int64), np.zeros((0, n)))
    best, _ = scores.top(n + _SPARE, peaks)
    candidates = np.concatenate([read[:, None], best], axis=1)
    found = _stretch_probabilities(scores, read, peaks, candidates)
    confidence = found[:, 0].copy()
    found[:, 1:][best == read[:, None]] = -1.0  # there already
    order = np.lexsort((candidates, -found), axis=1)[:, : min(n, scores.num_symbols)]
    rows = np.arange(len(read))[:, None]
    ids, probabilities = candidates[rows, order], found[rows, order]
    return Alternatives(confidence, *_with_read(ids, probabilities, read, confidence))


def _with_read(
    ids: IntArray, probabilities: NDArray[np.float64], read: IntArray, confidence: NDArray[np.float64]
) -> tuple[IntArray, NDArray[np.float64]]:
    """Puts what was read in the last place where it is not among the best, as a prior may have it."""
    missing = ~(ids == read[:, None]).any(axis=1)
    ids[missing, -1], probabilities[missing, -1] = read[missing], confidence[missing]
    return ids, probabilities


def _stretch_probabilities(
    scores: FrameScores, read: IntArray, peaks: IntArray, candidates: IntArray
) -> NDArray[np.float64]:
    """(L, k) how likely each candidate alone stands between the peaks of its neighbours.

    A path goes through five states: the rest of the symbol before, a blank, the candidate, a blank, the
    beginning of the symbol behind. A candidate that is equal to a neighbour needs the blank in between.
    """
    before, behind = (ids[:, None] for ids in _neighbours(read))
    starts, stops = np.append(0, peaks[:-1] + 1), np.append(peaks[1:], len(scores))
    after_before, before_behind = candidates != before, candidates != behind
    beginning, end, blank, own = _shares(scores, starts, stops, before, behind, candidates)
    here = gap_behind = right = np.zeros(candidates.shape)
    left, gap = here + (before != _NOBODY), here + (before == _NOBODY)
    for offset in range(own.shape[1]):
        updated = (
            left * end[:, offset],
            (left + gap) * blank[:, offset],
            (gap + here + left * after_before) * own[:, offset],
            (here + gap_behind) * blank[:, offset],
            (gap_behind + right + here * before_behind) * beginning[:, offset],
        )
        is_inside = (starts + offset < stops)[:, None]
        left, gap, here, gap_behind, right = (
            np.where(is_inside, new, old)
            for new, old in zip(updated, (left, gap, here, gap_behind, right), strict=True)
        )
    total: NDArray[np.float64] = gap_behind + right + here * before_behind
    return total


def _shares(
    scores: FrameScores, starts: IntArray, stops: IntArray, before: IntArray, behind: IntArray, own: IntArray
) -> tuple[NDArray[np.float64], ...]:
    """Probabilities, in the W frames of the longest stretch, of neighbours, blank and candidates.

    Those of the symbol behind, of that before and of the blank are (L, W, 1), those of the candidates
    (L, W, k); what lies beyond a stretch doesn't matter. A neighbour that there isn't has no share.
    """
    frames = starts[:, None] + np.arange(int((stops - starts).max()))
    frames = np.minimum(frames, len(scores) - 1)[:, :, None]  # (L, W, 1)
    around = np.concatenate([behind, before, np.full_like(before, BLANK)], axis=1)
    ids = np.concatenate([np.maximum(around, BLANK), own], axis=1)
    shares = np.exp(scores.at(frames, ids[:, None]).astype(np.float64))
    shares[:, :, :3] *= (around != _NOBODY)[:, None]
    return shares[:, :, :1], shares[:, :, 1:2], shares[:, :, 2:3], shares[:, :, 3:]


def _neighbours(read: IntArray) -> tuple[IntArray, IntArray]:
    """(L,) the symbols before, and (L,) those behind."""
    nobody = np.array([_NOBODY])
    return np.concatenate([nobody, read[:-1]]), np.concatenate([read[1:], nobody])
