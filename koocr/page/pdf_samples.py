"""Pages of PDFs whose lines are known, to measure on: some of those with Korean text, chosen by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koocr.errors import DataError
from koocr.evaluation.page_lines import PlacedText
from koocr.evaluation.page_samples import MeasuredPage, PageGroup
from koocr.hangul import is_syllable, nfc
from koocr.page.pdf import PdfPages
from koocr.polygon import Quads

__all__ = ["LINES_FILE", "PDFS", "PdfPage", "choose_pages", "pdf_group", "read_pdf_lines"]

PDFS = "PDFs"
LINES_FILE = "pdf_lines.tsv"

_HEADER = ("pdf", "page", "x0", "y0", "x1", "y1", "text")
_LEAST_SYLLABLES = 50  # of a page with Korean text
_POINTS = 72  # in an inch


@dataclass(frozen=True)
class PdfPage:
    """The lines of a page.

    Attributes:
        pdf: file name.
        number: of the page, from 0.
        lines: (x0, y0, x1, y1) in points from the top left, and text; in the order of the file.
    """

    pdf: str
    number: int
    lines: tuple[tuple[tuple[float, float, float, float], str], ...]


def pdf_group(folder: Path, *, num_pages: int = 20, dpi: float = 150.0, seed: int = 0) -> PageGroup:
    """Pages of the PDFs of a folder that `pdf_lines.tsv` tells the lines of.

    Args:
        folder: with both.
        num_pages: that are chosen; all, if there are fewer.
        dpi: at which they are drawn.
        seed: of the choice.

    Raises:
        DataError: a file is missing, or the table is damaged.
    """
    chosen = choose_pages(read_pdf_lines(folder / LINES_FILE), num_pages=num_pages, seed=seed)
    for page in chosen:
        if not (folder / page.pdf).is_file():
            raise DataError(f"there is no {page.pdf!r}, of which {LINES_FILE} tells", file=folder)
    return PageGroup(
        PDFS,
        f"Typeset pages with Korean text, chosen by the seed {seed}, drawn at {dpi:g} dpi.",
        len(chosen),
        lambda number: _drawn(folder, chosen[number], dpi),
    )


def read_pdf_lines(file: Path) -> list[PdfPage]:
    """Reads a table of lines: pdf, page from 0, x0, y0, x1, y1 in points from the top left, text.

    Raises:
        DataError: it is missing, or a row is none.
    """
    if not file.is_file():
        raise DataError("the table of lines is missing; it belongs beside the PDFs", file=file)
    first, *rows = file.read_text(encoding="utf-8").rstrip("\n").split("\n")
    if tuple(first.split("\t")) != _HEADER:
        raise DataError(f"the columns are not {', '.join(_HEADER)}", file=file, line=1)
    pages: dict[tuple[str, int], list[tuple[tuple[float, float, float, float], str]]] = {}
    for line, row in enumerate(rows, start=2):
        try:
            pdf, number, x0, y0, x1, y1, text = row.split("\t")
            box = float(x0), float(y0), float(x1), float(y1)
            pages.setdefault((pdf, int(number)), []).append((box, text))
        except ValueError as error:
            raise DataError(
                f"this is no line of a page ({error}); mend the row", file=file, line=line
            ) from error
    return [PdfPage(pdf, number, tuple(lines)) for (pdf, number), lines in pages.items()]


def choose_pages(pages: Sequence[PdfPage], *, num_pages: int, seed: int) -> list[PdfPage]:
    """Some of those pages that hold at least fifty syllables of Hangul, in the order of their files."""
    korean = [page for page in pages if _num_syllables(page) >= _LEAST_SYLLABLES]
    if not korean:
        raise DataError(f"no page holds {_LEAST_SYLLABLES} syllables of Hangul; name other PDFs")
    korean.sort(key=lambda page: (page.pdf, page.number))
    order = np.random.default_rng([seed, len(korean)]).permutation(len(korean))
    return [korean[row] for row in sorted(order[:num_pages].tolist())]


def _num_syllables(page: PdfPage) -> int:
    return sum(is_syllable(char) for _, text in page.lines for char in nfc(text))


def _drawn(folder: Path, page: PdfPage, dpi: float) -> MeasuredPage:
    pages = PdfPages(folder / page.pdf, page.pdf, dpi=dpi)
    try:
        image, drawn_dpi = pages.picture(page.number + 1)
    finally:
        pages.close()
    scale = (drawn_dpi or dpi) / _POINTS
    lines: tuple[PlacedText, ...] = tuple((_quad(box, scale), text) for box, text in page.lines)
    text = "\n".join(text for _, text in lines)
    return MeasuredPage(f"{page.pdf}, page {page.number + 1}", image, text, lines, (), drawn_dpi)


def _quad(box: tuple[float, float, float, float], scale: float) -> Quads:
    x0, y0, x1, y1 = (side * scale for side in box)
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
