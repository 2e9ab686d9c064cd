"""Characters drawn for tests with the face that comes with koocr."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.fonts import korean_face


@cache
def _face(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(korean_face()), size_px, layout_engine=ImageFont.Layout.BASIC)


def draw_ink(text: str, size_px: int = 96) -> np.ndarray:
    """(H, W) uint8, cut to the ink: 255 at its fullest on 0."""
    image = Image.new("L", (3 * size_px, 3 * size_px), 0)
    ImageDraw.Draw(image).text((size_px, size_px), text, fill=255, font=_face(size_px))
    pixels = np.asarray(image)
    rows, columns = np.flatnonzero(pixels.any(1)), np.flatnonzero(pixels.any(0))
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def draw_character(
    text: str,
    *,
    size_px: int = 96,
    margin: int | tuple[int, int, int, int] = 24,
    ink: int = 20,
    ground: int = 235,
) -> np.ndarray:
    """(H, W) uint8 picture of a character; the margin is one for all sides or (left, top, right, bottom)."""
    left, top, right, bottom = (margin,) * 4 if isinstance(margin, int) else margin
    share = np.pad(draw_ink(text, size_px), ((top, bottom), (left, right))) / 255
    return np.rint(ground + (ink - ground) * share).astype(np.uint8)
