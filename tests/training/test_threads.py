"""Threads are limited by what the backends read before they start."""

from __future__ import annotations

import os
import subprocess
import sys

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


def test_keras_starts_without_a_word() -> None:
    pytest.importorskip("keras", reason="training needs the train extra")
    program = (
        "import os, sys; from koocr.training.threads import start_silently; start_silently(); "
        "assert 'keras' in sys.modules; os.write(2, b'heard')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"heard")


def test_errors_of_a_silent_start_are_raised_and_heard() -> None:
    program = (
        "import os, sys; from koocr.training.threads import start_silently; sys.modules['keras'] = None\n"
        "try: start_silently()\nexcept ImportError: os.write(2, b'heard')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"heard")


def test_a_program_without_standard_error_starts_too() -> None:
    program = (
        "import os, sys; os.close(2); from koocr.training.threads import _closed_standard_error\n"
        "with _closed_standard_error(): print('done')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, b"done")
