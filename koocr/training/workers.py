"""Batches made by several processes: drawing a line takes longer than a GPU takes to learn it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any, Generic, TypeVar

from koocr.training.threads import limit_threads

__all__ = ["WorkerBatches"]

T = TypeVar("T")

_OWN: list[Callable[[int], Any]] = []
"""What makes a worker's batches: set once in each worker process, which has no other place to keep it."""


class WorkerBatches(Generic[T]):
    """Numbered batches, each made by one of several processes, some ahead of the one that is asked for.

    They are what one process would make, as long as a batch is a function of its number.

    Args:
        make: makes the function that makes batch number i; called once in each process, so it must be
            picklable, and so must batches be.
        num_workers: processes.
        num_ahead: batches made ahead; by default two for each process.
    """

    def __init__(
        self, make: Callable[[], Callable[[int], T]], *, num_workers: int, num_ahead: int | None = None
    ) -> None:
        # Started afresh, not forked: a backend's threads don't survive that.
        self._pool = ProcessPoolExecutor(
            num_workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(make,),
        )
        self._num_ahead = 2 * num_workers if num_ahead is None else num_ahead
        self._made: dict[int, Future[T]] = {}

    def __call__(self, index: int) -> T:
        """Batch number `index`; those behind it are begun."""
        for number in range(index, index + self._num_ahead + 1):
            if number not in self._made:
                self._made[number] = self._pool.submit(_batch, number)
        for number in [known for known in self._made if known < index]:
            self._made.pop(number).cancel()
        return self._made.pop(index).result()

    def close(self) -> None:
        """Ends the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> WorkerBatches[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _start(make: Callable[[], Callable[[int], Any]]) -> None:
    limit_threads(1)
    _OWN.append(make())


def _batch(number: int) -> Any:
    return _OWN[0](number)
