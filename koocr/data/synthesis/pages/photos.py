"""What phones make of a page: it lies on a table, seen from aside, in whatever light there is."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.pages.settings import PhotoSettings
from koocr.data.synthesis.pages.taken import Taken, fade, grain, jpeg, moved, noise_field, smooth_field

__all__ = ["photograph"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]


def photograph(
    page: Taken, rng: np.random.Generator, how: PhotoSettings, textures: Textures, em_px: float
) -> Taken:
    """Photographs a page; arguments as of `scans.scan`."""
    chances = rng.random(5)
    view = _view(rng, how, page.image.shape)
    page = _seen(page, view, rng, textures)
    image = page.image
    if chances[1] < how.light:
        image = fade(image, _light(rng, image.shape))
    if chances[2] < how.blur:
        image = _blurred(image, rng, how.most_blur_em * em_px)
    if chances[3] < how.noise:
        image = grain(image, rng, textures, spread=how.most_noise * float(rng.random()) ** 1.5)
    if chances[4] < how.jpeg:
        image = jpeg(image, rng, low=25, high=90)
    return page.with_image(image)


class _View(NamedTuple):
    """How a page is seen: its columns are pushed down by `sag`, then comes the camera.

    `sag` is (W,), pixels downwards for each column of the page; `size` is the picture's, width first.
    """

    matrix: DoubleArray
    sag: FloatArray
    size: tuple[int, int]


def _view(rng: np.random.Generator, how: PhotoSettings, shape: tuple[int, ...]) -> _View:
    height, width = shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    is_cropped = rng.random() < how.cropped
    margins = rng.uniform(-0.06, 0.01, 4) if is_cropped else rng.uniform(0.01, how.margin, 4)
    low = margins[:2] * (width, height)
    size = (round(width * (1 + margins[0] + margins[2])), round(height * (1 + margins[1] + margins[3])))
    spread = how.perspective * float(rng.random())
    placed = corners + low + rng.uniform(-spread, spread, (4, 2)) * (width, height)
    angle = np.radians(rng.normal(0, how.turn_deg))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    middle = placed.mean(0)
    placed = (placed - middle) @ turn.T + middle
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), placed.astype(np.float32))
    return _View(matrix.astype(np.float64), _sag(rng, how, width, height), size)


def _sag(rng: np.random.Generator, how: PhotoSettings, width: int, height: int) -> FloatArray:
    """(W,) how far each column hangs down: a book's pages rise to the fold, loose paper waves."""
    if rng.random() >= how.curl:
        return np.zeros(width, np.float32)
    x = np.linspace(0, 1, width, dtype=np.float32)
    size = how.curl_size * height * float(rng.uniform(0.2, 1))
    if rng.random() < 0.5:
        wave = np.sin(2 * np.pi * (x * np.float32(rng.uniform(0.3, 1.2)) + np.float32(rng.random())))
    else:
        wave = 2 * np.exp(-x * np.float32(rng.uniform(2, 6)))
        wave = wave[::-1] if rng.random() < 0.5 else wave
    return np.asarray(size * wave, np.float32)


def _seen(page: Taken, view: _View, rng: np.random.Generator, textures: Textures) -> Taken:
    """The page on the table, and its quads."""
    table = _table(rng, textures, view.size)
    sagged = _sagged(page.image, view.sag) if view.sag.any() else page.image
    cover = np.full(page.image.shape, 255, np.uint8)
    cover = _sagged(cover, view.sag, outside=0.0) if view.sag.any() else cover
    cover = cv2.warpPerspective(cover, view.matrix, view.size)
    seen = cv2.warpPerspective(sagged, view.matrix, view.size, borderMode=cv2.BORDER_REPLICATE)
    share = cover.astype(np.float32) * np.float32(1 / 255)
    image = table + (seen - table) * share
    quads = moved(sagging(page.quads, view.sag), view.matrix)
    return Taken(np.clip(image, 0, 255).astype(np.uint8), quads, page.numbers, page.is_ignored)


def _sagged(image: UInt8Array, sag: FloatArray, *, outside: float | None = None) -> UInt8Array:
    height, width = image.shape
    x = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    y = np.arange(height, dtype=np.float32)[:, None] - sag
    border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    moved_image = cv2.remap(image, np.ascontiguousarray(x), y, cv2.INTER_LINEAR, borderMode=border,
                            borderValue=outside or 0.0)  # fmt: skip
    return np.asarray(moved_image, np.uint8)


def sagging(quads: FloatArray, sag: FloatArray) -> FloatArray:
    """Quads that hold what upright rectangles held before each column of the page was pushed down.

    Their upper and lower edges follow the straight line that comes nearest to the curve, and lie as far apart
    as is needed for all of the curve to lie between them.

    Args:
        quads: (N, 4, 2) upright rectangles.
        sag: (W,) pixels downwards of each column.
    """
    if not sag.any():
        return quads
    found = quads.copy()
    for quad in found:
        first = int(np.clip(quad[0, 0], 0, len(sag) - 2))
        last = int(np.clip(np.ceil(quad[1, 0]), first + 2, len(sag)))
        curve = sag[first:last]
        x = np.arange(first, last, dtype=np.float32)
        slope = (curve[-1] - curve[0]) / (len(curve) - 1)
        rest = curve - slope * (x - x[0])
        ends = slope * (quad[:, 0] - x[0])
        quad[:2, 1] += ends[:2] + rest.min()
        quad[2:, 1] += ends[2:] + rest.max()
    return found


def _table(rng: np.random.Generator, textures: Textures, size: tuple[int, int]) -> FloatArray:
    """What a page lies on: wood, cloth or stone, lighter or darker than paper."""
    shape = size[1], size[0]
    tone = float(rng.uniform(20, 190))
    table = np.full(shape, tone, np.float32)
    table += smooth_field(rng, shape, 6) * np.float32(rng.uniform(2, 14))
    noise = noise_field(rng, textures, shape) * np.float32(rng.uniform(3, 14))
    if rng.random() < 0.5:  # the grain of wood lies along
        noise = cv2.blur(noise, (int(rng.integers(15, 60)), 2)) * np.float32(rng.uniform(4, 8))
    return np.asarray(table + noise, np.float32)


def _light(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """(H, W) what is left of the light: a ramp, smooth spots, perhaps the edge of a shadow."""
    height, width = shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across, down = (np.float32(value) for value in rng.normal(0, 0.12, 2))
    light = np.float32(rng.uniform(0.72, 1.0)) + across * x + down * y
    light = light + smooth_field(rng, shape, 3) * np.float32(rng.uniform(0, 0.06))
    if rng.random() < 0.4:
        slope = rng.normal(0, 1, 3)
        edge = np.float32(slope[0]) * x + np.float32(slope[1]) * y + np.float32(0.5 * slope[2])
        shadow = np.float32(0.5) + np.float32(0.5) * np.tanh(edge * np.float32(rng.uniform(2, 20)))
        light = light * (1 - np.float32(rng.uniform(0.1, 0.5)) * shadow)
    return np.clip(light, 0.2, 1.15).astype(np.float32)


def _blurred(image: UInt8Array, rng: np.random.Generator, most: float) -> UInt8Array:
    """Out of focus, or shaken."""
    if rng.random() < 0.85:
        return np.asarray(
            cv2.GaussianBlur(image, (0, 0), max(0.3, most * float(rng.uniform(0.2, 1)))), np.uint8
        )
    length = max(2, round(2 * most))
    return np.asarray(cv2.blur(image, (length, 1) if rng.random() < 0.6 else (1, length)), np.uint8)
