"""Endless batches of training images: batch i is a function of the seed and i alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.glyphs import INK_SIZE, GlyphStore
from koocr.data.synthesis.degrade import degrade
from koocr.data.synthesis.sampling import GlyphSampler
from koocr.data.synthesis.settings import AugmentationSettings
from koocr.data.synthesis.strokes import (
    add_surroundings,
    change_stroke_width,
    join_or_break,
    lift_pen,
    thin_strokes,
)
from koocr.data.synthesis.warp import warp
from koocr.data.synthesis.written import sample_hand, write_fitted
from koocr.ink import INK_SHARE, fit_glyph

UInt8Array = NDArray[np.uint8]

BLOCK, _TIMES_SHOWN = 8, 4
"""Batches that share their written glyphs, and how often each is shown, never the same twice: about as often
as each glyph of a typeface is in a training, and a quarter of the writing."""


@dataclass(frozen=True)
class GlyphBatch:
    """Images and what they show.

    Attributes:
        images: (N, S, S) uint8, ink 255 on ground 0, as `koocr.ink.fit_glyph` returns them.
        symbols: (N,) symbol ids.
        is_handwritten: (N,) bool.
        weights: (N,) how much each counts, not below 0, about 1 in the mean; None: all alike.
    """

    images: UInt8Array
    symbols: NDArray[np.int32]
    is_handwritten: NDArray[np.bool_]
    weights: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class _Writings:
    """Written glyphs of a block of batches: (M, GLYPH_SIZE, GLYPH_SIZE) images of (M,) symbols."""

    block: int
    symbols: NDArray[np.int32]
    images: UInt8Array


class GlyphStream:
    """Batches of augmented glyphs.

    Because a batch depends on nothing but the seed and its number, training that was stopped goes on with
    exactly the images that it would have seen. Batches are made quickest one after the other: `BLOCK` of them
    share what is written.

    Args:
        store: the glyphs.
        sampler: which of them.
        batch_size: N.
        size: side of the images.
        seed: another seed, other images.
        augmentation: how strongly they are changed.
    """

    def __init__(
        self,
        store: GlyphStore,
        sampler: GlyphSampler,
        *,
        batch_size: int = 128,
        size: int = 64,
        seed: int = 0,
        augmentation: AugmentationSettings | None = None,
    ) -> None:
        self._store = store
        self._images = np.asarray(store.images)  # a plain view: memory maps are slow to index
        self._sampler = sampler
        self._batch_size = batch_size
        self._size = size
        self._seed = seed
        self._augmentation = augmentation or AugmentationSettings()
        self._kept: _Writings | None = None
        self._is_handwritten = np.array([kind == "handwritten" for kind in store.kinds])

    def batch(self, index: int) -> GlyphBatch:
        """Batch number `index`, from 0."""
        rng = np.random.default_rng([self._seed, index])
        rows = self._sampler.sample(rng, self._batch_size)
        glyphs = np.take(self._images, rows, axis=0)
        symbols = self._store.symbols[rows]
        is_handwritten = self._is_handwritten[self._store.sources[rows]]
        written = np.flatnonzero(self._sampler.are_written(rng, rows))
        if len(written):
            pool = self._writings(index // BLOCK)
            chosen = np.resize(rng.permutation(len(pool.symbols)), len(written))
            glyphs[written], symbols[written] = pool.images[chosen], pool.symbols[chosen]
            is_handwritten[written] = True
        return GlyphBatch(_augment(glyphs, rng, self._augmentation, self._size), symbols, is_handwritten)

    def _writings(self, block: int) -> _Writings:
        """What is written for the batches of a block; the last that was asked for is kept."""
        kept = self._kept
        if kept is None or kept.block != block:
            rng = np.random.default_rng([self._seed, block, BLOCK])  # three numbers: no batch has this one
            rows = self._sampler.sample(rng, -(-self._batch_size * BLOCK // _TIMES_SHOWN))
            written = self._sampler.are_written(rng, rows)
            written[0] |= not written.any()
            symbols = self._store.symbols[rows[written]]
            images = [write_fitted(symbol, sample_hand(rng), rng) for symbol in symbols.tolist()]
            self._kept = kept = _Writings(block, symbols, np.stack(images))
        return kept


def augment(
    glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings, *, size: int = 64
) -> UInt8Array:
    """Makes training images from stored glyphs.

    Args:
        glyphs: (N, GLYPH_SIZE, GLYPH_SIZE) uint8, ink bright on 0; left as they are.
        rng: source of all chance.
        settings: how strongly.
        size: side of the results.

    Returns:
        (N, size, size) uint8.
    """
    return _augment(glyphs.copy(), rng, settings, size)


def _augment(
    glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings, size: int
) -> UInt8Array:
    """The same, with strokes changed in place."""
    thin_strokes(glyphs, rng, settings)
    change_stroke_width(glyphs, rng, settings)
    join_or_break(glyphs, rng, settings)
    lift_pen(glyphs, rng, settings)
    zoom = (INK_SHARE * size) / INK_SIZE
    images = warp(glyphs, rng, settings, size=size, zoom=zoom)
    add_surroundings(images, rng, settings)
    degrade(images, rng, settings)
    _read_anew(images, rng, settings)
    return images


def _read_anew(images: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Puts some images through the reader's own preparation, in place; blank ones stay as they are."""
    for row in np.flatnonzero(rng.random(len(images)) < settings.through_reader):
        fitted = fit_glyph(cv2.bitwise_not(images[row]), images.shape[1])
        if fitted is not None:
            images[row] = fitted
