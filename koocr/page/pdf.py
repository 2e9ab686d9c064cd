"""The pages of a PDF, drawn with PDFium."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, Final

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from koocr.errors import InputError
from koocr.image import MAX_PIXELS, GreyImage, ImageSource, existing_form
from koocr.layout import PageLine
from koocr.page.pdf_text import text_lines

__all__ = ["PdfPages", "open_pdf"]

_MOST_DRAWN: Final = 25_000_000
"""Pixels of a drawn page; A3 at 300 dpi has 17 million."""
_PAGES_OF_ONE_OPENING: Final = 16
"""PDFium keeps the pictures of all pages that it drew, as they are in the file, until the PDF is closed."""
_REASONS: Final = {
    pdfium_c.FPDF_ERR_PASSWORD: "is encrypted; save it without its password first",
    pdfium_c.FPDF_ERR_SECURITY: "is encrypted in a way that can't be read; save it without encryption first",
}


class PdfPages:
    """The pages of a PDF.

    Args:
        data: a path, or the bytes of a file.
        name: for messages.
        dpi: at which pages are drawn; very large pages at fewer, so that they stay under `max_pixels`.
        max_pixels: of a picture.

    Raises:
        InputError: it is missing, empty, encrypted, broken, or has no pages.
    """

    def __init__(
        self, data: ImageSource, name: str, *, dpi: float = 200.0, max_pixels: int = MAX_PIXELS
    ) -> None:
        self._data, self._name, self._dpi = data, name, dpi
        self._most = min(max_pixels, _MOST_DRAWN)
        self._pdf = open_pdf(data, name)
        self._num_drawn = 0
        self.num_pages = len(self._pdf)

    def picture(self, number: int) -> tuple[GreyImage, float | None]:
        """Draws a page in grey, and says at how many dpi.

        Raises:
            InputError: the page is broken.
        """
        self._forget_pictures()
        with self._page(number) as page:
            dpi = self._fitting_dpi(page)
            bitmap = page.render(scale=dpi / 72, grayscale=True, fill_color=(255, 255, 255, 255))
            try:
                drawn = bitmap.to_numpy()
                return np.array(drawn.reshape(drawn.shape[:2])), dpi
            finally:
                bitmap.close()

    def text_layer(self, number: int) -> tuple[PageLine, ...] | None:
        """The lines that a page holds as text, in the order of the file; None if there are none.

        Raises:
            InputError: the page is broken.
        """
        with self._page(number) as page:
            scale = self._fitting_dpi(page) / 72
            width, height = (math.ceil(side * scale) for side in page.get_size())  # as PDFium rounds
            return text_lines(page, width, height) or None

    def close(self) -> None:
        """Closes the file."""
        self._pdf.close()

    def _forget_pictures(self) -> None:
        """Opens the file anew every few pages, so that the memory of a long document stays flat."""
        if self._num_drawn == _PAGES_OF_ONE_OPENING:
            self._pdf.close()
            self._pdf = open_pdf(self._data, self._name)
            self._num_drawn = 0
        self._num_drawn += 1

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        try:
            page = self._pdf[number - 1]
        except pdfium.PdfiumError as error:
            raise self._broken(number) from error
        try:
            yield page
        except pdfium.PdfiumError as error:
            raise self._broken(number) from error
        finally:
            page.close()

    def _broken(self, number: int) -> InputError:
        return InputError(f"page {number} of {self._name!r} is broken; save the PDF again, or leave it out")

    def _fitting_dpi(self, page: Any) -> float:
        width, height = page.get_size()
        if width * height <= 0:
            raise pdfium.PdfiumError("the page has no area")
        return float(min(self._dpi, 72 * (self._most / (width * height)) ** 0.5))


def open_pdf(data: ImageSource | BinaryIO, name: str) -> Any:
    """Opens a PDF and checks that there are pages in it.

    Args:
        data: a path, the bytes of a file, or an open file, which is closed with the PDF.
        name: for messages.

    Raises:
        InputError: it is missing, empty, encrypted, broken, or has no pages.
    """
    stream = _stream(data, name)
    try:
        if not stream.read(1):
            raise InputError(f"{name!r} is empty; name another PDF")
        stream.seek(0)
        pdf = pdfium.PdfDocument(stream, autoclose=True)
        pdf.init_forms()  # what is filled into a form is drawn, too
    except pdfium.PdfiumError as error:
        reason = _REASONS.get(error.err_code, "is broken or no PDF at all; save it again")
        if _has_no_pages(stream):  # then the error's number is that of an earlier one
            reason = "has no pages; name another PDF"
        stream.close()
        raise InputError(f"{name!r} {reason}") from error
    except BaseException:
        stream.close()
        raise
    return pdf


def _has_no_pages(stream: Any) -> bool:
    """Whether what `PdfDocument` refuses is a sound PDF all the same."""
    stream.seek(0)
    data = stream.read()
    document = pdfium_c.FPDF_LoadMemDocument64(data, len(data), None)
    if document:
        pdfium_c.FPDF_CloseDocument(document)
    return bool(document)


def _stream(data: Any, name: str) -> Any:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return BytesIO(data)
    if hasattr(data, "read"):
        data.seek(0)
        return data
    try:
        return open(existing_form(os.fsdecode(data)), "rb")
    except FileNotFoundError:
        raise InputError(f"there is no file {name!r}; check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name!r} can't be opened ({reason}); check the path") from error
