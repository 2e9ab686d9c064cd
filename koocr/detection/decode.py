"""From the probability map of a page to quads: connected cores, the rectangle around each, grown back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.detection.settings import MAP_STRIDE
from koocr.errors import ConfigError
from koocr.polygon import Quads, min_area_quad, offset_quad

__all__ = ["DecodeSettings", "decode", "grow_distance"]

FloatArray = NDArray[np.float32]

_FINE = 2
"""The map is read twice as finely as it is given: what lies between its places tells where edges are."""


@dataclass(frozen=True)
class DecodeSettings:
    """What counts as text.

    Attributes:
        threshold: of the probability, for a place to belong to a core.
        min_score: mean probability of a core.
        min_height: of a quad, in pixels of the network's input.
    """

    threshold: float = 0.4
    min_score: float = 0.55
    min_height: float = 4.0

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        for name in ("threshold", "min_score"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a number between 0 and 1")


def decode(
    logits: FloatArray, *, shrink: float, settings: DecodeSettings | None = None
) -> tuple[Quads, FloatArray]:
    """Finds the text units of a page.

    Args:
        logits: (h, w) of the probability map.
        shrink: 1 - r² of what the network was trained with, see `koocr.detection.settings`.
        settings: what counts as text.

    Returns:
        (N, 4, 2) quads in pixels of the network's input, and (N,) their mean probabilities in [0, 1]; in no
        order that means anything.
    """
    settings = settings or DecodeSettings()
    fine = cv2.resize(logits, None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_LINEAR)
    level = math.log(settings.threshold / (1 - settings.threshold))
    cores = cv2.compare(fine, level, cv2.CMP_GT)
    count, labels = cv2.connectedComponents(cores, connectivity=8, ltype=cv2.CV_32S)
    if count < 2:
        return np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32)
    scores = _mean_probabilities(fine, labels, count)
    outlines, _ = cv2.findContours(cores, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        column, row = outline[0, 0]
        score = scores[labels[row, column]]
        if score < settings.min_score:
            continue
        quad = _grown(outline[:, 0], shrink)
        if _height(quad) >= settings.min_height:
            found.append((quad, score))
    quads = np.array([quad for quad, _ in found], np.float32).reshape(-1, 4, 2)
    return quads, np.array([score for _, score in found], np.float32)


def grow_distance(width: float, height: float, shrink: float) -> float:
    """How far the sides of a rectangle move outwards to undo D = A·shrink / L.

    With k = shrink / 2, D is the root of 4(1 - k)D² + (w + h)(1 - 2k)D - kwh = 0, which is the definition of
    D for the rectangle of sides w + 2D and h + 2D.
    """
    half = shrink / 2
    square, linear = 4 * (1 - half), (width + height) * (1 - 2 * half)
    product = half * width * height
    return 2 * product / (linear + math.sqrt(linear * linear + 4 * square * product)) if product > 0 else 0.0


def _grown(outline: NDArray[np.int32], shrink: float) -> Quads:
    """The quad of a core whose outermost places these are."""
    core = _from_centres(min_area_quad(outline + 0.5)) * (MAP_STRIDE / _FINE)
    return offset_quad(core, grow_distance(*_sides(core), shrink))


def _from_centres(quad: Quads) -> Quads:
    """The rectangle whose places have their outermost centres on the sides of this one.

    Behind the outermost of n + 1 centres, which lie anywhere, the edge is 1 / (n + 2) away on average; along
    a side that isn't level there are as many as it crosses rows.
    """
    along, down = quad[1] - quad[0], quad[3] - quad[0]
    width, height = _sides(quad)
    along, down = along / max(width, 1e-6), down / max(height, 1e-6)
    slope = float(min(abs(along[0]), abs(along[1]), 1)) if width else 0.0
    across = down / (width * slope + 2) if height else np.array([0, 0.5], np.float32)
    beside = along / (height * slope + 2) if width else np.array([0.5, 0], np.float32)
    return np.asarray(
        quad + np.stack([-beside - across, beside - across, beside + across, across - beside]), np.float32
    )


def _sides(quad: Quads) -> tuple[float, float]:
    """Width and height of a rectangle."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def _height(quad: Quads) -> float:
    return min(_sides(quad))


def _mean_probabilities(logits: FloatArray, labels: NDArray[np.int32], count: int) -> FloatArray:
    """(count,) by label; that of the ground, 0, means nothing."""
    inside = labels > 0
    numbers = labels[inside]
    values = 1 / (1 + np.exp(-logits[inside]))
    sums = np.bincount(numbers, weights=values, minlength=count)
    return np.asarray(sums / np.maximum(1, np.bincount(numbers, minlength=count)), np.float32)
