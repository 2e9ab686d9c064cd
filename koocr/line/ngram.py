"""How likely a text is before its image is seen: a character n-gram model, for the beam search to lean on.

Interpolated Witten–Bell smoothing (Bell, Cleary and Witten, 1990, method C): a context that was seen c times
with d different symbols behind it gives a symbol (count + d·shorter) / (c + d), `shorter` being the same with
a context that is shorter by one symbol, and at last 1 / (C + 1) for everything. It is stored as a back-off
model: the logarithms for n-grams that are kept, and for each context what is left for all the other symbols,
so that n-grams may be left out and everything still sums to one.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from koocr.charset import Charset, normalise
from koocr.errors import ConfigError, DataError, WeightsCorruptError, WeightsMissingError

__all__ = ["NGram"]

UInt64Array = NDArray[np.uint64]
FloatArray = NDArray[np.float32]

_BITS = 16
"""Of a symbol in a key: four symbols fill 64."""
_MAX_ORDER = 64 // _BITS
_FORMAT = 2
_HEAD = ("format", "charset")
"""Arrays of a file beside those of its n-grams."""
_STORED = ("symbols", "logs", "counts", "rests", "known", "others")
"""Arrays of each length of n-grams, see `_stored`."""
_DAMAGE = (
    AttributeError,  # up to Python 3.10: an .npy file is an array, which can't be closed
    BadZipFile,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,  # a compression or an encryption that zipfile doesn't know
    TypeError,
    ValueError,
    zlib.error,
)
"""What NumPy and zipfile raise where bytes of an `.npz` are wrong."""
_MOST_KNOWN = 1 << 15
"""Scores that are kept for the next line (6 MB, two hundred lines); then all are forgotten."""


@dataclass(frozen=True)
class _Level:
    """The n-grams of one length.

    Attributes:
        keys: (M,) n-grams, sorted; see `_windows`.
        logs: (M,) log p(last symbol | those before).
        contexts: (H,) the n-grams' first n - 1 symbols, sorted, each once.
        rests: (H,) log of what symbols without an n-gram get, as a multiple of the shorter context's.
    """

    keys: UInt64Array
    logs: FloatArray
    contexts: UInt64Array
    rests: FloatArray


class NGram:
    """The logarithm of p(symbol | the symbols before it), from texts; see `NGram.train` and `NGram.load`.

    A text has a boundary before it and behind it, so that its first symbols and its end have probabilities.
    """

    def __init__(self, charset: Charset, levels: Sequence[_Level]) -> None:
        self._charset = charset
        self._levels = tuple(levels)
        self._reach = len(self._levels) - 1
        self._boundary = len(charset)
        self._uniform = -math.log(len(charset) + 1)
        # Views, in which bisect finds one key in a third of the time that NumPy takes in an array.
        self._views = [
            (
                level.keys.data,
                level.logs.data,
                level.contexts.data,
                level.rests.data,
            )
            for level in self._levels
        ]
        self._known: dict[tuple[int, ...], float] = {}

    def __reduce__(self) -> tuple[type[NGram], tuple[Charset, tuple[_Level, ...]]]:
        """For other processes: views can't be pickled."""
        return NGram, (self._charset, self._levels)

    @property
    def charset(self) -> Charset:
        """Whose ids it takes for symbols."""
        return self._charset

    @property
    def order(self) -> int:
        """The length of the longest n-grams: one more than the context that counts."""
        return len(self._levels)

    @property
    def reach(self) -> int:
        """How many symbols before one count for it."""
        return self._reach

    @classmethod
    def train(cls, texts: Iterable[str], charset: Charset, *, order: int = 4, min_count: int = 2) -> NGram:
        """Counts n-grams.

        Args:
            texts: lines; they are normalised, and those with a symbol that is not in the charset left out.
            charset: of the reader whose beam search is to use it.
            order: 1 to 4.
            min_count: n-grams of three and more symbols that were seen less often aren't kept: they are most
                of the file, and say least.

        Raises:
            ConfigError: a number is out of range, or the charset too large.
            DataError: there is no text to learn from.
        """
        if not 1 <= order <= _MAX_ORDER:
            raise ConfigError(f"order is {order!r}; give a whole number from 1 to {_MAX_ORDER}")
        if min_count < 1:
            raise ConfigError(f"min_count is {min_count!r}; give at least 1")
        _check_size(charset)
        lines = [charset.encode(text) for text in texts if normalise(text) and charset.covers(text)]
        if not lines:
            raise DataError("no text is left for the n-gram model; give lines whose symbols the charset has")
        padded = _padded(lines, boundary=len(charset), order=order)
        levels: list[_Level] = []
        for length in range(1, order + 1):
            kept = min_count if length > 2 else 1
            levels.append(_level(_windows(padded, length, order), levels, len(charset) + 1, kept))
        return cls(charset, levels)

    def score(self, prefix: Sequence[int], symbol: int) -> float:
        """The logarithm of p(symbol | the symbols before it), natural; ids of the charset."""
        if len(prefix) == self._reach:  # as a search hands it over
            gram = (*prefix, symbol)
        else:
            recent = prefix[max(0, len(prefix) - self._reach) :]
            gram = (*(self._boundary,) * (self._reach - len(recent)), *recent, symbol)
        found = self._known.get(gram)
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[gram] = self._look_up(gram)
        return found

    def end(self, prefix: Sequence[int]) -> float:
        """The logarithm of p(the text ends here | its symbols)."""
        return self.score(prefix, self._boundary)

    def log_probability(self, text: str) -> float:
        """The logarithm of p(text), its end included.

        Raises:
            CharsetError: a symbol is not in the charset.
        """
        ids = self._charset.encode(text).tolist()
        return sum(self.score(ids[:place], symbol) for place, symbol in enumerate(ids)) + self.end(ids)

    def save(self, path: str | Path) -> None:
        """Writes an `.npz` without compression, for a reader waits while it is loaded: see `_stored`."""
        arrays: dict[str, Any] = {
            "format": np.array(_FORMAT),
            "charset": np.array(_digest(self._charset)),
        }
        known = np.zeros(0, np.uint64)
        for length, level in enumerate(self._levels, start=1):
            arrays |= {f"{name}{length}": array for name, array in _stored(level, known).items()}
            known = level.keys
        with Path(path).open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | Path, charset: Charset | Callable[[], Charset]) -> NGram:
        """Reads what `save` wrote.

        Args:
            path: of the file.
            charset: of the reader, or what tells it: asked once the file is read, which takes a while.

        Raises:
            WeightsMissingError: there is no such file.
            WeightsCorruptError: it is no n-gram model, or damaged.
            ConfigError: it was made for another charset.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                digest, levels = str(arrays["charset"]), _levels(arrays)
        except FileNotFoundError as error:
            raise WeightsMissingError(f"there is no n-gram model {path}; train one, or go without") from error
        except _DAMAGE as error:
            raise WeightsCorruptError(f"{path} is no n-gram model, or damaged ({error})") from error
        charset = charset() if callable(charset) else charset
        if digest != _digest(charset):
            raise ConfigError(f"{path} was made for another charset; train it anew for this one")
        return cls(charset, levels)

    def _look_up(self, gram: tuple[int, ...]) -> float:
        log = 0.0
        for length in range(self.order, 0, -1):
            keys, logs, contexts, rests = self._views[length - 1]
            key = _key(gram[-length:])
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return log + float(logs[place])
            place = bisect_left(contexts, key >> _BITS)
            if place < len(contexts) and contexts[place] == key >> _BITS:
                log += float(rests[place])
        return log + self._uniform


def _check_size(charset: Charset) -> None:
    if not 1 <= len(charset) < 1 << _BITS:
        raise ConfigError(
            f"an n-gram model can't have {len(charset)} symbols; give a charset of 1 to {(1 << _BITS) - 1}"
        )


def _padded(lines: Sequence[NDArray[np.int32]], *, boundary: int, order: int) -> UInt64Array:
    """All lines in one array: before each there are order - 1 boundaries, or the one that ends the last."""
    fence = np.full(max(order - 1, 1), boundary, np.int32)
    pieces = [piece for line in lines for piece in (fence, line)]
    return np.concatenate([*pieces, fence[:1]]).astype(np.uint64)


def _windows(padded: UInt64Array, length: int, order: int) -> UInt64Array:
    """The n-grams that end in a symbol or in a text's end, as keys: 16 bits a symbol, the last one lowest."""
    boundary = padded[0]
    last = np.arange(max(order - 1, 1), len(padded))
    is_end = (padded[last] != boundary) | (padded[last - 1] != boundary)
    last = last[is_end]
    keys = np.zeros(len(last), np.uint64)
    for back in range(length - 1, -1, -1):
        keys = (keys << np.uint64(_BITS)) | padded[last - back]
    return keys


