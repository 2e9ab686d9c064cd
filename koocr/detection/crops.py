"""Pieces of pages to learn from: their scale, place, way up and tones are a function of seed, batch and row.

What a piece shows is as large as it is when pages are read: text is 8 to 60 pixels high, or a page is seen as
a whole. Batches overlap: batch i takes a piece of each of some pages in a row, and batch i + 1 of nearly the
same ones, so that few pages have to be drawn for many pieces of many pages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from koocr.detection.prepare import rescaled
from koocr.detection.settings import STRIDE
from koocr.errors import ConfigError
from koocr.image import GreyImage
from koocr.polygon import Quads

__all__ = ["Crop", "CropSettings", "CropStream", "LabelledPage", "LabelledUnit", "Pages"]


class LabelledUnit(Protocol):
    """One text unit of a page."""

    @property
    def quad(self) -> Quads:
        """Its place."""

    @property
    def is_ignored(self) -> bool:
        """Whether it is neither right nor wrong to find it."""


class LabelledPage(Protocol):
    """A page and what stands on it."""

    @property
    def image(self) -> GreyImage:
        """(H, W) grey."""

    @property
    def units(self) -> Sequence[LabelledUnit]:
        """All its text."""


Pages = Callable[[int], LabelledPage]
"""Makes page number i, from 0, a function of i."""


@dataclass(frozen=True)
class CropSettings:
    """How pieces are cut.

    Attributes:
        size: sides in pixels, a multiple of 32.
        new_pages: for each batch; the others are those of the batch before.
        heights: of the text, in pixels of the piece, least and most.
        whole: share of pieces whose scale is that of a page seen as a whole.
        long_sides: of such a page, least and most.
        turned: share of pieces that stand on a side or on their head.
        inverted: share of pieces with light and dark exchanged.
    """

    size: int = 448
    new_pages: int = 2
    heights: tuple[float, float] = (8.0, 60.0)
    whole: float = 0.5
    long_sides: tuple[float, float] = (800.0, 1400.0)
    turned: float = 0.12
    inverted: float = 0.06

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        if self.size < STRIDE or self.size % STRIDE:
            raise ConfigError(f"size is {self.size!r}; give a multiple of {STRIDE}")
        if self.new_pages < 1:
            raise ConfigError(f"new_pages is {self.new_pages!r}; give at least 1")


@dataclass(frozen=True)
class Crop:
    """A piece of a page.

    Attributes:
        image: (size, size) grey.
        quads: (N, 4, 2) of the units that lie in it, at least partly.
        is_ignored: (N,).
    """

    image: GreyImage
    quads: NDArray[np.float32]
    is_ignored: NDArray[np.bool_]


class CropStream:
    """Numbered batches of pieces of numbered pages.

    Args:
        pages: makes pages.
        batch_size: pieces of a batch.
        seed: another seed, other pieces.
        settings: how they are cut.
    """

    def __init__(
        self, pages: Pages, *, batch_size: int, seed: int = 0, settings: CropSettings | None = None
    ) -> None:
        self.settings = settings or CropSettings()
        self._pages = pages
        self._batch_size = batch_size
        self._seed = seed
        self._kept: OrderedDict[int, LabelledPage] = OrderedDict()

    def batch(self, index: int) -> list[Crop]:
        """Batch number `index`, from 0."""
        first = index * self.settings.new_pages
        pages = [self._page(first + row) for row in range(self._batch_size)]
        return [
            cut(page, np.random.default_rng([self._seed, index, row]), self.settings)
            for row, page in enumerate(pages)
        ]

    def _page(self, number: int) -> LabelledPage:
        page = self._kept.pop(number, None)
        if page is None:
            page = self._pages(number)
        self._kept[number] = page
        while len(self._kept) > self._batch_size:
            self._kept.popitem(last=False)
        return page


def cut(page: LabelledPage, rng: np.random.Generator, settings: CropSettings) -> Crop:
    """Cuts a piece out of a page."""
    quads = np.array([unit.quad for unit in page.units], np.float32).reshape(-1, 4, 2)
    is_ignored = np.array([unit.is_ignored for unit in page.units], np.bool_)
    scale = _scale(page.image, quads[~is_ignored], rng, settings)
    left, top = _corner(page.image, quads, scale, rng, settings.size)
    image, factors, offset = _piece(page.image, scale, (left, top), settings.size)
    quads = quads * factors + offset
    inside = ((quads.max(axis=1) > 0) & (quads.min(axis=1) < settings.size)).all(axis=1)
    turned, quads = _turned(image, quads[inside], rng, settings)
    return Crop(_toned(turned, rng, settings), quads, is_ignored[inside])


def _scale(
    image: GreyImage, quads: NDArray[np.float32], rng: np.random.Generator, settings: CropSettings
) -> float:
    """Pixels of the piece for one of the page."""
    if not len(quads) or rng.random() < settings.whole:
        scale = rng.uniform(*settings.long_sides) / max(image.shape)
    else:
        sides = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
        heights = np.minimum(sides[:, 0], sides[:, 1])
        low, high = np.log(settings.heights)
        # Small print is what is hard to find: the lower half of the range gets two thirds.
        wanted = np.exp(low + (high - low) * rng.random() ** 1.7)
        scale = wanted / max(1.0, float(rng.choice(heights)))
    return float(np.clip(scale, settings.size / (4 * max(image.shape)), 3.0))


def _corner(
    image: GreyImage, quads: NDArray[np.float32], scale: float, rng: np.random.Generator, size: int
) -> tuple[int, int]:
    """Left and top of the piece on the scaled page: most often there is text about its middle."""
    height, width = scale * image.shape[0], scale * image.shape[1]
    if len(quads) and rng.random() < 0.85:
        unit = quads[rng.integers(len(quads))] * scale
        weights = rng.dirichlet(np.ones(4))
        x, y = weights @ unit + rng.uniform(-size / 3, size / 3, 2)
    else:
        x, y = rng.uniform(0, width), rng.uniform(0, height)

    def limited(middle: float, length: float) -> int:
        beyond = size * 0.1 * rng.random()  # pages end, and what lies beyond is padding
        low, high = -beyond, max(length - size + beyond, -beyond)
        return round(float(np.clip(middle - size / 2, low, high)))

    return limited(x, width), limited(y, height)


def _piece(
    image: GreyImage, scale: float, corner: tuple[int, int], size: int
) -> tuple[GreyImage, NDArray[np.float32], NDArray[np.float32]]:
    """Scales the part of the page that is needed; what lies beyond its edges repeats them.

    Returns:
        (size, size); and (x, y) by which places of the page are multiplied, and what is added then: whole
        pixels have to fit, so that it isn't quite the scale.
    """
    left, top = corner
    starts = [max(0, int(np.floor(place / scale))) for place in (top, left)]
    stops = [
        min(length, int(np.ceil((place + size) / scale)))
        for place, length in zip((top, left), image.shape, strict=True)
    ]
    part = image[starts[0] : stops[0], starts[1] : stops[1]]
    new = [max(1, round(length * scale)) for length in part.shape]
    scaled = rescaled(part, (new[0], new[1]))
    shift = [round(start * scale) - place for start, place in zip(starts, (top, left), strict=True)]
    rows, columns = (
        np.clip(np.arange(size) - before, 0, length - 1)
        for before, length in zip(shift, scaled.shape, strict=True)
    )
    factors = np.divide(new[::-1], part.shape[::-1]).astype(np.float32)
    offset = (np.array(shift[::-1]) - factors * np.array(starts[::-1])).astype(np.float32)
    return np.ascontiguousarray(scaled[rows[:, None], columns[None]]), factors, offset


def _turned(
    image: GreyImage, quads: NDArray[np.float32], rng: np.random.Generator, settings: CropSettings
) -> tuple[GreyImage, NDArray[np.float32]]:
    """Sometimes on a side or on its head; quads keep the order of reading."""
    if rng.random() >= settings.turned:
        return image, quads
    for _ in range(int(rng.integers(1, 4))):
        image = np.rot90(image)  # anticlockwise: what was on the right is on top
        quads = np.stack([quads[..., 1], image.shape[0] - quads[..., 0]], axis=-1)
    return np.ascontiguousarray(image), quads


def _toned(image: GreyImage, rng: np.random.Generator, settings: CropSettings) -> GreyImage:
    """Another contrast and brightness, sometimes light and dark exchanged."""
    gain, offset = rng.uniform(0.6, 1.15), rng.uniform(-0.5, 0.5)
    if rng.random() < settings.inverted:
        image = 255 - image
    middle = float(image.mean())
    slack = (255 - 255 * min(gain, 1.0)) * offset
    return np.clip((image - middle) * gain + middle + slack, 0, 255).astype(np.uint8)
