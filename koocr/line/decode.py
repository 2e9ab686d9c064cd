"""From the scores of a line's frames to its symbols: the best path, and where a given text's symbols lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from koocr.line.scores import BLANK, FrameScores, IntArray

__all__ = ["PlacedSymbol", "align", "best_path", "needed_frames", "place_symbols", "text_log_probability"]

_SLACK = 2
"""Symbols beside a difference from the best path that are placed anew with it."""
_NEVER = np.float64(-1e30)
_RESCALE_EVERY = 4
"""Frames between divisions that keep sums of products from vanishing: e^-170 four times is still a double."""


@dataclass(frozen=True, slots=True)
class PlacedSymbol:
    """One symbol of a path.

    Attributes:
        id: in the charset.
        start: its first frame.
        stop: behind its last frame.
        peak: the frame in between in which it is most likely.
        log_probability: of the symbol in that frame.
    """

    id: int
    start: int
    stop: int
    peak: int
    log_probability: float


def best_path(scores: FrameScores) -> tuple[PlacedSymbol, ...]:
    """Reads one line by the best symbol of each frame.

    Repeated symbols are merged and blanks dropped (Graves et al., 2006, section 3.2).

    Returns:
        The symbols, left to right; none for a line without frames.
    """
    return _runs(*scores.best())


def align(scores: FrameScores, ids: Sequence[int]) -> tuple[PlacedSymbol, ...]:
    """Finds where the symbols of a text lie: the most likely path that reads as it (Viterbi).

    Args:
        scores: of the line.
        ids: what is written there.

    Raises:
        ValueError: the text has no path, since it is longer than the line has frames.
    """
    return _aligned(scores, ids, 0, len(scores))


def place_symbols(scores: FrameScores, ids: Sequence[int]) -> tuple[PlacedSymbol, ...]:
    """As `align`, in a fraction of the time where the text is the best path's, or nearly so.

    What both begin and end with stays where the best path has it; only the difference, and a few symbols
    around it, are placed anew, between two blanks of the best path. Where the network is unsure, another path
    through all of the line may be likelier.

    Args:
        scores: of the line.
        ids: what is written there.

    Raises:
        ValueError: the text has no path, since it is longer than the line has frames.
    """
    ids, best = tuple(ids), best_path(scores)
    known = tuple(symbol.id for symbol in best)
    if known == ids:
        return best
    head = _common(known, ids)
    tail = min(_common(known[::-1], ids[::-1]), min(len(known), len(ids)) - head)
    changed = {*known[max(0, head - 1) : len(known) - tail + 1], *ids[max(0, head - 1) : len(ids) - tail + 1]}
    head -= _num_within(known[:head][::-1], changed)  # in ㅋㅋㅋㅋ any may be the one too many
    tail -= _num_within(known[len(known) - tail :], changed)
    gaps = [number for number in range(1, len(best)) if best[number - 1].stop < best[number].start]
    first = max((number for number in gaps if number <= head - _SLACK), default=0)
    last = min((number for number in gaps if number >= len(best) - tail + _SLACK), default=len(best))
    start = best[first - 1].stop + 1 if first else 0  # a blank of the best path stays on each side
    stop = best[last].start - 1 if last < len(best) else len(scores)
    middle = ids[first : len(ids) - (len(best) - last)]
    if needed_frames(middle) > stop - start or first > last:
        return align(scores, ids)
    return best[:first] + _aligned(scores, middle, start, stop) + best[last:]


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """How many symbols both begin with."""
    pairs = zip(left, right, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))


def _num_within(symbols: Sequence[int], kinds: set[int]) -> int:
    """How many symbols, from the first on, are of some kinds."""
    return next((number for number, symbol in enumerate(symbols) if symbol not in kinds), len(symbols))


def _aligned(scores: FrameScores, ids: Sequence[int], start: int, stop: int) -> tuple[PlacedSymbol, ...]:
    """The most likely path through some of a line's frames."""
    if needed_frames(ids) > stop - start:
        raise ValueError(f"{len(ids)} symbols don't fit into {stop - start} frames")
    states = _states(ids)
    emission = _emission(scores, states, start, stop)
    skip = np.where(_may_skip(states), 0.0, _NEVER)
    sums, came = np.full(len(states), _NEVER), np.empty(emission.shape, np.int8)
    sums[0] = 0.0  # before the first frame
    for frame, row in enumerate(emission):
        ways = np.full((3, len(states)), _NEVER)
        ways[0], ways[1, 1:], ways[2, 2:] = sums, sums[:-1], sums[:-2] + skip[2:]
        came[frame] = ways.argmax(axis=0)
        sums = ways.max(axis=0) + row
    return _trace(states, emission, came, sums, start)


