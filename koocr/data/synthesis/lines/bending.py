"""How the line lies in its picture: size, skew, slant, curve, perspective, waves, small elastic shifts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.settings import EM, HandSettings, ShapeSettings
from koocr.data.synthesis.lines.typeset import Canvas

__all__ = ["Bend", "bend", "clip_side", "draw_bend"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_HALF_LINE = 0.45 * EM  # from the middle of the letters to their tops
_CELL = 0.6 * EM  # letters are bent in pieces of this size
_MOST_ASKEW = 0.3  # ems that one end of a line lies above the other where others are close by
_WAVELENGTH = (3.0, 9.0)  # ems


@dataclass(frozen=True)
class Bend:
    """How one line is bent; all zero: not at all.

    Attributes:
        em_px: size of the em in the picture.
        stretch: width over height.
        skew: rows that the line falls for each column to the right.
        slant: columns that letters lean for each row.
        curve: rows that the middle lies lower than the ends, in ems.
        perspective: by how much the right half is larger than the left, as a share.
        elastic: spread of small shifts, in ems.
        wave_along, wave_across: amplitudes of sines that move columns and rows, in ems.
        wave_phase, wave_length: of both; the length in ems.
    """

    em_px: float = float(EM)
    stretch: float = 1.0
    skew: float = 0.0
    slant: float = 0.0
    curve: float = 0.0
    perspective: float = 0.0
    elastic: float = 0.0
    wave_along: float = 0.0
    wave_across: float = 0.0
    wave_phase: float = 0.0
    wave_length: float = 5.0

    @property
    def is_straight(self) -> bool:
        """Whether the line only changes its size."""
        bends = (
            self.skew,
            self.slant,
            self.curve,
            self.perspective,
            self.elastic,
            self.wave_along,
            self.wave_across,
        )
        return not any(bends)

    def calmed(self, width: float) -> Bend:
        """The same for a line with others close by: so little askew that no other takes its place."""
        most = _MOST_ASKEW * EM / max(width, 1.0)
        return replace(
            self,
            skew=min(max(self.skew, -most), most),
            curve=min(max(self.curve, -_MOST_ASKEW / 4), _MOST_ASKEW / 4),
            wave_along=0.0,
            wave_across=0.0,
        )

    def reach(self, width: float) -> tuple[int, int]:
        """Columns and rows of ground that a line so wide (at an em of `EM` pixels) needs beyond its box."""
        rows = abs(self.skew) * width / 2 + (abs(self.curve) + abs(self.wave_across)) * EM
        rows += abs(self.perspective) * _HALF_LINE + 3 * self.elastic * EM
        columns = abs(self.slant) * _HALF_LINE + abs(self.wave_along) * EM + 3 * self.elastic * EM
        return math.ceil(columns), math.ceil(rows)


def draw_bend(
    rng: np.random.Generator, settings: ShapeSettings, hand: HandSettings, *, is_hand: bool
) -> Bend:
    """Decides how one line is bent."""
    chances = rng.random(6)
    low, high = settings.em_px
    is_elastic = chances[3] < settings.elastic * (1.0 if is_hand else 0.5)
    slant = rng.normal(0, hand.slant) * min(1.0, hand.most) if is_hand else 0.0
    if not is_hand and chances[4] < settings.italic:
        slant = rng.uniform(-0.3, -0.1)
    skew = np.clip(rng.normal(0, settings.skew_deg), -settings.most_skew_deg, settings.most_skew_deg)
    is_stretched = is_hand or chances[5] < settings.stretched
    return Bend(
        em_px=float(np.exp(rng.uniform(math.log(low), math.log(high)))),
        stretch=float(np.exp(np.clip(rng.normal(0, settings.stretch), -0.25, 0.25))) if is_stretched else 1.0,
        skew=math.tan(math.radians(float(skew))) if chances[0] < settings.skew else 0.0,
        slant=float(np.clip(slant, -0.4, 0.4)),
        curve=float(rng.normal(0, settings.curve_em)) if chances[1] < settings.curve else 0.0,
        perspective=float(np.clip(rng.normal(0, 0.08), -0.2, 0.2))
        if chances[2] < settings.perspective
        else 0.0,
        elastic=float(rng.uniform(0.2, 1.0)) * settings.elastic_em if is_elastic else 0.0,
        wave_along=settings.wave[0],
        wave_across=settings.wave[1],
        wave_phase=float(rng.uniform(0, 2 * math.pi)),
        wave_length=float(rng.uniform(*_WAVELENGTH)),
    )


def bend(canvas: Canvas, shape: Bend, rng: np.random.Generator) -> Canvas:
    """Brings a line to its size and bends it.

    The boxes of the symbols come along; where the line is bent they are right at half its height.
    """
    small = _resize(canvas, shape)
    if shape.is_straight:
        return small
    map_x, map_y = _maps(small, shape, rng)
    middle = np.maximum.accumulate(map_x[map_x.shape[0] // 2])
    spans = np.interp(small.spans, middle, np.arange(len(middle)))
    ink = cv2.remap(small.ink, map_x, map_y, cv2.INTER_LINEAR)
    behind = small.behind
    if behind is not None:
        behind = cv2.remap(behind, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Canvas(ink, spans, small.baseline, small.box, behind)


def _resize(canvas: Canvas, shape: Bend) -> Canvas:
    scale = shape.em_px / EM
    height, width = canvas.ink.shape
    size = max(1, round(width * scale * shape.stretch)), max(1, round(height * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    x, y = size[0] / width, size[1] / height
    left, top, right, bottom = canvas.box
    return Canvas(
        cv2.resize(canvas.ink, size, interpolation=mode),
        canvas.spans * x,
        canvas.baseline * y,
        (round(left * x), round(top * y), round(right * x), round(bottom * y)),
        None if canvas.behind is None else cv2.resize(canvas.behind, size, interpolation=mode),
    )


def _maps(canvas: Canvas, shape: Bend, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """(H, W) columns and rows of the straight line that each pixel of the bent one shows."""
    height, width = canvas.ink.shape
    left, top, right, bottom = canvas.box
    middle, line = (left + right) / 2, (top + bottom) / 2
    half = max(1.0, (right - left) / 2)
    em = shape.em_px
    u = np.arange(width, dtype=np.float32) - np.float32(middle)
    v = np.arange(height, dtype=np.float32) - np.float32(line)
    share = u / np.float32(half)  # -1 at the line's left end, 1 at its right
    turn = 2 * math.pi / (shape.wave_length * em)
    falls = shape.skew * u + shape.curve * em * (1 - share * share)
    falls += shape.wave_across * em * np.sin(turn * u + shape.wave_phase)
    sways = shape.slant * v + shape.wave_along * em * np.sin(turn * v * 2 + shape.wave_phase)
    sizes = 1 + shape.perspective * share
    map_y = line + (v[:, None] - falls[None, :]) / sizes[None, :]
    map_x = middle + u[None, :] + (sways - shape.skew * v)[:, None] * np.ones_like(u)
    map_x += (shape.perspective * half / 2 * (1 - share * share))[None, :]
    if shape.elastic:
        shifts = _elastic(rng, shape.elastic * em, (height, width), em)
        map_x, map_y = map_x + shifts[..., 0], map_y + shifts[..., 1]
    return map_x.astype(np.float32), map_y.astype(np.float32)


def _elastic(rng: np.random.Generator, spread: float, shape: tuple[int, int], em: float) -> FloatArray:
    """(H, W, 2) smooth shifts."""
    cell = _CELL * em / EM
    grid = math.ceil(shape[0] / cell) + 1, math.ceil(shape[1] / cell) + 1
    coarse = np.clip(rng.standard_normal((*grid, 2), dtype=np.float32), -2, 2) * np.float32(spread)
    return cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def clip_side(canvas: Canvas, rng: np.random.Generator, *, most: float) -> Canvas:
    """Cuts one side of a picture into the letters, by at most `most` of their height."""
    mask = cv2.compare(canvas.ink, 60, cv2.CMP_GT)
    left, top, width, height = cv2.boundingRect(mask)
    if width == 0:
        return canvas
    cut = round(float(rng.uniform(0, most)) * height)
    rows, columns = [0, canvas.ink.shape[0]], [0, canvas.ink.shape[1]]
    side = rng.integers(4)
    if side == 0:
        rows[0] = top + cut
    elif side == 1:
        rows[1] = top + height - cut
    elif side == 2:
        columns[0] = left + cut // 2
    else:
        columns[1] = left + width - cut // 2
    area = slice(*rows), slice(*columns)
    spans = np.clip(canvas.spans - columns[0], 0, columns[1] - columns[0])
    behind = None if canvas.behind is None else canvas.behind[area]
    return Canvas(canvas.ink[area], spans, canvas.baseline - rows[0], canvas.box, behind)
