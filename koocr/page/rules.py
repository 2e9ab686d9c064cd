"""Finds long straight rules: frames, lines of tables, lines between columns. They are no text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.image import GreyImage
from koocr.page.level import as_quads

__all__ = ["find_rules"]

_SIDE = 1400
"""Pixels of the page's longer side at which rules are looked for."""
_RUN = 29  # odd, or what is opened moves
"""Pixels that a rule runs straight along an axis at least; one that is skewed is made of several."""
_LEAST_LENGTH = 60
_MOST_WIDTH = 7
_THINNER = 12
"""A rule is so many times longer than it is wide."""
_CONTRAST = 12
"""Grey levels between a rule and what is around it."""
_INSIDE = 0.6
"""A rule that has so much of itself in a unit is one of its strokes."""


def find_rules(
    grey: GreyImage, *, slope: float = 0.0, quads: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Finds the straight rules of a page, those along its lines and those across them.

    Long runs of ink remain of a page that is opened along an axis (Serra, 1982), after it is turned level.

    Args:
        grey: (H, W) uint8, dark on light or light on dark.
        slope: tangent of the page's skew, positive where lines fall to the right.
        quads: (N, 4, 2) units; long strokes inside them are no rules.

    Returns:
        (M, 2, 2) float32: the ends of each, in pixels of the page.
    """
    scale = min(1.0, _SIDE / max(grey.shape))
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    centre = size[0] / 2, size[1] / 2
    turn = cv2.getRotationMatrix2D(centre, np.rad2deg(np.arctan(slope)), 1.0)
    if slope:
        small = cv2.warpAffine(small, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ink = _ink(small)
    ends = np.concatenate([_runs(ink), _runs(ink.T)[..., ::-1]])  # (M, 2, 2)
    back = cv2.invertAffineTransform(turn)
    ends = (ends @ back[:, :2].T + back[:, 2]) / np.array(size) * np.array(grey.shape[::-1])
    if quads is not None and len(quads) and len(ends):
        ends = ends[_share_inside(ends, as_quads(quads)) < _INSIDE]
    return np.asarray(ends, np.float32)


def _ink(small: GreyImage) -> GreyImage:
    """255 where a pixel differs from what is around it as ink does."""
    dark_page = float(np.median(small[::8, ::8])) < 110
    work = cv2.bitwise_not(small) if dark_page else small
    return np.asarray(
        cv2.adaptiveThreshold(work, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, _CONTRAST)
    )


def _runs(ink: GreyImage) -> NDArray[np.float64]:
    """(M, 2, 2) ends of the long runs along x."""
    opened = cv2.morphologyEx(np.ascontiguousarray(ink), cv2.MORPH_OPEN, np.ones((1, _RUN), np.uint8))
    joined = cv2.dilate(opened, np.ones((3, 7), np.uint8))  # over gaps and steps
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    ends = []
    for label in range(1, count):
        left, top, width, height, _ = stats[label].tolist()
        length = width - 6
        if length < _LEAST_LENGTH:
            continue
        part = (labels[top : top + height, left : left + width] == label) & (
            opened[top : top + height, left : left + width] > 0
        )
        ends.append(_ends(part, left, top))
    return np.array([end for end in ends if end is not None], np.float64).reshape(-1, 2, 2)


def _ends(part: NDArray[np.bool_], left: int, top: int) -> NDArray[np.float64] | None:
    """The middles of a run's two ends, or None where it is a bar rather than a rule."""
    y, x = np.nonzero(part)
    length = float(np.ptp(x)) + 1
    thickness = len(x) / length
    if length < _LEAST_LENGTH or thickness > _MOST_WIDTH or length < _THINNER * thickness:
        return None
    fall, start = np.polyfit(x, y, 1) if np.ptp(y) else (0.0, float(y[0]))
    span = np.array([x.min(), x.max() + 1], np.float64)
    return np.stack([span + left, fall * span + start + top + 0.5], axis=1)


def _share_inside(ends: NDArray[np.float64], quads: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M,) how much of each rule lies well inside a unit."""
    along = np.linspace(0.05, 0.95, 19)
    points = ends[:, None, 0] + along[None, :, None] * (ends[:, None, 1] - ends[:, None, 0])  # (M, 19, 2)
    low, high = quads.min(axis=1), quads.max(axis=1)
    margin = 0.12 * (high[:, 1] - low[:, 1])[:, None] * np.array([0.0, 1.0])
    low, high = low + margin, high - margin
    inside = ((points[:, :, None] > low) & (points[:, :, None] < high)).all(axis=-1)  # (M, 19, N)
    return np.asarray(inside.any(axis=-1).mean(axis=-1))
