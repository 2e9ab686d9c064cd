"""A hand: how fast, how slanted, how round it writes; and a syllable written by it.

The letters' bones (`letters.py`) are set into their boxes (`layout.py`); a fast hand leaves the pen on the
paper between strokes and rounds corners; the path is then drawn with a pen that may thin out along a stroke.
What comes out is fitted (`koocr.data.glyphs.fit_ink`) and augmented like the glyphs of typefaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.written.layout import Placed, place, split
from koocr.data.synthesis.written.letters import Stroke, ways
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS, NUM_SYLLABLES, split_index

UInt8Array = NDArray[np.uint8]

_SIDE = 80
"""The unit square in pixels: a third more than is kept."""
_MARGIN = 60
"""Room around it for letters that stray; the ink is cut out afterwards."""
_SUBPIXEL_BITS = 3
_PIXEL = 4
"""Side of a set pixel."""
_NUM_CUTS = 2
_THICK_PEN, _FEW_STROKES = 0.06, 6
"""From this width on, strokes get thinner where a syllable has more of them than this."""
_NUM_WIDTHS = 4
_ALONG = np.linspace(0, 1, 7)[:, None]
_ARC = 4 * _ALONG * (1 - _ALONG)


@dataclass(frozen=True)
class Hand:
    """How somebody writes; constant within a line.

    Attributes:
        speed: 0 careful to 1 in haste: strokes join, corners round, neat ways of a letter give way.
        freedom: how far letters stray from their boxes, 0 to 1.5.
        tremble: standard deviation of each corner point, as a share of the letter's box.
        slant: shear, x per y.
        rise: how far horizontal strokes climb, y per x.
        aspect: width of the unit square over its height.
        size: of a letter in its box, 0.7 to 1.15.
        pen: width of the stroke as a share of the square.
        taper: how much thinner the end of a stroke is, 0 to 0.5.
        grid: pixels of the unit square where letters are made of pixels, one wide; 0 for a smooth pen.
    """

    speed: float
    freedom: float
    tremble: float
    slant: float
    rise: float
    aspect: float
    size: float
    pen: float
    taper: float
    grid: int = 0


def sample_hand(rng: np.random.Generator) -> Hand:
    """A hand at random: seven in ten write, from careful to hasty; two letter signs; one sets pixels."""
    style = rng.random()
    hand = _writer(rng)
    if style < 0.7:
        return hand
    neat = replace(
        hand,
        speed=float(rng.beta(0.6, 3.0)),
        freedom=float(rng.uniform(0, 0.7)),
        tremble=float(rng.uniform(0, 0.02)),
        slant=hand.slant / 3,
        rise=0.0,
        size=float(rng.uniform(0.9, 1.15)),
        taper=0.0,
    )
    if style < 0.9:
        return replace(neat, pen=float(rng.uniform(0.05, 0.15)))
    return replace(neat, slant=0.0, tremble=0.0, size=1.0, grid=int(rng.integers(11, 20)))


def _writer(rng: np.random.Generator) -> Hand:
    return Hand(
        speed=float(rng.beta(1.4, 1.1)),
        freedom=float(rng.uniform(0.2, 1.3)),
        tremble=float(rng.uniform(0.01, 0.075)),
        slant=float(rng.normal(0, 0.10)),
        rise=float(rng.normal(0.06, 0.09)),
        aspect=float(np.exp(rng.normal(-0.05, 0.18))),
        size=float(rng.uniform(0.72, 1.08)),
        pen=float(np.exp(rng.normal(np.log(0.036), 0.35))),
        taper=float(rng.uniform(0, 0.5)) if rng.random() < 0.5 else 0.0,
    )


def write(symbol: int, hand: Hand, rng: np.random.Generator) -> UInt8Array:
    """Writes a symbol once.

    Args:
        symbol: 0 to 11171, a syllable; then the 51 compatibility jamo.
        hand: who writes.
        rng: source of all chance.

    Returns:
        (H, W) uint8, ink bright on 0, with empty sides.
    """
    if symbol >= NUM_SYLLABLES:
        placed = split(JAMO[symbol - NUM_SYLLABLES], (0.1, 0.1, 0.9, 0.9), rng, freedom=hand.freedom)
    else:
        initial, medial, final = split_index(symbol)
        placed = place(
            INITIALS[initial], MEDIALS[medial], FINALS[final], rng, freedom=hand.freedom, size=hand.size
        )
    strokes = _join([_letter(part, hand, rng) for part in placed], hand, rng)
    if hand.grid:
        return _set_pixels(strokes, hand)
    canvas = np.zeros((_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN), np.uint8)
    crowded = min(1.0, (_FEW_STROKES / len(strokes)) ** 0.5) if hand.pen > _THICK_PEN else 1.0
    for stroke in strokes:
        _draw(canvas, _round(stroke, hand, rng), replace(hand, pen=hand.pen * crowded), rng)
    return canvas


def unit_square(hand: Hand) -> tuple[int, int]:
    """Where the neat square lies in what `write` returns: its left and top edge, and its side, in pixels."""
    return (_PIXEL * _coarse_margin(hand), _PIXEL * hand.grid) if hand.grid else (_MARGIN, _SIDE)


def _set_pixels(strokes: list[Stroke], hand: Hand) -> UInt8Array:
    """Draws strokes on a coarse grid, as pixel faces are made, and enlarges that."""
    margin = _coarse_margin(hand)
    coarse = np.zeros((hand.grid + 2 * margin, hand.grid + 2 * margin), np.uint8)
    for stroke in strokes:
        path = np.round(stroke * [hand.aspect * hand.grid, hand.grid]).astype(np.int32) + margin
        cv2.polylines(coarse, [path], False, 255, 1, cv2.LINE_8)
    return cv2.resize(coarse, None, fx=_PIXEL, fy=_PIXEL, interpolation=cv2.INTER_NEAREST)


def _coarse_margin(hand: Hand) -> int:
    return round(0.7 * hand.grid)


def _letter(placed: Placed, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The strokes of one letter in the unit square: one of its ways, trembling."""
    known = ways(placed.letter, is_beside=placed.is_beside)
    chosen = min(int(rng.exponential(0.5 + 0.5 * len(known) * hand.speed)), len(known) - 1)
    if rng.random() < 0.5 * hand.speed:
        chosen = int(rng.integers(len(known)))
    left, top, right, bottom = placed.box
    size = np.array([right - left, bottom - top])
    strokes = []
    for bones in known[chosen]:
        points = bones + rng.normal(0, hand.tremble, bones.shape)
        strokes.append(np.array([left, top]) + points * size)
    return strokes


