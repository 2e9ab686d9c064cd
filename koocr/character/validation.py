"""Figures during training, on faces and hands that are not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.character.network import head_of
from koocr.character.symbols import split_targets
from koocr.data.glyphs import GlyphStore
from koocr.data.synthesis.settings import PLAIN, AugmentationSettings
from koocr.data.synthesis.stream import augment

UInt8Array = NDArray[np.uint8]


@dataclass(frozen=True)
class ValidationSet:
    """Named groups of images with their symbol ids."""

    groups: dict[str, tuple[UInt8Array, NDArray[np.int64]]]


def make_validation_set(store: GlyphStore, *, per_source: int, size: int, seed: int = 0) -> ValidationSet:
    """Draws the same images each time: "clean" and "degraded" of every face, "hands" of every writer.

    Args:
        store: glyphs of the validation split.
        per_source: images of each face; a writer gives ten times as many.
        size: side of the images.
        seed: of the choice and of the degradation.
    """
    rng = np.random.default_rng([seed, 20])
    faces: list[NDArray[np.int64]] = []
    hands: list[NDArray[np.int64]] = []
    for source in range(len(store.names)):
        rows = np.flatnonzero(store.sources == source)
        wanted = per_source * (10 if store.is_real[source] else 1)
        chosen = np.sort(rng.permutation(rows)[:wanted])
        (hands if store.is_real[source] else faces).append(chosen)
    groups = {}
    for name, parts, settings in (
        ("clean", faces, PLAIN),
        ("degraded", faces, AugmentationSettings()),
        ("hands", hands, PLAIN),
    ):
        if parts:
            rows = np.concatenate(parts)
            images = augment(store.images[rows], rng, settings, size=size)
            groups[name] = images, store.symbols[rows].astype(np.int64)
    return ValidationSet(groups)


def validate(model: keras.Model, validation: ValidationSet, *, batch_size: int = 256) -> dict[str, float]:
    """Share of images whose every part is read right, in %, by group: `{"clean": 99.1, …}`."""
    figures = {}
    for name, (images, symbols) in validation.groups.items():
        right = [
            _right(model, images[start : start + batch_size], symbols[start : start + batch_size])
            for start in range(0, len(images), batch_size)
        ]
        figures[f"val_{name}"] = 100 * float(np.concatenate(right).mean())
    return figures


def _right(model: keras.Model, images: UInt8Array, symbols: NDArray[np.int64]) -> NDArray[np.bool_]:
    outputs = model.predict_on_batch((images.astype(np.float32) / 255)[..., None])
    labels, weights = split_targets(symbols)
    right = np.ones(len(images), bool)
    for name, logits in outputs.items():
        if name == head_of(name) != "kind":
            right &= (np.argmax(logits, axis=1) == labels[name]) | (weights[name] == 0)
    return right
