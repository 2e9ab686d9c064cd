"""A picture of what was read: the page with its quads, and beside it the text in its places.

Text is drawn with the face that comes with koocr, which has all of Hangul; other characters with a face of
the system that has them; those that none has are left out, and a dot of another colour stands in their place.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from koocr.fonts import korean_face
from koocr.hangul import nfc
from koocr.image import GreyImage
from koocr.layout import Page, Quad, Word
from koocr.page.exporters.elements import words_of
from koocr.page.faces import face_for

__all__ = ["draw_page"]

_LONGEST: Final = 1600
"""Pixels of the longer side of a page as drawn."""
_MOST_LARGER: Final = 2.0
_TEXT_PX: Final = 48
"""Size at which words are drawn before they are fitted."""
_TALLEST: Final = "뷁를(g"
"""What reaches as far up and down as text does."""
_INK, _UNSURE, _MISSING = (24, 24, 27), (200, 60, 20), (110, 110, 235)
_LINE, _BLOCK, _EDGE = (37, 99, 235), (22, 163, 74), (212, 212, 216)
_SURE: Final = 0.5
"""Words below it are drawn in another colour."""


def draw_page(image: GreyImage, page: Page) -> Image.Image:
    """Draws a page and what was read on it, side by side.

    Args:
        image: (H, W) uint8, the picture that was read.
        page: what was read.

    Returns:
        An RGB picture: on the left the page with its blocks in green and its words in blue; on the right the
        text, unsure words in red.
    """
    height, width = image.shape
    scale = min(_LONGEST / max(height, width), _MOST_LARGER)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    left = Image.fromarray(image).convert("RGB").resize(size, Image.Resampling.LANCZOS)
    right = np.full((size[1], size[0], 3), 255, np.uint8)
    draw = ImageDraw.Draw(left)
    for block in page.blocks:
        _outline(draw, block.quad, scale, _BLOCK)
        for line in block.lines:
            for word in words_of(line):
                _outline(draw, word.quad, scale, _LINE)
                _draw_word(right, word, scale)
    sheet = Image.new("RGB", (2 * size[0] + 3, size[1]), _EDGE)
    sheet.paste(left, (0, 0))
    sheet.paste(Image.fromarray(right), (size[0] + 3, 0))
    return sheet


def _outline(draw: ImageDraw.ImageDraw, quad: Quad, scale: float, colour: tuple[int, int, int]) -> None:
    corners = [(x * scale, y * scale) for x, y in quad]
    draw.line([*corners, corners[0]], fill=colour, width=2)


def _draw_word(sheet: NDArray[np.uint8], word: Word, scale: float) -> None:
    """Lays a word over its quad; letters keep their shape where the quad is longer."""
    corners = np.array(word.quad, np.float32) * scale
    across, down = _length(corners[0], corners[1]), _length(corners[0], corners[3])
    if not word.text or min(across, down) < 1:
        return
    tile = _word_tile(nfc(word.text), _INK if word.confidence >= _SURE else _UNSURE)
    room = max(tile.shape[1], round(tile.shape[0] * across / down))
    start = (room - tile.shape[1]) / 2
    source = np.array([(-start, 0), (room - start, 0), (room - start, tile.shape[0])], np.float32)
    low = np.floor(corners.min(0)).astype(int).clip(0)
    high = np.ceil(corners.max(0)).astype(int).clip(0, (sheet.shape[1], sheet.shape[0]))
    if (high <= low).any():
        return
    affine = cv2.getAffineTransform(source, corners[:3] - low.astype(np.float32))
    laid = cv2.warpAffine(
        tile, affine, tuple((high - low).tolist()), flags=cv2.INTER_AREA, borderValue=(255, 255, 255)
    )
    part = sheet[low[1] : high[1], low[0] : high[0]]
    np.minimum(part, laid, out=part)


@lru_cache(maxsize=4096)
def _word_tile(text: str, colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) the word on white."""
    parts = [(char, face_for(char)) for char in text]
    fonts = [(char, _font(face or korean_face())) for char, face in parts]
    widths = [
        font.getlength(char if face else "·") for (char, font), (_, face) in zip(fonts, parts, strict=True)
    ]
    rises = [-font.getbbox(_TALLEST, anchor="ls")[1] for _, font in fonts]
    falls = [font.getbbox(_TALLEST, anchor="ls")[3] for _, font in fonts]
    rise, fall = round(max(rises)) + 1, round(max(falls)) + 1
    tile = Image.new("RGB", (max(1, round(sum(widths)) + 4), rise + fall), "white")
    draw, x = ImageDraw.Draw(tile), 2.0
    for (char, font), (_, face), width in zip(fonts, parts, widths, strict=True):
        shown, ink = (char, colour) if face else ("·", _MISSING)
        draw.text((x, rise), shown, fill=ink, font=font, anchor="ls")
        x += width
    return np.asarray(tile)


def _length(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.hypot(*(b - a)))


@lru_cache(maxsize=16)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _TEXT_PX, layout_engine=ImageFont.Layout.BASIC)
