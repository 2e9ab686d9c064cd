"""Pages read one after the other, or by several processes; either way they come back in order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import cv2

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
        yield from _Processes(work, num_processes).read(jobs)


class _Processes:
    """Reads in several processes, a few pages ahead of the one that is asked for."""

    def __init__(self, work: PageWork, num_processes: int) -> None:
        self._work, self._num_processes = work, num_processes
        self._pool = self._start(num_processes)

    def read(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        waiting: deque[tuple[Job, Future[Outcome]]] = deque()
        try:
            for job in jobs:
                waiting.append((job, self._submit(job)))
                if len(waiting) > 2 * self._num_processes:
                    yield from self._next(waiting)
            while waiting:
                yield from self._next(waiting)
        except BaseException:
            self._end()
            raise
        self._pool.shutdown()

    def _next(self, waiting: deque[tuple[Job, Future[Outcome]]]) -> Iterator[tuple[Job, Outcome]]:
        job, future = waiting[0]
        try:
            outcome = future.result()
        except BrokenProcessPool:
            yield from self._one_by_one(waiting)
            return
        waiting.popleft()
        yield job, outcome

    def _one_by_one(self, waiting: deque[tuple[Job, Future[Outcome]]]) -> Iterator[tuple[Job, Outcome]]:
        """A process has died: finds out over which page, and reads the others."""
        self._end()
        while waiting:
            job, future = waiting.popleft()
            if future.done() and not future.cancelled() and future.exception() is None:
                yield job, future.result()
                continue
            self._pool = self._start(1)
            try:
                outcome: Outcome = self._pool.submit(_read, job).result()
            except BrokenProcessPool:
                outcome = InputError(
                    f"page {job.number} of {job.source.name!r} ended the process that read it, for want of "
                    "memory perhaps; leave it out, or read with fewer --jobs"
                )
            self._pool.shutdown()
            yield job, outcome
        self._pool = self._start(self._num_processes)

    def _submit(self, job: Job) -> Future[Outcome]:
        try:
            return self._pool.submit(_read, job)
        except BrokenProcessPool as error:
            failed: Future[Outcome] = Future()
            failed.set_exception(error)
            return failed

    def _start(self, num_processes: int) -> ProcessPoolExecutor:
        # Started afresh, not forked: threads of ONNX Runtime and OpenCV don't survive that.
        return ProcessPoolExecutor(
            num_processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._work,),
        )

    def _end(self) -> None:
        """Ends the processes at once, whatever they are at."""
        processes = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


_OWN: list[PageWork] = []
"""What a worker process does: set once in each, which has no other place to keep it."""


def _begin(work: PageWork) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all processes; the first one ends the others
    cv2.setNumThreads(1)  # there are other processes for the other cores
    _OWN[:] = [work]


def _read(job: Job) -> Outcome:
    return _OWN[0](job)
