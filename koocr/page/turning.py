"""Quarter turns of a page, and which way its text runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["turn_matrix", "turned_half", "upright_angle"]


def turn_matrix(width: int, height: int, turns: int) -> NDArray[np.float64]:
    """(3, 3) from points of a turned page to those of the page as it was given.

    Args:
        width: of the page as it was given.
        height: likewise.
        turns: quarter turns against the clock that `np.rot90` made.
    """
    ways = (
        [[1, 0, 0], [0, 1, 0]],
        [[0, -1, width], [1, 0, 0]],
        [[-1, 0, width], [0, -1, height]],
        [[0, 1, 0], [-1, 0, height]],
    )
    return np.array([*ways[turns % 4], [0, 0, 1]], np.float64)


def turned_half(quads: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(N, 4, 2) quads of a page of a shape (H, W), as they lie once it is turned upside down."""
    return np.roll(np.array(shape[1::-1], np.float32) - quads, 2, axis=1)


def upright_angle(turns: int, slope: float) -> float:
    """Degrees in (-180, 180] that text is turned clockwise.

    Args:
        turns: quarter turns against the clock that make it upright but for a skew.
        slope: tangent of that skew, positive where lines then fall to the right.
    """
    angle = (90.0 * turns + float(np.degrees(np.arctan(slope)))) % 360
    return angle - 360 if angle > 180 else angle
