"""The words that a page of a PDF holds as text, with their places in its picture.

PDFium lists the characters of a page in the order of the file, with the spaces and line ends that it finds
between them (FPDFText, `fpdf_text.h`).
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from koocr.hangul import nfc
from koocr.layout import PageCharacter, PageLine, Quad, Word

__all__ = ["page_to_picture", "quad_around", "text_lines"]

FloatArray = NDArray[np.float64]

_WIDE_GAP = 2.5
"""In heights of the line: a line is cut where more than this is empty, as between columns."""
_SUBPIXELS = 64
"""PDFium rounds places to whole pixels, so they are asked for in a finer grid."""


@dataclass(frozen=True)
class _Char:
    text: str
    box: FloatArray  # (4, 2) corners in the picture, clockwise from the top left of the picture
    turn: int  # quarter turns clockwise that its line is turned in the picture


def text_lines(page: Any, width: int, height: int) -> tuple[PageLine, ...]:
    """Reads the text of a page.

    Args:
        page: an open `pypdfium2.PdfPage`.
        width: of its picture.
        height: likewise.

    Returns:
        Its lines in the order of the file, each confidence 1; cut at wide gaps. Lines that are turned by
        other than quarter turns have the upright box around them as their place.
    """
    to_picture = page_to_picture(page, width, height)
    lines: list[PageLine] = []
    for chars in _lines_of(_chars(page, to_picture)):
        lines += _cut_at_gaps(chars)
    return tuple(lines)


def page_to_picture(page: Any, width: int, height: int) -> FloatArray:
    """The (2, 3) affine map from units of a page, y up, to pixels of its picture as PDFium draws it."""
    points = []
    for x, y in ((0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0)):
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium_c.FPDF_PageToDevice(page, 0, 0, width * _SUBPIXELS, height * _SUBPIXELS, 0, x, y, across, down)
        points.append((across.value / _SUBPIXELS, down.value / _SUBPIXELS))
    origin, right, up = np.array(points)
    return np.column_stack([(right - origin) / 1000, (up - origin) / 1000, origin])


def quad_around(points: FloatArray, turn: int = 0) -> Quad:
    """The upright box around points, as the corners of text that is turned by quarter turns clockwise."""
    (left, top), (right, bottom) = points.min(0), points.max(0)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    a, b, c, d = ((float(x), float(y)) for x, y in corners[turn:] + corners[:turn])
    return a, b, c, d


def _chars(page: Any, to_picture: FloatArray) -> Iterator[_Char]:
    r"""Characters, with `" "` for spaces and `"\n"` for ends of lines."""
    text_page = page.get_textpage()
    box, matrix, codes = pdfium_c.FS_RECTF(), pdfium_c.FS_MATRIX(1, 0, 0, 1), _codes(text_page)
    try:
        for index, text in codes:
            pdfium_c.FPDFText_GetLooseCharBox(text_page, index, box)
            corners = np.array(
                [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
            )
            pdfium_c.FPDFText_GetMatrix(text_page, index, matrix)
            along = to_picture[:, :2] @ (matrix.a, matrix.b)
            turn = round(math.atan2(along[1], along[0]) / (math.pi / 2)) % 4
            yield _Char(text, corners @ to_picture[:, :2].T + to_picture[:, 2], turn)
    finally:
        text_page.close()


def _codes(text_page: Any) -> Iterator[tuple[int, str]]:
    """(index, text) of each character; halves of a surrogate pair are put together."""
    high = 0
    for index in range(text_page.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(text_page, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD
        high = 0
        if code in (0xFFFE, 2):  # PDFium's mark of a hyphen at the end of a line
            code = 0x2D
        char = chr(code)
        yield index, "\n" if char in "\r\n\f\v" else " " if code < 0x21 or char.isspace() else char


def _lines_of(chars: Iterable[_Char]) -> Iterator[list[_Char]]:
    for is_end, group in groupby(chars, key=lambda char: char.text == "\n"):
        if not is_end:
            for _, turned in groupby(group, key=lambda char: char.turn):
                yield list(turned)


def _cut_at_gaps(chars: list[_Char]) -> Iterator[PageLine]:
    words = [
        list(word) for is_space, word in groupby(chars, key=lambda char: char.text == " ") if not is_space
    ]
    if not words:
        return
    turn = words[0][0].turn
    extents = [_extent(word) for word in words]
    height = max(high for _, _, high in extents)
    current = [words[0]]
    for (_, stop, _), (start, _, _), word in zip(extents, extents[1:], words[1:], strict=False):
        if not -height < start - stop < _WIDE_GAP * height:
            yield _line(current, turn)
            current = []
        current.append(word)
    yield _line(current, turn)


def _extent(word: list[_Char]) -> tuple[float, float, float]:
    """Start and stop along the line, and height."""
    points = np.concatenate([char.box for char in word])
    turn = word[0].turn
    along = points[:, turn % 2] * (1 if turn in (0, 1) else -1)
    return float(along.min()), float(along.max()), float(np.ptp(points[:, 1 - turn % 2]))


def _line(words: list[list[_Char]], turn: int) -> PageLine:
    found = tuple(_word(word) for word in words)
    quad = quad_around(np.concatenate([char.box for word in words for char in word]), turn)
    return PageLine(" ".join(word.text for word in found), 1.0, quad, found)


def _word(chars: list[_Char]) -> Word:
    turn = chars[0].turn
    text = nfc("".join(char.text for char in chars))
    characters: tuple[PageCharacter, ...] = ()
    if len(text) == len(chars):  # else jamo were put together, and their places with them
        characters = tuple(
            PageCharacter(symbol, 1.0, quad_around(char.box, turn))
            for symbol, char in zip(text, chars, strict=True)
        )
    return Word(text, 1.0, quad_around(np.concatenate([char.box for char in chars]), turn), characters)
