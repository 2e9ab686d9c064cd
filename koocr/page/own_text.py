"""A page from the text that its PDF holds, in the order in which koocr reads."""

from __future__ import annotations

import numpy as np

from koocr.layout import Block, Page, PageLine, Quad
from koocr.page.order import reading_order
from koocr.page.rules import find_rules
from koocr.page.sources import SourcePage

__all__ = ["page_of_own_text"]


def page_of_own_text(page: SourcePage, *, order: str = "auto") -> Page:
    """Puts the lines that a page holds as text in the order of reading.

    Args:
        page: with its `text_layer`.
        order: see `koocr.page.order.reading_order`.

    Raises:
        ConfigError: the order is unknown.
    """
    height, width = page.image.shape
    lines = page.text_layer or ()
    quads = np.array([line.quad for line in lines], np.float32).reshape(-1, 4, 2)
    rules = find_rules(page.image, slope=0.0, quads=quads) if len(quads) > 2 else None
    blocks = tuple(
        _block([lines[row] for row in rows]) for rows in reading_order(quads, rules=rules, order=order)
    )
    return Page(page.number, width, height, 0.0, page.dpi, blocks)


def _block(lines: list[PageLine]) -> Block:
    points = np.array([line.quad for line in lines]).reshape(-1, 2)
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    quad: Quad = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Block(quad, tuple(lines))
