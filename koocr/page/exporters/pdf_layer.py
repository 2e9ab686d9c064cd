"""A PDF that is there already, with what was read as invisible text over its pages."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from koocr.errors import InputError
from koocr.fonts import blank_face
from koocr.layout import Block, Page, PageLine, Word
from koocr.page.exporters.elements import words_of
from koocr.page.exporters.text_layer import (
    GLYPH_OF_CODE,
    TextRun,
    codes_of,
    shown_turn,
    text_runs,
    unicode_of_codes,
)
from koocr.page.finding import Source
from koocr.page.pdf import open_pdf
from koocr.page.pdf_text import page_to_picture, text_lines

__all__ = ["PdfWithLayer"]

_INVISIBLE: Final = pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
_PAGES_IN_MEMORY: Final = 256
"""PDFium holds what was added until it is saved, some 0.08 MB a page; saving takes seconds in a large PDF."""


class PdfWithLayer:
    """Adds text to the pages of a PDF and writes those that it was added to.

    A page whose text doesn't stand upright is turned until it does.
    Invisible text that was there before is taken out, as another recogniser left it; words that the page
    holds as visible text are not added again. What was added is put aside in a temporary file now and then,
    so that a long document takes no more memory than a short one.

    Args:
        source: the PDF.
        stream: to write to when it is finished.
        folder: for the temporary file; None for the system's.

    Raises:
        InputError: the PDF is missing, encrypted or broken.
    """

    def __init__(self, source: Source, stream: BinaryIO, folder: Path | None = None) -> None:
        self._name, self._stream, self._folder = source.name, stream, folder
        self._pdf = open_pdf(source.data, source.name)
        self._face = _load_face(self._pdf)
        self._numbers: set[int] = set()
        self._num_in_memory = 0

    def add(self, page: Page) -> None:
        """Adds what was read on a page; raises OSError if there is no room to put it aside."""
        self.keep(page.number)
        if self._num_in_memory == _PAGES_IN_MEMORY:
            self._put_aside()
        self._num_in_memory += 1
        target = self._pdf[page.number - 1]
        try:
            removed = _remove_invisible(target)
            to_picture = page_to_picture(target, page.width, page.height)
            shown = text_lines(target, page.width, page.height)
            runs = list(text_runs(_without(page, shown), _inverse(to_picture)))
            for run in runs:
                self._insert(target, run)
            if runs or removed:
                target.gen_content()
            target.set_rotation((target.get_rotation() + shown_turn(page)) % 360)
        finally:
            target.close()

    def keep(self, number: int) -> None:
        """Keeps a page as it is."""
        self._numbers.add(number)

    def finish(self) -> None:
        """Leaves out the pages that were neither added to nor kept, and writes the PDF.

        Raises:
            OSError: the stream can't be written to.
        """
        try:
            num_kept = 0
            for number in range(
                1, len(self._pdf) + 1
            ):  # from the front, as PDFium counts from there each time
                if number in self._numbers:
                    num_kept += 1
                else:
                    self._pdf.del_page(num_kept)
            _save(self._pdf, self._stream)
        finally:
            self.close()

    def close(self) -> None:
        """Closes the PDF."""
        if self._face is not None:
            pdfium_c.FPDFFont_Close(self._face)
            self._face = None
        self._pdf.close()

    def _put_aside(self) -> None:
        """Saves the PDF as it is now and goes on with that."""
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  it is closed with the PDF in it
        try:
            _save(self._pdf, file)
        except OSError:
            file.close()
            raise
        self.close()
        self._pdf = open_pdf(file, self._name)
        self._face = _load_face(self._pdf)
        self._num_in_memory = 0

    def _insert(self, target: Any, run: TextRun) -> None:
        codes = codes_of(run.text)
        glyphs = pdfium_c.FPDFPageObj_CreateTextObj(self._pdf, self._face, run.size)
        pdfium_c.FPDFText_SetCharcodes(glyphs, (ctypes.c_uint32 * len(codes))(*codes), len(codes))
        pdfium_c.FPDFTextObj_SetTextRenderMode(glyphs, _INVISIBLE)
        pdfium_c.FPDFPageObj_SetMatrix(glyphs, pdfium_c.FS_MATRIX(*run.matrix))
        pdfium_c.FPDFPage_InsertObject(target, glyphs)


class _Writer:
    """Writes for PDFium, which takes no notice of errors: the first is kept, and nothing written after it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, data: Any) -> None:
        if self.error is None:
            try:
                self._stream.write(data)
            except OSError as error:
                self.error = error


def _save(pdf: Any, stream: BinaryIO) -> None:
    writer = _Writer(stream)
    pdf.save(writer)
    if writer.error is not None:
        raise writer.error


def _load_face(pdf: Any) -> Any:
    program = blank_face().read_bytes()
    face = pdfium_c.FPDFText_LoadCidType2Font(
        pdf,
        (ctypes.c_ubyte * len(program)).from_buffer_copy(program),
        len(program),
        ctypes.create_string_buffer(unicode_of_codes().encode()),
        (ctypes.c_ubyte * len(GLYPH_OF_CODE)).from_buffer_copy(GLYPH_OF_CODE),
        len(GLYPH_OF_CODE),
    )
    if not face:
        raise InputError("PDFium can't load the face of the text layer; install koocr again")
    return face


def _remove_invisible(target: Any) -> bool:
    """Takes out the invisible text of a page, and says whether there was any."""
    found = [
        text
        for text in target.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT], max_depth=1)
        if pdfium_c.FPDFTextObj_GetTextRenderMode(text) == _INVISIBLE
    ]
    for text in found:
        target.remove_obj(text)
        text.close()
    if found:
        target.gen_content()
    return bool(found)


def _without(page: Page, shown: Iterable[PageLine]) -> Page:
    """The page less the words whose middle lies in a word that it shows as readable text."""
    boxes = np.array([_box(word) for line in shown for word in line.words if _is_readable(word.text)])
    if not len(boxes):
        return page

    def is_new(word: Word) -> bool:
        x, y = np.mean(word.quad, axis=0)
        inside = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
        return not inside.any()

    lines = (
        PageLine(line.text, line.confidence, line.quad, tuple(filter(is_new, words_of(line))))
        for line in page.lines
    )
    kept = tuple(line for line in lines if line.words)
    blocks = (Block(kept[0].quad, kept),) if kept else ()
    return Page(page.number, page.width, page.height, page.angle, page.dpi, blocks)


def _box(word: Word) -> tuple[float, float, float, float]:
    xs, ys = zip(*word.quad, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _is_readable(text: str) -> bool:
    """Whether text means something: fonts without a table of characters give private or unknown ones."""
    return text.isprintable() and "\ufffd" not in text and not any("\ue000" <= c <= "\uf8ff" for c in text)


def _inverse(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])
