"""What a network is calibrated with: images of faces and hands that it was not trained on, and its logits."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.character.validation import make_validation_set
from koocr.data.glyphs import GlyphStore

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

_BATCH = 64


def calibration_images(
    store: GlyphStore, count: int, *, size: int, seed: int = 0
) -> tuple[UInt8Array, IntArray]:
    """Images of a validation store for calibration: clean, degraded and of real hands, in equal parts.

    Args:
        store: glyphs of the val split.
        count: how many, at most.
        size: side of the images.
        seed: of the choice.

    Returns:
        (N, size, size) uint8, and (N,) symbol ids.
    """
    groups = make_validation_set(store, per_source=100, size=size, seed=seed).groups.values()
    rng = np.random.default_rng([seed, 30])
    images, symbols = [], []
    for group_images, group_symbols in groups:
        chosen = rng.permutation(len(group_images))[: -(-count // len(groups))]
        images.append(group_images[chosen])
        symbols.append(group_symbols[chosen])
    return np.concatenate(images)[:count], np.concatenate(symbols)[:count]


def logits_of(model: keras.Model, images: UInt8Array) -> dict[str, FloatArray]:
    """A network's logits of many images.

    Args:
        model: from `build_network`.
        images: (N, S, S) uint8, ink 255 on 0; N at least 1.

    Returns:
        (N, …) by output name.
    """
    parts: dict[str, list[FloatArray]] = {}
    for start in range(0, len(images), _BATCH):
        batch = (images[start : start + _BATCH].astype(np.float32) / 255)[..., None]
        for name, value in model.predict_on_batch(batch).items():
            parts.setdefault(name, []).append(np.asarray(value, np.float32))
    return {name: np.concatenate(values) for name, values in parts.items()}