def text_log_probability(scores: FrameScores, ids: Sequence[int]) -> float:
    """The logarithm of p(text): of all paths that read as it together.

    Minus infinity if there is none, or if it takes a frame that is beyond doubt something else (e^-170).
    """
    if needed_frames(ids) > len(scores):
        return -np.inf
    states = _states(ids)
    emission = _emission(scores, states, 0, len(scores))
    peaks = emission.max(axis=1)  # taken off, so that no frame is all zeros
    powers = np.exp(emission - peaks[:, None])
    skip = _may_skip(states).astype(np.float64)
    sums = np.zeros(len(states) + 2)  # two places in front: states that come from nowhere
    sums[2] = 1.0
    stay, step, leap = sums[2:], sums[1:-1], sums[:-2]
    log_scale = float(peaks.sum())
    for frame, row in enumerate(powers, start=1):
        grown = skip * leap
        grown += step
        grown += stay
        np.multiply(grown, row, out=stay)
        if frame % _RESCALE_EVERY == 0:
            total = sums.sum()
            if not total:
                return -np.inf
            sums /= total
            log_scale += float(np.log(total))
    with np.errstate(divide="ignore"):
        return log_scale + float(np.log(sums[-1] + (sums[-2] if len(ids) else 0.0)))


def needed_frames(ids: Sequence[int]) -> int:
    """How many frames a text needs: one a symbol, and one for the blank between equal ones."""
    return len(ids) + sum(left == right for left, right in pairwise(ids))


def _runs(ids: IntArray, logs: NDArray[np.floating]) -> tuple[PlacedSymbol, ...]:
    edges = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    bounds = [0, *edges.tolist(), len(ids)]
    runs = pairwise(bounds)
    return tuple(
        _placed(int(ids[start]), start, stop, logs) for start, stop in runs if _is_symbol(ids, start)
    )


def _is_symbol(ids: IntArray, frame: int) -> bool:
    return frame < len(ids) and ids[frame] != BLANK


def _placed(number: int, start: int, stop: int, logs: NDArray[np.floating]) -> PlacedSymbol:
    peak = start + int(logs[start:stop].argmax())
    return PlacedSymbol(number, start, stop, peak, float(logs[peak]))


def _states(ids: Sequence[int]) -> IntArray:
    """(2L + 1,) blank, symbol, blank, … , symbol, blank."""
    states = np.full(2 * len(ids) + 1, BLANK, np.int64)
    states[1::2] = ids
    return states


def _emission(scores: FrameScores, states: IntArray, start: int, stop: int) -> NDArray[np.float64]:
    """(stop - start, S) log-probabilities of the states."""
    emission = np.empty((stop - start, len(states)))
    emission[:, ::2] = scores.blank[start:stop, None]
    emission[:, 1::2] = scores.at(np.arange(start, stop)[:, None], states[None, 1::2])
    return emission


def _may_skip(states: IntArray) -> NDArray[np.bool_]:
    """(S,) whether a path may come from the state before the last: a symbol from another symbol."""
    allowed = np.zeros(len(states), np.bool_)
    allowed[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    return allowed


def _trace(
    states: IntArray,
    emission: NDArray[np.float64],
    came: NDArray[np.int8],
    sums: NDArray[np.float64],
    first: int,
) -> tuple[PlacedSymbol, ...]:
    """Goes back along the best path, which ends in the last symbol or the blank behind it.

    `first` is the number of the first frame.
    """
    state = len(states) - 1
    if state > 0 and sums[state - 1] > sums[state]:
        state -= 1
    path = np.empty(len(emission), np.int64)
    for frame in reversed(range(len(emission))):
        path[frame] = state
        state -= int(came[frame, state])  # of eight bits, which would hold no state above 127
    places = []
    for state in range(1, len(states), 2):
        frames = np.flatnonzero(path == state)
        start, stop = int(frames[0]), int(frames[-1]) + 1
        found = _placed(int(states[state]), start, stop, emission[:, state])
        places.append(
            replace(found, start=first + found.start, stop=first + found.stop, peak=first + found.peak)
        )
    return tuple(places)
