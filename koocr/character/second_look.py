"""A second look at characters that the network is not sure of.

A person who can't read a character moves the page. Here the network reads it again, a little smaller and a
little larger, and the probabilities of all looks are averaged, as Krizhevsky et al. ("ImageNet classification
with deep convolutional neural networks", 2012, section 4.1) did with crops. Clean print is read once; what is
hard takes longer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import Scores, mean_scores

UInt8Array = NDArray[np.uint8]

UNSURE = 0.6
"""Below this probability of the best answer the image is looked at again; up to 0.9 changed nothing."""
_SCALES = (0.92, 1.08)
"""Of the further looks: changes that training is full of. Slants besides gained nothing."""


def with_second_look(
    glyphs: Sequence[UInt8Array], scores: Scores, score: Callable[[UInt8Array], Scores]
) -> Scores:
    """Reads the images once more whose best answer is not sure.

    Args:
        glyphs: N images (S, S), ink 255 on ground 0.
        scores: of the first look.
        score: runs the network on (M, S, S) images.

    Returns:
        The scores, those of unsure images being means over all looks.
    """
    _, logs = scores.top(1)
    unsure = np.flatnonzero(logs[:, 0] < np.log(UNSURE))
    if not len(unsure):
        return scores
    changed = [_changed(glyphs[row], number) for number in range(len(_SCALES)) for row in unsure.tolist()]
    again = score(np.stack(changed))
    looks = [again.rows(slice(start, start + len(unsure))) for start in range(0, len(again), len(unsure))]
    return scores.replaced(unsure, mean_scores([scores.rows(unsure), *looks]))


def _changed(glyph: UInt8Array, number: int) -> UInt8Array:
    side = glyph.shape[0]
    return cv2.warpAffine(glyph, _matrix(number, side), (side, side), flags=cv2.INTER_LINEAR)


@lru_cache(maxsize=64)
def _matrix(number: int, side: int) -> NDArray[np.float64]:
    """(2, 3): scaled about the middle."""
    scale, middle = _SCALES[number], (side - 1) / 2
    return np.array([[scale, 0, middle - scale * middle], [0, scale, middle - scale * middle]])
