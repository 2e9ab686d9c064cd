"""Puts lines together into a block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from koocr.layout import Block, PageLine
from koocr.page.crops import quad_of

__all__ = ["block_of"]


def block_of(lines: Sequence[PageLine], angle: float) -> Block:
    """A block of lines, at least one, with the rectangle around them.

    Args:
        lines: in the order of reading.
        angle: degrees clockwise of the page's text; the rectangle's sides lie so.
    """
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[cosine, -sine], [sine, cosine]])  # rows times this: level coordinates
    level = np.array([corner for line in lines for corner in line.quad]) @ turn
    (left, top), (right, bottom) = level.min(axis=0), level.max(axis=0)
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ turn.T
    return Block(quad_of(corners), tuple(lines))
