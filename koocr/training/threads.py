"""How many threads a backend may use; to be said before Keras is imported."""

from __future__ import annotations

import os


def limit_threads(count: int) -> None:
    """Limits TensorFlow, PyTorch, JAX and OpenCV to `count` threads; 0 leaves the choice to them."""
    import cv2

    cv2.setNumThreads(1)  # images are small, and made beside the training step
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if count:
        for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
            os.environ[name] = str(count)
        os.environ.setdefault(
            "XLA_FLAGS", f"--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads={count}"
        )
