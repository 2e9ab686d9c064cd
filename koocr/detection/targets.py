"""What a detector shall find on a picture: the cores of text units, and how near their borders are.

Maps have half the picture's sides. A place is one of their pixels; what is drawn on it is antialiased, since
the cores of small print are only one or two places high.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.detection.settings import MAP_STRIDE, DetectorSettings
from koocr.polygon import Quads, area, offset_quad

__all__ = ["Targets", "draw_targets", "shrink_distance"]

FloatArray = NDArray[np.float32]

_LOW, _HIGH = 0.3, 0.7
"""Thresholds far from a border, and on it."""
_FEWEST_PIXELS = 4.0
"""Height, in pixels of the picture, below which nobody can read: such units are ignored."""


@dataclass(frozen=True)
class Targets:
    """Maps (H / 2, W / 2) of one picture, 255 for 1.

    Attributes:
        core: share of each place that lies in a unit moved inwards.
        core_mask: 0 in units that are to be ignored, else 1.
        border: threshold, from 0.3 at the distance D of a border to 0.7 on it.
        border_mask: 1 within that distance, else 0.
    """

    core: NDArray[np.uint8]
    core_mask: NDArray[np.uint8]
    border: NDArray[np.uint8]
    border_mask: NDArray[np.uint8]


def shrink_distance(quad: Quads, settings: DetectorSettings) -> float:
    """How far the sides of a unit move inwards: D = A(1 - r²) / L (Liao et al., 2020, section 3.4)."""
    around = float(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1).sum())
    return float(area(quad)) * settings.shrink / around if around else 0.0


def draw_targets(
    quads: Sequence[Quads],
    is_ignored: Sequence[bool],
    *,
    size: tuple[int, int],
    settings: DetectorSettings,
) -> Targets:
    """Draws the maps of a picture.

    Args:
        quads: (4, 2) each, convex, in its pixels; parts outside are cut off.
        is_ignored: for each quad, whether it is neither right nor wrong to find it.
        size: (H, W) of the picture, even numbers.
        settings: of the network.
    """
    shape = size[0] // MAP_STRIDE, size[1] // MAP_STRIDE
    core, near, ignored = (np.zeros(shape, np.float32) for _ in range(3))
    for quad, is_unknown in zip(quads, is_ignored, strict=True):
        scaled = np.asarray(quad, np.float32) / np.float32(MAP_STRIDE)
        if is_unknown or _height(scaled) < _FEWEST_PIXELS / MAP_STRIDE:
            _raise(ignored, scaled, _coverage)
            continue
        distance = shrink_distance(scaled, settings)
        _raise(core, offset_quad(scaled, -distance), _coverage)
        _raise(near, offset_quad(scaled, distance), partial(_nearness, scaled, distance))
    counts = (ignored < 0.5) | (core > 0)  # what is known to be text counts all the same
    return Targets(
        core=_bytes(core),
        core_mask=_bytes(counts),
        border=_bytes(_LOW + (_HIGH - _LOW) * near),
        border_mask=_bytes((near > 0) & counts),
    )


def _raise(target: FloatArray, quad: Quads, values: Callable[[FloatArray, Quads], FloatArray]) -> None:
    """Lifts a map, where it lies around a quad, to values of the places' centres and the quad."""
    low = np.maximum(np.floor(quad.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + 1, target.shape[::-1])
    if (low >= high).any():
        return
    columns, rows = (
        np.arange(start, stop, dtype=np.float32) + np.float32(0.5)
        for start, stop in zip(low, high, strict=True)
    )
    part = target[low[1] : high[1], low[0] : high[0]]
    places = np.stack(np.meshgrid(columns, rows), axis=-1)  # (h, w, 2)
    np.maximum(part, values(places, quad), out=part)


def _coverage(places: FloatArray, quad: Quads) -> FloatArray:
    """Share of each place that lies within a quad: exact for upright rectangles, near it for others."""
    depths = [np.clip(depth + 0.5, 0, 1) for depth in _depths(places, quad)]
    across = np.maximum(depths[0] + depths[2] - 1, 0)
    along = np.maximum(depths[1] + depths[3] - 1, 0)
    return np.asarray(across * along, np.float32)


def _depths(places: FloatArray, quad: Quads) -> list[FloatArray]:
    """For each of the four sides how far places lie on its inner side."""
    found = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        side = (end - start) / max(1e-9, float(np.linalg.norm(end - start)))
        off = places - start
        found.append(side[0] * off[..., 1] - side[1] * off[..., 0])
    return found


def _nearness(quad: Quads, distance: float, places: FloatArray, outer: Quads) -> FloatArray:
    """1 on the border of a quad, falling to 0 at a distance from it, inside and outside."""
    nearest = np.full(places.shape[:2], np.inf, np.float32)
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        side = end - start
        share = np.clip((places - start) @ side / max(1e-9, float(side @ side)), 0, 1)
        off = places - start - share[..., None] * side
        np.minimum(nearest, np.hypot(off[..., 0], off[..., 1]), out=nearest)
    return np.asarray(np.maximum(1 - nearest / max(1e-9, distance), 0), np.float32)


def _height(quad: Quads) -> float:
    """The shorter of the two mean lengths of opposite sides."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return float(min(sides[0] + sides[2], sides[1] + sides[3]) / 2)


def _bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.rint(values * np.float32(255)).astype(np.uint8)
