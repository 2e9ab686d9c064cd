"""Pages read one after the other, or by several processes; either way they come back in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from koocr.errors import InputError, KoocrError
from koocr.image import GreyImage
from koocr.layout import Page
from koocr.page.own_text import page_of_own_text
from koocr.page.sources import OpenDocument, Source, SourceSettings, load_page, open_document

__all__ = ["Job", "Outcome", "PageWork", "Reads", "read_jobs"]


class Reads(Protocol):
    """What reads pages: `koocr.page.reader.PageReader`."""

    def read(self, image: GreyImage) -> Page:
        """What one page says."""


@dataclass(frozen=True)
class Job:
    """A page to read.

    Attributes:
        source: its document.
        number: of the page in it, from 1.
        index: of the document in this run.
    """

    source: Source
    number: int
    index: int


Outcome: TypeAlias = "Page | KoocrError"


class PageWork:
    """Reads single pages; one reader and one open document are kept.

    Args:
        make_reader: called when the first page is there to be read; picklable.
        settings: how pages are taken from documents.
        order: of reading, for pages that bring their own text.
    """

    def __init__(
        self, make_reader: Callable[[], Reads], settings: SourceSettings, *, order: str = "auto"
    ) -> None:
        self._make_reader, self._settings, self._order = make_reader, settings, order
        self._reader: Reads | None = None
        self._source: Source | None = None
        self._document: OpenDocument | None = None

    def __call__(self, job: Job) -> Outcome:
        """Reads a page; an error that only this page has is returned."""
        try:
            page = load_page(self._opened(job), job.source, job.number, self._settings)
        except KoocrError as error:
            return error
        if page.text_layer:
            return page_of_own_text(page, order=self._order)
        if self._reader is None:
            self._reader = self._make_reader()
        try:
            read = self._reader.read(page.image)
        except InputError as error:
            return error
        return replace(read, number=page.number, dpi=page.dpi)

    def close(self) -> None:
        """Closes the document that is open."""
        if self._document is not None:
            self._document.close()
        self._source = self._document = None

    def _opened(self, job: Job) -> OpenDocument:
        if self._document is None or self._source is not job.source:
            if self._document is None or self._source != job.source:
                self.close()
                self._document = open_document(job.source, self._settings)
            self._source = job.source
        return self._document


def read_jobs(
    jobs: Iterable[Job], work: PageWork, *, num_processes: int
) -> Generator[tuple[Job, Outcome], None, None]:
    """Reads pages.

    Args:
        jobs: pages in order.
        work: what each process does; with several it is sent to each.
        num_processes: 1 reads in this one.

    Yields:
        Each page with what was read, in order. Close the iterator to end the processes early.
    """
    if num_processes == 1:
        try:
            for job in jobs:
                yield job, work(job)
        finally:
            work.close()
    else:
        from koocr.cli.read_processes import read_in_processes

        yield from read_in_processes(jobs, work, num_processes=num_processes)
