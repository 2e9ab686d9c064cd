"""The thin-plate spline that straightens a line: where its fiducial points are, and how it bends between.

Coordinates are (x, y) from -1 to 1 over the line; (-1, -1) is the outer corner of its first pixel.
Pure NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def edge_points(count: int) -> FloatArray:
    """The fiducial points of a straight line: half of them along the upper edge, then half along the lower.

    Args:
        count: how many, even.

    Returns:
        (count, 2).
    """
    x = np.linspace(-1.0, 1.0, count // 2)
    ones = np.ones_like(x)
    return np.concatenate([np.stack([x, -ones], axis=1), np.stack([x, ones], axis=1)])


def radial(squares: FloatArray) -> FloatArray:
    """r² log r² of squared distances; 0 at 0."""
    return squares * np.log(np.maximum(squares, 1e-12))


def spline_solver(points: FloatArray) -> FloatArray:
    """The matrix that turns what the spline is to be at some points into its coefficients.

    The spline is f(p) = sum over i of w_i·`radial`(|p - points_i|²) + a + b·x + c·y, the smoothest function
    with the wanted values (Bookstein, 1989; Shi et al., "Robust scene text recognition with automatic
    rectification", 2016, arXiv 1603.03915, section 3.1.2).

    Args:
        points: (F, 2), not all on one line.

    Returns:
        (F + 3, F): times the wanted values (F,) it gives (w_1 … w_F, a, b, c).
    """
    count = len(points)
    squares = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    affine = np.concatenate([np.ones((count, 1)), points], axis=1)  # (F, 3)
    system = np.block([[radial(squares), affine], [affine.T, np.zeros((3, 3))]])
    return np.asarray(np.linalg.inv(system)[:, :count])
