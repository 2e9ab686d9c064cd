"""Counts upright pages that a reader turns, which it must never do, and turned ones that it puts right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Protocol

import numpy as np

from koocr.data.synthesis.pages import DrawnPage, KindShares, PageSettings
from koocr.data.synthesis.pages.sources import page_stream
from koocr.image import GreyImage

__all__ = ["UPRIGHT_SETTINGS", "Decides", "TurnCounts", "count_turns", "drawn_uprights"]

_ONE_IN = 10
"""Of so many upright pages, one more is turned on purpose."""

UPRIGHT_SETTINGS = PageSettings(kinds=replace(KindShares(), clutter=0.0))
"""Every kind, condition and resolution that pages are drawn in, but those without text: they have no top."""


class Decides(Protocol):
    """Says how pages must be turned, as `koocr.page.reader.PageReader` does."""

    def quarter_turns(self, image: GreyImage, /) -> int:
        """Quarter turns against the clock that make a page upright."""


@dataclass(frozen=True)
class TurnCounts:
    """Pages of one condition, or of all.

    Attributes:
        upright: pages that stand as they should.
        turned: of them, those that the reader would turn.
        lying: pages that lie on a side or stand on their head.
        righted: of them, those that it would make upright.
    """

    upright: int = 0
    turned: int = 0
    lying: int = 0
    righted: int = 0

    def __add__(self, other: TurnCounts) -> TurnCounts:
        return TurnCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def share_righted(self) -> float:
        """Of the lying pages; NaN without any."""
        return self.righted / self.lying if self.lying else float("nan")


def drawn_uprights(
    fonts: Path, text: Path, *, split: str = "test", seed: int = 0
) -> Callable[[int], DrawnPage]:
    """Draws upright pages of all kinds; page i is a function of the split, the seed and i.

    Raises:
        DataError: a file is missing or damaged, or there is no face of the split.
        MissingDependencyError: Faker is not installed.
    """
    return page_stream(fonts, text, split=split, settings=UPRIGHT_SETTINGS, seed=seed).page


def count_turns(
    reader: Decides,
    draw: Callable[[int], DrawnPage],
    num_upright: int,
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, TurnCounts], list[str]]:
    """Shows upright pages to a reader, and a tenth as many others by 90, 180 and 270 degrees.

    Args:
        reader: that decides.
        draw: page i, upright, and with some text.
        num_upright: how many.
        progress: is told a line for every hundred pages.

    Returns:
        Condition → counts, and a sentence on each page that it would leave, or make, other than upright.
    """
    counts: dict[str, TurnCounts] = {}
    wrong = []
    for number, (page, turns) in enumerate(_pages(draw, num_upright), start=1):
        image = np.ascontiguousarray(np.rot90(page.image, turns))
        is_right = (turns + reader.quarter_turns(image)) % 4 == 0
        counts[page.condition] = counts.get(page.condition, TurnCounts()) + _one(turns, is_right)
        if not is_right:
            how = f"turned by {90 * turns} degrees, was not put right" if turns else "upright, was turned"
            wrong.append(f"Drawn page {number} ({page.kind}, {page.condition}), {how}.")
        if number % 100 == 0:
            progress(f"which way up: page {number}")
    return counts, wrong


def _pages(draw: Callable[[int], DrawnPage], num_upright: int) -> Iterator[tuple[DrawnPage, int]]:
    """Pages and the quarter turns to give them; those without a line that can be read are passed over."""
    turns = [0] * num_upright + [1 + number % 3 for number in range(-(-num_upright // _ONE_IN))]
    drawn = (draw(number) for number in count())
    legible = (page for page in drawn if not all(unit.is_ignored for unit in page.units))
    yield from zip(legible, turns)  # noqa: B905 - pages never end


def _one(turns: int, is_right: bool) -> TurnCounts:
    return (
        TurnCounts(lying=1, righted=int(is_right))
        if turns
        else TurnCounts(upright=1, turned=int(not is_right))
    )
