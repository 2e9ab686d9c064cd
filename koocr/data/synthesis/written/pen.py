"""Drawing what a hand wrote: on a canvas, or at once as a square that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
UInt8Array = NDArray[np.uint8]

_SUBPIXEL_BITS = 3
_FINE = 4
"""A fitted drawing is made this much larger, without smooth edges, and halved twice: that is quicker."""
_SOFT_EDGE, _THIN, _HAIRLINE = 0.012, 0.01875, 0.011
"""OpenCV's smooth lines are wider than asked for, but those of one pixel (of the 80 that `write` gives the
square, and to which all thin ones are rounded) are narrower: fitted drawings are as wide."""


class Piece(NamedTuple):
    """A part of a path that is drawn in one width: points `start` to `stop`, and that share of the pen's."""

    start: int
    stop: int
    share: float


@dataclass(frozen=True)
class Writing:
    """What is to be drawn.

    Attributes:
        points: (P, 2) x and y of all paths, one behind the other; the unit square is about filled.
        pieces: how the points belong together.
        pen: width of the stroke in units of the square.
    """

    points: FloatArray
    pieces: list[Piece]
    pen: float


def draw(canvas: UInt8Array, writing: Writing, *, scale: float, offset: float) -> None:
    """Draws with a round pen.

    Args:
        canvas: (H, W) uint8, drawn on in place with 255.
        writing: what.
        scale: pixels of the unit square.
        offset: x and y of its left and upper edge on the canvas.
    """
    path = writing.points * scale + offset
    widths = [round(writing.pen * scale * piece.share) for piece in writing.pieces]
    _draw(canvas, path, writing.pieces, widths, cv2.LINE_AA)


def _draw(canvas: UInt8Array, path: FloatArray, pieces: list[Piece], widths: list[int], kind: int) -> None:
    fixed = (path * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    by_width: dict[int, list[NDArray[np.int32]]] = {}
    for (start, stop, _), width in zip(pieces, widths, strict=True):
        by_width.setdefault(max(1, width), []).append(fixed[start:stop])
    for width, paths in by_width.items():
        cv2.polylines(canvas, paths, False, 255, width, kind, _SUBPIXEL_BITS)


def draw_fitted(writing: Writing, size: int, ink_size: int) -> UInt8Array:
    """Draws in the middle of a square.

    Args:
        writing: what.
        size: side of the result.
        ink_size: long side of the box around the ink.

    Returns:
        (size, size) uint8, ink bright on 0.
    """
    low, high = writing.points.min(0), writing.points.max(0)
    scale = _FINE * ink_size / float((high - low).max() + writing.pen + _SOFT_EDGE)
    pens = [writing.pen * piece.share for piece in writing.pieces]
    widths = [round(scale * (_HAIRLINE if pen < _THIN else pen + _SOFT_EDGE)) for pen in pens]
    canvas = np.zeros((_FINE * size, _FINE * size), np.uint8)
    path = scale * (writing.points - (low + high) / 2) + (_FINE * size - 1) / 2
    _draw(canvas, path, writing.pieces, widths, cv2.LINE_8)
    half = cv2.resize(canvas, (2 * size, 2 * size), interpolation=cv2.INTER_AREA)
    return cv2.resize(half, (size, size), interpolation=cv2.INTER_AREA)
