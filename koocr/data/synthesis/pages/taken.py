"""A picture of a page with the places of its texts, moved together so that they never part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.paper import Textures

__all__ = ["Taken", "cut_out", "fade", "grain", "jpeg", "moved", "noise_field", "smooth_field"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_MOST_LOST = 0.5  # of a text's area: of what has lost more, nobody can say what it said
_LEAST_LEFT = 0.02  # of it: less is not there at all


@dataclass(frozen=True)
class Taken:
    """A picture and its texts.

    Attributes:
        image: (H, W) uint8.
        quads: (N, 4, 2) float32, pixel edges.
        numbers: (N,) which text of the sheet each is.
        is_ignored: (N,) bool.
    """

    image: UInt8Array
    quads: FloatArray
    numbers: NDArray[np.int64]
    is_ignored: NDArray[np.bool_]

    def inside(self) -> Taken:
        """What lies in the picture: quads end at its edge, and those that lost most are to be ignored."""
        height, width = self.image.shape
        frame = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        left = np.array([_common(quad, frame) for quad in self.quads], np.float64)
        kept = left > _LEAST_LEFT
        quads = np.clip(self.quads[kept], 0, np.array([width, height], np.float32))
        is_ignored = self.is_ignored[kept] | (left[kept] < 1 - _MOST_LOST)
        return Taken(self.image, quads.astype(np.float32), self.numbers[kept], is_ignored)

    def with_image(self, image: UInt8Array) -> Taken:
        """The same places in another picture of the same size."""
        return replace(self, image=image)


def _common(quad: FloatArray, frame: FloatArray) -> float:
    """The share of a quad that lies in a frame."""
    if (quad >= frame[0]).all() and (quad <= frame[2]).all():
        return 1.0
    area = abs(float(cv2.contourArea(quad)))
    return float(cv2.intersectConvexConvex(quad, frame)[0]) / area if area else 0.0


def moved(quads: FloatArray, matrix: NDArray[np.float64]) -> FloatArray:
    """Applies what `cv2.warpPerspective` does to a picture (pixel centres) to quads (pixel edges)."""
    if not len(quads):
        return quads
    points = (quads.reshape(-1, 1, 2) - 0.5).astype(np.float64)
    return (cv2.perspectiveTransform(points, matrix).reshape(-1, 4, 2) + 0.5).astype(np.float32)


def cut_out(page: Taken, rng: np.random.Generator) -> Taken:
    """A part of a page, as people cut it out: it may end in the middle of lines."""
    height, width = page.image.shape
    sides = rng.uniform(0.35, 1.0, 2) * (width, height)
    left, top = np.rint(rng.random(2) * ((width, height) - sides)).astype(int).tolist()
    across, down = np.maximum(32, np.rint(sides)).astype(int).tolist()
    image = np.ascontiguousarray(page.image[top : top + down, left : left + across])
    moved_quads = page.quads - np.array([left, top], np.float32)
    return Taken(image, moved_quads, page.numbers, page.is_ignored).inside()


def fade(image: UInt8Array, factor: FloatArray | float) -> UInt8Array:
    """Multiplies the light."""
    return np.asarray(cv2.multiply(image, factor, dtype=cv2.CV_8U), np.uint8)


def grain(image: UInt8Array, rng: np.random.Generator, textures: Textures, *, spread: float) -> UInt8Array:
    """Adds noise, fine or as large as two pixels."""
    noise = noise_field(rng, textures, image.shape)
    if rng.random() < 0.4:
        noise = cv2.blur(noise, (2, 2)) * np.float32(1.6)
    return np.asarray(cv2.add(image, noise * np.float32(spread), dtype=cv2.CV_8U), np.uint8)


def noise_field(rng: np.random.Generator, textures: Textures, shape: tuple[int, ...]) -> FloatArray:
    """(H, W) normal numbers: bands that are cut out of a texture, each from another place."""
    height, width = shape
    field, band = np.empty((height, width), np.float32), textures.grain.shape[0]
    for top in range(0, height, band):
        rows = min(band, height - top)
        field[top : top + rows] = textures.cut(textures.grain, rng, (rows, width))
    return field


def jpeg(image: UInt8Array, rng: np.random.Generator, *, low: int, high: int) -> UInt8Array:
    """Saves and opens it."""
    quality = int(rng.integers(low, high, endpoint=True))
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def smooth_field(rng: np.random.Generator, shape: tuple[int, ...], cells: int) -> FloatArray:
    """(H, W) normal numbers that change slowly: about `cells` times across."""
    coarse = rng.standard_normal((cells + 1, cells + 1), dtype=np.float32)
    field = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field, np.float32)
