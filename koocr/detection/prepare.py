"""From a page of any size to the detector's input, and from there back to the page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.detection.settings import STRIDE
from koocr.image import GreyImage
from koocr.polygon import Quads

__all__ = ["LONG_SIDE", "PreparedPage", "prepare", "rescaled", "to_input"]

LONG_SIDE = 1280
"""Pixels of a page's long side, unless it has fewer: A4 at 110 dpi, where 8 point print is 12 pixels high."""
_SLENDER = 2.0
"""Of pages longer than so many times their width, the area counts and not the length: a screenshot of a long
chat would else become a thread."""


@dataclass(frozen=True)
class PreparedPage:
    """A page as the network takes it.

    Attributes:
        image: (H, W) grey, sides multiples of 32; at the right and at the bottom is padding.
        scale: pixels of it for one of the page, along x and along y.
        size: (H, W) of the page.
    """

    image: GreyImage
    scale: tuple[float, float]
    size: tuple[int, int]

    def on_page(self, quads: Quads) -> Quads:
        """(N, 4, 2) quads of the network's input in pixels of the page, cut off at its edges."""
        limits = np.array(self.size[::-1], np.float32)
        return np.asarray(np.clip(quads / np.array(self.scale, np.float32), 0, limits), np.float32)


def prepare(grey: GreyImage, *, long_side: int = LONG_SIDE) -> PreparedPage:
    """Scales a page down, if it is too large, and pads it by repeating its last row and column.

    Args:
        grey: (H, W).
        long_side: at most so many pixels; slender pages have as many pixels as one half as wide as long.
    """
    height, width = grey.shape
    scale = min(1.0, _scale(height, width, long_side))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    scaled = grey if size == grey.shape else rescaled(grey, size)
    below, beside = (-length % STRIDE for length in size)
    padded = cv2.copyMakeBorder(scaled, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return PreparedPage(padded, (size[1] / width, size[0] / height), (height, width))


def rescaled(image: GreyImage, size: tuple[int, int]) -> GreyImage:
    """A picture of another size (H, W), the same way in training and in reading."""
    is_smaller = size[0] * size[1] < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=interpolation), np.uint8)


def to_input(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, H, W) grey to the network's input (N, H, W, 1), 0 black to 1 white."""
    return np.asarray(images[..., None] * np.float32(1 / 255), np.float32)


def _scale(height: int, width: int, long_side: int) -> float:
    long, short = max(height, width), min(height, width)
    if long <= _SLENDER * short:
        return long_side / long
    return float(np.sqrt(long_side * long_side / _SLENDER / (long * short)))
