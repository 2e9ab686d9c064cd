"""A page as data: what is to be painted, and in which order its texts are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.pages.types import Type

__all__ = ["Area", "Line", "Mark", "Picture", "Rect", "Run", "Sheet"]

UInt8Array = NDArray[np.uint8]


class Rect(NamedTuple):
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    def inset(self, across: float, down: float | None = None) -> Rect:
        """As much smaller on each side; `down` is `across` where it is not given."""
        down = across if down is None else down
        return Rect(self.left + across, self.top + down, self.right - across, self.bottom - down)


@dataclass(frozen=True)
class Run:
    """A text unit: what is read as one piece of one line.

    Attributes:
        text: words and single spaces.
        x: where the pen stands at first.
        baseline: its row.
        type: the face.
        space_px: between words.
        tone: grey level of the ink.
        block: number of the paragraph, heading or cell.
        halo: grey level of a rim around the ink; None: no rim.
    """

    text: str
    x: float
    baseline: float
    type: Type
    space_px: float
    tone: float
    block: int
    halo: float | None = None


@dataclass(frozen=True)
class Line:
    """A rule, a dotted or dashed one with `dash` > 0: pixels of ink, and the same of ground."""

    points: tuple[tuple[float, float], ...]
    tone: float
    width: int = 1
    dash: float = 0.0


@dataclass(frozen=True)
class Area:
    """A rectangle that is filled, framed or both, with round corners where `radius` > 0."""

    rect: Rect
    fill: float | None = None
    frame: float | None = None
    width: int = 1
    radius: float = 0.0


@dataclass(frozen=True)
class Picture:
    """Grey levels that are put where a page has a picture.

    Attributes:
        pixels: (H, W) uint8.
        left, top: where its first pixel goes.
        cover: (H, W) uint8, how much of it is seen; None: all.
    """

    pixels: UInt8Array
    left: int
    top: int
    cover: UInt8Array | None = None


Mark: TypeAlias = Line | Area | Picture


@dataclass
class Sheet:
    """What lies on a page, in pixels.

    Attributes:
        width, height: its size.
        ground, ink: the grey levels that text has where nothing else is said.
        marks: what is no text, in the order of painting.
        runs: what is text, in the order of reading.
        stamps: what is painted over the text.
    """

    width: int
    height: int
    ground: float = 255.0
    ink: float = 0.0
    marks: list[Mark] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    stamps: list[Mark] = field(default_factory=list)
    num_blocks: int = 0

    def new_block(self) -> int:
        """The number of a block that begins."""
        self.num_blocks += 1
        return self.num_blocks - 1

    def rule(self, points: Sequence[tuple[float, float]], *, width: int = 1, dash: float = 0.0) -> None:
        """Draws a line in the ink of the page."""
        self.marks.append(Line(tuple(points), self.ink, width, dash))
