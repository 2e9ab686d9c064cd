"""Quadrilaterals of text on a page: their order, area, overlap, and how they grow and shrink.

A quad is (4, 2) float32 in pixels, x right and y down: top left, top right, bottom right, bottom left of the
text as it is read, so that its corners go round clockwise as seen on the screen.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Quads", "area", "iou_matrix", "min_area_quad", "offset_quad", "order_corners", "quad_iou"]

Quads = NDArray[np.float32]
"""(4, 2), or (N, 4, 2) for several."""

_Points = list[tuple[float, float]]
_STRAIGHT = 1e-6
"""Sine of the angle between two sides from which on they count as one straight line."""


def order_corners(corners: ArrayLike) -> Quads:
    """Brings four corners into the order of reading, for text that stands upright within about 45 degrees.

    Clockwise, and the first side, along the top, is the one that goes furthest to the right: of a long quad
    a long side, unless it is nearly vertical.

    Args:
        corners: (4, 2), in any order.

    Returns:
        The same corners.
    """
    points = np.asarray(corners, np.float32).reshape(4, 2)
    around = points - points.mean(axis=0)
    points = points[np.argsort(np.arctan2(around[:, 1], around[:, 0]), kind="stable")]
    rightward = np.roll(points, -1, axis=0)[:, 0] - points[:, 0]
    return np.roll(points, -int(np.argmax(rightward - np.roll(rightward, 2))), axis=0)


def min_area_quad(points: ArrayLike) -> Quads:
    """The smallest rectangle around points, as a quad in the order of `order_corners`.

    Args:
        points: (N, 2), N at least 1; not the centres of pixels but the places that lie inside.
    """
    rectangle: Any = cv2.minAreaRect(np.asarray(points, np.float32).reshape(-1, 1, 2))
    return order_corners(cv2.boxPoints(rectangle))


def area(quads: ArrayLike) -> NDArray[np.float64]:
    """Square pixels within quads or other simple polygons: (..., K, 2) to (...)."""
    points = np.asarray(quads, np.float64)
    points = points - points[..., :1, :]  # far from the origin, products lose digits
    x, y = points[..., 0], points[..., 1]
    twice = (x * np.roll(y, -1, axis=-1) - np.roll(x, -1, axis=-1) * y).sum(axis=-1)
    return np.asarray(np.abs(twice) / 2, np.float64)


def quad_iou(one: ArrayLike, other: ArrayLike) -> float:
    """Intersection over union of two convex quads, in [0, 1]; 0 where both are without area."""
    return float(iou_matrix(np.asarray(one)[None], np.asarray(other)[None])[0, 0])


def iou_matrix(ones: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of each of N convex quads with each of M.

    Args:
        ones: (N, 4, 2).
        others: (M, 4, 2).

    Returns:
        (N, M), in [0, 1].
    """
    first, second = (np.asarray(quads, np.float64).reshape(-1, 4, 2) for quads in (ones, others))
    result = np.zeros((len(first), len(second)))
    areas = area(first), area(second)
    for row, column in np.argwhere(_boxes_meet(first, second)).tolist():
        shared = _shared_area(first[row], second[column])
        union = float(areas[0][row] + areas[1][column]) - shared
        result[row, column] = min(1.0, shared / union) if union > 0 else 0.0
    return result


def offset_quad(quad: ArrayLike, distance: float) -> Quads:
    """Moves every side of a convex quad outwards by a distance, or inwards where it is negative.

    The corners lie where the moved sides meet: the closed form of what polygon clippers do step by step (with
    mitred joins). An inward move beyond the inscribed circle has no result and turns the quad over.

    Args:
        quad: (4, 2), clockwise on the screen as `order_corners` gives it, or the other way round.
        distance: in pixels.

    Returns:
        (4, 2), each corner in the place of its own.
    """
    points = np.asarray(quad, np.float64).reshape(4, 2)
    sides = np.roll(points, -1, axis=0) - points  # from corner k to k + 1
    lengths = np.linalg.norm(sides, axis=1, keepdims=True)
    sides = np.divide(sides, lengths, out=np.zeros_like(sides), where=lengths > 0)
    normals = np.stack([sides[:, 1], -sides[:, 0]], axis=1) * _turn(points)
    before, after = np.roll(normals, 1, axis=0), normals
    turn = 1 + (before * after).sum(axis=1, keepdims=True)
    is_sharp = turn < _STRAIGHT  # the sides go back on each other
    moved = np.where(is_sharp, after, (before + after) / np.where(is_sharp, 1, turn))
    return np.asarray(points + distance * moved, np.float32)


def _turn(points: NDArray[np.float64]) -> float:
    """1 for corners clockwise on the screen, -1 for the other way round."""
    first, second = points[2] - points[0], points[3] - points[1]
    return 1.0 if first[0] * second[1] - first[1] * second[0] >= 0 else -1.0


def _boxes_meet(ones: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N, M) whether the upright boxes around quads overlap."""
    low, high = ones.min(axis=1)[:, None], ones.max(axis=1)[:, None]
    other_low, other_high = others.min(axis=1)[None], others.max(axis=1)[None]
    return np.asarray(((low < other_high) & (other_low < high)).all(axis=2))


def _shared_area(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Cuts one convex quad with each side of another (Sutherland and Hodgman, 1974).

    Plain Python: arrays of a handful of points cost more than they save.
    """
    origin = one[0]
    left: _Points = [(x, y) for x, y in (one - origin).tolist()]
    corners: _Points = [(x, y) for x, y in (other - origin).tolist()]
    if _turn(other) < 0:
        corners.reverse()
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        left = _cut(left, start, end)
    return float(area(left)) if len(left) > 2 else 0.0


def _cut(points: _Points, start: tuple[float, float], end: tuple[float, float]) -> _Points:
    """What of a polygon lies to the right of a directed line, as seen on the screen."""
    across, along = end[0] - start[0], end[1] - start[1]
    heights = [across * (y - start[1]) - along * (x - start[0]) for x, y in points]
    kept: _Points = []
    for number, (point, height) in enumerate(zip(points, heights, strict=True)):
        before, height_before = points[number - 1], heights[number - 1]
        if (height < 0) != (height_before < 0):
            share = height_before / (height_before - height)
            kept.append(tuple(a + share * (b - a) for a, b in zip(before, point, strict=True)))  # type: ignore[arg-type]
        if height >= 0:
            kept.append(point)
    return kept
