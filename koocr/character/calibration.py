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
_PER_SOURCE = 200
"""Images of a face: eight printed faces have as many as there are to fit with of each kind."""


def calibration_images(
    store: GlyphStore, count: int, *, size: int, seed: int = 0
) -> tuple[UInt8Array, IntArray]:
    """Images of a validation store for calibration, so many of each kind.

    Print and faces like handwriting, both clean and degraded, and real hands: five kinds. What is fitted to
    them weighs each alike, though most faces of a store may be hands. Of a kind with too few images all are
    taken, and taken again.

    Args:
        store: glyphs of the val split.
        count: how many, at most: as many of each kind as go into it.
        size: side of the images.
        seed: of the choice.

    Returns:
        (N, size, size) uint8, and (N,) symbol ids.
    """
    validation = make_validation_set(store, per_source=_PER_SOURCE, size=size, seed=seed)
    rng = np.random.default_rng([seed, 30])
    kinds = [
        (*validation.groups[name], rng.permutation(rows))
        for name, is_handwritten in validation.is_handwritten.items()
        for rows in (np.flatnonzero(~is_handwritten), np.flatnonzero(is_handwritten))
        if len(rows)
    ]
    if not kinds:
        return np.zeros((0, size, size), np.uint8), np.zeros(0, np.int64)
    each = max(1, min(count // len(kinds), max(len(rows) for *_, rows in kinds)))
    chosen = [(images, symbols, np.resize(rows, each)) for images, symbols, rows in kinds]
    return (
        np.concatenate([images[rows] for images, _, rows in chosen]),
        np.concatenate([symbols[rows] for _, symbols, rows in chosen]),
    )


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
