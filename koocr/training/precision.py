"""The precision that networks are trained in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

PRECISIONS = ("float32", "mixed_bfloat16")


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Keras's global precision within a context; layers remember what they were made with."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
