"""Lines that are bent, as on the pages of a book that lies open: a straight quad, and how far they hang.

A quad alone has to be as high as the whole bow of its line. Where lines stand close, it holds parts of those
above and below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koocr.polygon import Quads

__all__ = ["Bend"]

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Bend:
    """The course of a line that is bent.

    Attributes:
        quad: (4, 2) along the straight line that is nearest to it, as high as its text.
        sag: (K,) how far the text hangs below the quad, or stands above it where negative, at K places from
            the quad's left end to its right one, the same distance apart; in heights of the quad.
    """

    quad: Quads
    sag: FloatArray

    def pieces(self) -> Quads:
        """(K - 1, 4, 2) quads that follow the line, from left to right."""
        share = np.linspace(0, 1, len(self.sag), dtype=np.float32)[:, None]
        upper = (1 - share) * self.quad[0] + share * self.quad[1]
        lower = (1 - share) * self.quad[3] + share * self.quad[2]
        moved = self.sag[:, None] * (lower - upper)
        upper, lower = upper + moved, lower + moved
        return np.asarray(np.stack([upper[:-1], upper[1:], lower[1:], lower[:-1]], axis=1), np.float32)

    def scaled(self, factors: ArrayLike) -> Bend:
        """The same on a picture that is `factors` (x, y) as large."""
        return Bend(np.asarray(self.quad * np.asarray(factors, np.float32), np.float32), self.sag)
