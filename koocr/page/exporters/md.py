"""Markdown: blocks are paragraphs or headings.

Headings are blocks with much larger lines than the page's text, and single lines a little larger than the
paragraph below them that don't end as a sentence does.

Lines stay lines, which Markdown shows as one paragraph: whether a word goes on in the next line, a page of
Korean doesn't say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from koocr.layout import Block, Page
from koocr.page.exporters.elements import line_height

_LEVELS = ((1.9, "#"), (1.5, "##"), (1.25, "###"))
"""Heights of lines against those of the text, and the heading that they make."""
_MOST_LINES = 3
"""A heading has no more."""
_A_LITTLE = 1.08, 1.12
"""Heights of a line against those of the text, and of the paragraph below, that make it a heading of the last
level."""
_LABEL = re.compile(
    r"^(?:[(\[]?[①-⓿㉠-㉿가-힣A-Za-z0-9]{1,2}[)\].]|[①-⓿㉠-㉿]|(?:그림|표|Figure|Table)\s*\d)"
)
"""What begins a choice, an item or a caption."""
_SENTENCE = re.compile(r"[.,;:?!…~]['’\"”)\]]*$")
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~])")
_AT_START = re.compile(r"^(#{1,6}(?=\s)|[-+](?=\s)|=+$|-+$|\d{1,9}[.)](?=\s))")
_LIST = re.compile(r"^(?:[-+](?=\s)|\d{1,9}[.)](?=\s))")
_BULLET = re.compile(r"^[•◦▪‣∙·○●■□◆◇▶▷]\s+")


def begin(source: str) -> str:
    """Nothing."""
    return ""


def page(page: Page, index: int, source: str) -> str:
    """A page; a rule parts it from the one before."""
    usual = _usual_height(page.blocks)
    pairs = zip(page.blocks, (*page.blocks[1:], None), strict=False)
    text = "\n\n".join(part for block, next_ in pairs if (part := _block(block, next_, usual)))
    return ("\n---\n\n" if index else "") + (f"{text}\n" if text else "")


def end() -> str:
    """Nothing."""
    return ""


def _block(block: Block, next_: Block | None, usual: float) -> str:
    lines = [text for line in block.lines if (text := line.text.strip())]
    level = _heading(block, usual) or _small_heading(block, next_, usual)
    if level and lines:
        return f"{level} {' '.join(_ACTIVE.sub(_escaped, line) for line in lines)}"
    return "\n".join(_line(line) for line in lines)


def _line(text: str) -> str:
    """A line of a paragraph; those that begin as items of a list are items."""
    bullet = _BULLET.match(text)
    if bullet:
        return f"- {_ACTIVE.sub(_escaped, text[bullet.end() :])}"
    if _LIST.match(text):
        return _ACTIVE.sub(_escaped, text)
    return _AT_START.sub(_escaped, _ACTIVE.sub(_escaped, text))


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match.group()}"


def _heading(block: Block, usual: float) -> str:
    if not usual or len(block.lines) > _MOST_LINES:
        return ""
    share = line_height(block) / usual
    return next((level for least, level in _LEVELS if share >= least), "")


def _small_heading(block: Block, next_: Block | None, usual: float) -> str:
    """A line that stands over a paragraph of smaller ones."""
    if next_ is None or len(block.lines) != 1 or len(next_.lines) < 2 or not usual:
        return ""
    text, height = block.text.strip(), line_height(block)
    is_larger = height >= _A_LITTLE[0] * usual and height >= _A_LITTLE[1] * line_height(next_)
    is_sentence = any((_SENTENCE.search(text), _BULLET.match(text), _LIST.match(text), _LABEL.match(text)))
    return _LEVELS[-1][1] if is_larger and not is_sentence else ""


def _usual_height(blocks: Sequence[Block]) -> float:
    """The height of lines that most characters stand in: the median by characters."""
    heights = sorted((line_height(block), max(1, len(block.text))) for block in blocks if block.lines)
    half, passed = sum(count for _, count in heights) / 2, 0
    for height, count in heights:
        passed += count
        if passed >= half:
            return height
    return 0.0
