"""Lays the units of a skewed or photographed page level, so that columns and rows can be found by x and y."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Boxes", "Levelling", "as_quads", "unit_angles", "unit_sizes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LONG = 3.0
"""Only units so many times wider than high say how a page is skewed: a short one's corners are too coarse."""
_FEWEST_FOR_LEAN = 12
"""Units from which on their edges say how columns lean."""
_LEANS = tuple(sorted((np.arange(-12, 13) / 100).tolist(), key=abs))
_NEAR_LEANS = (0.0, -0.01, 0.01, -0.02, 0.02)
_SPREADS = tuple(sorted((np.arange(-4, 5) / 40).tolist(), key=abs))
"""What is tried, the flattest page first: of the lean, and of its difference from the middle to the sides."""
_FEWEST_FOR_WAVE = 24
"""Long units from which on their angles may turn twice from one side of a page to the other."""
_FEWEST_FOR_FAN = 8
"""Long units from which on their angles may differ from the top of a page to its foot, as in a photo."""


@dataclass(frozen=True)
class Boxes:
    """N upright boxes in level coordinates; all (N,), in pixels, y down.

    Attributes:
        left, top, right, bottom: edges along the middle lines of a unit, so that a tilted one is not larger.
    """

    left: FloatArray
    top: FloatArray
    right: FloatArray
    bottom: FloatArray

    def __len__(self) -> int:
        return len(self.left)

    @property
    def width(self) -> FloatArray:
        """(N,)."""
        return self.right - self.left

    @property
    def height(self) -> FloatArray:
        """(N,)."""
        return self.bottom - self.top

    @property
    def middle(self) -> FloatArray:
        """(N,) y of the centres."""
        return (self.top + self.bottom) / 2

    @property
    def em(self) -> float:
        """The usual height of a unit, which is about the width of a syllable."""
        return max(1.0, float(np.median(self.height))) if len(self) else 1.0

    def take(self, rows: IntArray) -> Boxes:
        """Some of them."""
        return Boxes(self.left[rows], self.top[rows], self.right[rows], self.bottom[rows])

    def hull(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) around all of them; there must be at least one."""
        edges = self.left.min(), self.top.min(), self.right.max(), self.bottom.max()
        return tuple(map(float, edges))  # type: ignore[return-value]


@dataclass(frozen=True)
class Levelling:
    """How a page lies: at its centre lines fall by `slope`, and by `fan` more for each pixel further down.

    Attributes:
        centre: (x, y) that stays where it is.
        slope: tangent of the skew, positive where lines fall to the right.
        fan: its change per pixel of y; 0 for a flat page.
        bow: its change per pixel of x, as of a page that is not flat.
        wave: the change of that per pixel of x, as of a page that curls up on one side and down on the other.
        lean: how much a column's edge moves to the right for each pixel further down, at the centre.
        spread: its change per pixel of x; 0 for a flat page.
    """

    centre: tuple[float, float]
    slope: float
    fan: float
    lean: float
    spread: float = 0.0
    bow: float = 0.0
    wave: float = 0.0

    @classmethod
    def of(cls, quads: NDArray[np.float32]) -> Levelling:
        """Finds it from (N, 4, 2) quads: the median of the long units' angles, and how they change with y."""
        if not len(quads):
            return cls((0.0, 0.0), 0.0, 0.0, 0.0)
        corners = as_quads(quads)
        width, height = unit_sizes(corners)
        x, y = corners.reshape(-1, 2).mean(axis=0)
        slopes = np.tan(np.clip(unit_angles(corners), -1.2, 1.2))
        is_long = width > _LONG * height
        if not is_long.any():
            return cls((float(x), float(y)), 0.0, 0.0, 0.0)
        middles = corners.mean(axis=1)[is_long] - (x, y)
        slope = _weighted_median(slopes[is_long], width[is_long])
        offset, bow, fan, wave = _gradient(middles, slopes[is_long] - slope, width[is_long])
        slope += offset
        level = cls((float(x), float(y)), slope, fan, -slope, bow=bow, wave=wave)
        return level if len(quads) < _FEWEST_FOR_LEAN else level._with_lean(corners)

    def _with_lean(self, corners: FloatArray) -> Levelling:
        """With the lean at which most left edges, and right ones, stand below each other; or as it is."""
        edges = np.concatenate([corners[:, [0, 3]].mean(axis=1), corners[:, [1, 2]].mean(axis=1)])
        is_left = np.arange(len(edges)) < len(corners)
        x, y = (edges - self.centre).T
        em = max(1.0, float(np.median(unit_sizes(corners)[1])))
        reach = max(1.0, float(np.abs(x).max()))

        def gathered(lean: float, spread: float) -> float:
            moved = (x - (self.lean + lean + spread * x) * y) / em
            return _gathered(moved[is_left]) + 0.5 * _gathered(moved[~is_left])

        lean, _ = _best(gathered, [(lean, 0.0) for lean in _LEANS])
        near = [(lean + step, spread / reach) for spread in _SPREADS for step in _NEAR_LEANS]
        lean, spread = _best(gathered, [(lean, 0.0), *near])
        return replace(self, lean=self.lean + lean, spread=spread)

    def points(self, points: NDArray[np.floating]) -> FloatArray:
        """(…, 2) points of the page in level coordinates."""
        x, y = points[..., 0] - self.centre[0], points[..., 1] - self.centre[1]
        slope = self.slope + self.fan * y + self.bow * x / 2 + self.wave * x**2 / 6
        lean = self.lean + self.spread * x
        return np.stack([x - lean * y + self.centre[0], y - slope * x + self.centre[1]], axis=-1)

    def boxes(self, quads: NDArray[np.float32]) -> Boxes:
        """The boxes of (N, 4, 2) quads."""
        corners = self.points(as_quads(quads))
        x, y = corners[..., 0], corners[..., 1]
        left, right = (x[:, 0] + x[:, 3]) / 2, (x[:, 1] + x[:, 2]) / 2
        top, bottom = (y[:, 0] + y[:, 1]) / 2, (y[:, 2] + y[:, 3]) / 2
        return Boxes(
            np.minimum(left, right), np.minimum(top, bottom), np.maximum(left, right), np.maximum(top, bottom)
        )


