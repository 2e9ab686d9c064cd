"""What scanners and copiers make of a page."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.pages.settings import ScanSettings
from koocr.data.synthesis.pages.taken import Taken, fade, grain, jpeg, moved, smooth_field

__all__ = ["scan"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
DoubleArray = NDArray[np.float64]


def scan(page: Taken, rng: np.random.Generator, how: ScanSettings, textures: Textures, em_px: float) -> Taken:
    """Scans a page.

    Args:
        page: as printed.
        rng: source of all chance.
        how: chances and strengths.
        textures: noise.
        em_px: size of its text: small letters bear less.
    """
    chances = rng.random(8)
    if chances[0] < how.neighbour:
        page = _with_neighbour(page, rng)
    image = page.image
    if chances[1] < how.show_through:
        image = _shown_through(image, rng)
    page = _skewed(page.with_image(image), rng, how)
    is_shaded = chances[3] < how.gutter
    image = _lit(page.image, rng, how, chances, is_shaded=is_shaded)
    if chances[5] < how.blur:
        spread = float(rng.uniform(0.2, 1)) * how.most_blur_em * em_px
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.3, spread)), np.uint8)
    if chances[6] < how.noise:
        image = grain(image, rng, textures, spread=how.most_noise * float(rng.random()) ** 1.5)
    if chances[7] < how.specks:
        _speckle(image, rng)
    # two tones would drown the text that lies in a shadow
    return page.with_image(_saved(image, rng, how, em_px, is_even=not is_shaded))


def _lit(
    image: UInt8Array, rng: np.random.Generator, how: ScanSettings, chances: DoubleArray, *, is_shaded: bool
) -> UInt8Array:
    """Light, holes, and shadows of the fold and of the rims."""
    if rng.random() < how.uneven:
        image = fade(image, 1 + smooth_field(rng, image.shape, 5) * np.float32(rng.uniform(0.005, 0.03)))
    if chances[2] < how.holes:
        _punch(image, rng)
    if is_shaded:
        image = fade(image, _gutter(rng, image.shape))
    if chances[4] < how.edges:
        _rims(image, rng)
    return image


def _saved(
    image: UInt8Array, rng: np.random.Generator, how: ScanSettings, em_px: float, *, is_even: bool
) -> UInt8Array:
    if rng.random() < how.two_tones and is_even and em_px >= 14:
        _, is_light = cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)
        light, dark = cv2.mean(image, is_light)[0], cv2.mean(image, cv2.bitwise_not(is_light))[0]
        bound = dark + float(rng.uniform(0.45, 0.7)) * (light - dark)
        image = np.asarray(cv2.threshold(image, bound, 255, cv2.THRESH_BINARY)[1], np.uint8)
    return jpeg(image, rng, low=30, high=92) if rng.random() < how.jpeg else image


def _skewed(page: Taken, rng: np.random.Generator, how: ScanSettings) -> Taken:
    """Turned about its middle, on the ground that a scanner's lid is."""
    height, width = page.image.shape
    is_rare = rng.random() < how.rare_skew
    angle = float(np.clip(rng.normal(0, how.skew_deg), -how.most_skew_deg, how.most_skew_deg))
    angle = float(rng.uniform(-how.rare_skew_deg, how.rare_skew_deg)) if is_rare else angle
    middle = ((width - 1) / 2 + float(rng.normal(0, 0.004 * width)), (height - 1) / 2)
    matrix = np.vstack([cv2.getRotationMatrix2D(middle, angle, float(rng.uniform(0.97, 1.0))), (0, 0, 1)])
    lid = float(np.median(page.image[::16, ::16])) if rng.random() < 0.75 else float(rng.uniform(0, 60))
    image = cv2.warpPerspective(
        page.image, matrix, (width, height), borderMode=cv2.BORDER_CONSTANT, borderValue=lid
    )
    return Taken(np.asarray(image, np.uint8), moved(page.quads, matrix), page.numbers, page.is_ignored)


