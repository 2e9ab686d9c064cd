"""Crumbs: punch holes, specks, pieces of pictures, the other side of a thin sheet, read as if they were text.

One sign alone doesn't tell a crumb from a page number or the mark of a list. What is dropped is short,
unsure, and stands where no sure text is near; or it is unsure and far fainter than the text of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from koocr.document import Line
from koocr.page.level import Boxes
from koocr.page.orientation import sureness

__all__ = ["are_crumbs"]

BoolArray = NDArray[np.bool_]

# Chosen on 174 drawn pages of the validation split, clean, scanned (half of them punched) and photographed,
# and looked at on 90 others: of 91 lines that were none 55 are dropped; of 779 true ones that are as short
# and were read right, 3.
_MOST_SYMBOLS = 3
_SURE_TEXT = 0.5
"""Mean confidence of a line from which on it is surely one."""
_BESIDE = 0.4
"""Below it, what stands left or right of all sure text is a crumb."""
_ALONE, _CLEAR = 0.25, 0.7
"""Below the first it is one where it stands alone, if half the text of the page is surer than the second."""
_NEAR = 1.5, 1.0
"""In heights of the text, beside and above: what is nearer does not stand alone."""
_ROUND = frozenset("●○•◯ㅇ0O")
_RIMS = frozenset("●○•◯ㅇ()[]【】")
"""What holes and the halves of them read as; beside all text and alone they are never more than that."""
_FAINT, _MIRRORED = 0.35, 0.65
"""Of the contrast of the page's text, and mean confidence: what is below both shows through from behind."""
_HOLE = 1.1
"""In heights of the text: a round thing that is higher is a hole, or a coin, however sure it reads."""


def are_crumbs(boxes: Boxes, lines: Sequence[Line], contrast: NDArray[np.float64]) -> BoolArray:
    """(N,) which of some lines of a page are no text.

    Args:
        boxes: of N lines.
        lines: what was read there, none of them empty.
        contrast: (N,) grey levels between the ink and the ground of each.
    """
    if not len(boxes):
        return np.zeros(0, bool)
    texts = ["".join(line.text.split()) for line in lines]
    sure = np.array([sureness(line) for line in lines])
    height = _usual(boxes.height, boxes.width)
    is_short = np.array([len(text) <= _MOST_SYMBOLS for text in texts])
    weights = np.array([len(text) for text in texts], np.float64)
    is_clear = _usual(sure, weights) > _CLEAR
    is_ghost = (contrast < _FAINT * _usual(contrast, weights)) & (sure < _MIRRORED)
    is_rim = np.array([_RIMS.issuperset(text) for text in texts])
    is_text = (sure >= _SURE_TEXT) & ~is_rim
    is_beside = _are_beside(boxes, is_text)
    is_alone = ~_are_near(boxes, is_text, height)
    is_hole = np.array([text in _ROUND for text in texts]) & (boxes.height > _HOLE * height)
    is_hole |= is_rim & is_beside & is_alone
    is_unsure = (is_beside & (sure < _BESIDE)) | (is_alone & is_clear & (sure < _ALONE))
    return np.asarray(is_hole | (is_short & is_unsure) | (is_ghost & is_clear))


def _usual(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The median by weight."""
    rows = np.argsort(values)
    total = np.cumsum(weights[rows])
    return float(values[rows[min(len(rows) - 1, int(np.searchsorted(total, total[-1] / 2)))]])


def _are_beside(boxes: Boxes, is_sure: BoolArray) -> BoolArray:
    """(N,) whether a line stands left or right of all the sure ones; so do all where none is sure."""
    if not is_sure.any():
        return np.ones(len(boxes), bool)
    left, right = float(boxes.left[is_sure].min()), float(boxes.right[is_sure].max())
    return np.asarray((boxes.right < left) | (boxes.left > right))


def _are_near(boxes: Boxes, is_sure: BoolArray, height: float) -> BoolArray:
    """(N,) whether a sure line other than itself is near."""
    beside, above = _NEAR[0] * height, _NEAR[1] * height
    across = (boxes.left[:, None] < boxes.right + beside) & (boxes.right[:, None] > boxes.left - beside)
    down = (boxes.top[:, None] < boxes.bottom + above) & (boxes.bottom[:, None] > boxes.top - above)
    near = across & down & is_sure
    np.fill_diagonal(near, False)
    return np.asarray(near.any(axis=1))
