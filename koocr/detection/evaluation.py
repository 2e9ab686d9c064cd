"""How many text units are found, and how many of those that are found are text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koocr.polygon import area, iou_matrix

__all__ = ["DetectionCounts", "Matched", "count_page", "match", "total"]

_MOSTLY = 0.5
"""Share of a found quad's area that lies in an ignored unit, from which on it is ignored itself."""


@dataclass(frozen=True)
class DetectionCounts:
    """Counted units; counts of several pages are added up.

    Attributes:
        num_true: that stand on the page.
        num_found: that were found.
        num_matched: pairs of both.
    """

    num_true: int = 0
    num_found: int = 0
    num_matched: int = 0

    def __add__(self, other: DetectionCounts) -> DetectionCounts:
        return DetectionCounts(
            self.num_true + other.num_true,
            self.num_found + other.num_found,
            self.num_matched + other.num_matched,
        )

    @property
    def precision(self) -> float:
        """Share of what was found that is there, in [0, 1]; 1 where nothing was found."""
        return self.num_matched / self.num_found if self.num_found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found, in [0, 1]; 1 where there is nothing."""
        return self.num_matched / self.num_true if self.num_true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.num_true + self.num_found
        return 2 * self.num_matched / both if both else 1.0


@dataclass(frozen=True)
class Matched:
    """Which found unit is which true one.

    Attributes:
        pairs: (P, 2) rows of found and of true units.
        missed: rows of true units that were not found, ignored ones left out.
        spurious: rows of found units that are not there, those in ignored units left out.
    """

    pairs: NDArray[np.int64]
    missed: NDArray[np.int64]
    spurious: NDArray[np.int64]

    @property
    def counts(self) -> DetectionCounts:
        """Their numbers."""
        num = len(self.pairs)
        return DetectionCounts(num + len(self.missed), num + len(self.spurious), num)


def match(
    found: ArrayLike, true: ArrayLike, is_ignored: Sequence[bool] | NDArray[np.bool_], *, min_iou: float = 0.5
) -> Matched:
    """Pairs found with true units, those that overlap most first; each has one partner at most.

    Found units that fall to an ignored one, or lie mostly in ignored ones, neither count nor hurt.

    Args:
        found: (N, 4, 2) quads.
        true: (M, 4, 2) quads.
        is_ignored: (M,).
        min_iou: least intersection over union of a pair.
    """
    boxes, truths = (np.asarray(quads, np.float64).reshape(-1, 4, 2) for quads in (found, true))
    ignored = np.asarray(is_ignored, np.bool_).reshape(len(truths))
    overlaps = iou_matrix(boxes, truths)
    pairs = _pairs(np.where(ignored, 0, overlaps), min_iou)
    alone = np.setdiff1d(np.arange(len(boxes)), pairs[:, 0])
    within = _shares_within(boxes, truths[ignored], overlaps[:, ignored])
    falls_to_ignored = np.asarray((overlaps[:, ignored] >= min_iou).any(axis=1))
    spurious = alone[(within[alone] < _MOSTLY) & ~falls_to_ignored[alone]]
    missed = np.setdiff1d(np.flatnonzero(~ignored), pairs[:, 1])
    return Matched(pairs, missed, spurious)


def count_page(
    found: ArrayLike, true: ArrayLike, is_ignored: Sequence[bool] | NDArray[np.bool_], *, min_iou: float = 0.5
) -> DetectionCounts:
    """The counts of one page, see `match`."""
    return match(found, true, is_ignored, min_iou=min_iou).counts


def total(counts: Iterable[DetectionCounts]) -> DetectionCounts:
    """All counts together: every unit counts alike, on whatever page it is."""
    return sum(counts, DetectionCounts())


def _pairs(overlaps: NDArray[np.float64], min_iou: float) -> NDArray[np.int64]:
    rows, columns = np.nonzero(overlaps >= min_iou)
    taken: list[tuple[int, int]] = []
    free_row, free_column = set(rows.tolist()), set(columns.tolist())
    for place in np.argsort(-overlaps[rows, columns], kind="stable"):
        row, column = int(rows[place]), int(columns[place])
        if row in free_row and column in free_column:
            free_row.remove(row)
            free_column.remove(column)
            taken.append((row, column))
    return np.array(taken, np.int64).reshape(-1, 2)


def _shares_within(
    boxes: NDArray[np.float64], others: NDArray[np.float64], overlaps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N,) share of each box's area that lies in others, which don't overlap each other.

    From intersection over union: i = o(a + b) / (1 + o).
    """
    own = area(boxes)[:, None]
    shared = overlaps * (own + area(others)[None]) / (1 + overlaps)
    return np.asarray(shared.sum(axis=1) / np.maximum(own[:, 0], 1e-9))
