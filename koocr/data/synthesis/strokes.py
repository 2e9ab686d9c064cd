"""The pen and what stands beside a character: stroke width, neighbours, ruled lines, clipped edges."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

UInt8Array = NDArray[np.uint8]

_KERNELS = tuple(
    cv2.getStructuringElement(shape, size)
    for shape, size in (
        (cv2.MORPH_RECT, (2, 2)),
        (cv2.MORPH_CROSS, (3, 3)),
        (cv2.MORPH_RECT, (3, 3)),
        (cv2.MORPH_RECT, (2, 1)),
        (cv2.MORPH_RECT, (1, 2)),
        (cv2.MORPH_RECT, (3, 2)),
    )
)
_AROUND = np.ones((13, 13), np.uint8)
_THICK = 0.30
"""Share of ink of a heavy glyph: the nearer to it, the rarer strokes are made thicker instead of thinner."""
_HEAVIEST, _STILL_THICKER = 0.50, 0.25
"""Up to this share of ink glyphs are made thicker at least this often: in display faces gaps nearly close."""
_NUM_TRIES = 256
"""Pixels at random among which there are three of ink in all but the faintest glyphs."""


def change_stroke_width(glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Makes the strokes of some glyphs thinner or thicker, in place; (N, S, S) uint8."""
    chosen = np.flatnonzero(rng.random(len(glyphs)) < settings.stroke_width)
    kernels = rng.integers(0, len(_KERNELS), len(chosen))
    shares, coins = rng.uniform(0.3, 1.0, len(chosen)), rng.random(len(chosen))
    for row, kernel, share, coin in zip(chosen, kernels, shares, coins, strict=True):
        glyph = glyphs[row]
        ink = cv2.mean(glyph)[0] / 255
        chance_thicker = min(0.8, max(_STILL_THICKER if ink < _HEAVIEST else 0.0, 1 - ink / _THICK))
        change = cv2.dilate if coin < chance_thicker else cv2.erode
        cv2.addWeighted(change(glyph, _KERNELS[kernel]), share, glyph, 1 - share, 0, dst=glyph)


