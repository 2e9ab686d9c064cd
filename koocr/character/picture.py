"""Pictures of readings: each image with its candidates beside it, in a Korean face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.document import Candidate, Character
from koocr.fonts import korean_face
from koocr.hangul import nfc

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR

_THUMB = 130
_LIST = 230
"""Width of the candidates."""
_LINE = 34
_NAME = 28
_GAP = 24
_SHOWN = 5
_INK = (24, 24, 27)
_QUIET = (113, 113, 122)
_EDGE = (212, 212, 216)
_BAR = (191, 219, 254)


def draw_readings(readings: Sequence[tuple[str, np.ndarray, Character]], *, columns: int = 3) -> Image.Image:
    """Draws images with what was read in them.

    Args:
        readings: (name, (H, W) grey uint8 image, reading) of each.
        columns: images in a row.

    Returns:
        An RGB picture; of each reading it shows the best five candidates, each with a bar as long as its
        probability, and its jamo.
    """
    columns = max(1, min(columns, len(readings)))
    rows = -(-len(readings) // columns)
    width, height = _THUMB + _GAP // 2 + _LIST, _THUMB + _NAME
    size = columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP
    sheet = Image.new("RGB", size, "white")
    for number, (name, image, character) in enumerate(readings):
        row, column = divmod(number, columns)
        left, top = _GAP + column * (width + _GAP), _GAP + row * (height + _GAP)
        _draw_thumb(sheet, left, top, image)
        draw = ImageDraw.Draw(sheet)
        draw.text((left, top + _THUMB + 6), _shortened(name, width), fill=_QUIET, font=_face(15))
        _draw_candidates(draw, left + _THUMB + _GAP // 2, top, character)
    return sheet


def _draw_thumb(sheet: Image.Image, left: int, top: int, image: np.ndarray) -> None:
    thumb = Image.fromarray(image)
    scale = _THUMB / max(thumb.size)
    size = (max(1, round(thumb.width * scale)), max(1, round(thumb.height * scale)))
    thumb = thumb.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)
    sheet.paste(thumb, (left + (_THUMB - size[0]) // 2, top + (_THUMB - size[1]) // 2))
    ImageDraw.Draw(sheet).rectangle((left - 1, top - 1, left + _THUMB, top + _THUMB), outline=_EDGE)


def _draw_candidates(draw: ImageDraw.ImageDraw, left: int, top: int, character: Character) -> None:
    if not character.candidates:
        draw.text((left, top + _LINE // 2), "blank", fill=_QUIET, font=_face(18), anchor="lm")
    for line, candidate in enumerate(character.candidates[:_SHOWN]):
        _draw_candidate(draw, left, top + line * _LINE, candidate)


def _draw_candidate(draw: ImageDraw.ImageDraw, left: int, top: int, candidate: Candidate) -> None:
    middle = top + _LINE // 2
    bar = round(candidate.probability * _LIST)
    if bar:
        draw.rectangle((left, top + 2, left + bar - 1, top + _LINE - 3), fill=_BAR)
    draw.text((left + 16, middle), candidate.text, fill=_INK, font=_face(19), anchor="mm")
    draw.text((left + 98, middle), f"{candidate.probability:.1%}", fill=_INK, font=_face(15), anchor="rm")
    for place, score in enumerate(candidate.jamo):
        draw.text(
            (left + 130 + 36 * place, middle), score.jamo or "–", fill=_QUIET, font=_face(16), anchor="mm"
        )


def _shortened(name: str, width: int) -> str:
    """A file name as far as it fits, with a question mark for what the face doesn't draw."""
    face = _face(15)
    missing = bytes(face.getmask("\uffff"))
    text = "".join(char if char == " " or bytes(face.getmask(char)) != missing else "?" for char in nfc(name))
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def _face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(korean_face()), size, layout_engine=ImageFont.Layout.BASIC)


def draw_explanations(reader: KoOCR, images: Sequence[Any]) -> Image.Image:
    """Draws, for each image, where the network looked for each jamo; needs `koocr[train]`.

    Raises:
        InputError: an image is blank.
        WeightsError: the reader has no Keras weights.
    """
    from koocr.character.explain import explain, explanation_sheet

    return explanation_sheet([explain(reader, image) for image in images])