def _shown_through(image: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """The back of the page, in the mirror: faint, and softer than the front."""
    ground = float(np.median(image[::16, ::16]))
    back = np.roll(cv2.flip(image, 1), int(rng.integers(image.shape[0])), 0)
    back = cv2.GaussianBlur(back, (0, 0), float(rng.uniform(0.8, 2.2)))
    share = float(rng.uniform(0.04, 0.2))
    return np.asarray(cv2.addWeighted(image, 1.0, back, share, -share * ground), np.uint8)


def _with_neighbour(page: Taken, rng: np.random.Generator) -> Taken:
    """The edge of another page of the book: its texts are cut, and to be ignored."""
    height, width = page.image.shape
    strip = round(float(rng.uniform(0.03, 0.12)) * width)
    is_left = rng.random() < 0.5
    start = round(float(rng.uniform(0.3, 0.7)) * width) if rng.random() < 0.5 else (width - strip) * is_left
    start = min(start, width - strip)
    other = page.image[:, start : start + strip]
    image = np.hstack([other, page.image] if is_left else [page.image, other])
    own = page.quads + np.array([strip * is_left, 0], np.float32)
    place = 0 if is_left else width
    shifted = page.quads - np.array([start, 0], np.float32)
    is_seen = (shifted[:, 1, 0] > 1) & (shifted[:, 0, 0] < strip - 1)
    seen = np.clip(shifted[is_seen], 0, [strip, height]).astype(np.float32) + np.array([place, 0], np.float32)
    numbers = np.concatenate([page.numbers, page.numbers[is_seen]])
    ignored = np.concatenate([page.is_ignored, np.ones(len(seen), bool)])
    return Taken(np.ascontiguousarray(image), np.concatenate([own, seen]), numbers, ignored)


def _gutter(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """What the shadow of a book's fold leaves of the light, at the left or the right."""
    height, width = shape
    reach, depth = float(rng.uniform(0.03, 0.15)) * width, float(rng.uniform(0.2, 0.75))
    x = np.arange(width)
    factor = 1 - depth * np.exp(-((x / reach) ** 2))
    factor = factor[::-1] if rng.random() < 0.5 else factor
    return np.ascontiguousarray(np.broadcast_to(factor, (height, width)), np.float32)


def _rims(image: UInt8Array, rng: np.random.Generator) -> None:
    """Dark bars where the paper ended before the glass did."""
    height, width = image.shape
    for side in range(4):
        if rng.random() < 0.4:
            deep = round(float(rng.uniform(0.003, 0.02)) * width)
            tilt = round(float(rng.normal(0, 0.3)) * deep)
            near, far = max(1, deep), max(1, deep + tilt)
            right, low = width - near, height - near
            corners = (
                [(0, 0), (width, 0), (width, far), (0, near)],
                [(0, height), (width, height), (width, height - far), (0, low)],
                [(0, 0), (0, height), (far, height), (near, 0)],
                [(width, 0), (width, height), (width - far, height), (right, 0)],
            )[side]
            cv2.fillPoly(image, [np.array(corners, np.int32)], float(rng.uniform(0, 70)))


def _punch(image: UInt8Array, rng: np.random.Generator) -> None:
    height, width = image.shape
    x = round(float(rng.uniform(0.02, 0.05)) * width)
    x = width - x if rng.random() < 0.3 else x
    radius, tone = max(2, round(0.014 * width)), float(rng.uniform(0, 110))
    middle, apart = height / 2 + float(rng.normal(0, 0.01)) * height, 0.135 * height
    for place in (-1, 1) if rng.random() < 0.7 else (-3, -1, 1, 3):
        cv2.circle(image, (x, round(middle + place * apart)), radius, tone, -1, cv2.LINE_AA)


def _speckle(image: UInt8Array, rng: np.random.Generator) -> None:
    """Dust, and hairs now and then."""
    height, width = image.shape
    for _ in range(int(rng.integers(3, 120))):
        spot = int(rng.integers(width)), int(rng.integers(height))
        cv2.circle(
            image, spot, int(rng.integers(0, max(2, width // 700) + 1)), float(rng.uniform(0, 140)), -1
        )
    for _ in range(int(rng.integers(0, 3)) if rng.random() < 0.3 else 0):
        points = np.cumsum(rng.normal(0, width / 150, (6, 2)), 0) + rng.uniform(0, (width, height))
        cv2.polylines(image, [np.rint(points).astype(np.int32)], False, 90.0, 1, cv2.LINE_AA)
