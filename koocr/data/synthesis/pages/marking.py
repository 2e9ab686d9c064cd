"""Marks at words: underlines, shaded words, and strokes through them."""

from __future__ import annotations

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.flow import ASCENT, DESCENT
from koocr.data.synthesis.pages.sheet import Area, Rect, Run

__all__ = ["highlight_words", "underline_words"]


def underline_words(desk: Desk, first: int, *, share: float = 0.4) -> None:
    """Underlines some words of the runs from number `first` on: one or two of a run."""
    sheet = desk.sheet
    for run in sheet.runs[first:]:
        if desk.chance(share):
            span = _span(desk, run)
            y = run.baseline + desk.between(0.14, 0.26) * run.type.size_px
            sheet.rule([(span[0], y), (span[1], y)], width=max(1, round(desk.px(0.6))))


def highlight_words(desk: Desk, first: int, *, share: float = 0.2) -> None:
    """Shades some words of the runs from number `first` on, as a marker does."""
    sheet = desk.sheet
    tone = sheet.ground + (sheet.ink - sheet.ground) * desk.between(0.08, 0.3)
    for run in sheet.runs[first:]:
        if desk.chance(share):
            left, right = _span(desk, run)
            size = run.type.size_px
            rect = Rect(left, run.baseline - ASCENT * size, right, run.baseline + DESCENT * size)
            sheet.marks.append(Area(rect, fill=tone))


def _span(desk: Desk, run: Run) -> tuple[float, float]:
    """From the first to the last pixel of some words."""
    words = run.text.split(" ")
    start = desk.count(0, len(words) - 1)
    end = min(len(words), start + desk.count(1, 3))
    pens = [run.x]
    for word in words:
        pens.append(pens[-1] + run.type.width(word) + run.space_px)
    return pens[start], pens[end] - run.space_px
