"""Chance by the hundred: a random number on its own takes longer than what is made of it."""

from __future__ import annotations

import math

import numpy as np

_MANY = 64


class Dice:
    """Single random numbers out of a generator, which draws them by the hundred.

    Args:
        rng: where they come from; what it draws next depends on how many were needed.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._uniform: list[float] = []
        self._normal: list[float] = []

    def random(self) -> float:
        """Uniform in [0, 1)."""
        if not self._uniform:
            self._uniform = self._rng.random(_MANY).tolist()
        return self._uniform.pop()

    def normal(self, mean: float, deviation: float) -> float:
        """Normal."""
        if not self._normal:
            self._normal = self._rng.standard_normal(_MANY).tolist()
        return mean + deviation * self._normal.pop()

    def exponential(self, mean: float) -> float:
        """Exponential."""
        return -mean * math.log(1 - self.random())
