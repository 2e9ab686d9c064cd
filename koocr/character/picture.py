"""Pictures of readings: each image with its candidates under it, in a Korean face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.document import Character
from koocr.fonts import korean_face

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR

_TILE = 112
_WIDTH = 250
_SHOWN = 5
_GAP = 16
_INK = (24, 24, 27)
_QUIET = (113, 113, 122)
_BAR = (147, 197, 253)


def draw_readings(readings: Sequence[tuple[str, np.ndarray, Character]], *, columns: int = 4) -> Image.Image:
    """Draws images with what was read in them.

    Args:
        readings: (name, (H, W) grey uint8 image, reading) of each.
        columns: images in a row.

    Returns:
        An RGB picture.
    """
    columns = max(1, min(columns, len(readings)))
    rows = -(-len(readings) // columns)
    height = _TILE + 26
    sheet = Image.new("RGB", (columns * (_WIDTH + _GAP) + _GAP, rows * (height + _GAP) + _GAP), "white")
    for number, (name, image, character) in enumerate(readings):
        row, column = divmod(number, columns)
        place = (_GAP + column * (_WIDTH + _GAP), _GAP + row * (height + _GAP))
        _draw_reading(sheet, place, name, image, character)
    return sheet


def _draw_reading(
    sheet: Image.Image, place: tuple[int, int], name: str, image: np.ndarray, character: Character
) -> None:
    left, top = place
    thumb = Image.fromarray(image)
    scale = _TILE / max(thumb.size)
    size = (max(1, round(thumb.width * scale)), max(1, round(thumb.height * scale)))
    thumb = thumb.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    sheet.paste(thumb, (left + (_TILE - size[0]) // 2, top + (_TILE - size[1]) // 2))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left - 1, top - 1, left + _TILE, top + _TILE), outline=(212, 212, 216))
    draw.text((left, top + _TILE + 4), _shortened(name), fill=_QUIET, font=_face(19))
    if not character.candidates:
        draw.text((left + _TILE + 12, top + 40), "blank", fill=_QUIET, font=_face(26))
    for line, candidate in enumerate(character.candidates[:_SHOWN]):
        x, y = left + _TILE + 12, top + line * (_TILE // _SHOWN)
        width = round(candidate.probability * (_WIDTH - _TILE - 12))
        draw.rectangle((x, y + 2, x + width, y + 19), fill=_BAR)
        draw.text((x + 3, y - 3), candidate.text, fill=_INK, font=_face(28))
        jamo = " ".join(score.jamo or "–" for score in candidate.jamo)
        draw.text((x + 32, y + 1), f"{100 * candidate.probability:5.1f} %  {jamo}", fill=_INK, font=_face(20))


def _shortened(name: str, limit: int = 34) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def _face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(korean_face()), size, layout_engine=ImageFont.Layout.BASIC)


def draw_explanations(reader: KoOCR, images: Sequence[Any]) -> Image.Image:
    """Draws, for each image, where the network looked for each jamo; needs `koocr[train]`."""
    from koocr.character.explain import explain, explanation_sheet

    return explanation_sheet([explain(reader, image) for image in images])
