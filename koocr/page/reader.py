"""`PageReader`: a picture of a page in, its text in the order of reading out. Start reading here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from koocr.bend import Bend
from koocr.document import Line
from koocr.errors import ConfigError
from koocr.image import GreyImage, ImageSource, load_image
from koocr.layout import Block, Page
from koocr.line.reader import LineReader
from koocr.page.assembly import block_of
from koocr.page.crops import Crop, crop_line
from koocr.page.crumbs import are_crumbs
from koocr.page.level import Levelling
from koocr.page.order import ORDERS, reading_order
from koocr.page.orientation import deciding, is_lying, is_upside_down, surer_way_up
from koocr.page.rules import find_rules
from koocr.page.turning import turn_matrix, turned_half, upright_angle
from koocr.page.words import page_line

__all__ = ["Detects", "PageReader", "ReadsLines", "Region"]

_CHUNK = 24
"""Lines for one call of the line reader at most; equally long ones go together."""
_CHUNKS_A_THREAD = 3


class Region(Protocol):
    """A text unit that was found."""

    @property
    def quad(self) -> NDArray[np.float32]:
        """(4, 2), in pixels of the page: top left, top right, bottom right, bottom left."""

    @property
    def bend(self) -> Bend | None:
        """Its course, if it is bent."""


class Detects(Protocol):
    """Finds text, as `koocr.detection.reader.Detector` does."""

    def detect(self, grey: GreyImage) -> Sequence[Region]:
        """The text units of a page (H, W), in any order."""


class ReadsLines(Protocol):
    """Reads lines, as `koocr.line.reader.LineReader` does; several threads may call it at once."""

    def read(self, image: list[GreyImage], /) -> list[Line]:
        """What each picture of a line says."""


@dataclass(frozen=True)
class _Found:
    """A page as its lines were found, perhaps after quarter turns against the clock."""

    grey: GreyImage
    regions: Sequence[Region]
    turns: int


class PageReader:
    """Reads pages: printed or photographed, in any number of columns, skewed, or lying on their side.

    Args:
        detector: finds text; weights of one by name or path; None for the model that comes with koocr.
        lines: reads lines; weights by name or path; None for the model that comes with koocr.
        order: "auto", or "columns" or "rows" where the page is known to be read so; see `koocr.page.order`.
        num_threads: how many threads read the lines of a page beside each other.

    Raises:
        ConfigError: a setting is out of range.
        WeightsError: weights are missing, damaged, or another task's.
    """

    def __init__(
        self,
        detector: Detects | str | Path | None = None,
        lines: ReadsLines | str | Path | None = None,
        *,
        order: str = "auto",
        num_threads: int = 1,
    ) -> None:
        if order not in ORDERS:
            raise ConfigError(f"order is {order!r}; give one of {', '.join(ORDERS)}")
        if isinstance(num_threads, bool) or not isinstance(num_threads, int) or num_threads < 1:
            raise ConfigError(f"num_threads is {num_threads!r}; give a whole number of at least 1")
        self._order, self._num_threads = order, num_threads
        with ThreadPoolExecutor(1) as pool:  # the two models are loaded beside each other
            found = pool.submit(_detector, detector, num_threads)
            self._lines = LineReader(lines) if lines is None or isinstance(lines, (str, Path)) else lines
            self._detector = found.result()

    def read(self, image: ImageSource, *, number: int = 1, dpi: float | None = None) -> Page:
        """Reads a page.

        Args:
            image: see `koocr.image.load_image`.
            number: of the page in its document, from 1.
            dpi: its pixels per inch, where known; it is handed through.

        Returns:
            The page. Its places are in pixels of the image, upright by its EXIF orientation.

        Raises:
            InputError: the image can't be read.
        """
        grey = load_image(image)
        height, width = grey.shape
        # Where is text? A page that lies on its side is turned first.
        found = self._find(grey)
        # Each unit as a picture of a line; too small ones hold nothing.
        pairs = [(region, crop_line(found.grey, region.quad, region.bend)) for region in found.regions]
        quads = _level_quads([region for region, crop in pairs if crop is not None])
        crops = [crop for _, crop in pairs if crop is not None]
        # What they say. Only a page, or a line, that can't be read well is tried upside down.
        lines, turns = self._read(crops), found.turns
        if is_upside_down(crops, lines, self._read):
            crops, turns, quads = (
                [crop.turned() for crop in crops],
                turns + 2,
                turned_half(quads, found.grey.shape),
            )
            lines = self._read(crops)
        crops, lines = surer_way_up(crops, lines, self._read)
        # What can't be read is no text, nor is what only looks like some.
        kept = _legible(quads, crops, lines)
        quads = quads[kept]
        # Their order, once the page is upright; rules part columns and enclose cells.
        levelling = Levelling.of(quads)
        rules = self._rules(grey, turns, levelling.slope, quads)
        texts = [lines[row].text for row in kept]
        order = reading_order(quads, rules=rules, texts=texts, order=self._order)
        # Back on the page as it was given: words and characters with their places.
        back = turn_matrix(width, height, found.turns)
        units = [page_line(lines[row], _on_page(crops[row], back)) for row in kept]
        angle = upright_angle(turns, levelling.slope)
        blocks: tuple[Block, ...] = tuple(block_of([units[row] for row in block], angle) for block in order)
        return Page(number, width, height, angle if blocks else 0.0, dpi, blocks)

    def quarter_turns(self, image: ImageSource) -> int:
        """How a page must be turned to be read, as `read` finds it, but from the lines alone that decide.

        Args:
            image: see `koocr.image.load_image`.

        Returns:
            Quarter turns against the clock, 0 to 3.

        Raises:
            InputError: the image can't be read.
        """
        found = self._find(load_image(image))
        cut = [crop_line(found.grey, region.quad, region.bend) for region in found.regions]
        crops = [crop for crop in cut if crop is not None]
        crops = [crops[row] for row in deciding(crops)]
        return (found.turns + 2 * is_upside_down(crops, self._read(crops), self._read)) % 4

    def _find(self, grey: GreyImage) -> _Found:
        regions = self._detector.detect(grey)
        if not is_lying(_level_quads(regions)):
            return _Found(grey, regions, 0)
        turned = np.ascontiguousarray(np.rot90(grey))
        return _Found(turned, self._detector.detect(turned), 1)

    def _rules(
        self, grey: GreyImage, turns: int, slope: float, quads: NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """Those of the upright page; only the order that looks for columns asks for them."""
        if self._order == "rows" or len(quads) < 3:
            return None
        return find_rules(np.rot90(grey, turns), slope=slope, quads=quads)

    def _read(self, crops: Sequence[Crop]) -> list[Line]:
        """Reads crops in chunks of about equal width, several chunks at once where there are threads."""
        chunks = _chunks([crop.image.shape[1] / crop.image.shape[0] for crop in crops], self._num_threads)

        def read(chunk: list[int]) -> list[Line]:
            return self._lines.read([crops[row].image for row in chunk])

        if self._num_threads == 1 or len(chunks) < 2:
            readings = list(map(read, chunks))
        else:
            with ThreadPoolExecutor(self._num_threads) as pool:
                readings = list(pool.map(read, chunks))
        by_row = {row: line for chunk, part in zip(chunks, readings, strict=True)
                  for row, line in zip(chunk, part, strict=True)}  # fmt: skip
        return [by_row[row] for row in range(len(crops))]


def _chunks(lengths: Sequence[float], num_threads: int) -> list[list[int]]:
    """Rows of lines that are read together, the longest first, so that no thread ends long after another."""
    most = math.inf if num_threads == 1 else sum(lengths) / (num_threads * _CHUNKS_A_THREAD)
    chunks: list[list[int]] = []
    room = 0.0
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row], reverse=True):
        if not chunks or room < lengths[row] or len(chunks[-1]) == _CHUNK:
            chunks.append([])
            room = most
        chunks[-1].append(row)
        room -= lengths[row]
    return chunks


def _level_quads(regions: Sequence[Region]) -> NDArray[np.float32]:
    """(N, 4, 2) quads that are as high as the text, also of lines that are bent."""
    quads = [region.quad if region.bend is None else region.bend.quad for region in regions]
    return np.array(quads, np.float32).reshape(-1, 4, 2)


def _legible(quads: NDArray[np.float32], crops: Sequence[Crop], lines: Sequence[Line]) -> list[int]:
    """Which lines of an upright page say something."""
    rows = [row for row, line in enumerate(lines) if line.text]
    boxes = Levelling.of(quads[rows]).boxes(quads[rows])
    contrast = np.array([crops[row].contrast() for row in rows], np.float64)
    is_crumb = are_crumbs(boxes, [lines[row] for row in rows], contrast)
    return [row for row, is_none in zip(rows, is_crumb.tolist(), strict=True) if not is_none]


def _on_page(crop: Crop, back: NDArray[np.float64]) -> Crop:
    return replace(crop, to_page=back @ crop.to_page)


def _detector(detector: Detects | str | Path | None, num_threads: int) -> Detects:
    if detector is not None and not isinstance(detector, (str, Path)):
        return detector
    from koocr.detection.reader import Detector

    return Detector(detector, num_threads=num_threads)
