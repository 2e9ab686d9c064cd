"""Laying a line level: how much it falls to the right, judged by how sharply its rows of ink stand out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

__all__ = ["Fall", "fall_of", "levelled"]

_STEEPEST = 0.125
"""Rows that a line may fall for each column: 7 degrees."""
_LEAST_ASPECT = 3.0
"""A line that is shorter, in heights of its band, has too few characters to judge by, and little to gain."""
_NUM_PARTS, _NUM_ROWS = 48, 48
"""A coarse picture is enough to judge by: parts of the line's length, and rows."""
_STEP = 2.0
"""Rows of the coarse picture by which the line's ends differ from one trial to the next."""
_LEAST_GAIN = 1.2
"""How much more sharply its rows must stand out than as they are."""
_LEAST_DROP = 0.3
"""What the line must fall in all, in heights of its band of text; less is what the network is used to."""
_FAINT = 0.05
"""Of the strongest row, what still belongs to the band of text."""
_ROOM = 0.6
"""Left above and below the band, in its heights."""


@dataclass(frozen=True)
class Fall:
    """How a line lies.

    Attributes:
        slope: rows that it falls for each column to the right; negative for one that rises.
        top: of its band of text where it passes the middle column, as a share of the picture's height.
        bottom: likewise.
    """

    slope: float
    top: float
    bottom: float


def fall_of(darkness: UInt8Array) -> Fall | None:
    """Finds out whether a line lies askew.

    Args:
        darkness: (H, W) ink bright on 0.

    Returns:
        How; None for a line that is level, or can't be judged.
    """
    height, width = darkness.shape
    rows = min(height, _NUM_ROWS)
    ink = cv2.resize(darkness, (_NUM_PARTS, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    steepest = min(_STEEPEST * width * rows / height, 0.9 * rows)
    drop = _sharpest(ink, np.arange(-steepest, steepest + 1e-3, _STEP))
    drop = _sharpest(ink, drop + np.arange(-_STEP, _STEP + 1e-3, _STEP / 4))
    profile, as_it_is = _profiles(ink, np.array([drop, 0.0]))
    band = np.flatnonzero(_above_faint(profile))
    if not len(band) or _sharpness(profile) < _LEAST_GAIN * _sharpness(as_it_is):
        return None
    top, bottom = int(band[0]) - rows, int(band[-1]) + 1 - rows
    is_long = width * rows / height >= _LEAST_ASPECT * (bottom - top)
    if not is_long or abs(drop) < _LEAST_DROP * (bottom - top):
        return None
    return Fall(drop / rows * height / width, top / rows, bottom / rows)


def levelled(grey: UInt8Array, fall: Fall) -> tuple[UInt8Array, FloatArray]:
    """Turns a picture until its line is level, and cuts away what is far above and below.

    Args:
        grey: (H, W) uint8.
        fall: of its line.

    Returns:
        The picture, and (2, 3) what makes places (x, y, 1) in it places in the first one.
    """
    height, width = grey.shape
    room = _ROOM * (fall.bottom - fall.top)
    cos = 1 / math.hypot(1, fall.slope)
    rows = max(3, round((fall.bottom - fall.top + 2 * room) * height * cos))
    middle = (fall.top + fall.bottom) / 2 * height  # of the band, in the middle column
    sin = fall.slope * cos
    back = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    centre = back[:, :2] @ [(width - 1) / 2, (rows - 1) / 2]
    back[:, 2] = [(width - 1) / 2 - centre[0], middle - 0.5 - centre[1]]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(grey, back, (width, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return turned, back.astype(np.float32)


def _sharpest(ink: FloatArray, drops: NDArray[np.floating]) -> float:
    """Of several drops from end to end the one along which rows of ink stand out most."""
    return float(drops[int(_sharpness(_profiles(ink, drops)).argmax())])


def _profiles(ink: FloatArray, drops: NDArray[np.floating]) -> FloatArray:
    """(D, 3 rows) ink in each row along lines that fall by so many rows from end to end; row `rows` is 0."""
    rows, parts = ink.shape
    falls = np.rint(drops[:, None] * ((np.arange(parts) + 0.5) / parts - 0.5)).astype(np.int64)
    first = np.arange(len(drops))[:, None] * 3 * rows + rows - falls  # (D, parts) place of row 0
    places = first[:, None, :] + np.arange(rows)[:, None]
    weights = np.broadcast_to(ink, places.shape)
    counts = np.bincount(places.ravel(), weights=weights.ravel(), minlength=len(drops) * 3 * rows)
    return counts.astype(np.float32).reshape(len(drops), 3 * rows)


def _sharpness(profiles: FloatArray) -> FloatArray:
    """The sum of squares over the last axis: highest where ink shares rows."""
    sharpness: FloatArray = np.square(profiles).sum(axis=-1)
    return sharpness


def _above_faint(profile: FloatArray) -> NDArray[np.bool_]:
    return profile > _FAINT * profile.max()