def _level(windows: UInt64Array, shorter: Sequence[_Level], num_symbols: int, min_count: int) -> _Level:
    """Counts and smooths the n-grams of one length, given those that are shorter."""
    keys, counts = np.unique(windows, return_counts=True)
    contexts, member = np.unique(keys >> np.uint64(_BITS), return_inverse=True)
    seen = np.bincount(member, weights=counts)
    kinds = np.bincount(member)
    kept = counts >= min_count
    keys, counts, member = keys[kept], counts[kept], member[kept]
    lower = _lower(keys, shorter, num_symbols)
    shares = (counts + kinds[member] * lower) / (seen + kinds)[member]
    taken = np.bincount(member, weights=shares, minlength=len(contexts))
    left = np.bincount(member, weights=lower, minlength=len(contexts))
    with np.errstate(divide="ignore", invalid="ignore"):
        rests = np.log(np.maximum(1 - taken, 1e-12) / np.maximum(1 - left, 1e-12))
    has_any = np.bincount(member, minlength=len(contexts)) > 0
    return _Level(keys, _half(np.log(shares)), contexts[has_any], _half(rests[has_any]))


def _lower(keys: UInt64Array, shorter: Sequence[_Level], num_symbols: int) -> NDArray[np.float64]:
    """Probabilities of n-grams' last symbols with the first one forgotten; those n-grams are always kept."""
    if not shorter:
        return np.full(len(keys), 1 / num_symbols)
    level, bits = shorter[-1], _BITS * len(shorter)
    places = np.searchsorted(level.keys, keys & np.uint64((1 << bits) - 1))
    return np.exp(level.logs[places].astype(np.float64))


