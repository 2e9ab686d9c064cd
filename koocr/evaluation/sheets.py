"""Contact sheets: small pictures in rows, each with a caption in the package's own Korean face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.evaluation.readings import Readings
from koocr.fonts import korean_face
from koocr.image import GreyImage

__all__ = ["BLACK", "GREY", "RED", "Tile", "contact_sheet", "most_confident_mistakes"]

Colour = tuple[int, int, int]
BLACK: Colour = (30, 30, 30)
GREY: Colour = (120, 120, 120)
RED: Colour = (190, 30, 30)

_GAP = 8
_BETWEEN = 4  # least pixels between the captions of neighbours
_LEAST_PX = 9  # the smallest type that can be read
_LINE = 1.35  # height of a line of the caption, in type sizes: the face's 훯 has 1.26
_BASELINE = 0.73  # of a line, from its top


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        image: (H, W) grey or (H, W, 3) RGB, uint8.
        caption: lines under it: text and colour. The first is large, the others small.
    """

    image: np.ndarray
    caption: tuple[tuple[str, Colour], ...] = ()


def contact_sheet(
    tiles: Sequence[Tile], *, columns: int = 8, tile_px: int = 96, title_px: int | None = None
) -> Image.Image:
    """Lays pictures out in rows.

    Args:
        tiles: the pictures; each is scaled to fit a square, small ones by whole factors so that pixels show.
        columns: how many stand in a row.
        tile_px: side of the square.
        title_px: type size of the captions' first lines; None: a quarter of the square.

    Returns:
        An RGB picture; one white square if there are no tiles.
    """
    num_lines = max((len(tile.caption) for tile in tiles), default=0)
    large, small = title_px or max(14, tile_px // 4), max(11, tile_px // 7)
    caption_px = round(_LINE * (large + small * (num_lines - 1))) if num_lines else 0
    columns = max(1, min(columns, len(tiles)))
    rows = max(1, -(-len(tiles) // columns))
    cell_width, cell_height = tile_px + _GAP, tile_px + caption_px + _GAP
    sheet = Image.new("RGB", (columns * cell_width + _GAP, rows * cell_height + _GAP), "white")
    fonts = [ImageFont.truetype(str(korean_face()), size) for size in (large, small)]
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        _place(sheet, tile, (column * cell_width + _GAP, row * cell_height + _GAP), tile_px, fonts)
    return sheet


def _place(
    sheet: Image.Image, tile: Tile, corner: tuple[int, int], tile_px: int, fonts: list[ImageFont.FreeTypeFont]
) -> None:
    left, top = corner
    picture = _fit(Image.fromarray(tile.image).convert("RGB"), tile_px)
    sheet.paste(picture, (left + (tile_px - picture.width) // 2, top + (tile_px - picture.height) // 2))
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left - 1, top - 1, left + tile_px, top + tile_px), outline=(215, 215, 215))
    line = top + tile_px
    for number, (text, colour) in enumerate(tile.caption):
        font = fonts[min(number, 1)]
        middle = left + tile_px // 2, line + round(_BASELINE * font.size)
        narrow, shown = _narrowed(font, text, tile_px + _GAP - _BETWEEN)
        draw.text(middle, shown, font=narrow, fill=colour, anchor="ms")
        line += round(_LINE * font.size)


def _fit(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    if scale >= 2:
        scale = float(int(scale))
        size = round(picture.width * scale), round(picture.height * scale)
        return picture.resize(size, Image.Resampling.NEAREST)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _narrowed(font: ImageFont.FreeTypeFont, text: str, width: int) -> tuple[ImageFont.FreeTypeFont, str]:
    """A smaller font where the text would be wider than its tile, and then as much of the text as fits."""
    while font.getlength(text) > width and font.size > _LEAST_PX:
        font = font.font_variant(size=font.size - 1)
    if font.getlength(text) <= width:
        return font, text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return font, f"{text}…"


def most_confident_mistakes(
    readings: Readings, images: Sequence[GreyImage], *, num: int = 64
) -> list[tuple[Tile, int]]:
    """The wrong answers that the reader was surest of, the surest first.

    Args:
        readings: N answers.
        images: the N images.
        num: how many at most.

    Returns:
        Each as a tile (`truth → answer`, the confidence, where it is from) and the image's number.
    """
    wrong = np.flatnonzero(~readings.is_right)
    surest = wrong[np.argsort(-readings.confidence[wrong], kind="stable")][:num]
    return [(_mistake(readings, images[number], number), int(number)) for number in surest.tolist()]


def _mistake(readings: Readings, image: GreyImage, number: int) -> Tile:
    answer = str(readings.read[number]) or "(none)"
    title = f"{readings.truth[number]} → {answer}"
    detail = f"{readings.confidence[number]:.1%}"
    return Tile(image, ((title, RED), (detail, BLACK), (str(readings.source[number]), GREY)))
