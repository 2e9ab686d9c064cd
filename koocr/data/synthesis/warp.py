"""Bending a glyph: proportions, elastic strokes, slant, rotation, size and place, in one resampling."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

FloatArray = NDArray[np.float32]
UInt8Array = NDArray[np.uint8]

_ELASTIC_GRID = 5


def warp(
    glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings, *, size: int, zoom: float
) -> UInt8Array:
    """Bends each glyph of a batch differently.

    Args:
        glyphs: (N, S, S) uint8, ink bright on 0.
        rng: source of all chance.
        settings: how strongly.
        size: side of the results.
        zoom: size of a glyph's ink in the result over its size in the source square, before any jitter.

    Returns:
        (N, size, size) uint8.
    """
    map_x, map_y = _maps(rng, settings, len(glyphs), size)
    source = glyphs.shape[1]
    unit = np.float32(size / 64 / zoom)  # maps are in 64ths of the result
    map_x = map_x * unit + np.float32((source - 1) / 2)
    map_y = map_y * unit + np.float32((source - 1) / 2)
    out = np.empty((len(glyphs), size, size), np.uint8)
    for glyph, x, y, target in zip(glyphs, map_x, map_y, out, strict=True):
        cv2.remap(glyph, x, y, cv2.INTER_LINEAR, dst=target)
    return out


def _maps(
    rng: np.random.Generator, settings: AugmentationSettings, count: int, size: int
) -> tuple[FloatArray, FloatArray]:
    """Where each pixel of the results comes from, in 64ths of the result, measured from the middle."""
    axis = (np.arange(size, dtype=np.float32) - (size - 1) / 2) * np.float32(64 / size)
    x, y = axis[None, None, :], axis[None, :, None]
    inverse = _inverse_affine(rng, settings, count)
    shift = rng.normal(0, settings.shift_px, (2, count, 1, 1)).astype(np.float32)
    x, y = x - shift[0], y - shift[1]
    a, b, c, d = (inverse[:, i, j, None, None] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    u, v = a * x + b * y, c * x + d * y
    if settings.stroke_warp:
        u, v = _reproportion(u, rng, settings.proportion), _reproportion(v, rng, settings.proportion)
        bend = _elastic(rng, settings.elastic_px, count, size)
        u, v = u + bend[..., 0], v + bend[..., 1]
    return u, v


def _inverse_affine(rng: np.random.Generator, settings: AugmentationSettings, count: int) -> FloatArray:
    """(count, 2, 2) matrices from a result's coordinates to its glyph's."""
    angle = np.radians(rng.normal(0, settings.rotation_deg, count))
    slant = rng.normal(0, settings.slant, count)
    stretch = rng.normal(0, settings.stretch, count) / 2
    scale = np.exp(rng.normal(0, settings.scale, count))
    loose = rng.random(count) < settings.loose_cut
    scale = np.where(loose, scale * rng.uniform(0.5, 0.9, count), scale)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    shear = np.zeros((count, 2, 2))
    shear[:, 0, 0], shear[:, 1, 1] = scale * np.exp(stretch), scale * np.exp(-stretch)
    shear[:, 0, 1] = slant * scale
    return np.linalg.inv(turn @ shear).astype(np.float32)


def _reproportion(u: FloatArray, rng: np.random.Generator, strength: float) -> FloatArray:
    """Moves the middle of a syllable against its ends: u + s·(1 - (u/32)²)·32, one s per glyph."""
    moved = np.clip(rng.normal(0, strength, (len(u), 1, 1)), -0.4, 0.4).astype(np.float32)
    inner: FloatArray = np.clip(u, -32, 32) / np.float32(32)
    return u + moved * 32 * (1 - inner * inner)


def _elastic(rng: np.random.Generator, sigma: float, count: int, size: int) -> FloatArray:
    """(count, size, size, 2) smooth displacements: a coarse grid of normal numbers, cubically enlarged."""
    strength = sigma * rng.uniform(0.2, 1.0, (count, 1, 1, 1))
    grid = (strength * rng.standard_normal((count, _ELASTIC_GRID, _ELASTIC_GRID, 2))).astype(np.float32)
    out = np.empty((count, size, size, 2), np.float32)
    for coarse, target in zip(grid, out, strict=True):
        cv2.resize(coarse, (size, size), dst=target, interpolation=cv2.INTER_CUBIC)
    return out
