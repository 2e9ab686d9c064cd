"""Symbols drawn as others that they can't be told from but by their neighbours.

Typewriters had no 1, typewriter faces draw l, 1 and I almost alike, and pixels and small type do the same
to 0 and O. The letters around decide; a network learns to look at them where the shape alone says nothing.
Listings strike their zero through, so that it looks like 8 to whoever has never met one.
"""

from __future__ import annotations

import re

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["disguised", "struck_zero"]

_LOWER_WORD = re.compile(r"[a-z]{3,}")
_CAPITALISED = re.compile(r"(?<![A-Za-z])I(?=[a-z]{2,})")
_CAPITALS = re.compile(r"[A-Z]{3,}")
_NUMBER = re.compile(r"(?<![A-Za-z0-9])\d{2,}(?![A-Za-z0-9])")

_STROKE = 0.09  # of a zero's height


def disguised(text: str, rng: np.random.Generator) -> str:
    """The text as a typewriter would set it: l as 1, or 1 as l, or I as l, or O as 0, or 0 as O.

    Only where the neighbours tell: within words of small letters or capitals, and in numbers.
    """
    kind = rng.random()
    if kind < 0.5:
        return _LOWER_WORD.sub(lambda word: word[0].replace("l", "1"), text)
    if kind < 0.6:
        return _LOWER_WORD.sub(lambda word: word[0].replace("l", "I"), text)
    if kind < 0.7:
        return _NUMBER.sub(lambda number: number[0].replace("1", "l"), text)
    if kind < 0.8:
        return _CAPITALISED.sub("l", text)
    if kind < 0.9:
        return _CAPITALS.sub(lambda word: word[0].replace("O", "0").replace("I", "1"), text)
    return _NUMBER.sub(lambda number: number[0].replace("0", "O"), text)


def struck_zero(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A zero with a stroke through it, from the lower left to the upper right.

    Args:
        ink: (h, w) uint8, bright on 0.
    """
    height, width = ink.shape
    struck = ink.copy()
    thickness = max(1, round(_STROKE * height))
    inset = round(0.2 * width), round(0.2 * height)
    corners = (inset[0], height - 1 - inset[1]), (width - 1 - inset[0], inset[1])
    cv2.line(struck, *corners, int(ink.max()), thickness, cv2.LINE_AA)
    return struck
