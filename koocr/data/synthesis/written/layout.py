"""Where the letters of a syllable stand: boxes in the unit square, neat ones, and how far hands stray."""

from __future__ import annotations

from typing import NamedTuple

from koocr.data.synthesis.written.dice import Dice
from koocr.data.synthesis.written.letters import DOUBLES, MIXED, PAIRS, UPRIGHT

Box = tuple[float, float, float, float]
"""Left, top, right, bottom; 0 … 1 is the neat square, hands stray beyond it."""


class Placed(NamedTuple):
    """A letter that is not made of two, its box, and whether it stands to the left of an upright vowel."""

    letter: str
    box: Box
    is_beside: bool = False


_UPRIGHT = {
    False: ((0.0, 0.12, 0.50, 0.76), (0.56, 0.0, 1.0, 1.0)),
    True: ((0.0, 0.04, 0.50, 0.48), (0.56, 0.0, 1.0, 0.58)),
}
_FLAT = {
    False: ((0.16, 0.0, 0.84, 0.52), (0.0, 0.56, 1.0, 0.92)),
    True: ((0.18, 0.0, 0.82, 0.34), (0.0, 0.37, 1.0, 0.60)),
}
_MIXED = {
    False: ((0.02, 0.06, 0.56, 0.50), (0.0, 0.52, 0.64, 0.84), (0.66, 0.0, 1.0, 1.0)),
    True: ((0.04, 0.0, 0.56, 0.33), (0.0, 0.34, 0.62, 0.56), (0.66, 0.0, 1.0, 0.60)),
}
"""Boxes of initial and medial (a mixed medial has two), without and with a final."""
_FINAL = (0.14, 0.64, 0.90, 1.0)


def place(
    initial: str, medial: str, final: str, dice: Dice, *, freedom: float, size: float = 1.0
) -> list[Placed]:
    """Boxes of all letters of a syllable, in writing order.

    Args:
        initial: compatibility jamo.
        medial: compatibility jamo.
        final: compatibility jamo, or "".
        dice: source of all chance.
        freedom: 0 for neat boxes, 1 for a careless hand.
        size: of each letter in its box; small letters stand apart.
    """
    boxes = _MIXED if medial in MIXED else _UPRIGHT if medial in UPRIGHT else _FLAT
    letters = initial + MIXED.get(medial, medial)
    moved = [
        _stray(box, dice, freedom, size=size, is_upright=letter in UPRIGHT)
        for letter, box in zip(letters, boxes[bool(final)], strict=True)
    ]
    if final:
        moved.append(_move(_stray(_FINAL, dice, freedom, size=size), dice, freedom))
        letters += final
    beside = medial in UPRIGHT
    parts = split(initial, moved[0], dice, freedom=freedom, is_beside=beside)
    for letter, box in zip(letters[1:], moved[1:], strict=True):
        parts += split(letter, box, dice, freedom=freedom)
    return parts


def split(letter: str, box: Box, dice: Dice, *, freedom: float, is_beside: bool = False) -> list[Placed]:
    """A letter in its box; one that is made of two as those two, side by side."""
    left, top, right, bottom = box
    if letter in MIXED:
        middle, low = left + 0.62 * (right - left), top + 0.45 * (bottom - top)
        under, beside = (left, low, middle, bottom), (middle, top, right, bottom)
        return [Placed(MIXED[letter][0], under), Placed(MIXED[letter][1], beside)]
    pair = DOUBLES.get(letter) or PAIRS.get(letter)
    if pair is None:
        return [Placed(letter, box, is_beside)]
    left, right = left - 0.05, right + 0.05
    overlap = dice.normal(0, 0.04 * freedom)
    halves = (
        (left, top, left + (0.48 + overlap) * (right - left), bottom),
        (left + (0.52 - overlap) * (right - left), top, right, bottom),
    )
    return [
        Placed(half, _stray(box, dice, freedom / 2), is_beside)
        for half, box in zip(pair, halves, strict=True)
    ]


def _move(box: Box, dice: Dice, freedom: float) -> Box:
    x, y = dice.normal(0, 0.05 * freedom), dice.normal(0, 0.05 * freedom)
    return box[0] + x, box[1] + y, box[2] + x, box[3] + y


def _stray(box: Box, dice: Dice, freedom: float, *, size: float = 1.0, is_upright: bool = False) -> Box:
    """Moves the sides of a box and shrinks it, but leaves at least a little; upright vowels may hang down."""
    left, top, right, bottom = box
    moves = [min(max(dice.normal(0, 0.06 * freedom), -0.13), 0.13) for _ in range(4)]
    left, right = left + moves[0], right + moves[1]
    top, bottom = top + moves[2], bottom + moves[3]
    if is_upright:
        bottom += abs(dice.normal(0, 0.10 * freedom))
    else:
        x, y = (1 - size) / 2 * (right - left), (1 - size) / 2 * (bottom - top)
        left, right, top, bottom = left + x, right - x, top + y, bottom - y
    return left, top, max(right, left + 0.12), max(bottom, top + 0.12)
