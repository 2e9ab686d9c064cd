"""Augmentation keeps up with a network that learns: see `benchmarks/augmentation.py` for real figures."""

from __future__ import annotations

import time
from pathlib import Path

from koocr.data.glyphs import GlyphSource, build_store, glyphs_of_face
from koocr.data.synthesis import GlyphSampler, GlyphStream, SamplingSettings
from koocr.fonts import korean_face
from koocr.hangul import NUM_SYLLABLES

LEAST = 2500
"""Glyphs a second of one core: a third of what a calm machine makes, for CI is busy."""


def test_augmentation_is_quick(tmp_path: Path) -> None:
    syllables = range(0, NUM_SYLLABLES, 97)
    face = GlyphSource("label", "printed", False, lambda: glyphs_of_face(korean_face(), syllables))
    store = build_store(tmp_path, [face])
    stream = GlyphStream(store, GlyphSampler(store, SamplingSettings()), batch_size=128)

    def seconds(index: int) -> float:
        start = time.process_time()
        stream.batch(index)
        return time.process_time() - start

    assert 128 / min(seconds(index) for index in range(12)) > LEAST
