"""How far cores are grown to be text units again."""

from __future__ import annotations

import math

__all__ = ["grow_distance"]


def grow_distance(width: float, height: float, shrink: float) -> float:
    """How far the sides of a rectangle move outwards to undo D = A·shrink / L.

    With k = shrink / 2, D is the root of 4(1 - k)D² + (w + h)(1 - 2k)D - kwh = 0, which is the definition of
    D for the rectangle of sides w + 2D and h + 2D.
    """
    half = shrink / 2
    square, linear = 4 * (1 - half), (width + height) * (1 - 2 * half)
    product = half * width * height
    return 2 * product / (linear + math.sqrt(linear * linear + 4 * square * product)) if product > 0 else 0.0
