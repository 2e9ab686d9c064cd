"""A table, one row a word: page, block, line and word count from 1, the last three anew on each page."""

from __future__ import annotations

from koocr.layout import Page
from koocr.page.exporters.elements import words_of

_CORNERS = tuple(f"{axis}{corner}" for corner in range(4) for axis in "xy")
COLUMNS = ("page", "block", "line", "word", *_CORNERS, "confidence", "text")


def begin(source: str) -> str:
    """The names of the columns."""
    return "\t".join(COLUMNS) + "\n"


def page(page: Page, index: int, source: str) -> str:
    """The words of a page; corners go round from the top left as the word is read."""
    rows, num_lines, num_words = [], 0, 0
    for number, block in enumerate(page.blocks, 1):
        for line in block.lines:
            num_lines += 1
            for word in words_of(line):
                num_words += 1
                place = [f"{value:.1f}" for corner in word.quad for value in corner]
                counts = [str(count) for count in (page.number, number, num_lines, num_words)]
                rows.append([*counts, *place, f"{word.confidence:.4f}", _in_a_cell(word.text)])
    return "".join("\t".join(row) + "\n" for row in rows)


def end() -> str:
    """Nothing."""
    return ""


def _in_a_cell(text: str) -> str:
    return " ".join(text.split())
