"""Pictures → a PDF of one page each, with invisible text over them."""

from __future__ import annotations

from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from koocr.fonts import blank_face
from koocr.layout import Page
from koocr.page.exporters.pdf_file import PdfFile, number
from koocr.page.exporters.pdf_images import Picture, picture_of
from koocr.page.exporters.text_layer import (
    GLYPH_OF_CODE,
    TextRun,
    codes_of,
    shown_turn,
    text_runs,
    unicode_of_codes,
)
from koocr.page.finding import Source

__all__ = ["PdfOfPictures"]

_A4_LONG: Final = 841.89
"""Units of 1/72 inch: the longer side of a page whose size nobody knows."""
_LARGEST, _SMALLEST = 14_400, 3
"""What readers take (ISO 32000-1, annex C)."""


class PdfOfPictures:
    """Writes a page for each picture, as soon as it is added.

    Args:
        stream: to write to.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._file = PdfFile(stream)
        self._pages: list[int] = []
        self._tree = self._file.reserve()
        self._face = _add_face(self._file)

    def add(self, page: Page, source: Source) -> None:
        """Adds a page; raises InputError if its picture is missing or damaged."""
        picture = picture_of(source.data, page.number)
        scale = _scale(page)
        image = self._file.add(picture.entries, picture.data)
        content = self._file.add_packed(_content(page, picture, scale))
        self._pages.append(
            self._file.add(
                f"/Type /Page /Parent {self._tree} 0 R /Contents {content} 0 R "
                f"/MediaBox [0 0 {number(page.width * scale)} {number(page.height * scale)}] "
                f"/Rotate {shown_turn(page)} "
                f"/Resources << /XObject << /Im {image} 0 R >> /Font << /T {self._face} 0 R >> >>"
            )
        )

    def finish(self) -> None:
        """Writes the tree of pages."""
        kids = " ".join(f"{key} 0 R" for key in self._pages)
        self._file.add(f"/Type /Pages /Kids [{kids}] /Count {len(self._pages)}", at=self._tree)
        self._file.finish(self._file.add(f"/Type /Catalog /Pages {self._tree} 0 R /Lang (ko)"))


def _scale(page: Page) -> float:
    """Units of the PDF for a pixel."""
    longest = max(page.width, page.height, 1)
    scale = 72 / page.dpi if page.dpi else _A4_LONG / longest
    return min(max(scale, _SMALLEST / max(min(page.width, page.height), 1)), _LARGEST / longest)


def _content(page: Page, picture: Picture, scale: float) -> bytes:
    size = np.array([page.width * scale, page.height * scale])
    turned = (picture.turn * size[:, None]).T.ravel()  # a, b, c, d, e, f
    to_page = np.array([[scale, 0, 0], [0, -scale, page.height * scale]])
    text = [_shown(run) for run in text_runs(page, to_page)]
    drawn = f"q {_numbers(turned)} cm /Im Do Q"
    return "\n".join([drawn, "BT 3 Tr", *text, "ET"] if text else [drawn]).encode()


def _shown(run: TextRun) -> str:
    codes = "".join(f"{code:04X}" for code in codes_of(run.text))
    return f"/T {number(run.size)} Tf {_numbers(run.matrix)} Tm <{codes}> Tj"


def _numbers(values: NDArray[np.float64] | tuple[float, ...]) -> str:
    return " ".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in values)


def _add_face(file: PdfFile) -> int:
    """Writes the face of the text (ISO 32000-1, 9.7.4) and returns the number of its object."""
    name = "/koocrBlank"
    program = blank_face().read_bytes()
    data = file.add_packed(program, f"/Length1 {len(program)}")
    glyphs = file.add_packed(GLYPH_OF_CODE)
    to_unicode = file.add_packed(unicode_of_codes().encode())
    descriptor = file.add(
        f"/Type /FontDescriptor /FontName {name} /Flags 5 /FontBBox [0 -200 1000 800] /ItalicAngle 0 "
        f"/Ascent 800 /Descent -200 /CapHeight 800 /StemV 80 /FontFile2 {data} 0 R"
    )
    part = file.add(
        f"/Type /Font /Subtype /CIDFontType2 /BaseFont {name} /DW 1000 /CIDToGIDMap {glyphs} 0 R "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {descriptor} 0 R"
    )
    return file.add(
        f"/Type /Font /Subtype /Type0 /BaseFont {name} /Encoding /Identity-H "
        f"/DescendantFonts [{part} 0 R] /ToUnicode {to_unicode} 0 R"
    )
