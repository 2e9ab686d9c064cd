"""What a network says of each frame of a line: log-probabilities of the blank and of every symbol, on demand.

Factorised outputs give p(syllable) = p(a syllable)·p(initial)·p(medial | initial)·p(final | medial), see
`koocr.line.ctc`. The best of 11,172 syllables are found without making a table of them: the best final of
each medial comes first, then the best of the 399 pairs of initial and medial.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.hangul import NUM_FINALS, NUM_INITIALS, NUM_MEDIALS, NUM_SYLLABLES, join_index, split_index

__all__ = ["BLANK", "FactorisedScores", "FrameScores", "PlainScores", "frame_scores", "split_lines"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

BLANK = -1
"""The id of "no symbol" in arrays of ids."""

_SAFE = 60.0
"""Powers of logits up to this size neither overflow nor vanish in float32, so no peak need be taken off."""


class FrameScores(ABC):
    """Log-probabilities of one line's T frames, all float32.

    Attributes:
        blank: (T,) of the blank.
        num_symbols: how many ids there are, the blank not counted.
    """

    blank: FloatArray
    num_symbols: int

    def __len__(self) -> int:
        return len(self.blank)

    @abstractmethod
    def best(self) -> tuple[IntArray, FloatArray]:
        """(T,) the most likely id of each frame, `BLANK` where that is none, and (T,) its log-probability."""

    @abstractmethod
    def top(self, n: int, frames: IntArray) -> tuple[IntArray, FloatArray]:
        """The n most likely symbols of some frames, blanks left out.

        Args:
            n: at least 1; with more than there are, all come.
            frames: (F,) numbers of frames.

        Returns:
            (F, n) ids and (F, n) log-probabilities, best first, equal ones by id.
        """

    @abstractmethod
    def at(self, frames: IntArray, ids: IntArray) -> FloatArray:
        """Log-probabilities of symbols in frames; the two arrays are broadcast. `BLANK` counts as an id."""


class FactorisedScores(FrameScores):
    """Scores of the outputs "kind", "initial", "medial" and "final".

    Args:
        kind: (T, 2 + K) logits: blank, a syllable, the K symbols that are none.
        initial: (T, 19) logits.
        medial: (T, 19, 21) logits, given the initial.
        final: (T, 21, 28) logits, given the medial.
    """

    def __init__(self, kind: FloatArray, initial: FloatArray, medial: FloatArray, final: FloatArray) -> None:
        self._kind = kind - _log_total(kind)[:, None]
        self._initial, self._medial, self._final = initial, medial, final
        self.blank = self._kind[:, 0]
        self.num_symbols = NUM_SYLLABLES + kind.shape[1] - 2
        self._found: tuple[IntArray, IntArray, FloatArray] | None = None

    def best(self) -> tuple[IntArray, FloatArray]:
        """See `FrameScores.best`; jamo are looked at where a syllable can win, which is in few frames."""
        columns = self._kind.argmax(axis=1)
        logs = self._kind[np.arange(len(self)), columns]
        ids = np.where(columns == 0, BLANK, NUM_SYLLABLES + columns - 2)
        (frames,) = np.nonzero(columns == 1)
        if len(frames):
            ids[frames], syllable_logs = self._best_syllables(frames)
            logs[frames] += syllable_logs
            rest = self._kind[frames]
            rest[:, 1] = -np.inf
            columns = rest.argmax(axis=1)
            rest_logs = rest[np.arange(len(frames)), columns]
            (lost,) = np.nonzero(rest_logs > logs[frames])
            ids[frames[lost]] = np.where(columns[lost] == 0, BLANK, NUM_SYLLABLES + columns[lost] - 2)
            logs[frames[lost]] = rest_logs[lost]
        return ids, logs

    def top(self, n: int, frames: IntArray) -> tuple[IntArray, FloatArray]:
        """See `FrameScores.top`; what was found last is kept: behind a search, confidences ask again."""
        known = self._known(n, frames)
        if known is None:
            ids, logs = self._top(n, frames)
            self._found = frames, ids, logs
            return ids, logs
        return known

    def _known(self, n: int, frames: IntArray) -> tuple[IntArray, FloatArray] | None:
        """What was found before, if it was so much; those frames were in order."""
        if self._found is None or self._found[1].shape[1] < n or not len(self._found[0]):
            return None
        before, ids, logs = self._found
        rows = np.minimum(np.searchsorted(before, frames), len(before) - 1)
        if not np.array_equal(before[rows], frames):
            return None
        return ids[rows, :n], logs[rows, :n]

    def _top(self, n: int, frames: IntArray) -> tuple[IntArray, FloatArray]:
        """See `FrameScores.top`.

        The n best syllables lie among the n pairs of initial and medial that have the best syllables, for if
        one lay in another pair, each of those n would have a better one.
        """
        initial, medial, final = self._chain(frames)
        pairs = initial[:, :, None] + medial + final.max(2)[:, None, :]
        pairs = pairs.reshape(len(frames), NUM_INITIALS * NUM_MEDIALS)
        best, _ = _best(np.broadcast_to(np.arange(pairs.shape[1]), pairs.shape), pairs, n)
        rows = np.arange(len(frames))[:, None]
        initials, medials = np.divmod(best, NUM_MEDIALS)
        logs = (initial[rows, initials] + medial[rows, initials, medials])[:, :, None] + final[rows, medials]
        ids = best[:, :, None] * NUM_FINALS + np.arange(NUM_FINALS)
        flat = len(frames), best.shape[1] * NUM_FINALS
        others = np.broadcast_to(np.arange(NUM_SYLLABLES, self.num_symbols), (len(frames), self._num_others))
        return _best(
            np.concatenate([ids.reshape(flat), others], axis=1),
            np.concatenate([logs.reshape(flat) + self._kind[frames, 1:2], self._kind[frames, 2:]], axis=1),
            n,
        )

    def at(self, frames: IntArray, ids: IntArray) -> FloatArray:
        """See `FrameScores.at`."""
        frames, ids = np.broadcast_arrays(frames, ids)
        is_syllable = (ids >= 0) & (ids < NUM_SYLLABLES)
        columns = np.where(is_syllable, 1, np.where(ids == BLANK, 0, ids - NUM_SYLLABLES + 2))
        logs: FloatArray = self._kind[frames, columns]
        where = frames[is_syllable]
        initial, medial, final = split_index(ids[is_syllable])
        initial_totals, medial_totals, final_totals = self._totals
        logs[is_syllable] += self._initial[where, initial] - initial_totals[where]
        logs[is_syllable] += self._medial[where, initial, medial] - medial_totals[where, initial]
        logs[is_syllable] += self._final[where, medial, final] - final_totals[where, medial]
        return logs

    def jamo(self, frames: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Probabilities of each jamo in its place, given a syllable: (F, 19), (F, 21), (F, 28)."""
        initial, medial, final = (np.exp(logs) for logs in self._chain(frames))
        medials = np.einsum("fi,fim->fm", initial, medial)
        return initial, medials, np.einsum("fm,fmk->fk", medials, final)

    @property
    def _num_others(self) -> int:
        return self.num_symbols - NUM_SYLLABLES

    @cached_property
    def _totals(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """What makes log-probabilities of logits: (T,), (T, 19), (T, 21)."""
        return _log_total(self._initial), _log_total(self._medial), _log_total(self._final)

    def _chain(self, frames: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Conditional log-probabilities in some frames: (F, 19), (F, 19, 21), (F, 21, 28)."""
        initial, medial, final = (logits[frames] for logits in (self._initial, self._medial, self._final))
        initial -= _log_total(initial)[:, None]
        medial -= _log_total(medial)[:, :, None]
        final -= _log_total(final)[:, :, None]
        return initial, medial, final

    def _best_syllables(self, frames: IntArray) -> tuple[IntArray, FloatArray]:
        """(F,) the best syllable of some frames and (F,) its log-probability, given a syllable."""
        initial, medial, final = self._chain(frames)
        pairs = initial[:, :, None] + medial + final.max(2)[:, None, :]
        pairs = pairs.reshape(len(frames), NUM_INITIALS * NUM_MEDIALS)
        best = pairs.argmax(axis=1)
        rows = np.arange(len(frames))
        initials, medials = np.divmod(best, NUM_MEDIALS)
        return join_index(initials, medials, final[rows, medials].argmax(axis=1)), pairs[rows, best]


class PlainScores(FrameScores):
    """Scores of the output "symbol".

    Args:
        symbol: (T, 1 + C) logits, column 0 the blank; ids are columns less one.
    """

    def __init__(self, symbol: FloatArray) -> None:
        self._logs = symbol - _log_total(symbol)[:, None]
        self.blank = self._logs[:, 0]
        self.num_symbols = symbol.shape[1] - 1

    def best(self) -> tuple[IntArray, FloatArray]:
        """See `FrameScores.best`."""
        columns = self._logs.argmax(axis=1)
        return columns - 1, self._logs[np.arange(len(self)), columns]

    def top(self, n: int, frames: IntArray) -> tuple[IntArray, FloatArray]:
        """See `FrameScores.top`."""
        logs = self._logs[frames, 1:]
        return _best(np.broadcast_to(np.arange(self.num_symbols), logs.shape), logs, n)

    def at(self, frames: IntArray, ids: IntArray) -> FloatArray:
        """See `FrameScores.at`."""
        logs: FloatArray = self._logs[frames, ids + 1]
        return logs


def frame_scores(
    outputs: Mapping[str, FloatArray], *, temperatures: Mapping[str, float] | None = None
) -> FrameScores:
    """The scores of one line.

    Args:
        outputs: its logits by name, (T, …) each; see `koocr.line.ctc`.
        temperatures: by output name, what its logits are divided by (Guo et al., 2017); 1 where not named.
    """
    calm = temperatures or {}
    logits = {
        name: output / np.float32(calm[name]) if calm.get(name, 1.0) != 1.0 else output
        for name, output in outputs.items()
    }
    if "symbol" in logits:
        return PlainScores(logits["symbol"])
    return FactorisedScores(logits["kind"], logits["initial"], logits["medial"], logits["final"])


def split_lines(
    outputs: Mapping[str, FloatArray],
    num_frames: NDArray[np.integer[Any]],
    *,
    temperatures: Mapping[str, float] | None = None,
) -> Iterator[FrameScores]:
    """The scores of each line of a batch, without its padding.

    Args:
        outputs: logits by name, (N, T, …) each.
        num_frames: (N,) frames of each line that are not padding.
        temperatures: see `frame_scores`.
    """
    for number, count in enumerate(num_frames):
        line = {name: output[number, :count] for name, output in outputs.items()}
        yield frame_scores(line, temperatures=temperatures)


def _log_total(logits: FloatArray) -> FloatArray:
    """Takes log Σ exp over the last axis; short axes take half the time as products with ones."""
    flat = logits.reshape(-1, logits.shape[-1])
    ones = np.ones(flat.shape[1], np.float32)
    if flat.size and max(flat.max(), -flat.min()) > _SAFE:
        peak = flat.max(axis=1)
        totals = peak + np.log(np.exp(flat - peak[:, None]) @ ones)
    else:
        totals = np.log(np.exp(flat) @ ones)
    result: FloatArray = totals.reshape(logits.shape[:-1])
    return result


def _best(ids: IntArray, logs: FloatArray, n: int) -> tuple[IntArray, FloatArray]:
    """The n best of each row, best first, equal ones by id (of equal ones at the edge, any)."""
    rows = np.arange(len(logs))[:, None]
    if n < logs.shape[1]:
        chosen = np.argpartition(logs, logs.shape[1] - n, axis=1)[:, logs.shape[1] - n :]
        ids, logs = ids[rows, chosen], logs[rows, chosen]
    order = np.lexsort((ids, -logs), axis=1)
    return ids[rows, order], logs[rows, order]
