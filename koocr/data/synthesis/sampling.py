"""Which glyph comes next: the syllable first, then one of the faces that draw it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from koocr.data.glyphs import GlyphStore
from koocr.errors import ConfigError
from koocr.hangul import JAMO, NUM_SYLLABLES

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SamplingSettings:
    """Shares of the training images.

    Attributes:
        uniform: drawn uniformly over all syllables; the rest as common as in Korean text. Half and half: rare
            syllables are learnt, and common ones are not read for them.
        real: crops of real hands among all images.
        single_jamo: images of a single jamo.
        written: of the others, those that are written anew with a moving pen instead of taken from a face.
        hidden_symbols: symbols never shown, to measure how unseen syllables are read.
    """

    uniform: float = 0.5
    real: float = 0.12
    single_jamo: float = 0.02
    written: float = 0.20
    hidden_symbols: frozenset[int] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Raises ConfigError on a share that is none."""
        for name in ("uniform", "real", "written", "single_jamo"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"the share {name} is {getattr(self, name)}; give a number from 0 to 1")


def syllables_to_hide(share: float) -> frozenset[int]:
    """A share of the syllables, never to be shown; the same for the same share."""
    order = np.random.default_rng(NUM_SYLLABLES).permutation(NUM_SYLLABLES)
    return frozenset(order[: round(share * NUM_SYLLABLES)].tolist())


@dataclass(frozen=True)
class _Rows:
    """Rows of the store by symbol: those of symbol s are `rows[starts[s]:starts[s + 1]]`."""

    rows: IntArray
    starts: IntArray

    @classmethod
    def of(cls, store: GlyphStore, chosen: NDArray[np.bool_]) -> _Rows:
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(store.symbols[rows], kind="stable")]
        counts = np.bincount(store.symbols[rows], minlength=NUM_SYLLABLES + len(JAMO))
        return cls(rows, np.concatenate([[0], np.cumsum(counts)]))

    @property
    def counts(self) -> IntArray:
        return np.diff(self.starts)

    def pick(self, symbols: IntArray, uniform: FloatArray) -> IntArray:
        """One row for each symbol, by a number in [0, 1) each."""
        offsets = (uniform * self.counts[symbols]).astype(np.int64)
        return self.rows[self.starts[symbols] + offsets]


class GlyphSampler:
    """Draws rows of a glyph store.

    A batch is a function of the generator alone. Of the syllables, a share (`SamplingSettings.uniform`)
    comes uniformly over all that some face draws and the others by `frequencies`; every face that draws the
    syllable is equally likely. A further share comes from real hands, uniformly over their crops.

    Args:
        store: the glyphs.
        settings: the shares.
        frequencies: (11172,) how common each syllable is, any scale; None for uniform throughout.
        leave_out: sources whose names begin with one of these are not used.
    """

    def __init__(
        self,
        store: GlyphStore,
        settings: SamplingSettings,
        *,
        frequencies: FloatArray | None = None,
        leave_out: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        used = np.array([not name.startswith(leave_out) if leave_out else True for name in store.names])
        shown = used[store.sources] & ~np.isin(store.symbols, list(settings.hidden_symbols))
        real = np.asarray(store.is_real, bool)[store.sources]
        self._drawn = _Rows.of(store, shown & ~real)
        self._real = np.flatnonzero(shown & real)
        self._is_real = real
        symbols = np.arange(NUM_SYLLABLES + len(JAMO))
        available = self._drawn.counts > 0
        uniform = (available & (symbols < NUM_SYLLABLES)).astype(float)
        if not uniform.any():
            raise ConfigError(
                "no face draws any of the syllables to be shown; add faces or hide fewer syllables"
            )
        common = uniform.copy()
        if frequencies is not None and (uniform[:NUM_SYLLABLES] * frequencies).any():
            common[:NUM_SYLLABLES] *= frequencies
        single = (available & (symbols >= NUM_SYLLABLES)).astype(float)
        share_single = settings.single_jamo if single.any() else 0.0
        weights = settings.uniform * _to_one(uniform) + (1 - settings.uniform) * _to_one(common)
        weights = (1 - share_single) * weights + (share_single * _to_one(single) if share_single else 0.0)
        self._cumulative = np.cumsum(weights) / weights.sum()
        self._cumulative[self._cumulative >= self._cumulative[-1]] = 1.0  # or a number near 1 finds no symbol

    def are_written(self, rng: np.random.Generator, rows: IntArray) -> NDArray[np.bool_]:
        """Which of the sampled rows are to be written anew: never a crop of a real hand."""
        return (rng.random(len(rows)) < self._settings.written) & ~self._is_real[rows]

    def sample(self, rng: np.random.Generator, size: int) -> IntArray:
        """(size,) rows of the store."""
        symbols = np.searchsorted(self._cumulative, rng.random(size), side="right")
        rows = self._drawn.pick(symbols, rng.random(size))
        real = rng.random(size) < self._settings.real
        chosen = rng.random(size)
        if len(self._real):
            rows = np.where(real, self._real[(chosen * len(self._real)).astype(np.int64)], rows)
        return rows


def _to_one(weights: FloatArray) -> FloatArray:
    return weights / weights.sum()
