"""Which way up a page and its lines are: by the shape of its units, and by which way they read better.

Nothing is turned but on strong evidence: a page that stands as it should must never be turned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from koocr.document import Line
from koocr.page.crops import Crop
from koocr.page.level import as_quads, unit_sizes

__all__ = ["Reading", "deciding", "is_lying", "is_upside_down", "sureness", "surer_way_up"]

Reading = Callable[[Sequence[Crop]], list[Line]]

_LONG = 2.0
"""How many times longer than wide a unit must be to say which way it runs."""
_FEWEST_LONG = 2
_MOSTLY = 4.0
"""So many times more of the length must run down than across: an upright page may have a sign on its side."""
_SAMPLE = 8
"""Lines that are read both ways."""
_SURE = 0.75
"""Mean confidence of the characters of the sample above which it is right as it is: upside down it is 0.5."""
_SURER = 0.15
"""How much surer the other way must be, in the mean."""
_MOST_LINES = 0.75
"""The share of the sample's lines that must be surer the other way."""
_UNSURE_LINE, _SURE_LINE, _SURER_LINE = 0.4, 0.7, 0.3
"""For one line: how unsure it must be as it stands, how sure the other way, and how much surer."""
_FEWEST_CHARACTERS = 3


def is_lying(quads: NDArray[np.float32]) -> bool:
    """Whether the lines of a page run down it, because it lies on its side.

    Args:
        quads: (N, 4, 2), corners in the order of a page that is upright.
    """
    if not len(quads):
        return False
    width, height = unit_sizes(as_quads(quads))
    down, across = height > _LONG * width, width > _LONG * height
    length_down, length_across = float(height[down].sum()), float(width[across].sum())
    return int(down.sum()) >= _FEWEST_LONG and length_down > _MOSTLY * length_across


def deciding(crops: Sequence[Crop]) -> list[int]:
    """Which of a page's lines `is_upside_down` looks at: the longest ones, the longest first."""
    return sorted(range(len(crops)), key=lambda row: -crops[row].image.shape[1])[:_SAMPLE]


def is_upside_down(crops: Sequence[Crop], lines: Sequence[Line], read: Reading) -> bool:
    """Whether a page stands on its head, seen from its longest lines.

    Args:
        crops: of the page's lines.
        lines: what was read there.
        read: reads crops; not called where the lines are sure enough as they are.
    """
    longest = deciding(crops)
    as_is = np.array([sureness(lines[row]) for row in longest])
    if not longest or as_is.mean() >= _SURE:
        return False
    turned = np.array([sureness(line) for line in read([crops[row].turned() for row in longest])])
    return bool(turned.mean() > as_is.mean() + _SURER and (turned > as_is).mean() >= _MOST_LINES)


def surer_way_up(
    crops: Sequence[Crop], lines: Sequence[Line], read: Reading
) -> tuple[list[Crop], list[Line]]:
    """Turns single lines that stand on their head: only those that can't be read as they are.

    Returns:
        The crops and what they say, in the same order.
    """
    crops, lines = list(crops), list(lines)
    doubtful = [row for row, line in enumerate(lines) if _is_doubtful(line, crops[row])]
    turned = [crops[row].turned() for row in doubtful]
    for row, crop, line in zip(doubtful, turned, read(turned) if turned else [], strict=True):
        surer = sureness(line) > max(_SURE_LINE, sureness(lines[row]) + _SURER_LINE)
        if surer and len(line.text) >= _FEWEST_CHARACTERS:
            crops[row], lines[row] = crop, line
    return crops, lines


def sureness(line: Line) -> float:
    """The mean confidence of a line's characters; 0 for an empty one."""
    if not line.text:
        return 0.0
    if line.characters:
        return sum(character.confidence for character in line.characters) / len(line.characters)
    return float(line.confidence ** (1 / len(line.text)))


def _is_doubtful(line: Line, crop: Crop) -> bool:
    height, width = crop.image.shape
    return width > _LONG * height and sureness(line) < _UNSURE_LINE
