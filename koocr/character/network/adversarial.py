"""The discriminator that keeps a trunk from telling handwriting and print apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import layers, ops

from koocr.character.network.blocks import Shape
from koocr.character.settings import CharacterSettings

PREFIX = "kind"


@keras.saving.register_keras_serializable(package="koocr")
class GradientReversal(layers.Layer):
    """The identity, whose gradient is multiplied by −`ratio`.

    Ganin et al., "Domain-adversarial training of neural networks" (2016, section 4.2), without custom
    gradients: the result is −ratio · x plus a constant that brings it back to x.

    Args:
        ratio: how much of the gradient comes through, reversed.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, ratio: float, **kwargs: Any) -> None:
        """Sets the ratio."""
        super().__init__(**kwargs)
        self.ratio = ratio

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Any shape to the same."""
        reversed_part = -self.ratio * inputs
        return reversed_part + ops.stop_gradient(inputs - reversed_part)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "ratio": self.ratio}


def discriminate(features: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Guesses the kind of an image: logits (N, 1), above 0 for handwritten, below for printed.

    The discriminator learns to tell, the trunk behind the reversal learns to leave nothing to tell, in one
    and the same step. The form of the discriminator is that of Zhang et al., "Robust offline handwritten
    character recognition through exploring writer-independent features under the guidance of printed data"
    (2018).
    """
    x = layers.GlobalAveragePooling2D(dtype="float32", name=f"{PREFIX}_pool")(features)
    x = GradientReversal(settings.adversarial_ratio, dtype="float32", name=f"{PREFIX}_reversal")(x)
    x = layers.Dense(512, activation="relu", dtype="float32", name=f"{PREFIX}_hidden")(x)
    x = layers.Dropout(0.5, name=f"{PREFIX}_dropout")(x)
    return layers.Dense(1, dtype="float32", name=PREFIX)(x)


@contextmanager
def only_discriminator(model: keras.Model) -> Iterator[keras.Model]:
    """Freezes all of a network but its discriminator, so that steps inside the context fit only that.

    Compile the model inside the context, and again after it: a compiled step keeps what it could train.
    """
    before = [(layer, layer.trainable) for layer in model.layers]
    try:
        for layer, _ in before:
            layer.trainable = layer.name.split("_")[0] == PREFIX
        yield model
    finally:
        for layer, trainable in before:
            layer.trainable = trainable
