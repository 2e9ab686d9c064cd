"""Cuts units out of a page: each an upright picture of one line, and the way back to the page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.image import GreyImage
from koocr.layout import Quad

__all__ = ["Crop", "crop_line", "quad_of"]

_HEIGHT = 44
"""Of the text in a crop, in pixels, at most: the line network sees 36; smaller text is not enlarged here."""
_ABOVE, _BESIDE = 0.12, 0.25
"""Ground around the text, in heights of it: room for a quad that is too tight; more would show neighbours."""
_MOST_WIDTH = 12_000
"""Of a crop, in pixels."""
_LEAST_SIZE = 2.0
"""Pixels of a quad's sides; of less there is nothing to read."""


@dataclass(frozen=True)
class Crop:
    """A line cut out of a page.

    Attributes:
        image: (h, w) uint8.
        to_page: (3, 3) from the crop's pixels to those of the page.
        text: left, top, right, bottom of the unit's quad in the crop; the rest is margin.
    """

    image: GreyImage
    to_page: NDArray[np.float64]
    text: tuple[float, float, float, float]

    def place(self, start: float, stop: float) -> Quad:
        """Where a part of the line stands on the page.

        Args:
            start: its left edge, in pixels of the crop.
            stop: its right edge.

        Returns:
            Its quad, as high as the unit's; what lies in the margin is cut off.
        """
        left, top, right, bottom = self.text
        start, stop = (min(max(x, left), right) for x in (start, stop))
        return quad_of(_mapped(self.to_page, [(start, top), (stop, top), (stop, bottom), (start, bottom)]))

    @property
    def quad(self) -> Quad:
        """The unit's own."""
        left, _, right, _ = self.text
        return self.place(left, right)

    def turned(self) -> Crop:
        """The same line read from its other end: upside down."""
        height, width = self.image.shape
        left, top, right, bottom = self.text
        turn = np.array([[-1.0, 0, width], [0, -1, height], [0, 0, 1]])
        image = np.ascontiguousarray(self.image[::-1, ::-1])
        return Crop(image, self.to_page @ turn, (width - right, height - bottom, width - left, height - top))


def crop_line(grey: GreyImage, quad: NDArray[np.floating]) -> Crop | None:
    """Cuts out the line in a quad, level and upright, with a little ground around it.

    Args:
        grey: (H, W) uint8, the page.
        quad: (4, 2), top left, top right, bottom right, bottom left of the text.

    Returns:
        The crop, its text at most 44 px high; None if the quad has no size. What lies outside the page is
        filled with its edge.
    """
    corners = np.asarray(quad, np.float64).reshape(4, 2)
    width = float(np.linalg.norm(corners[1] + corners[2] - corners[0] - corners[3]) / 2)
    height = float(np.linalg.norm(corners[2] + corners[3] - corners[0] - corners[1]) / 2)
    if not np.isfinite(corners).all() or min(width, height) < _LEAST_SIZE:
        return None
    scale = min(1.0, _HEIGHT / height, _MOST_WIDTH / width)
    wide, high = width * scale, height * scale
    across, down = np.ceil([_BESIDE * high, _ABOVE * high])
    text = float(across), float(down), float(across + wide), float(down + high)
    columns, rows = int(np.ceil(text[2] + across)), int(np.ceil(text[3] + down))
    target = np.array([[text[0], text[1]], [text[2], text[1]], [text[2], text[3]], [text[0], text[3]]])
    to_page = cv2.getPerspectiveTransform(target.astype(np.float32), corners.astype(np.float32))
    return Crop(_warped(grey, to_page, columns, rows, scale), to_page, text)


def quad_of(points: NDArray[np.floating]) -> Quad:
    """(4, 2) as plain numbers."""
    a, b, c, d = np.asarray(points, np.float64).tolist()
    return tuple(a), tuple(b), tuple(c), tuple(d)


def _mapped(matrix: NDArray[np.float64], points: list[tuple[float, float]]) -> NDArray[np.float64]:
    x, y, w = (np.column_stack([points, np.ones(len(points))]) @ matrix.T).T
    return np.stack([x / w, y / w], axis=1)


def _warped(
    grey: GreyImage, to_page: NDArray[np.float64], columns: int, rows: int, scale: float
) -> GreyImage:
    """The crop's pixels, from the part of the page that it needs, shrunk first where it is large."""
    outline = _mapped(to_page, [(0, 0), (columns, 0), (columns, rows), (0, rows)])
    low = np.clip(np.floor(outline.min(axis=0)).astype(int) - 2, 0, [grey.shape[1] - 1, grey.shape[0] - 1])
    high = np.maximum(np.ceil(outline.max(axis=0)).astype(int) + 2, low + 1)
    part = grey[low[1] : high[1], low[0] : high[0]]
    shrink = np.ones(2)
    if scale < 0.7:  # a linear warp would skip pixels
        size = [max(1, round(side * scale)) for side in part.shape[::-1]]
        shrink = np.array(size) / part.shape[::-1]
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    # Coordinates are those of corners; OpenCV's are those of the pixels' centres.
    to_part = np.diag([shrink[0], shrink[1], 1.0]) @ np.array([[1.0, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]])
    matrix = _half(-0.5) @ to_part @ to_page @ _half(0.5)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(part, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def _half(by: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0, by], [0, 1, by], [0, 0, 1]])
