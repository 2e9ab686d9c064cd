"""From a network's logits to the most likely symbols, exactly.

The probability of a syllable is that the image shows a whole syllable, times the product of its three jamo's
probabilities (independent heads) or its share of one softmax over all 11,172 (joint head); that of a single
jamo comes from the output "single". Both together sum to one over the 11,223 symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.character.symbols import NUM_SYMBOLS, common_syllables, encode
from koocr.errors import ConfigError
from koocr.hangul import NUM_SYLLABLES, join_index, split_index

FloatArray = NDArray[np.float32]
LogArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.int64]

_JAMO = ("initial", "medial", "final")
_SIZES = (19, 21, 28)
_FEW = 12
"""Up to this many candidates, the n best of each jamo, or of each pair, are looked at: the n best syllables
are made of them."""


@dataclass(frozen=True)
class Scores:
    """Log-probabilities of a batch of images, in one of two forms.

    Attributes:
        single: (N, 52) of the output "single": column 0 a whole syllable, then the single jamo.
        jamo: (N, 19), (N, 21), (N, 28), independent of each other; or None.
        table: (N, 11172) of the syllables, given that it is one; or None.
    """

    single: FloatArray
    jamo: tuple[FloatArray, FloatArray, FloatArray] | None = None
    table: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.single)

    def rows(self, chosen: IntArray | slice) -> Scores:
        """The scores of some of the images."""
        return Scores(
            single=self.single[chosen],
            jamo=None if self.jamo is None else _triple(part[chosen] for part in self.jamo),
            table=None if self.table is None else self.table[chosen],
        )

    def replaced(self, rows: IntArray, others: Scores) -> Scores:
        """These scores with those of `others`, of the same form, in some rows."""

        def put(own: FloatArray, new: FloatArray) -> FloatArray:
            own = own.copy()
            own[rows] = new
            return own

        jamo = table = None
        if self.jamo is not None and others.jamo is not None:
            jamo = _triple(put(own, new) for own, new in zip(self.jamo, others.jamo, strict=True))
        if self.table is not None and others.table is not None:
            table = put(self.table, others.table)
        return Scores(single=put(self.single, others.single), jamo=jamo, table=table)

    def syllables(self) -> LogArray:
        """(N, 11172) log-probabilities of the syllables, given that the image shows one.

        Sums over jamo are in double precision, where they are exact: no rounding makes two syllables equal.
        """
        if self.table is not None:
            return self.table
        initial, medial, final = self._factors()
        whole = initial[:, :, None, None] + medial[:, None, :, None] + final[:, None, None, :]
        return whole.reshape(len(self), NUM_SYLLABLES)

    def symbols(self) -> LogArray:
        """(N, 11223) log-probabilities of all symbols, in double precision."""
        single = self.single.astype(np.float64)
        return np.concatenate([self.syllables() + single[:, :1], single[:, 1:]], axis=1)

    def of_symbols(self, symbols: NDArray[np.integer[Any]]) -> LogArray:
        """(N,) log-probabilities of (N,) symbol ids, one for each image."""
        rows, ids = np.arange(len(self)), np.asarray(symbols, np.int64)
        is_single = ids >= NUM_SYLLABLES
        syllables = np.where(is_single, 0, ids)
        if self.table is not None:
            scores = self.table[rows, syllables].astype(np.float64)
        else:
            places = split_index(syllables)
            initial, medial, final = (
                part[rows, place] for part, place in zip(self._factors(), places, strict=True)
            )
            scores = initial + medial + final
        scores = scores + self.single[:, 0]
        singles = self.single[rows, np.where(is_single, ids - NUM_SYLLABLES + 1, 0)]
        return np.where(is_single, singles, scores)

    def jamo_shares(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Probabilities of each jamo in its place, given a syllable: (N, 19), (N, 21), (N, 28)."""
        if self.jamo is not None:
            return _triple(np.exp(part) for part in self.jamo)
        assert self.table is not None  # one of the two forms is always there
        initials, medials, finals = _SIZES
        shares = np.exp(self.table).reshape(-1, initials * medials, finals)
        # As products with ones, sums over short axes take a tenth of the time.
        pairs = (shares @ np.ones(finals, np.float32)).reshape(-1, initials, medials)
        return pairs.sum(2), pairs.sum(1), np.ones(initials * medials, np.float32) @ shares

    def top(self, n: int) -> tuple[IntArray, LogArray]:
        """The n most likely symbols of each image, best first; of equal ones, that with the lower id first.

        Args:
            n: 1 to 11,223.

        Returns:
            (N, n) symbol ids and (N, n) log-probabilities.

        Raises:
            ConfigError: n is out of range.
        """
        check_count(n)
        if n == 1:
            return self._best_one()
        if n <= _FEW:
            ids, scores = self._best_of_table(n) if self.jamo is None else self._best_products(n)
        else:
            scores = self.symbols()
            ids = np.broadcast_to(np.arange(NUM_SYMBOLS), scores.shape)
        return _best(ids, scores, n)

    def _best_one(self) -> tuple[IntArray, LogArray]:
        """`top(1)`, which every image needs twice, without sorting."""
        rows = np.arange(len(self))
        if self.table is not None:
            ids = self.table.argmax(1)
            scores = self.table[rows, ids].astype(np.float64)
        else:
            assert self.jamo is not None  # one of the two forms is always there
            initial, medial, final = places = [part.argmax(1) for part in self.jamo]
            ids = join_index(initial, medial, final)
            parts = [
                part[rows, place].astype(np.float64) for part, place in zip(self.jamo, places, strict=True)
            ]
            scores = parts[0] + parts[1] + parts[2]
        scores += self.single[:, 0]
        singles = 1 + self.single[:, 1:].argmax(1)
        single_scores = self.single[rows, singles]
        is_single = single_scores > scores  # of equal ones, syllables come first
        best = np.where(is_single, NUM_SYLLABLES - 1 + singles, ids)
        return best[:, None], np.where(is_single, single_scores, scores)[:, None]

    def _best_products(self, n: int) -> tuple[IntArray, LogArray]:
        """The n best symbols and more: products of the n best of each jamo, and the n best single jamo."""
        ids, scores = [], []
        for log_probabilities in self._factors():
            best, values = _best_columns(log_probabilities, n)
            ids.append(best)
            scores.append(values)
        joined = join_index(ids[0][:, :, None, None], ids[1][:, None, :, None], ids[2][:, None, None, :])
        total = scores[0][:, :, None, None] + scores[1][:, None, :, None] + scores[2][:, None, None, :]
        total = total + self.single[:, :1, None, None].astype(np.float64)
        singles, single_scores = _best_columns(self.single[:, 1:], n)
        flat = len(self), int(np.prod(joined.shape[1:]))
        return (
            np.concatenate([joined.reshape(flat), NUM_SYLLABLES + singles], axis=1),
            np.concatenate([total.reshape(flat), single_scores], axis=1),
        )

    def _best_of_table(self, n: int) -> tuple[IntArray, LogArray]:
        """The n best symbols and more: all finals of the n best pairs of the others, and n single jamo."""
        assert self.table is not None  # one of the two forms is always there
        num_finals = _SIZES[2]
        pairs = self.table.reshape(len(self), -1, num_finals).max(2)
        best, _ = _best_columns(pairs, n)
        ids = (best[:, :, None] * num_finals + np.arange(num_finals)).reshape(len(self), n * num_finals)
        scores = self.table[np.arange(len(self))[:, None], ids] + self.single[:, :1].astype(np.float64)
        singles, single_scores = _best_columns(self.single[:, 1:], n)
        return (
            np.concatenate([ids, NUM_SYLLABLES + singles], axis=1),
            np.concatenate([scores, single_scores], axis=1),
        )

    def _factors(self) -> list[LogArray]:
        assert self.jamo is not None  # one of the two forms is always there
        return [log_probabilities.astype(np.float64) for log_probabilities in self.jamo]