def as_quads(quads: NDArray[np.floating]) -> FloatArray:
    """(N, 4, 2) float64, also of an empty list."""
    return np.asarray(quads, np.float64).reshape(-1, 4, 2)


def unit_angles(quads: NDArray[np.floating]) -> FloatArray:
    """(N,) angle of each unit's line of writing, radians, clockwise, in (-pi, pi]."""
    along = (quads[:, 1] + quads[:, 2]) - (quads[:, 0] + quads[:, 3])
    return np.asarray(np.arctan2(along[:, 1], along[:, 0]), np.float64)


def unit_sizes(quads: NDArray[np.floating]) -> tuple[FloatArray, FloatArray]:
    """(N,) widths along the writing and (N,) heights across it."""
    along = (quads[:, 1] + quads[:, 2] - quads[:, 0] - quads[:, 3]) / 2
    across = (quads[:, 2] + quads[:, 3] - quads[:, 0] - quads[:, 1]) / 2
    return np.hypot(along[:, 0], along[:, 1]), np.hypot(across[:, 0], across[:, 1])


def _best(value: Callable[[float, float], float], tried: list[tuple[float, float]]) -> tuple[float, float]:
    """What has clearly the highest value; the earlier of two that are about equal."""
    best, kept = 0.0, tried[0]
    for pair in tried:
        found = value(*pair)
        if found > 1.02 * best:
            best, kept = found, pair
    return kept


def _gathered(places: FloatArray) -> float:
    """How many of some places, in ems, fall together: the sum of squares of a histogram (Baird, 1987)."""
    bins = np.floor(2 * (places - places.min())).astype(np.int64)  # of half an em
    smooth = np.convolve(np.bincount(bins), (0.5, 1.0, 0.5))
    return float((smooth**2).sum())


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    rows = np.argsort(values)
    total = np.cumsum(weights[rows])
    return float(values[rows[int(np.searchsorted(total, total[-1] / 2))]])


def _gradient(places: FloatArray, slopes: FloatArray, weights: FloatArray) -> tuple[float, ...]:
    """Slopes at the origin, their change per pixel of x and of y, and of that of x again, by least squares.

    What lies far off is left out once. The origin need not be where most writing stands, so that the usual
    slope is not the one there.
    """
    if len(places) < _FEWEST_FOR_FAN:
        return 0.0, 0.0, 0.0, 0.0
    is_many = len(places) >= _FEWEST_FOR_WAVE
    known = np.column_stack([np.ones(len(places)), places, places[:, 0] ** 2 / 2 * is_many])
    kept = np.abs(slopes) <= 3 * np.median(np.abs(slopes)) + 1e-3
    fit = np.zeros(4)
    reach = 0.05 * np.abs(known[:, 1:]).max(axis=0) + 1
    ridge = np.diag([0.0, *reach**2]) * weights.sum()  # where all is in one place
    for _ in range(2):
        own, weight = known[kept], weights[kept, None]
        fit = np.linalg.solve(own.T @ (weight * own) + ridge, own.T @ (weight[:, 0] * slopes[kept]))
        far = np.abs(slopes - known @ fit)
        kept = far <= 3 * np.median(far) + 1e-3
    return tuple(fit.tolist())
