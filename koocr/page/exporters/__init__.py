"""Pages → files: text, JSON, tables, hOCR, ALTO, PAGE XML, searchable PDF.

A format of text is a module with `begin(source)`, `page(page, index, source)` and `end()`, which give the
pieces of a file in order, so that a page can be forgotten once it is written. `Exporter` is what the command
line holds: a file that is being written.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from koocr.errors import ConfigError, InputError
from koocr.layout import Document, Page

if TYPE_CHECKING:
    from koocr.page.sources import Source

__all__ = ["FORMATS", "ExportFormat", "Exporter", "TextFormat", "export", "format_of", "open_exporter"]


@dataclass(frozen=True)
class ExportFormat:
    """A format that pages are written in.

    Attributes:
        name: as `--format` takes it, and of its module.
        suffix: of its files.
        about: one line.
        is_text: it goes to a terminal, too.
        one_page: a file of it holds one page.
        combines: a file of it may hold several documents.
    """

    name: str
    suffix: str
    about: str
    is_text: bool = True
    one_page: bool = False
    combines: bool = False


_ALL = (
    ExportFormat("txt", ".txt", "the text alone", combines=True),
    ExportFormat("json", ".json", "everything: places, confidences, alternatives"),
    ExportFormat("jsonl", ".jsonl", "the same, one page a line", combines=True),
    ExportFormat("tsv", ".tsv", "a table, one row a word"),
    ExportFormat("md", ".md", "Markdown: paragraphs and headings", combines=True),
    ExportFormat("hocr", ".hocr", "hOCR 1.2"),
    ExportFormat("alto", ".alto.xml", "ALTO 4"),
    ExportFormat("page", ".page.xml", "PAGE XML 2019-07-15, one file a page", one_page=True),
    ExportFormat(
        "pdf", ".pdf", "the page as it was, with text to select and search", is_text=False, combines=True
    ),
)
FORMATS: Final = {found.name: found for found in _ALL}
"""Every format by its name."""
_MODULES: Final = {"json": "json_file", "jsonl": "json_lines", "page": "page_xml"}
_MORE_SUFFIXES: Final = {".html": "hocr", ".markdown": "md", ".text": "txt", ".ndjson": "jsonl"}


class TextFormat(Protocol):
    """What the module of a text format holds."""

    def begin(self, source: str) -> str:
        """What stands before the first page."""

    def page(self, page: Page, index: int, source: str) -> str:
        """One page; `index` counts those in this file, from 0."""

    def end(self) -> str:
        """What stands after the last page."""


class Exporter(Protocol):
    """A file that is being written."""

    def add(self, page: Page, source: Source | None = None) -> None:
        """Writes a page; `source` is the document that it comes from, which a PDF shows."""

    def skip(self, number: int, source: Source) -> None:
        """Passes over a page that could not be read; a PDF keeps it as it is."""

    def finish(self) -> None:
        """Writes what stands after the last page; the stream stays open."""


class TextExporter:
    """Writes a text format as UTF-8.

    Args:
        form: the format.
        stream: to write to.
        source: name of the document.
    """

    def __init__(self, form: TextFormat, stream: BinaryIO, source: str) -> None:
        self._form, self._stream, self._source, self._index = form, stream, source, 0
        self._write(form.begin(source))

    def add(self, page: Page, source: Source | None = None) -> None:
        """Writes a page."""
        name = self._source if source is None else source.name
        self._write(self._form.page(page, self._index, name))
        self._index += 1

    def skip(self, number: int, source: Source) -> None:
        """A page that could not be read is not in the text."""

    def finish(self) -> None:
        """Writes what stands after the last page."""
        self._write(self._form.end())

    def _write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", errors="replace"))  # names of files may hold odd bytes


def format_of(path: str | os.PathLike[str]) -> str | None:
    """The name of the format that a file name's suffix stands for; None if it stands for none.

    Raises:
        ConfigError: the suffix stands for two.
    """
    name = Path(path).name.lower()
    known = {form.suffix: form.name for form in _ALL} | _MORE_SUFFIXES
    for suffix in sorted(known, key=len, reverse=True):
        if name.endswith(suffix):
            return known[suffix]
    if name.endswith(".xml"):
        raise ConfigError(f"{name!r} may be ALTO or PAGE XML; call it .alto.xml or .page.xml")
    return None


def text_format(name: str) -> TextFormat:
    """The module of a text format.

    Raises:
        ConfigError: there is no such format.
    """
    if name not in FORMATS or not FORMATS[name].is_text:
        raise ConfigError(f"there is no format {name!r} of text; give one of {', '.join(FORMATS)}")
    return cast(TextFormat, import_module(f"koocr.page.exporters.{_MODULES.get(name, name)}"))


def open_exporter(name: str, stream: BinaryIO, source: str, *, folder: Path | None = None) -> Exporter:
    """Begins a file.

    Args:
        name: of the format.
        stream: to write to; it is not closed.
        source: name of the document.
        folder: for a temporary file, if one is needed; None for the system's.

    Raises:
        ConfigError: there is no such format.
    """
    if name == "pdf":
        from koocr.page.exporters.pdf import PdfExporter

        return PdfExporter(stream, folder)
    return TextExporter(text_format(name), stream, source)


def export(document: Document, format: str, *, source: Source | None = None) -> bytes:
    """Writes a document that is at hand.

    Args:
        document: its pages.
        format: one of `FORMATS`.
        source: what its pages were read from, for a PDF; by default the file that `document.source` names.

    Returns:
        The bytes of the file.

    Raises:
        ConfigError: there is no such format.
        InputError: the format holds one page and the document has others, or a PDF's source can't be read.
    """
    if format in FORMATS and FORMATS[format].one_page and len(document.pages) != 1:
        raise InputError(f"a file of {format} holds one page, not {len(document.pages)}; export page by page")
    stream = io.BytesIO()
    exporter = open_exporter(format, stream, document.source)
    for page in document.pages:
        exporter.add(page, source or _named(document.source))
    exporter.finish()
    return stream.getvalue()


def _named(name: str) -> Source:
    from koocr.page.sources import Source

    return Source(name, name, Path(Path(name).stem))