def _join(letters: list[list[Stroke]], hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """Leaves the pen on the paper between some strokes: often within a letter, seldom between two."""
    joined: list[Stroke] = []
    for strokes in letters:
        for number, stroke in enumerate(strokes):
            chance = (0.40 if number else 0.16) * hand.speed**2
            if joined and rng.random() < chance:
                joined[-1] = np.concatenate([joined[-1], stroke])
            else:
                joined.append(stroke)
    return joined


def _round(stroke: Stroke, hand: Hand, rng: np.random.Generator) -> Stroke:
    """Cuts corners, the more the faster the hand; ends stay, straight strokes bend a little."""
    if len(stroke) > 2:
        ratio = 0.04 + 0.26 * hand.speed + rng.normal(0, 0.04)
        return corner_cutting(len(stroke), round(min(max(ratio, 0.02), 0.32) * 50)) @ stroke
    start, stop = stroke
    bow = rng.normal(0, 0.03 + 0.04 * hand.speed) * np.array([start[1] - stop[1], stop[0] - start[0]])
    return _ALONG * stop + (1 - _ALONG) * start + _ARC * bow


@cache
def corner_cutting(num_points: int, fiftieths: int) -> NDArray[np.float64]:
    """Chaikin's corner cutting, twice, as a matrix.

    Each corner gives way to two points on its sides, `fiftieths` / 50 of a side away from it (Chaikin,
    1974); the ends stay.

    Args:
        num_points: corners of the path, its ends included; 3 or more.
        fiftieths: 1 to 16; 12 or 13 is a quadratic spline.

    Returns:
        (P, num_points), to be multiplied with (num_points, 2) corners.
    """
    ratio = fiftieths / 50
    path = np.eye(num_points)
    for _ in range(_NUM_CUTS):
        sides = np.diff(path, axis=0)
        cut = np.empty((2 * len(sides), num_points))
        cut[0::2], cut[1::2] = path[:-1] + ratio * sides, path[1:] - ratio * sides
        cut[0], cut[-1] = path[0], path[-1]
        path = cut
    return path


def _draw(canvas: UInt8Array, stroke: Stroke, hand: Hand, rng: np.random.Generator) -> None:
    """Draws one path with the pen; a tapering one in a few pieces, each thinner than the one before."""
    x = (stroke[:, 0] + hand.slant * (0.5 - stroke[:, 1])) * hand.aspect
    y = stroke[:, 1] + hand.rise * (0.5 - stroke[:, 0])
    path = ((np.stack([x, y], -1) * _SIDE + _MARGIN) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    width = hand.pen * _SIDE
    taper = hand.taper * rng.uniform(0.4, 1.2)
    count = min(_NUM_WIDTHS, len(path) - 1) if taper else 1
    ends = [round(number * (len(path) - 1) / count) for number in range(count + 1)]
    for number, (start, stop) in enumerate(pairwise(ends)):
        thickness = max(1, round(width * (1 - taper * number / count)))
        cv2.polylines(canvas, [path[start : stop + 1]], False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
