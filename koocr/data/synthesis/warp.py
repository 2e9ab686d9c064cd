"""Bending a glyph: proportions, elastic strokes, slant, rotation, size and place, in one resampling.

All that bends is smooth, so it is computed on a coarse lattice for the whole batch; each glyph's lattice is
then enlarged to a map of all pixels. That takes a third of the time of computing every pixel's place.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

FloatArray = NDArray[np.float32]
UInt8Array = NDArray[np.uint8]

_ELASTIC_GRID, _TREMBLE_GRID = 5, 9
_NODES = 17
"""Side of the lattice: its nodes are four pixels of 64 apart, those of the finest grid that bends seven."""


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
    nodes = _places(rng, settings, len(glyphs), size)  # (2, N, _NODES²)
    nodes *= np.float32(size / 64 / zoom)  # they are in 64ths of the result
    nodes += np.float32((glyphs.shape[1] - 1) / 2)
    lattices = np.stack(list(nodes), -1).reshape(-1, _NODES, _NODES, 2)
    margin = _margin(size)
    side = size + 2 * margin
    places = np.empty((side, side, 2), np.float32)
    inner = places[margin : margin + size, margin : margin + size]
    out = np.empty((len(glyphs), size, size), np.uint8)
    for glyph, lattice, target in zip(glyphs, lattices, out, strict=True):
        cv2.resize(lattice, (side, side), dst=places, interpolation=cv2.INTER_LINEAR)
        cv2.remap(glyph, inner, None, cv2.INTER_LINEAR, dst=target)
    return out


def _margin(size: int) -> int:
    """Pixels that a lattice reaches beyond the result, so that all of that lies between nodes."""
    return -(-size // 32)


def _nodes(size: int) -> FloatArray:
    """(_NODES,) where the nodes are along one axis, in 64ths of the result, from its middle."""
    spacing = (size + 2 * _margin(size)) / _NODES
    return ((np.arange(_NODES) - (_NODES - 1) / 2) * spacing * (64 / size)).astype(np.float32)


def _places(rng: np.random.Generator, settings: AugmentationSettings, count: int, size: int) -> FloatArray:
    """(2, count, _NODES²): the x and y that each node comes from, in 64ths of the result, from its middle."""
    strength = rng.uniform(settings.least_warp, settings.most_warp, count).astype(np.float32)
    (a, b), (c, d) = _inverse_affine(rng, settings, strength)[..., None, None]  # each (count, 1, 1)
    shift = rng.standard_normal((2, count, 1), np.float32) * np.float32(settings.shift_px)
    x, y = (_nodes(size) - shift[0])[:, None, :], (_nodes(size) - shift[1])[:, :, None]
    places = np.stack([a * x + b * y, c * x + d * y]).reshape(2, count, -1)
    if settings.stroke_warp:
        _reproportion(places, rng, settings.proportion * strength)
        places += _elastic(rng, settings, strength, size)
    return places


def _inverse_affine(
    rng: np.random.Generator, settings: AugmentationSettings, strength: FloatArray
) -> FloatArray:
    """(2, 2, N): from a result's coordinates to its glyph's; `strength` (N,): how free a hand."""
    angle, slant, stretch, scale = rng.standard_normal((4, len(strength)), np.float32)
    angle *= np.radians(settings.rotation_deg)
    slant *= settings.slant * strength
    stretch *= settings.stretch / 2 * strength
    loose, room = rng.random((2, len(strength)), np.float32)
    scale = np.exp(settings.scale * scale) * np.where(loose < settings.loose_cut, 0.5 + 0.4 * room, 1)
    wide, high = np.exp(stretch), np.exp(-stretch)  # the area stays, and the determinant is 1
    cos, sin = np.cos(angle), np.sin(angle)
    a, b, c, d = cos * wide, cos * slant - sin * high, sin * wide, sin * slant + cos * high
    extent = np.maximum(abs(a) + abs(b), abs(c) + abs(d))  # of the square's corners, where few have ink
    scale /= np.maximum(1.0, 0.88 * extent)
    return (np.array([[d, -b], [-c, a]]) / scale).astype(np.float32)


def _reproportion(places: FloatArray, rng: np.random.Generator, strength: FloatArray) -> None:
    """Moves the middle of a syllable against its ends, in place: u + s·(1 - (u/32)²)·32, one s per glyph."""
    drawn = rng.standard_normal(places.shape[:2], np.float32) * strength
    moved = np.float32(32) * np.clip(drawn, -0.4, 0.4)[..., None]
    inner = np.clip(places * np.float32(1 / 32), -1, 1)
    places += moved * (1 - inner * inner)


def _elastic(
    rng: np.random.Generator, settings: AugmentationSettings, strength: FloatArray, size: int
) -> FloatArray:
    """(2, N, _NODES²) smooth displacements: coarse grids of normal numbers, cubically enlarged.

    A grid's setting times `strength` (N,) is its standard deviation at most; each glyph has a fifth of it or
    more.
    """
    count, num_elastic = len(strength), _ELASTIC_GRID**2
    coarse = rng.standard_normal((2, count, num_elastic + _TREMBLE_GRID**2), np.float32)
    elastic, tremble = rng.uniform(0.2, 1.0, (2, count, 1)).astype(np.float32) * strength[:, None]
    coarse[..., :num_elastic] *= settings.elastic_px * elastic
    coarse[..., num_elastic:] *= settings.tremble_px * tremble
    bent: FloatArray = coarse @ _enlarging(size)
    return bent


@lru_cache(maxsize=8)
def _enlarging(size: int) -> FloatArray:
    """From both grids' values, all in a row, to the nodes': (_ELASTIC_GRID² + _TREMBLE_GRID², _NODES²).

    The lattice that fits the cubically enlarged grids best; one of their values at the nodes would tremble
    less. Each grid counts without its mean: a shift is not for it to make.
    """
    margin = _margin(size)
    linear = cv2.resize(np.eye(_NODES), (_NODES, size + 2 * margin), interpolation=cv2.INTER_LINEAR)
    fit = np.linalg.pinv(linear[margin : margin + size])  # (_NODES, size)
    by_axis = (
        fit @ cv2.resize(np.eye(grid), (grid, size), interpolation=cv2.INTER_CUBIC)
        for grid in (_ELASTIC_GRID, _TREMBLE_GRID)
    )
    both = [np.kron(one, one).T for one in by_axis]
    return np.concatenate([one - one.mean(0) for one in both]).astype(np.float32)