def check_count(n: int) -> None:
    """Raises ConfigError unless n candidates can be given: 1 to 11,223."""
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= NUM_SYMBOLS:
        raise ConfigError(f"n is {n!r}; give a whole number from 1 to {NUM_SYMBOLS}, the number of symbols")


def scores_of(
    outputs: Mapping[str, FloatArray],
    *,
    charset: str | None = None,
    temperatures: Mapping[str, float] | None = None,
    common_bonus: float = 0.0,
) -> Scores:
    """Turns a network's logits into log-probabilities.

    Args:
        outputs: logits by output name, (N, …) each; see `koocr.character.network.heads`.
        charset: the symbols of "symbol"'s columns, where the network has one softmax over fewer than all.
        temperatures: by output name, what its logits are divided by (Guo et al., 2017); 1 where not named.
        common_bonus: nats that the syllables of KS X 1001 get in a joint output. A network that learns all
            syllables alike does not expect that nearly all text is written with a fifth of them.

    Returns:
        The scores of the batch.
    """
    calm = temperatures or {}
    logs = {
        name: _log_softmax(
            logits, calm.get(name, 1.0), offset=_bonus(common_bonus) if name == "syllable" else None
        )
        for name, logits in outputs.items()
        if name != "kind"
    }
    if "symbol" in logs:
        return _from_symbols(logs["symbol"], charset)
    if "syllable" in logs:
        return Scores(single=logs["single"], table=logs["syllable"])
    initial, medial, final = (logs[name] for name in _JAMO)
    return Scores(single=logs["single"], jamo=(initial, medial, final))