def _levels(arrays: Any) -> list[_Level]:
    if int(arrays["format"]) != _FORMAT:
        raise ValueError(f"format {int(arrays['format'])}, not {_FORMAT}")
    lengths = [length for length in range(1, _MAX_ORDER + 1) if f"symbols{length}" in arrays]
    names = {f"{name}{length}" for length in lengths for name in _STORED}
    if lengths != list(range(1, len(lengths) + 1)) or not lengths or {*arrays} != {*names, *_HEAD}:
        raise ValueError("n-grams are missing")
    levels: list[_Level] = []
    for length in lengths:
        known = levels[-1].keys if levels else np.zeros(0, np.uint64)
        levels.append(_restored({name: arrays[f"{name}{length}"] for name in _STORED}, known))
    return levels


def _stored(level: _Level, known: UInt64Array) -> dict[str, NDArray[Any]]:
    """The arrays that a level is stored as.

    Of an n-gram only the last symbol, grouped by context; of a context, how many it has. A context is itself
    an n-gram of the level below, `known`, where one bit says so; the few that aren't, with nothing but
    boundaries, come as they are.
    """
    counts = np.unique(level.keys >> np.uint64(_BITS), return_counts=True)[1]
    is_known = np.isin(level.contexts, known, assume_unique=True)
    return {
        "symbols": level.keys.astype(np.uint16),
        "logs": level.logs.astype(np.float16),
        "counts": counts.astype(np.uint16),
        "rests": level.rests.astype(np.float16),
        "known": np.packbits(np.isin(known, level.contexts, assume_unique=True)),
        "others": level.contexts[~is_known],
    }


def _restored(arrays: dict[str, NDArray[Any]], known: UInt64Array) -> _Level:
    if arrays["known"].size != -(-known.size // 8) or any(array.ndim != 1 for array in arrays.values()):
        raise ValueError("its arrays don't fit together")
    contexts = known[np.unpackbits(arrays["known"], count=known.size).astype(bool)]
    others = arrays["others"].astype(np.uint64)
    contexts = np.insert(contexts, np.searchsorted(contexts, others), others)
    counts, symbols = arrays["counts"].astype(np.int64), arrays["symbols"].astype(np.uint64)
    logs, rests = (arrays[name].astype(np.float32) for name in ("logs", "rests"))
    if contexts.shape != counts.shape or contexts.shape != rests.shape or symbols.shape != logs.shape:
        raise ValueError("its arrays don't fit together")
    if counts.sum() != len(symbols):
        raise ValueError("its contexts have other n-grams")
    return _Level(np.repeat(contexts << np.uint64(_BITS), counts) | symbols, logs, contexts, rests)


def _half(logs: NDArray[np.float64]) -> FloatArray:
    """Rounded to half precision, so that a model scores alike before and after it was saved."""
    return logs.astype(np.float16).astype(np.float32)


def _key(gram: Sequence[int]) -> int:
    key = 0
    for symbol in gram:
        key = key << _BITS | symbol
    return key


def _digest(charset: Charset) -> str:
    return hashlib.sha256("".join(charset.symbols).encode("utf-8", "surrogatepass")).hexdigest()
