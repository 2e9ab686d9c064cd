"""Endless batches of training images: batch i is a function of the seed and i alone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.glyphs import INK_SIZE, GlyphStore, fit_ink
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
from koocr.data.synthesis.written import sample_hand, write
from koocr.ink import INK_SHARE, fit_glyph

UInt8Array = NDArray[np.uint8]


@dataclass(frozen=True)
class GlyphBatch:
    """Images and what they show.

    Attributes:
        images: (N, S, S) uint8, ink 255 on ground 0, as `koocr.ink.fit_glyph` returns them.
        symbols: (N,) symbol ids.
        is_handwritten: (N,) bool.
    """

    images: UInt8Array
    symbols: NDArray[np.int32]
    is_handwritten: NDArray[np.bool_]


class GlyphStream:
    """Batches of augmented glyphs.

    Because a batch depends on nothing but the seed and its number, training that was stopped goes on with
    exactly the images that it would have seen.

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
        self._is_handwritten = np.array([kind == "handwritten" for kind in store.kinds])

    def batch(self, index: int) -> GlyphBatch:
        """Batch number `index`, from 0."""
        rng = np.random.default_rng([self._seed, index])
        rows = self._sampler.sample(rng, self._batch_size)
        glyphs = np.take(self._images, rows, axis=0)
        symbols = self._store.symbols[rows]
        written = self._sampler.are_written(rng, rows)
        for row in np.flatnonzero(written):
            ink = fit_ink(write(int(symbols[row]), sample_hand(rng), rng))
            if ink is not None:
                glyphs[row] = ink
        return GlyphBatch(
            images=augment(glyphs, rng, self._augmentation, size=self._size),
            symbols=symbols,
            is_handwritten=self._is_handwritten[self._store.sources[rows]] | written,
        )


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
    glyphs = glyphs.copy()
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
