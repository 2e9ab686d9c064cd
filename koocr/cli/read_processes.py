"""Pages read by several processes, in order; a page that ends its process costs no other page.

Each process has a pipe of its own, and there are no threads: `concurrent.futures` waits for ever when a
process is ended while it writes a large result, since its queue is held open by the one that reads it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any

import cv2

from koocr.cli.read_jobs import Job, Outcome, PageWork
from koocr.errors import InputError

__all__ = ["read_in_processes"]

_AHEAD = 3
"""Pages for each process that may be done before the one that is waited for."""
_PATIENCE = 5.0
"""Seconds that a process is given to end."""


def read_in_processes(
    jobs: Iterable[Job], work: PageWork, *, num_processes: int
) -> Iterator[tuple[Job, Outcome]]:
    """Reads pages.

    Args:
        jobs: pages in order.
        work: what each process does; it is sent to each.
        num_processes: at least 1.

    Yields:
        Each page with what was read, in order.
    """
    workers = [_Worker(work) for _ in range(num_processes)]
    left = iter(jobs)
    waiting: dict[int, Job] = {}
    done: dict[int, Outcome] = {}
    given = 0
    try:
        while True:
            for worker in workers:
                room = _AHEAD * num_processes - len(waiting)
                for job in islice(left, 1 if worker.number is None and room > 0 else 0):
                    waiting[given] = job
                    worker.give(given, job)
                    given += 1
            if not waiting:
                break
            first = min(waiting)
            if first in done:
                yield waiting.pop(first), done.pop(first)
            else:
                done |= _next_results(workers, waiting)
    except BaseException:
        for worker in workers:
            worker.kill()
        raise
    for worker in workers:
        worker.dismiss()


class _Worker:
    """A process that reads one page at a time.

    Attributes:
        number: of the page that it is at; None: of none.
    """

    def __init__(self, work: PageWork) -> None:
        self._work = work
        self.number: int | None = None
        self._start()

    @property
    def connection(self) -> Connection[Any, Any]:
        """To the process."""
        return self._connection

    def give(self, number: int, job: Job) -> None:
        """Has it read a page."""
        self.number = number
        with suppress(OSError):  # if it has died, `result` will find out
            self._connection.send(job)

    def result(self) -> Outcome | None:
        """What it made of its page, once there is something to receive; None: it has died."""
        self.number = None
        try:
            outcome: Outcome | _Raised = self._connection.recv()
        except (EOFError, OSError):
            self.kill()
            self._start()
            return None
        if isinstance(outcome, _Raised):
            raise outcome.error
        return outcome

    def dismiss(self) -> None:
        """Ends it when it has nothing to do."""
        self._connection.close()
        self._process.join(_PATIENCE)
        self.kill()

    def kill(self) -> None:
        """Ends it at once, whatever it is at."""
        self._process.terminate()
        self._process.join(_PATIENCE)
        self._process.kill()
        self._connection.close()

    def _start(self) -> None:
        # Started afresh, not forked: threads of ONNX Runtime and OpenCV don't survive that.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        with _deaf_to_ctrl_c():
            self._process.start()
        theirs.close()  # or nobody would be told when the process dies


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started here hears no Ctrl-C before it says that it won't; this one does, later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Raised:
    """An error that ends the whole run."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _next_results(workers: list[_Worker], waiting: dict[int, Job]) -> dict[int, Outcome]:
    """Waits for at least one page; those whose process has died are read once more, with no other beside."""
    busy = {worker.connection: worker for worker in workers if worker.number is not None}
    found: dict[int, Outcome] = {}
    lost: list[int] = []
    for ready in wait(list(busy)):
        worker = busy[ready]  # type: ignore[index]
        number = worker.number
        assert number is not None
        outcome = worker.result()
        if outcome is None:
            lost.append(number)
        else:
            found[number] = outcome
    if lost:
        while any(worker.number is not None for worker in workers):
            found |= _next_results(workers, waiting)
    for number in lost:
        found[number] = _once_more(workers[0], number, waiting[number])
    return found


def _once_more(worker: _Worker, number: int, job: Job) -> Outcome:
    worker.give(number, job)
    wait([worker.connection])
    return worker.result() or InputError(
        f"page {job.number} of {job.source.name!r} ended the process that read it, for want of memory "
        "perhaps; leave it out, or read with fewer --jobs"
    )


def _serve(connection: Connection[Any, Any], work: PageWork) -> None:
    """What a process does, until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first process ends the others
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    cv2.setNumThreads(1)  # there are other processes for the other cores
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            outcome: Any = work(job)
        except MemoryError:  # as if the system had ended it: the page is read once more, alone
            os._exit(1)
        except Exception as error:
            outcome = _Raised(error)
        try:
            connection.send(outcome)
        except OSError:
            return
