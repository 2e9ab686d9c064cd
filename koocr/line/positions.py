"""Where on the line a frame lies, as waves that a network can add to what it sees there."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

__all__ = ["waves"]

_SLOWEST = 1000.0
"""Frames in which the slowest wave turns by one radian."""


def waves(count: int | keras.KerasTensor, size: int) -> keras.KerasTensor:
    """Sines and cosines of each place (Vaswani et al., 2017, section 3.5): (count, size) float32.

    Args:
        count: of places; may only be known when the network runs.
        size: channels; of an odd number the last is 0.
    """
    half = size // 2
    rates = _SLOWEST ** (-np.arange(half, dtype=np.float32) / max(1, half - 1))
    angles = ops.expand_dims(ops.cast(ops.arange(count), "float32"), 1) * rates  # (count, size // 2)
    found = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
    return found if size % 2 == 0 else ops.pad(found, ((0, 0), (0, 1)))
