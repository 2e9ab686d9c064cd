"""Upright pages shown to readers that turn some, all or none of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from koocr.data.synthesis.pages import DrawnPage, PageUnit
from koocr.image import GreyImage
from koocr.page.upright import UPRIGHT_SETTINGS, TurnCounts, count_turns
from tests.drawn_pages import stream

QUAD = np.zeros((4, 2), np.float32)


def draw(number: int) -> DrawnPage:
    """Its number at the top left, on a page of 2 by 3; every fifth says nothing, two of three are clean."""
    image = np.array([[number, 250], [250, 250], [250, 250]], np.uint8)
    units = (PageUnit(QUAD, "가", 0, is_ignored=number % 5 == 4),)
    return DrawnPage(image, units, "document-1", 150.0, "scanned" if number % 3 == 2 else "clean")


@dataclass
class Sees:
    """Sees where the number is, and turns the pages of some numbers once more than it should."""

    fooled_by: tuple[int, ...] = ()
    seen: list[int] = field(default_factory=list)

    def quarter_turns(self, image: GreyImage, /) -> int:
        number, turns = next(
            (int(upright[0, 0]), turns)
            for turns in range(4)
            if (upright := np.rot90(image, turns)).shape == (3, 2) and upright[0, 0] < 200
        )
        self.seen.append(number)
        return (turns + (number in self.fooled_by)) % 4


def test_pages_that_say_nothing_are_passed_over_and_a_tenth_more_are_turned() -> None:
    reader = Sees()
    counts, wrong = count_turns(reader, draw, 21)
    assert reader.seen == [number for number in range(30) if number % 5 != 4][:24]
    assert (sum(counts.values(), TurnCounts()), wrong) == (TurnCounts(21, 0, 3, 3), [])
    assert counts["scanned"] + counts["clean"] == TurnCounts(21, 0, 3, 3) and counts["scanned"].upright == 7


def test_upright_pages_that_are_turned_are_named() -> None:
    counts, wrong = count_turns(Sees((2, 6, 12)), draw, 10)
    assert counts == {"clean": TurnCounts(6, 1, 1, 0), "scanned": TurnCounts(4, 1, 0, 0)}
    whole = sum(counts.values(), TurnCounts())
    assert (whole, whole.share_righted) == (TurnCounts(10, 2, 1, 0), 0)
    assert wrong == [
        "Drawn page 3 (document-1, scanned), upright, was turned.",
        "Drawn page 6 (document-1, clean), upright, was turned.",
        "Drawn page 11 (document-1, clean), turned by 90 degrees, was not put right.",
    ]
    assert math.isnan(TurnCounts(5, 1).share_righted)


def test_all_kinds_are_drawn_but_those_without_text() -> None:
    pages = [stream(UPRIGHT_SETTINGS).page(number) for number in range(12)]
    assert len({page.kind for page in pages}) > 3 and len({page.condition for page in pages}) == 3
    assert "clutter" not in {page.kind for page in pages}
