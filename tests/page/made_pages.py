"""Pages drawn with koocr's own face, with what a perfect reader would say of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from koocr.document import Candidate
from koocr.fonts import korean_face
from koocr.layout import Block, Page, PageCharacter, PageLine, Quad, Word

TEXTS = (("안녕하세요 반갑습니다",), ("대한민국의 국민은", "법률이 정하는 바에"), ("A1 2026년 & <끝>",))


def upright(left: float, top: float, right: float, bottom: float) -> Quad:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def around(quads: Sequence[Quad]) -> Quad:
    points = np.array(quads).reshape(-1, 2)
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return upright(left, top, right, bottom)


def drawn_page(
    texts: Sequence[Sequence[str]] = TEXTS,
    *,
    size: tuple[int, int] = (700, 500),
    number: int = 1,
    dpi: float | None = 150.0,
    size_px: int = 40,
) -> tuple[Image.Image, Page]:
    """A picture of blocks of lines, and the page that they are."""
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(korean_face()), round(0.8 * size_px), layout_engine=ImageFont.Layout.BASIC)
    blocks, top = [], 40
    for texts_of_block in texts:
        lines = []
        for text in texts_of_block:
            lines.append(_draw_line(draw, font, text, top, size_px))
            top += round(1.3 * size_px)
        blocks.append(Block(around([line.quad for line in lines]), tuple(lines)))
        top += size_px
    return image, Page(number, *size, 0.0, dpi, tuple(blocks))


def _draw_line(draw, font, text, top, size_px) -> PageLine:
    words, left = [], 50.0
    for part in text.split(" "):
        characters = []
        for char in part:
            stop = left + font.getlength(char)
            draw.text((left, top + 0.7 * size_px), char, fill=20, font=font, anchor="ls")
            quad = upright(left, top, stop, top + size_px)
            characters.append(PageCharacter(char, 0.95, quad, (Candidate(char, 0.95), Candidate("?", 0.05))))
            left = stop
        quad = around([character.quad for character in characters])
        words.append(Word(part, 0.9, quad, tuple(characters)))
        left += 0.4 * size_px
    return PageLine(text, 0.8, around([word.quad for word in words]), tuple(words))


class FakeReader:
    """Says of every page how wide it is."""

    def read(self, image: np.ndarray) -> Page:
        height, width = image.shape
        quad = upright(1, 1, width - 1, height / 2)
        words = (
            Word("폭", 0.9, upright(1, 1, 0.4 * width, height / 2)),
            Word(str(width), 0.9, upright(0.5 * width, 1, width - 1, height / 2)),
        )
        line = PageLine(f"폭 {width}", 0.8, quad, words)
        return Page(1, width, height, 0.0, None, (Block(quad, (line,)),))
