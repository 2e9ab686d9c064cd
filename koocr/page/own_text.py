"""A page from the text that its PDF holds, in the order in which koocr reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from koocr.layout import Page, PageLine
from koocr.page.assembly import block_of
from koocr.page.level import as_quads, unit_angles
from koocr.page.order import reading_order
from koocr.page.rules import find_rules
from koocr.page.sources import SourcePage
from koocr.page.turning import turn_matrix, upright_angle

__all__ = ["page_of_own_text"]


def page_of_own_text(page: SourcePage, *, order: str = "auto") -> Page:
    """Puts the lines that a page holds as text in the order of reading, whichever way up they stand.

    Args:
        page: with its `text_layer`.
        order: see `koocr.page.order.reading_order`.

    Raises:
        ConfigError: the order is unknown.
    """
    height, width = page.image.shape
    lines = page.text_layer or ()
    turns = _quarter_turns(lines)
    texts = [line.text for line in lines]
    quads = _upright(lines, np.linalg.inv(turn_matrix(width, height, turns)))
    rules = find_rules(np.rot90(page.image, turns), slope=0.0, quads=quads) if len(quads) > 2 else None
    angle = upright_angle(turns, 0.0) if lines else 0.0
    blocks = tuple(
        block_of([lines[row] for row in rows], angle)
        for rows in reading_order(quads, rules=rules, texts=texts, order=order)
    )
    return Page(page.number, width, height, angle, page.dpi, blocks)


def _quarter_turns(lines: Sequence[PageLine]) -> int:
    """How often most of the text is turned by a quarter, clockwise."""
    angles = unit_angles(as_quads(np.array([line.quad for line in lines], np.float32)))
    turns = np.rint(angles / (np.pi / 2)).astype(np.int64) % 4
    return int(np.bincount(turns, [len(line.text) for line in lines], minlength=4).argmax())


def _upright(lines: Sequence[PageLine], to_turned: NDArray[np.floating]) -> NDArray[np.float32]:
    """(N, 4, 2) the boxes around lines on the turned page; those of lines that run otherwise are tall."""
    corners = as_quads(np.array([line.quad for line in lines], np.float32))
    corners = corners @ to_turned[:2, :2].T + to_turned[:2, 2]
    (left, top), (right, bottom) = corners.min(axis=1).T, corners.max(axis=1).T
    return (
        np.stack([left, top, right, top, right, bottom, left, bottom], 1).reshape(-1, 4, 2).astype(np.float32)
    )