def thin_strokes(glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Thins the strokes of some glyphs to a share of their own width, in place, without breaking them.

    What stays are the pixels whose distance from the ground is near that of the stroke's middle.
    """
    chosen = np.flatnonzero(rng.random(len(glyphs)) < settings.thin_pen)
    for row, share in zip(chosen, rng.uniform(0.3, 0.8, len(chosen)), strict=True):
        _thin(glyphs[row], share)


def _thin(glyph: UInt8Array, share: float) -> None:
    size = glyph.shape[0]
    large = cv2.resize(glyph, (2 * size, 2 * size), interpolation=cv2.INTER_LINEAR)
    ink = cv2.threshold(large, 110, 255, cv2.THRESH_BINARY)[1]
    depth = cv2.distanceTransform(ink, cv2.DIST_L2, 3)
    middle = cv2.dilate(depth, _AROUND)
    half_width = cv2.mean(middle[::3, ::3].copy(), ink[::3, ::3].copy())[0]  # one pixel of nine will do
    share = min(share, 1 - 1.5 / max(half_width, 1.5))  # at least three pixels of the large picture stay
    stays = cv2.addWeighted(depth, 255, middle, -255 * share, 127.5, dtype=cv2.CV_8U)  # saturates
    cv2.resize(cv2.min(stays, ink), (size, size), dst=glyph, interpolation=cv2.INTER_AREA)


def join_or_break(glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Fills narrow gaps of some glyphs, as a soft pen does, or breaks strokes, as a dry one; in place."""
    chosen = np.flatnonzero(rng.random(len(glyphs)) < settings.joined)
    kernels, coins = rng.integers(0, len(_KERNELS), len(chosen)), rng.random(len(chosen))
    for row, kernel, coin in zip(chosen, kernels, coins, strict=True):
        glyph = glyphs[row]
        is_dry = coin < 0.3 and cv2.mean(glyph)[0] / 255 > _THICK / 2
        change = cv2.MORPH_OPEN if is_dry else cv2.MORPH_CLOSE
        cv2.morphologyEx(glyph, change, _KERNELS[kernel], dst=glyph)


def lift_pen(glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Interrupts strokes of some glyphs and moves the parts that come loose, in place.

    Hands lift the pen where type doesn't, and set the parts of a jamo anywhere near: ㅌ as a bar above a ㄷ.
    """
    for row in np.flatnonzero(rng.random(len(glyphs)) < settings.lifted):
        _cut_strokes(glyphs[row], rng)
        _move_parts(glyphs[row], rng)


def _cut_strokes(glyph: UInt8Array, rng: np.random.Generator) -> None:
    """One to three short gaps, about as wide as a stroke, anywhere on the ink."""
    size = glyph.shape[0]
    tried = rng.integers(0, glyph.size, _NUM_TRIES, np.uint32)  # quicker than a list of all that is ink
    places = tried[glyph.ravel()[tried] > 160].tolist()
    count, *numbers = rng.random(1 + 3 * 3).tolist()
    for place in places[: 1 + int(3 * count)]:
        y, x = divmod(place, size)
        angle, reach, width = math.pi * numbers.pop(), (0.03 + 0.05 * numbers.pop()) * size, numbers.pop()
        dx, dy = round(reach * math.cos(angle)), round(reach * math.sin(angle))
        cv2.line(glyph, (x - dx, y - dy), (x + dx, y + dy), 0, 1 + int(3 * width))


def _move_parts(glyph: UInt8Array, rng: np.random.Generator) -> None:
    """Moves each connected part of a glyph by a pixel or two, one by one."""
    mask = cv2.threshold(glyph, 60, 1, cv2.THRESH_BINARY)[1]
    count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_16U)
    if not 2 < count < 10:
        return
    size = glyph.shape[0]
    middle = (size - 1) / 2
    parts = labels.astype(np.uint8)
    reach = cv2.dilate(parts, _KERNELS[2])  # with their soft edges
    cv2.copyTo(parts, mask, reach)
    moved = np.zeros_like(glyph)
    for number, (dx, dy) in enumerate(rng.normal(0, 0.03 * size, (count - 1, 2)).tolist(), start=1):
        part = cv2.min(glyph, cv2.compare(reach, number, cv2.CMP_EQ))
        part = cv2.getRectSubPix(part, (size, size), (middle - dx, middle - dy))
        cv2.max(moved, part, dst=moved)
    glyph[:] = moved


def add_surroundings(glyphs: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Puts neighbours, ruled lines and cuts at the edges of some images, in place; (N, S, S) uint8."""
    chance = rng.random((3, len(glyphs)))
    beside = np.flatnonzero(chance[0] < settings.neighbours)
    neighbours = glyphs[rng.integers(0, max(1, len(glyphs)), len(beside))]  # a copy, as they are now
    for row, neighbour in zip(beside, neighbours, strict=True):
        _add_neighbour(glyphs[row], neighbour, rng)
    for row in np.flatnonzero(chance[1] < settings.ruled_lines):
        _add_lines(glyphs[row], rng)
    for row in np.flatnonzero(chance[2] < settings.clipped):
        _clip(glyphs[row], rng)


def _add_neighbour(image: UInt8Array, neighbour: UInt8Array, rng: np.random.Generator) -> None:
    """Lets another character look in from one side, by at most the margin and a little more."""
    size = image.shape[0]
    visible = int(rng.integers(size // 16, size // 6))
    piece = np.ascontiguousarray(neighbour[:, -size // 12 - visible : -size // 12])
    turns = int(rng.integers(4))
    view = np.rot90(image, turns)
    edge = view[:, :visible]
    np.maximum(edge, piece, out=edge)


def _add_lines(image: UInt8Array, rng: np.random.Generator) -> None:
    """Draws one to three lines near the edges, as of a cell or of ruled paper."""
    size = image.shape[0]
    for _ in range(int(rng.integers(1, 4))):
        near = int(rng.integers(0, size // 8))
        tilt = int(rng.integers(-size // 20, size // 20 + 1))
        if rng.random() < 0.5:
            near = size - 1 - near
        start, stop = (near, 0), (near + tilt, size - 1)
        if rng.random() < 0.5:
            start, stop = start[::-1], stop[::-1]
        line = np.zeros_like(image)
        cv2.line(line, start, stop, int(rng.integers(60, 256)), int(rng.integers(1, 3)), cv2.LINE_AA)
        np.maximum(image, line, out=image)


def _clip(image: UInt8Array, rng: np.random.Generator) -> None:
    """Cuts a few pixels off the character on one side, as the edge of a picture does."""
    size = image.shape[0]
    view = np.rot90(image, int(rng.integers(4)))
    filled = np.flatnonzero(view.max(0) > 60)
    if len(filled):
        view[:, : filled[0] + int(rng.integers(1, max(2, size // 14)))] = 0
