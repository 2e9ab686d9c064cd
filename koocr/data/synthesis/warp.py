"""Bending a glyph: proportions, elastic strokes, slant, rotation, size and place, in one resampling."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

FloatArray = NDArray[np.float32]
UInt8Array = NDArray[np.uint8]

_ELASTIC_GRID, _TREMBLE_GRID = 5, 9


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
    strength = rng.uniform(settings.least_warp, settings.most_warp, count)
    inverse = _inverse_affine(rng, settings, strength)
    shift = rng.normal(0, settings.shift_px, (2, count, 1, 1)).astype(np.float32)
    x, y = x - shift[0], y - shift[1]
    a, b, c, d = (inverse[:, i, j, None, None] for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)))
    u, v = a * x + b * y, c * x + d * y
    if settings.stroke_warp:
        u = _reproportion(u, rng, settings.proportion * strength)
        v = _reproportion(v, rng, settings.proportion * strength)
        bend = _elastic(rng, settings.elastic_px * strength, _ELASTIC_GRID, size)
        bend += _elastic(rng, settings.tremble_px * strength, _TREMBLE_GRID, size)
        u, v = u + bend[..., 0], v + bend[..., 1]
    return u, v


def _inverse_affine(
    rng: np.random.Generator, settings: AugmentationSettings, strength: NDArray[np.float64]
) -> FloatArray:
    """(N, 2, 2) matrices from a result's coordinates to its glyph's; `strength` (N,): how free a hand."""
    count = len(strength)
    angle = np.radians(rng.normal(0, settings.rotation_deg, count))
    slant = rng.normal(0, settings.slant, count) * strength
    stretch = rng.normal(0, settings.stretch, count) * strength / 2
    scale = np.exp(rng.normal(0, settings.scale, count))
    loose = rng.random(count) < settings.loose_cut
    scale = np.where(loose, scale * rng.uniform(0.5, 0.9, count), scale)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    shear = np.zeros((count, 2, 2))
    shear[:, 0, 0], shear[:, 1, 1] = scale * np.exp(stretch), scale * np.exp(-stretch)
    shear[:, 0, 1] = slant * scale
    forward = turn @ shear
    extent = np.abs(forward).sum(2).max(1) / scale  # of the square's corners, where few glyphs have ink
    forward /= np.maximum(1.0, 0.88 * extent)[:, None, None]
    return np.linalg.inv(forward).astype(np.float32)


def _reproportion(u: FloatArray, rng: np.random.Generator, strength: NDArray[np.float64]) -> FloatArray:
    """Moves the middle of a syllable against its ends: u + s·(1 - (u/32)²)·32, one s per glyph."""
    moved = np.clip(rng.standard_normal(len(u)) * strength, -0.4, 0.4).astype(np.float32)[:, None, None]
    inner: FloatArray = np.clip(u, -32, 32) / np.float32(32)
    return u + moved * 32 * (1 - inner * inner)


def _elastic(rng: np.random.Generator, sigma: NDArray[np.float64], grid: int, size: int) -> FloatArray:
    """(N, size, size, 2) smooth displacements: coarse grids of normal numbers, cubically enlarged.

    `sigma` (N,) is the standard deviation at most; each glyph has a fifth of it or more.
    """
    count = len(sigma)
    strength = (sigma * rng.uniform(0.2, 1.0, count))[:, None, None, None]
    coarse = (strength * rng.standard_normal((count, grid, grid, 2))).astype(np.float32)
    coarse -= coarse.mean((1, 2), keepdims=True)  # a shift is not for here to make
    out = np.empty((count, size, size, 2), np.float32)
    for part, target in zip(coarse, out, strict=True):
        cv2.resize(part, (size, size), dst=target, interpolation=cv2.INTER_CUBIC)
    return out
