"""Paths, folders, globs, bytes and pictures → the pages of documents, each as a grey picture.

A page is loaded when it is asked for and kept by nobody, so that a thousand pages take the memory of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from koocr.errors import ConfigError, InputError, KoocrError
from koocr.image import MAX_PIXELS, GreyImage
from koocr.layout import PageLine
from koocr.page.finding import Failure, Input, Source, find_sources
from koocr.page.frames import ImagePages
from koocr.page.page_numbers import PageNumbers

__all__ = [
    "MAX_PAGES",
    "Failure",
    "OpenDocument",
    "Source",
    "SourcePage",
    "SourceSettings",
    "chosen_pages",
    "find_sources",
    "is_pdf",
    "load_page",
    "open_document",
    "source_pages",
]

MAX_PAGES: Final = 10_000
"""The longest document that is read by default: a day's work."""


@dataclass(frozen=True)
class SourceSettings:
    """How pages are taken from documents.

    Attributes:
        dpi: pixels per inch at which pages of PDFs are drawn.
        pages: which pages; None for all.
        use_text_layer: take the words that a page of a PDF holds as text, where it holds any.
        max_pixels: larger images are refused; pages of PDFs are drawn at fewer dpi instead.
        max_pages: documents of which more pages would be read are refused.
    """

    dpi: float = 200.0
    pages: PageNumbers | None = None
    use_text_layer: bool = False
    max_pixels: int = MAX_PIXELS
    max_pages: int = MAX_PAGES

    def __post_init__(self) -> None:
        if not 20 <= self.dpi <= 1200:
            raise ConfigError(f"dpi is {self.dpi:g}; give 20 to 1200, 150 to 300 read best")


@dataclass(frozen=True)
class SourcePage:
    """One page, ready to be read.

    Attributes:
        source: name of its document.
        number: of the page in its document, from 1.
        num_pages: that the document has.
        image: (H, W) uint8, 0 black to 255 white, upright.
        dpi: pixels per inch if they are known.
        text_layer: the lines that a page of a PDF holds as text, in the order of the file, if they were asked
            for and there are any.
    """

    source: str
    number: int
    num_pages: int
    image: GreyImage = field(repr=False)
    dpi: float | None = None
    text_layer: tuple[PageLine, ...] | None = field(default=None, repr=False)


class OpenDocument(Protocol):
    """An open document: pages on demand."""

    num_pages: int

    def picture(self, number: int) -> tuple[GreyImage, float | None]:
        """The page's picture and its pixels per inch, if known; raises InputError."""

    def text_layer(self, number: int) -> tuple[PageLine, ...] | None:
        """The lines that the page holds as text, in pixels of its picture."""

    def close(self) -> None:
        """Closes the file."""


def open_document(source: Source, settings: SourceSettings | None = None) -> OpenDocument:
    """Opens a document.

    Args:
        source: of any kind; PDFs are known by their first bytes, or by their suffix.
        settings: for its pages.

    Returns:
        The document; it has at least one page. Close it.

    Raises:
        InputError: it is missing, damaged, empty, encrypted, or nothing that koocr reads.
        MissingDependencyError: a package that reads it is not installed.
    """
    settings = settings or SourceSettings()
    if not is_pdf(source):
        return ImagePages(source.data, max_pixels=settings.max_pixels)
    from koocr.page.pdf import PdfPages

    return PdfPages(source.data, source.name, dpi=settings.dpi, max_pixels=settings.max_pixels)


def chosen_pages(source: Source, num_pages: int, settings: SourceSettings) -> list[int]:
    """The numbers of the pages of a document that are to be read.

    Raises:
        InputError: there are none, or too many.
    """
    numbers = list(range(1, num_pages + 1)) if settings.pages is None else settings.pages.of(num_pages)
    if not numbers:
        raise InputError(
            f"{source.name!r} has {num_pages:,} page{'s' * (num_pages != 1)}, and {settings.pages} names "
            "none of them; choose others"
        )
    if len(numbers) > settings.max_pages:
        raise InputError(
            f"{source.name!r} has {num_pages:,} pages, and more than {settings.max_pages:,} are not read at "
            "once; choose some, with --pages 1-1000 for instance"
        )
    return numbers


def load_page(
    document: OpenDocument, source: Source, number: int, settings: SourceSettings | None = None
) -> SourcePage:
    """Loads one page of an open document.

    Raises:
        InputError: the page is damaged, or the document has no page of this number.
    """
    settings = settings or SourceSettings()
    if not 1 <= number <= document.num_pages:
        raise InputError(f"{source.name!r} has {document.num_pages:,} pages, no page {number}")
    layer = document.text_layer(number) if settings.use_text_layer else None
    image, dpi = document.picture(number)
    return SourcePage(source.name, number, document.num_pages, image, dpi, layer)


def source_pages(
    inputs: Iterable[Input], settings: SourceSettings | None = None
) -> Iterator[SourcePage | Failure]:
    """The pages of everything that is given, one at a time.

    Args:
        inputs: see `find_sources`.
        settings: how pages are taken.

    Yields:
        Pages in order; in the place of a document or a page that can't be read, a failure.
    """
    settings = settings or SourceSettings()
    for source in find_sources(inputs):
        if isinstance(source, Failure):
            yield source
        else:
            yield from _pages_of(source, settings)


def _pages_of(source: Source, settings: SourceSettings) -> Iterator[SourcePage | Failure]:
    try:
        document = open_document(source, settings)
    except KoocrError as error:
        yield Failure(source.name, error)
        return
    try:
        for number in chosen_pages(source, document.num_pages, settings):
            try:
                yield load_page(document, source, number, settings)
            except KoocrError as error:
                yield Failure(source.name, error, number)
    except InputError as error:
        yield Failure(source.name, error)
    finally:
        document.close()


def is_pdf(source: Source) -> bool:
    """Whether a document is a PDF, by its first bytes or its suffix."""
    if isinstance(source.data, (bytes, bytearray, memoryview)):
        return b"%PDF-" in bytes(source.data[:1024])
    if source.path is None:
        return False
    if source.path.suffix.lower() == ".pdf":
        return True
    try:
        with open(source.path, "rb") as file:
            return b"%PDF-" in file.read(1024)
    except (OSError, ValueError):
        return False  # opening it as an image says what is wrong
