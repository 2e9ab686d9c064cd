"""Searchable PDF: the pages as they were, with what was read as invisible text over them.

A picture becomes a page of its own size, its data as they were where a PDF can hold them (JPEG), and is
written at once. Pages of a PDF stay as they are; see `koocr.page.exporters.pdf_layer`. Pages that lie on
their side or stand on their head are shown upright.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from koocr.errors import InputError
from koocr.layout import Page
from koocr.page.exporters.pdf_layer import PdfWithLayer
from koocr.page.exporters.pdf_pictures import PdfOfPictures
from koocr.page.finding import Source
from koocr.page.sources import is_pdf

__all__ = ["PdfExporter"]


class PdfExporter:
    """Writes a searchable PDF: of any number of pictures, or of one PDF.

    Args:
        stream: to write to.
        folder: for a temporary file, where a PDF is long; None for the system's.
    """

    def __init__(self, stream: BinaryIO, folder: Path | None = None) -> None:
        self._stream, self._folder = stream, folder
        self._source: Source | None = None
        self._pictures: PdfOfPictures | None = None
        self._pdf: PdfWithLayer | None = None

    def add(self, page: Page, source: Source | None = None) -> None:
        """Adds a page.

        Args:
            page: what was read.
            source: the document that it comes from.

        Raises:
            InputError: the source is missing or damaged, or a PDF and something else are to be one file.
        """
        if source is None:
            raise InputError("a searchable PDF shows the pages that were read; say where they come from")
        if not is_pdf(source) and self._pdf is None:
            self._pictures = self._pictures or PdfOfPictures(self._stream)
            self._pictures.add(page, source)
        else:
            self._opened(source).add(page)

    def skip(self, number: int, source: Source) -> None:
        """Keeps a page of a PDF that could not be read as it is; a picture that can't be read is left out."""
        if is_pdf(source):
            self._opened(source).keep(number)

    def finish(self) -> None:
        """Writes the rest of the file."""
        for part in (self._pictures, self._pdf):
            if part is not None:
                part.finish()

    def _opened(self, source: Source) -> PdfWithLayer:
        if self._pictures is not None or self._source not in (None, source):
            raise InputError("a PDF and other documents can't become one PDF; name a folder to write to")
        if self._pdf is None:
            self._source, self._pdf = source, PdfWithLayer(source, self._stream, self._folder)
        return self._pdf
