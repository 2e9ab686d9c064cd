"""Makes probabilities honest: temperatures fitted on faces and hands that were not trained on."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.character.network import head_of
from koocr.character.settings import CharacterSettings
from koocr.character.validation import make_validation_set
from koocr.data.glyphs import GlyphStore
from koocr.evaluation.calibration import fit_temperature
from koocr.hangul import NUM_SYLLABLES

UInt8Array = NDArray[np.uint8]
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


def fit_temperatures(
    model: keras.Model, settings: CharacterSettings, images: UInt8Array, symbols: IntArray
) -> dict[str, float]:
    """The temperature of each output, fitted on images of syllables by their likelihood.

    The jamo heads share one, since their product is to be calibrated; "single" keeps 1.
    """
    outputs = [name for name in model.output_names if name == head_of(name) not in ("kind", "single")]
    whole = symbols < NUM_SYLLABLES

    def batches() -> Iterator[tuple[NDArray[np.float32], IntArray]]:
        for start in range(0, int(whole.sum()), _BATCH):
            part = images[whole][start : start + _BATCH]
            logits = model.predict_on_batch((part.astype(np.float32) / 255)[..., None])
            arrays = {name: np.asarray(value, np.float32) for name, value in logits.items()}
            yield (
                scores_of(arrays, charset=settings.charset).syllables(),
                symbols[whole][start : start + _BATCH],
            )

    temperature = fit_temperature(list(batches()))
    return dict.fromkeys(outputs, float(temperature))