def mean_scores(looks: Sequence[Scores]) -> Scores:
    """The mean of the probabilities that several looks at the same images gave, output by output.

    Args:
        looks: scores of the same form and the same images.
    """

    def mean(parts: Iterable[FloatArray]) -> FloatArray:
        stacked = np.stack(list(parts))
        peak = np.maximum(stacked.max(axis=0), np.finfo(np.float32).min)  # or minus infinity less itself
        stacked -= peak
        with np.errstate(divide="ignore"):
            return peak + np.log(np.exp(stacked, out=stacked).mean(axis=0))

    jamo = [look.jamo for look in looks if look.jamo is not None]
    tables = [look.table for look in looks if look.table is not None]
    return Scores(
        single=mean(look.single for look in looks),
        jamo=_triple(mean(parts) for parts in zip(*jamo, strict=True)) if jamo else None,
        table=mean(tables) if tables else None,
    )


def _triple(parts: Iterable[FloatArray]) -> tuple[FloatArray, FloatArray, FloatArray]:
    initial, medial, final = parts
    return initial, medial, final


def jamo_of(symbols: int) -> tuple[int, int, int]:
    """Initial, medial and final of a syllable's id."""
    initial, medial, final = split_index(symbols)
    return initial, medial, final


def _from_symbols(logs: FloatArray, charset: str | None) -> Scores:
    everything = logs
    if charset is not None:
        everything = np.full((len(logs), NUM_SYMBOLS), -np.inf, np.float32)
        everything[:, encode(charset)] = logs
    syllables = everything[:, :NUM_SYLLABLES]
    whole = _log_sum(syllables)
    with np.errstate(invalid="ignore"):
        table = np.where(np.isneginf(whole), np.float32(-np.log(NUM_SYLLABLES)), syllables - whole)
    return Scores(single=np.concatenate([whole, everything[:, NUM_SYLLABLES:]], axis=1), table=table)


@lru_cache(maxsize=8)
def _bonus(common_bonus: float) -> FloatArray | None:
    return np.float32(common_bonus) * common_syllables() if common_bonus else None


def _log_softmax(logits: FloatArray, temperature: float, *, offset: FloatArray | None = None) -> FloatArray:
    scaled = logits - logits.max(axis=1, keepdims=True)
    if temperature != 1.0:
        scaled *= np.float32(1 / temperature)
    if offset is not None:
        scaled += offset
    scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
    return scaled


def _log_sum(logs: FloatArray) -> FloatArray:
    """(N, 1) logarithms of the sums of exp(logs) over columns; minus infinity where all of them are."""
    peak = np.maximum(logs.max(axis=1, keepdims=True), np.finfo(np.float32).min)
    with np.errstate(divide="ignore"):  # a charset may have no syllable at all
        return peak + np.log(np.exp(logs - peak).sum(axis=1, keepdims=True))


def _best_columns(scores: LogArray, n: int) -> tuple[IntArray, LogArray]:
    """The n highest columns of each row, lowest column first among equals, in no further order."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    return order, scores[np.arange(len(scores))[:, None], order]


def _best(ids: IntArray, scores: LogArray, n: int) -> tuple[IntArray, LogArray]:
    """The n best of each row, best first, lower id first among equals."""
    chosen_ids = np.empty((len(ids), n), np.int64)
    chosen_scores = np.empty((len(ids), n), scores.dtype)
    for number, (row_ids, row) in enumerate(zip(ids, scores, strict=True)):
        if 4 * n < len(row):
            edge = np.partition(row, len(row) - n)[len(row) - n]
            keep = np.flatnonzero(row >= edge)
            row_ids, row = row_ids[keep], row[keep]
        order = np.lexsort((row_ids, -row))[:n]
        chosen_ids[number], chosen_scores[number] = row_ids[order], row[order]
    return chosen_ids, chosen_scores
