"""A tiny network, trained on a few glyphs and exported, for tests of all that reads with one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from koocr.character.settings import CharacterSettings
from koocr.data.glyphs import GlyphSource, GlyphStore, build_store, glyphs_of_face
from koocr.fonts import korean_face
from koocr.hangul import syllable_index

if TYPE_CHECKING:
    import keras

TEXT = "가나다각낙닥구누두국눅둑"
SETTINGS = CharacterSettings(image_size=32, width=0.25)
NUM_STEPS = 300


def small_store(folder: Path, text: str = TEXT) -> GlyphStore:
    """The package's own face as a glyph store: the syllables of a text, and all single jamo."""
    symbols = [syllable_index(char) for char in text]
    source = GlyphSource("label", "printed", False, lambda: glyphs_of_face(korean_face(), symbols))
    return build_store(folder, [source])


@cache
def _weights(settings: CharacterSettings) -> list[np.ndarray]:
    from koocr.character.training import TrainingData, TrainingSettings, train_network
    from koocr.data.synthesis import GlyphSampler, GlyphStream, SamplingSettings
    from koocr.data.synthesis.settings import PLAIN
    from koocr.training.loop import LoopSettings

    loop = LoopSettings(num_steps=NUM_STEPS, steps_per_epoch=NUM_STEPS, average_decay=0.9, is_silent=True)
    training = TrainingSettings(loop=loop, learning_rate=0.01, optimizer="adam", seed=1)
    with TemporaryDirectory() as name:
        store = small_store(Path(name) / "glyphs")
        sampler = GlyphSampler(store, SamplingSettings(single_jamo=0.3))
        mild = replace(PLAIN, shift_px=0.7, scale=0.03)
        stream = GlyphStream(store, sampler, batch_size=32, size=settings.image_size, augmentation=mild)
        data = TrainingData(stream.batch, NUM_STEPS, None)
        return train_network(settings, training, data, folder=Path(name) / "run").get_weights()


def trained_network(settings: CharacterSettings = SETTINGS) -> keras.Model:
    """A network that reads what `small_store` holds; trained once a process, in some seconds."""
    from koocr.character.network import build_network

    model = build_network(settings)
    model.set_weights(_weights(settings))
    return model
