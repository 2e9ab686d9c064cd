"""What the formats share: boxes and polygons of quads, words of lines, text for XML."""

from __future__ import annotations

import re
from html import escape
from statistics import median

from koocr.layout import Block, Page, PageLine, Quad, Word

__all__ = ["attribute", "bounds", "content", "line_height", "polygon", "words_of"]

_BLANKS = {ord("\n"): "&#10;", ord("\t"): "&#9;", ord("\r"): "&#13;"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold."""


def words_of(line: PageLine) -> tuple[Word, ...]:
    """The words of a line; of one that has none, its whole text as one."""
    return line.words or ((Word(line.text, line.confidence, line.quad),) if line.text else ())


def bounds(quad: Quad, page: Page) -> tuple[int, int, int, int]:
    """The smallest upright box of whole pixels around a quad, cut to the page: left, top, right, bottom."""
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    left, top = _within(min(xs) // 1, page.width), _within(min(ys) // 1, page.height)
    return left, top, _within(-(-max(xs) // 1), page.width), _within(-(-max(ys) // 1), page.height)


def polygon(quad: Quad, page: Page) -> list[tuple[int, int]]:
    """The corners in whole pixels, cut to the page."""
    return [(_within(x, page.width), _within(y, page.height)) for x, y in quad]


def line_height(block: Block) -> float:
    """The middle height of its lines."""
    heights = [(_distance(a, d) + _distance(b, c)) / 2 for a, b, c, d in (line.quad for line in block.lines)]
    return median(heights) if heights else 0.0


def content(text: str) -> str:
    """Text between two tags of XML."""
    return escape(_NO_XML.sub("\ufffd", text), quote=False)


def attribute(text: str) -> str:
    """Text as the value of an attribute, with its quotes."""
    escaped = escape(_NO_XML.sub("\ufffd", text))
    return f'"{escaped.translate(_BLANKS)}"'


def _within(value: float, limit: int) -> int:
    return min(max(round(value), 0), limit)


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)
