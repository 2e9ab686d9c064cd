"""Batches of several processes: those of one, in order; errors come through."""

from __future__ import annotations

from functools import partial
from operator import add, floordiv

import pytest

from koocr.training.workers import WorkerBatches

POWERS = partial(partial, pow, 2)
"""Makes the function from i to the i-th power of two; what a worker calls must be picklable."""


def test_batches_come_by_their_numbers() -> None:
    with WorkerBatches(POWERS, num_workers=2) as batches:
        assert [batches(number) for number in range(6)] == [1, 2, 4, 8, 16, 32]
        assert batches(40) == 2**40, "a run that goes on begins anywhere"
        assert batches(3) == 8


def test_what_lies_ahead_is_begun() -> None:
    with WorkerBatches(POWERS, num_workers=1, num_ahead=3) as batches:
        assert batches(0) == 1
        assert sorted(batches._made) == [1, 2, 3]
        assert batches(2) == 4
        assert sorted(batches._made) == [3, 4, 5]


def test_errors_come_through() -> None:
    with WorkerBatches(partial(partial, floordiv, 6), num_workers=1, num_ahead=0) as batches:
        assert batches(3) == 2
        with pytest.raises(ZeroDivisionError):
            batches(0)
        assert batches(2) == 3


def test_a_process_that_can_not_begin() -> None:
    with WorkerBatches(partial(add, 1, "one"), num_workers=1) as batches, pytest.raises(Exception):  # noqa: B017
        batches(0)
