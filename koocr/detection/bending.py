"""Finds the course of lines that are bent, from the cores that a detector marks along them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.bend import Bend
from koocr.detection.growing import grow_distance
from koocr.polygon import Quads, offset_quad

__all__ = ["bend_of"]

FloatArray = NDArray[np.float32]

_LONG = 5.0
"""Heights of its text that a line is long at least to be called bent."""
_FILLED = 0.8
"""Share of its rectangle that a straight core fills; what fills less is looked at."""
_LEAST = 0.25
"""Heights of the text between its highest and lowest place; of less a line counts as straight."""
_PLACES = 17
_MOST_DEGREE = 5
_A_BOW = 6.0
"""Heights of the text for each further degree of the curve: short lines can't wave."""


def bend_of(outline: FloatArray, core: Quads, shrink: float) -> Bend | None:
    """The course of a line, if it is bent.

    Args:
        outline: (N, 2) around its core.
        core: (4, 2) the smallest rectangle around that.
        shrink: 1 - r² of what the network was trained with, see `koocr.detection.settings`.

    Returns:
        Its course in the same pixels; None for one that is straight, or too short to say.
    """
    across, down = core[1] - core[0], core[3] - core[0]
    width, height = float(np.linalg.norm(across)), float(np.linalg.norm(down))
    filled = abs(float(cv2.contourArea(outline)))
    if min(width, height) < 1 or filled > _FILLED * width * height:
        return None
    thick = filled / width
    sides = grow_distance(width, thick, shrink)
    text = thick + 2 * sides
    if width < _LONG * text:
        return None
    places = (outline - core[0]) @ np.stack([across / width, down / height], axis=1)  # along, down
    middle = _middle(places, width, height)
    degree = int(np.clip(width / (_A_BOW * text), 2, _MOST_DEGREE))
    from numpy.polynomial import Polynomial  # 9 ms that only bent lines are worth

    curve = Polynomial.fit(*middle, degree)
    line = Polynomial.fit(*middle, 1)
    x = np.linspace(-sides, width + sides, _PLACES)
    inside = np.clip(x, 0, width)
    sag = (curve(inside) - line(inside)) / text
    if float(np.ptp(sag)) < _LEAST:
        return None
    ends = np.array([0, width, width, 0])
    level = np.stack([ends, line(ends) + np.array([-0.5, -0.5, 0.5, 0.5]) * thick], axis=1)
    straight = core[0] + level @ np.stack([across / width, down / height])
    return Bend(offset_quad(straight, sides), np.asarray(sag, np.float32))


def _middle(places: FloatArray, width: float, height: float) -> tuple[FloatArray, FloatArray]:
    """Places along a core's rectangle, and how far down the middle of the core lies at each."""
    mask = np.zeros((int(np.ceil(height)) + 2, int(np.ceil(width)) + 2), np.uint8)
    cv2.fillPoly(mask, [np.rint(places * 16).astype(np.int32)], 1, shift=4)
    counts = mask.sum(axis=0, dtype=np.float32)
    rows = np.arange(len(mask), dtype=np.float32) @ mask
    x = np.flatnonzero(counts)
    return x.astype(np.float32), rows[x] / counts[x]
