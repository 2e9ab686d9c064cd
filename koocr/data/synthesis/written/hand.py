"""A hand: how fast, how slanted, how round it writes; and a syllable written by it.

The letters' bones (`letters.py`) are set into their boxes (`layout.py`); a fast hand leaves the pen on the
paper between strokes and rounds corners; the path is then drawn with a pen that may thin out along a stroke
(`pen.py`). What comes out is augmented like the glyphs of typefaces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.glyphs import GLYPH_SIZE, INK_SIZE, fit_ink
from koocr.data.synthesis.written.dice import Dice
from koocr.data.synthesis.written.layout import Placed, place, split
from koocr.data.synthesis.written.letters import Stroke, ways
from koocr.data.synthesis.written.pen import Piece, Writing, draw, draw_fitted
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS, NUM_SYLLABLES, split_index

UInt8Array = NDArray[np.uint8]

_SIDE = 80
"""The unit square in pixels: a third more than is kept."""
_MARGIN = 60
"""Room around it for letters that stray; the ink is cut out afterwards."""
_PIXEL = 4
"""Side of a set pixel."""
_NUM_CUTS = 2
_THICK_PEN, _FEW_STROKES = 0.06, 6
"""From this width on, strokes get thinner where a syllable has more of them than this."""
_NUM_WIDTHS = 4
_ALONG = np.linspace(0, 1, 5)[:, None]
_ARC = 4 * _ALONG * (1 - _ALONG)
_BOWED = np.concatenate([1 - _ALONG - _ARC / 2, _ALONG - _ARC / 2, _ARC], 1)
"""From a stroke's ends and the point where its middle goes to five points along it."""


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
    slant, rise, aspect, pen = rng.standard_normal(4).tolist()
    freedom, tremble, size, taper, tapers = rng.random(5).tolist()
    return Hand(
        speed=float(rng.beta(1.4, 1.1)),
        freedom=0.2 + 1.1 * freedom,
        tremble=0.01 + 0.065 * tremble,
        slant=0.10 * slant,
        rise=0.06 + 0.09 * rise,
        aspect=math.exp(-0.05 + 0.18 * aspect),
        size=0.72 + 0.36 * size,
        pen=0.036 * math.exp(0.35 * pen),
        taper=0.5 * taper if tapers < 0.5 else 0.0,
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
    strokes = _strokes(symbol, hand, rng)
    if hand.grid:
        return _set_pixels(strokes, hand)
    canvas = np.zeros((_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN), np.uint8)
    draw(canvas, _write(strokes, hand, rng), scale=_SIDE, offset=_MARGIN)
    return canvas


def write_fitted(symbol: int, hand: Hand, rng: np.random.Generator) -> UInt8Array:
    """Writes a symbol once, as it lies in a glyph store: (GLYPH_SIZE, GLYPH_SIZE) uint8, ink bright on 0.

    It is `koocr.data.glyphs.fit_ink` of what `write` returns, in less than half the time.
    """
    strokes = _strokes(symbol, hand, rng)
    if not hand.grid:
        return draw_fitted(_write(strokes, hand, rng), GLYPH_SIZE, INK_SIZE)
    ink = fit_ink(_set_pixels(strokes, hand))
    return np.zeros((GLYPH_SIZE, GLYPH_SIZE), np.uint8) if ink is None else ink


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


def _strokes(symbol: int, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The corners of all strokes in the unit square: letters in one of their ways each, trembling."""
    dice = Dice(rng)
    if symbol >= NUM_SYLLABLES:
        placed = split(JAMO[symbol - NUM_SYLLABLES], (0.1, 0.1, 0.9, 0.9), dice, freedom=hand.freedom)
    else:
        initial, medial, final = split_index(symbol)
        placed = place(
            INITIALS[initial], MEDIALS[medial], FINALS[final], dice, freedom=hand.freedom, size=hand.size
        )
    chosen = [_way(part, hand, dice) for part in placed]
    boxes = np.array([part.box for part in placed]).repeat([len(bones) for bones, _ in chosen], axis=0)
    points = np.concatenate([bones for bones, _ in chosen])  # (P, 2)
    points += hand.tremble * rng.standard_normal(points.shape)
    points *= boxes[:, 2:] - boxes[:, :2]
    points += boxes[:, :2]
    return _cut(points, _join([lengths for _, lengths in chosen], hand, dice))


def _way(placed: Placed, hand: Hand, dice: Dice) -> tuple[Stroke, tuple[int, ...]]:
    """The bones of one letter, in one of its ways, all strokes in one, and the number of corners of each."""
    known = _bones(placed.letter, placed.is_beside)
    chosen = min(int(dice.exponential(0.5 + 0.5 * len(known) * hand.speed)), len(known) - 1)
    if dice.random() < 0.5 * hand.speed:
        chosen = int(len(known) * dice.random())
    return known[chosen]


@cache
def _bones(letter: str, is_beside: bool) -> tuple[tuple[Stroke, tuple[int, ...]], ...]:
    return tuple(
        (np.concatenate(way), tuple(len(stroke) for stroke in way))
        for way in ways(letter, is_beside=is_beside)
    )


def _join(letters: list[tuple[int, ...]], hand: Hand, dice: Dice) -> list[int]:
    """Leaves the pen on the paper between some strokes: often within a letter, seldom between two.

    Strokes are numbers of corners here: two strokes that lie one behind the other become one of their sum.
    """
    joined: list[int] = []
    for lengths in letters:
        for number, length in enumerate(lengths):
            chance = (0.40 if number else 0.16) * hand.speed**2
            if joined and dice.random() < chance:
                joined[-1] += length
            else:
                joined.append(length)
    return joined


def _cut(points: Stroke, lengths: list[int]) -> list[Stroke]:
    strokes, start = [], 0
    for length in lengths:
        strokes.append(points[start : start + length])
        start += length
    return strokes


def _write(strokes: list[Stroke], hand: Hand, rng: np.random.Generator) -> Writing:
    """Rounds, slants and lays out all strokes for the pen."""
    dice = Dice(rng)
    paths = [_round(stroke, hand, dice) for stroke in strokes]
    shape = np.array([[hand.aspect, -hand.rise], [-hand.aspect * hand.slant, 1.0]])
    shift = np.array([hand.aspect * hand.slant, hand.rise]) / 2
    crowded = min(1.0, (_FEW_STROKES / len(strokes)) ** 0.5) if hand.pen > _THICK_PEN else 1.0
    pieces, start = [], 0
    for path in paths:
        pieces += _pieces(start, len(path), hand.taper * (0.4 + 0.8 * dice.random()))
        start += len(path)
    return Writing(np.concatenate(paths) @ shape + shift, pieces, hand.pen * crowded)


def _pieces(start: int, length: int, taper: float) -> list[Piece]:
    """One path, from point number `start`; a tapering one in a few pieces, each thinner than the last."""
    count = min(_NUM_WIDTHS, length - 1) if taper else 1
    ends = [start + round(number * (length - 1) / count) for number in range(count + 1)]
    return [Piece(ends[number], ends[number + 1] + 1, 1 - taper * number / count) for number in range(count)]


def _round(stroke: Stroke, hand: Hand, dice: Dice) -> Stroke:
    """Cuts corners, the more the faster the hand; ends stay, straight strokes bend a little."""
    if len(stroke) > 2:
        ratio = 0.04 + 0.26 * hand.speed + dice.normal(0, 0.04)
        return corner_cutting(len(stroke), round(min(max(ratio, 0.02), 0.32) * 50)) @ stroke
    (x, y), (to_x, to_y) = ends = stroke.tolist()
    bow = dice.normal(0, 0.03 + 0.04 * hand.speed)
    middle = [(x + to_x) / 2 + bow * (y - to_y), (y + to_y) / 2 + bow * (to_x - x)]
    return _BOWED @ np.array([*ends, middle])


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
