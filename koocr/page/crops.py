"""Cuts units out of a page: each an upright picture of one line, and the way back to the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from koocr.bend import Bend
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
_INK = 3.0
"""Per cent of a crop that are ink at least."""
_STRAIGHT: Final = np.zeros(0)
_STEP = 8.0
"""Pixels of a crop from place to place at which a bow is looked at."""


@dataclass(frozen=True)
class Crop:
    """A line cut out of a page.

    Attributes:
        image: (h, w) uint8.
        to_page: (3, 3) from the crop's pixels, before a bow was taken out of them, to those of the page.
        text: left, top, right, bottom of the unit's quad in the crop; the rest is margin.
        sag: (w,) how far each column was pushed up, in pixels, to take a bow out; empty if there was none.
    """

    image: GreyImage
    to_page: NDArray[np.float64]
    text: tuple[float, float, float, float]
    sag: NDArray[np.float64] = field(default_factory=lambda: _STRAIGHT)

    def place(self, start: float, stop: float) -> Quad:
        """Where a part of the line stands on the page.

        Args:
            start: its left edge, in pixels of the crop.
            stop: its right edge.

        Returns:
            Its quad, as high as the unit's, or high enough to hold its bow; what lies in the margin is cut
            off.
        """
        left, top, right, bottom = self.text
        start, stop = (min(max(x, left), right) for x in (start, stop))
        first, last, above, below = self._bow(start, stop)
        corners = [
            (start, top + first + above),
            (stop, top + last + above),
            (stop, bottom + last + below),
            (start, bottom + first + below),
        ]
        return quad_of(_mapped(self.to_page, corners))

    def places(self, spans: Sequence[tuple[float, float]]) -> list[Quad]:
        """As `place`, for many parts at once.

        Args:
            spans: left and right edge of each, in pixels of the crop.
        """
        if len(self.sag) or not spans:
            return [self.place(*span) for span in spans]
        left, top, right, bottom = self.text
        start, stop = np.clip(np.asarray(spans, np.float64), left, right).T
        x = np.stack([start, stop, stop, start], axis=1)  # (N, 4)
        y = np.broadcast_to([top, top, bottom, bottom], x.shape)
        points = _mapped(self.to_page, np.stack([x, y], axis=-1).reshape(-1, 2))
        corners = points.reshape(-1, 4, 2).tolist()
        return [((a, b), (c, d), (e, f), (g, h)) for (a, b), (c, d), (e, f), (g, h) in corners]

    @property
    def quad(self) -> Quad:
        """The unit's own."""
        left, _, right, _ = self.text
        return self.place(left, right)

    def contrast(self) -> float:
        """Grey levels between its ink and its ground, whichever is darker."""
        return float(np.ptp(np.percentile(self.image, (_INK, 100 - _INK))))

    def turned(self) -> Crop:
        """The same line read from its other end: upside down."""
        height, width = self.image.shape
        left, top, right, bottom = self.text
        turn = np.array([[-1.0, 0, width], [0, -1, height], [0, 0, 1]])
        image = np.ascontiguousarray(self.image[::-1, ::-1])
        text = width - right, height - bottom, width - left, height - top
        return Crop(image, self.to_page @ turn, text, -self.sag[::-1])

    def _bow(self, start: float, stop: float) -> tuple[float, float, float, float]:
        """How far a part's ends hang down, and what lies most above and below the line between them."""
        if not len(self.sag):
            return 0.0, 0.0, 0.0, 0.0
        x = np.linspace(start, stop, max(2, round((stop - start) / _STEP)))
        sag = np.interp(x - 0.5, np.arange(len(self.sag)), self.sag)
        rest = sag - np.linspace(sag[0], sag[-1], len(x))
        return float(sag[0]), float(sag[-1]), float(rest.min()), float(rest.max())


def crop_line(grey: GreyImage, quad: NDArray[np.floating], bend: Bend | None = None) -> Crop | None:
    """Cuts out the line in a quad, level and upright, with a little ground around it.

    Args:
        grey: (H, W) uint8, the page.
        quad: (4, 2), top left, top right, bottom right, bottom left of the text.
        bend: the line's course, if it is bent: it is laid straight.

    Returns:
        The crop, its text at most 44 px high; None if the quad has no size. What lies outside the page is
        filled with its edge.
    """
    corners = np.asarray(quad if bend is None else bend.quad, np.float64).reshape(4, 2)
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
    sag = _STRAIGHT if bend is None else _sag(bend, text, columns)
    return Crop(_warped(grey, to_page, columns, rows, scale, sag), to_page, text, sag)


def _sag(bend: Bend, text: tuple[float, float, float, float], columns: int) -> NDArray[np.float64]:
    """(columns,) how far the text hangs down, in pixels of a crop in which its quad is `text`."""
    left, top, right, bottom = text
    places = np.linspace(left, right, len(bend.sag))
    sag = np.interp(np.arange(columns) + 0.5, places, bend.sag * (bottom - top))
    return np.asarray(sag, np.float64)


def quad_of(points: NDArray[np.floating]) -> Quad:
    """(4, 2) as plain numbers."""
    a, b, c, d = np.asarray(points, np.float64).tolist()
    return tuple(a), tuple(b), tuple(c), tuple(d)


def _mapped(matrix: NDArray[np.float64], points: ArrayLike) -> NDArray[np.float64]:
    x, y, w = (np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]).T
    return np.stack([x / w, y / w], axis=1)


def _warped(
    grey: GreyImage,
    to_page: NDArray[np.float64],
    columns: int,
    rows: int,
    scale: float,
    sag: NDArray[np.float64],
) -> GreyImage:
    """The crop's pixels, from the part of the page that it needs, shrunk first where it is large."""
    above, below = (float(sag.min()), float(sag.max())) if len(sag) else (0.0, 0.0)
    sides = [(0, above), (columns, above), (columns, rows + below), (0, rows + below)]
    outline = _mapped(to_page, sides)
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
    if len(sag):
        places = np.indices((rows, columns)).astype(np.float64)[::-1].reshape(2, -1).T  # (x, y)
        places[:, 1] += np.tile(sag, rows)
        x, y = _mapped(matrix, places).T.reshape(2, rows, columns).astype(np.float32)
        straight = cv2.remap(part, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(straight, np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpPerspective(part, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def _half(by: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0, by], [0, 1, by], [0, 0, 1]])
