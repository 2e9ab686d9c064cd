"""`koocr.read`: files in, documents out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from koocr.errors import ConfigError
from koocr.image import ImageSource, is_batch
from koocr.layout import Document, Page
from koocr.page.finding import Failure, Source, find_sources
from koocr.page.own_text import page_of_own_text
from koocr.page.page_numbers import PageNumbers
from koocr.page.reader import PageReader
from koocr.page.sources import SourceSettings, source_pages

__all__ = ["read"]


def read(
    source: ImageSource,
    *,
    pages: str | int | Iterable[int] | None = None,
    dpi: float = 200.0,
    use_text_layer: bool = False,
    order: str = "auto",
    num_threads: int = 2,
    reader: PageReader | None = None,
) -> Document:
    """Reads all pages of one image, TIFF or PDF.

    For many documents make one `PageReader` and hand it over, or it is loaded anew each time; for folders of
    them there is `koocr read`.

    Args:
        source: a path, the bytes of a file, an open file, a Pillow image or an array.
        pages: which pages, from 1: "1-3,7", a number, or several; None for all.
        dpi: pixels per inch at which pages of PDFs are drawn.
        use_text_layer: take the words that a page of a PDF holds as text, where it holds any.
        order: of reading: "auto", "columns" or "rows".
        num_threads: that read the lines of a page beside each other.
        reader: that reads; then `order` and `num_threads` are its own.

    Raises:
        InputError: the document, or one of its pages, can't be read.
        ConfigError: a setting is out of range.
        WeightsError: the models are missing or damaged.
    """
    if is_batch(source):
        raise ConfigError("koocr.read takes one document; call it for each, with one PageReader as reader=")
    chosen = None if pages is None else PageNumbers.given(pages)
    settings = SourceSettings(dpi=dpi, pages=chosen, use_text_layer=use_text_layer)
    found = list(find_sources([source]))
    if len(found) != 1:
        raise ConfigError(f"{source!r} names {len(found)} documents; call koocr.read for each of them")
    (document,) = found
    if isinstance(document, Failure):
        raise document.error
    read_by = reader or PageReader(order=order, num_threads=num_threads)
    return Document(document.name, tuple(_pages(document, settings, read_by, order)))


def _pages(document: Source, settings: SourceSettings, reader: PageReader, order: str) -> Iterator[Page]:
    for page in source_pages([document.data], settings):
        if isinstance(page, Failure):
            raise page.error
        if page.text_layer:
            yield page_of_own_text(page, order=order)
        else:
            yield reader.read(page.image, number=page.number, dpi=page.dpi)
