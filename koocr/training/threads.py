"""How many threads a backend may use, and that it starts in silence; before Keras is imported elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def limit_threads(count: int) -> None:
    """Limits TensorFlow, PyTorch, JAX and OpenCV to `count` threads; 0 leaves the choice to them."""
    import cv2

    cv2.setNumThreads(1)  # images are small, and made beside the training step
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow chooses oneDNN only where there is AVX-512; with AVX2 it is 1.3 to 1.5 times as fast, too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if count:
        for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ[name] = str(count)
        os.environ.setdefault(
            "XLA_FLAGS", f"--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads={count}"
        )


def start_silently() -> None:
    """Imports Keras and its backend without the lines that TensorFlow logs before its log level counts."""
    with _closed_standard_error():
        import keras  # noqa: F401


@contextmanager
def _closed_standard_error() -> Iterator[None]:
    """Sends what libraries write to file descriptor 2 nowhere; exceptions pass."""
    try:
        kept = os.dup(2)
    except OSError:  # the program was started without one
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
