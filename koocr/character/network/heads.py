"""From the feature map (N, h, w, C) to the outputs: a dict of float32 logits by name.

| settings | outputs |
|---|---|
| split | "initial" (N, 19), "medial" (N, 21), "final" (N, 28), "single" (N, 52) |
| split, joint | "syllable" (N, 11172), "single" (N, 52) |
| split, iterative refinement | as split, and "initial_1" … for each step but the last, to be trained alike |
| not split | "symbol" (N, size of the charset) |
| adversarial | and "kind" (N, 1): handwritten above 0, printed below |

Column 0 of "single" is "a whole syllable", columns 1 to 51 are the compatibility jamo in their order.
"""

from __future__ import annotations

from typing import TypeAlias

import keras
from keras import layers, ops

from koocr.character.network.adversarial import discriminate
from koocr.character.network.joint import joint_scores
from koocr.character.network.pooling import TwoScalePooling, pool
from koocr.character.network.refinement import IterativeRefinement
from koocr.character.settings import CharacterSettings
from koocr.character.symbols import NUM_SYMBOLS
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS

Outputs = dict[str, keras.KerasTensor]
Features: TypeAlias = keras.KerasTensor | tuple[keras.KerasTensor, keras.KerasTensor]
"""The trunk's map, or two maps to be pooled apart (see `TwoScalePooling`)."""

JAMO_SIZES = {"initial": len(INITIALS), "medial": len(MEDIALS), "final": len(FINALS)}
SINGLE_SIZE = 1 + len(JAMO)


def head_of(output: str) -> str:
    """The head an output belongs to: "medial_2" (a refinement step) and "medial" have the same labels."""
    return output.partition("_")[0]


def head_size(head: str, settings: CharacterSettings) -> int:
    """Number of classes of one head."""
    if head == "symbol":
        return NUM_SYMBOLS if settings.charset is None else len(settings.charset)
    return SINGLE_SIZE if head == "single" else JAMO_SIZES[head]


def build_heads(features: Features, settings: CharacterSettings) -> Outputs:
    """Builds every output on the feature map.

    Args:
        features: (N, h, w, C), the trunk's; two such maps only where all heads have GWAP and nothing else.
        settings: which heads, and how each is linked.

    Returns:
        Logits by output name, float32.
    """
    outputs = _head_outputs(features, settings)
    if settings.adversarial:
        outputs["kind"] = discriminate(features, settings)
    return outputs


def _head_outputs(features: Features, settings: CharacterSettings) -> Outputs:
    links = _HeadLinks(features, settings)
    outputs: Outputs = {}
    if settings.joint:
        outputs["syllable"] = joint_scores({head: links[head] for head in JAMO_SIZES}, settings.joint_rank)
    for head in settings.heads:
        if settings.joint and head in JAMO_SIZES:
            continue
        size = head_size(head, settings)
        if settings.iterative_refinement and head in JAMO_SIZES:
            outputs.update(_refined(features, size, settings, name=head))
        else:
            outputs[head] = logits(links[head], size, name=head)
    return outputs


def _refined(features: Features, classes: int, settings: CharacterSettings, *, name: str) -> Outputs:
    """The outputs of one refined jamo: `name` is the last step, `name`_1 … the ones before."""
    steps = settings.refinement_t
    refine = IterativeRefinement(
        classes, units=settings.refinement_units, steps=steps, name=f"{name}_refinement"
    )
    names = [f"{name}_{step}" for step in range(1, steps)] + [name]
    guesses = zip(names, refine(features), strict=True)
    return {output: layers.Identity(dtype="float32", name=output)(guess) for output, guess in guesses}


def logits(vector: keras.KerasTensor, classes: int, *, name: str) -> keras.KerasTensor:
    """A linear classifier in float32, (N, D) to (N, classes)."""
    return layers.Dense(classes, dtype="float32", name=name)(vector)


class _HeadLinks:
    """The vector (N, D) that each head sees: pooled, perhaps through a hidden layer, with dropout."""

    def __init__(self, features: Features, settings: CharacterSettings) -> None:
        self._features = features
        self._settings = settings
        self._shared: dict[str, keras.KerasTensor] = {}  # poolings without weights are the same for all heads
        self._apart: dict[str, keras.KerasTensor] = {}
        if isinstance(features, tuple):
            pooled = TwoScalePooling(len(settings.heads), dtype="float32", name="pools")(list(features))
            self._apart = dict(zip(settings.heads, ops.unstack(pooled, axis=1), strict=True))

    def __getitem__(self, head: str) -> keras.KerasTensor:
        vector = self._pooled(head, self._settings.link(head))
        if self._settings.hidden_units:
            units = self._settings.hidden_units
            vector = layers.Dense(units, activation="relu", name=f"{head}_hidden")(vector)
        if self._settings.dropout:
            vector = layers.Dropout(self._settings.dropout, name=f"{head}_dropout")(vector)
        return vector

    def _pooled(self, head: str, link: str) -> keras.KerasTensor:
        if self._apart:
            return self._apart[head]
        if link in ("GWAP", "GWOAP"):
            return pool(self._features, link, name=f"{head}_pool")
        if link not in self._shared:
            self._shared[link] = pool(self._features, link, name=link.lower() or "flat")
        return self._shared[link]
