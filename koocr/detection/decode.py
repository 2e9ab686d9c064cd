"""From the probability map of a page to quads: connected cores, the rectangle around each, grown back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.bend import Bend
from koocr.detection.bending import bend_of
from koocr.detection.growing import grow_distance
from koocr.detection.settings import MAP_STRIDE
from koocr.errors import ConfigError
from koocr.polygon import Quads, min_area_quad, offset_quad

__all__ = ["DecodeSettings", "decode", "outermost"]

FloatArray = NDArray[np.float32]

_CERTAIN = 30.0
"""Logits beyond it say no more."""
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
    min_score: float = 0.5
    min_height: float = 3.0

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        for name in ("threshold", "min_score"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a number between 0 and 1")


def decode(
    logits: FloatArray, *, shrink: float, settings: DecodeSettings | None = None
) -> tuple[Quads, FloatArray, list[Bend | None]]:
    """Finds the text units of a page.

    Args:
        logits: (h, w) of the probability map.
        shrink: 1 - r² of what the network was trained with, see `koocr.detection.settings`.
        settings: what counts as text.

    Returns:
        (N, 4, 2) quads in pixels of the network's input, (N,) their mean probabilities in [0, 1], and the
        course of those that are bent, None for the others; in no order that means anything.
    """
    settings = settings or DecodeSettings()
    probability = 1 / (1 + np.exp(-np.clip(logits, -_CERTAIN, _CERTAIN)))
    fine = cv2.resize(probability, None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_LINEAR)
    cores = cv2.compare(fine, settings.threshold, cv2.CMP_GE)
    outlines, _ = cv2.findContours(cores, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    scores = _scores(fine, cores, outlines)
    found = []
    for outline, score in zip(outlines, scores.tolist(), strict=True):
        if score < settings.min_score:
            continue
        quad, bend = _grown(_edge(fine, outline[:, 0], settings.threshold), shrink)
        if _height(quad) >= settings.min_height:
            found.append((quad, score, bend))
    bends = [bend for _, _, bend in found]
    quads = np.array([quad for quad, _, _ in found], np.float32).reshape(-1, 4, 2)
    own = outermost(quads, bends)
    scores = np.array([score for _, score, _ in found], np.float32)
    return quads[own], scores[own], [bends[row] for row in np.flatnonzero(own).tolist()]


def outermost(
    quads: Quads, bends: Sequence[Bend | None] | None = None, *, most_inside: float = 0.6
) -> NDArray[np.bool_]:
    """(N,) whether a quad is one of its own: not a crumb that mostly lies inside a larger one.

    Text units don't lie in one another; what a core leaves beside it, on the strokes of large type, does.

    Args:
        quads: (N, 4, 2).
        bends: the course of those that are bent: what their quad holds beside it is not theirs.
        most_inside: share of its area that may lie inside another.
    """
    quads = np.ascontiguousarray(quads, np.float32)
    bends = [None] * len(quads) if bends is None else bends
    low, high = quads.min(axis=1), quads.max(axis=1)
    touch = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)  # (N, N)
    # What is bent is compared along its course.
    level = [quad if bend is None else bend.quad for quad, bend in zip(quads, bends, strict=True)]
    areas = np.array([cv2.contourArea(quad) for quad in level], np.float32)
    own = np.ones(len(quads), bool)
    for small, large in np.argwhere(touch & (areas[:, None] < areas[None])):
        shared = _shared(level[small], quads[large], bends[large])
        own[small] &= shared <= most_inside * areas[small]
    return own


def _shared(small: Quads, large: Quads, bend: Bend | None) -> float:
    """The area that a quad has in common with a unit."""
    pieces = large[None] if bend is None else bend.pieces()
    return sum(cv2.intersectConvexConvex(small, piece)[0] for piece in pieces)


def _edge(fine: FloatArray, outline: NDArray[np.int32], threshold: float) -> FloatArray:
    """(N, 2) where the probability falls through the threshold, next to the outermost places of a core.

    From the middle of each place it goes down the slope to its lower neighbours, at most a place far.
    """
    columns, rows = outline[:, 0], outline[:, 1]
    height, width = fine.shape
    here = fine[rows, columns]
    left, right = (fine[rows, np.clip(columns + step, 0, width - 1)] for step in (-1, 1))
    above, below = (fine[np.clip(rows + step, 0, height - 1), columns] for step in (-1, 1))
    slope = np.stack([_fall(here, left, right), _fall(here, above, below)], axis=1)
    square = (slope * slope).sum(axis=1, keepdims=True)
    way = (here - threshold)[:, None] * slope / np.maximum(square, 1e-6)
    length = np.sqrt((way * way).sum(axis=1, keepdims=True))
    return np.asarray(outline + 0.5 + way / np.maximum(length, 1), np.float32)


def _fall(here: FloatArray, before: FloatArray, after: FloatArray) -> FloatArray:
    """How far it goes down to the lower neighbour: negative where that is the one before."""
    return np.where(before < after, np.minimum(before - here, 0), np.maximum(here - after, 0))


def _grown(edge: FloatArray, shrink: float) -> tuple[Quads, Bend | None]:
    """The quad of a core with this edge, and its course if it is bent."""
    outline = edge * np.float32(MAP_STRIDE / _FINE)
    core = min_area_quad(outline)
    bend = bend_of(outline, core, shrink)
    if bend is not None:
        return min_area_quad(bend.pieces().reshape(-1, 2)), bend
    return offset_quad(core, grow_distance(*_sides(core), shrink)), None


def _sides(quad: Quads) -> tuple[float, float]:
    """Width and height of a rectangle."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def _height(quad: Quads) -> float:
    return min(_sides(quad))


def _scores(fine: FloatArray, cores: NDArray[np.uint8], outlines: Sequence[NDArray[np.int32]]) -> FloatArray:
    """The mean probability of each core, of which one place is known."""
    count, labels = cv2.connectedComponents(cores, connectivity=8, ltype=cv2.CV_32S)
    inside = cores > 0
    numbers = labels[inside]
    sums = np.bincount(numbers, weights=fine[inside], minlength=count)
    means = sums / np.maximum(1, np.bincount(numbers, minlength=count))
    places = np.array([outline[0, 0] for outline in outlines], np.int64).reshape(-1, 2)
    return np.asarray(means[labels[places[:, 1], places[:, 0]]], np.float32)
