"""Figures during training, on faces and hands that are not trained on."""

from __future__ import annotations

from dataclasses import dataclass, field

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.data.glyphs import GlyphStore
from koocr.data.synthesis.settings import PLAIN, AugmentationSettings
from koocr.data.synthesis.stream import augment

UInt8Array = NDArray[np.uint8]


@dataclass(frozen=True)
class ValidationSet:
    """Named groups of images with their symbol ids.

    Attributes:
        groups: name → (N, S, S) images and (N,) symbol ids.
        is_handwritten: name → (N,) bool, where that is known.
    """

    groups: dict[str, tuple[UInt8Array, NDArray[np.int64]]]
    is_handwritten: dict[str, NDArray[np.bool_]] = field(default_factory=dict)


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
    written = np.array([kind == "handwritten" for kind in store.kinds])
    groups, is_handwritten = {}, {}
    for name, parts, settings in (
        ("clean", faces, PLAIN),
        ("degraded", faces, AugmentationSettings()),
        ("hands", hands, PLAIN),
    ):
        if parts:
            rows = np.concatenate(parts)
            if not len(rows):
                continue
            images = augment(store.images[rows], rng, settings, size=size)
            groups[name] = images, store.symbols[rows].astype(np.int64)
            is_handwritten[name] = written[store.sources[rows]]
    return ValidationSet(groups, is_handwritten)


def validate(
    model: keras.Model, validation: ValidationSet, *, charset: str | None = None, batch_size: int = 256
) -> dict[str, float]:
    """Share of images that are read right, in %, by group: `{"val_clean": 99.1, …}`.

    Args:
        model: from `build_network`.
        validation: the images.
        charset: of the network, where it has one softmax over fewer than all symbols.
        batch_size: images at a time.
    """
    figures = {}
    for name, (images, symbols) in validation.groups.items():
        right = 0
        for start in range(0, len(images), batch_size):
            chosen = slice(start, start + batch_size)
            right += int((_read(model, images[chosen], charset) == symbols[chosen]).sum())
        figures[f"val_{name}"] = 100 * right / len(images)
    return figures


def _read(model: keras.Model, images: UInt8Array, charset: str | None) -> NDArray[np.int64]:
    """The best symbol of each image, (N,)."""
    outputs = model.predict_on_batch((images.astype(np.float32) / 255)[..., None])
    logits = {name: np.asarray(value, np.float32) for name, value in outputs.items()}
    return scores_of(logits, charset=charset).top(1)[0][:, 0]
