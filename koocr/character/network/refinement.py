"""Iterative refinement: reading the feature map again in the light of the last guess."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from koocr.character.network.blocks import Shape


@keras.saving.register_keras_serializable(package="koocr")
class IterativeRefinement(layers.Layer):
    """Attention and a GRU that guess one jamo several times, all in float32.

    Each step attends to the feature map by what the state asks for, and the state takes in what it found
    there and the last guess. The state starts from the map's mean. Every jamo has a layer, so a state, of its
    own. After Yang, He, Zhou, Kifer, Giles, "Improving offline handwritten Chinese character recognition by
    iterative refinement" (ICDAR 2017).

    Args:
        classes: number of classes.
        units: size of the state.
        steps: how often to guess.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, classes: int, *, units: int, steps: int, **kwargs: Any) -> None:
        """Makes the parts."""
        super().__init__(**{"dtype": "float32", **kwargs})
        self.classes = classes
        self.units = units
        self.steps = steps
        self.start = layers.Dense(units, activation="tanh", dtype="float32", name="start")
        self.key = layers.Dense(units, dtype="float32", name="key")
        self.query = layers.Dense(units, use_bias=False, dtype="float32", name="query")
        self.score = layers.Dense(1, use_bias=False, dtype="float32", name="score")
        self.cell = layers.GRUCell(units, dtype="float32", name="cell")
        self.guess = layers.Dense(classes, dtype="float32", name="guess")

    def build(self, input_shape: Shape) -> None:
        """Builds the parts for a map (N, h, w, C)."""
        batch, channels = input_shape[0], input_shape[-1]
        self.start.build((batch, channels))
        self.key.build((batch, None, channels))
        self.query.build((batch, self.units))
        self.score.build((batch, None, self.units))
        self.cell.build((batch, channels + self.classes))
        self.guess.build((batch, self.units))

    def call(self, inputs: keras.KerasTensor) -> list[keras.KerasTensor]:
        """Guesses.

        Args:
            inputs: (N, h, w, C).

        Returns:
            The logits (N, classes) of every step, the last and best one last.
        """
        _, height, width, channels = inputs.shape
        places = ops.reshape(inputs, (-1, height * width, channels))  # (N, P, C)
        keys = self.key(places)  # (N, P, U)
        state = self.start(ops.mean(places, axis=1))  # (N, U)
        guesses = [self.guess(state)]
        for _ in range(self.steps):
            query = ops.expand_dims(self.query(state), 1)  # (N, 1, U)
            attention = ops.softmax(self.score(ops.tanh(keys + query)), axis=1)  # (N, P, 1)
            found = ops.sum(places * attention, axis=1)  # (N, C)
            state, _ = self.cell(ops.concatenate([found, ops.softmax(guesses[-1])], axis=-1), [state])
            guesses.append(self.guess(state))
        return guesses[1:]

    def compute_output_shape(self, input_shape: Shape) -> list[Shape]:
        """(N, classes) for every step."""
        return [(input_shape[0], self.classes)] * self.steps

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "classes": self.classes, "units": self.units, "steps": self.steps}
