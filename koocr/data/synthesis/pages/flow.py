"""Text in lines: broken where a column ends, flush or ragged, with indents."""

from __future__ import annotations

from dataclasses import dataclass

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.sheet import Rect, Run
from koocr.data.synthesis.pages.types import Type

__all__ = ["ASCENT", "DESCENT", "Setting", "break_lines", "fitted", "line", "paragraph"]

ASCENT, DESCENT = 0.88, 0.14  # of an em, above and below the baseline: what syllables take
_MOST_SPACE = 1.1  # ems between the words of a line that is stretched: more would be read as a gap


@dataclass(frozen=True)
class Setting:
    """How a paragraph is set.

    Attributes:
        type: its face.
        line_px: from baseline to baseline.
        align: "justify", "left", "center" or "right".
        breaks_words: whether a line ends wherever it is full.
        first, rest: indents of the first and of the other lines, in pixels.
        tone: of the ink; None: the page's.
        halo: of a rim around the ink; None: no rim.
    """

    type: Type
    line_px: float
    align: str = "justify"
    breaks_words: bool = False
    first: float = 0.0
    rest: float = 0.0
    tone: float | None = None
    halo: float | None = None


def break_lines(text: str, type_: Type, width: float, *, first: float, breaks_words: bool) -> list[str]:
    """Breaks a text into lines.

    Args:
        text: words and single spaces.
        type_: measures it.
        width: of a line, in pixels.
        first: of the first one.
        breaks_words: anywhere, else only at spaces and in words that are longer than a line.
    """
    lines: list[str] = []
    while text:
        end = _fitting(text, type_, width if lines else first)
        if end < len(text) and not breaks_words:
            space = text.rfind(" ", 0, end + 1)
            end = space if space > 0 else end
        lines.append(text[:end].rstrip(" "))
        text = text[end:].lstrip(" ")
    return lines


def _fitting(text: str, type_: Type, width: float) -> int:
    """How many symbols fit; at least one."""
    for place, symbol in enumerate(text):
        width -= type_.advance(symbol)
        if width < 0:
            return max(1, place)
    return len(text)


def fitted(text: str, type_: Type, width: float) -> str:
    """As much of a text as fits, at least one symbol."""
    while len(text) > 1 and type_.width(text) > width:
        text = text[:-1].rstrip(" ")
    return text


def paragraph(desk: Desk, text: str, rect: Rect, setting: Setting, *, block: int | None = None) -> float:
    """Sets a text into a column, as much of it as there is room for.

    Args:
        desk: whose sheet takes it.
        text: words and single spaces.
        rect: the column: begins at its top.
        setting: how.
        block: number of the block; None: a new one.

    Returns:
        The row where what comes next may begin; `rect.top` where there was no room for a line.
    """
    type_, top = setting.type, rect.top
    number = desk.sheet.new_block() if block is None else block
    widths = rect.width - setting.rest, rect.width - setting.first
    lines = break_lines(text, type_, widths[0], first=widths[1], breaks_words=setting.breaks_words)
    for place, words in enumerate(lines):
        if top + type_.size_px * (ASCENT + DESCENT) > rect.bottom:
            break
        indent, width = (setting.rest, widths[0]) if place else (setting.first, widths[1])
        is_last = place == len(lines) - 1
        align = "left" if is_last and setting.align == "justify" else setting.align
        x, space_px = _aligned(words, type_, width, align)
        run = Run(words, rect.left + indent + x, top + ASCENT * type_.size_px, type_, space_px,
                  desk.sheet.ink if setting.tone is None else setting.tone, number, setting.halo)  # fmt: skip
        desk.sheet.runs.append(run)
        top += setting.line_px
    return top


def _aligned(text: str, type_: Type, width: float, align: str) -> tuple[float, float]:
    """Where a line begins, and its word spaces."""
    left_over = width - type_.width(text)
    if align == "justify":
        spaces = text.count(" ")
        space = type_.space_px + left_over / spaces if spaces else type_.space_px
        return 0.0, min(space, _MOST_SPACE * type_.size_px)
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    return share * left_over, type_.space_px


def line(
    desk: Desk, text: str, x: float, baseline: float, type_: Type,
    *, align: str = "left", tone: float | None = None, block: int | None = None,
) -> Rect:  # fmt: skip
    """Sets one line.

    Args:
        desk: whose sheet takes it.
        text: words and single spaces.
        x: its left end, middle or right end, as `align` says.
        baseline: its row.
        type_: the face.
        align: "left", "center" or "right".
        tone: of the ink; None: the page's.
        block: number of the block; None: a new one.

    Returns:
        About what it takes.
    """
    width = type_.width(text)
    left = x - width * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
    number = desk.sheet.new_block() if block is None else block
    ink = desk.sheet.ink if tone is None else tone
    desk.sheet.runs.append(Run(text, left, baseline, type_, type_.space_px, ink, number))
    size = type_.size_px
    return Rect(left, baseline - ASCENT * size, left + width, baseline + DESCENT * size)
