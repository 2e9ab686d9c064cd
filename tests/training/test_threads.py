"""Threads are limited by what the backends read before they start."""

from __future__ import annotations

import os

import cv2
import pytest

from koocr.training.threads import limit_threads

NAMES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "XLA_FLAGS")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)


def test_a_number_goes_to_every_backend() -> None:
    limit_threads(3)
    assert [os.environ[name] for name in NAMES[:3]] == ["3", "3", "3"]
    assert "intra_op_parallelism_threads=3" in os.environ["XLA_FLAGS"]
    assert cv2.getNumThreads() == 1


def test_zero_leaves_it_to_them() -> None:
    limit_threads(0)
    assert not [name for name in NAMES if name in os.environ]


def test_flags_that_are_set_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--mine")
    limit_threads(2)
    assert os.environ["XLA_FLAGS"] == "--mine"
