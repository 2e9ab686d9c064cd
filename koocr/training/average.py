"""An exponential moving average of a model's weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np


class WeightAverage:
    """Averages all weights, those of batch normalisation too, and lends them to the model.

    average ← d·average + (1 - d)·weights, with d = min(decay, (1 + t) / (10 + t)) per step at step t, so that
    the first weights are soon forgotten. Updates may come every few steps: d is raised to their number.
    (Keras's own `use_ema` leaves out the statistics of batch normalisation.)

    Args:
        model: a built model.
        decay: per step, in [0, 1); with 0 the average is the weights themselves.
    """

    def __init__(self, model: keras.Model, *, decay: float) -> None:
        self._model = model
        self._decay = decay
        self.step = 0
        """After how many steps the last update was."""
        self.values: list[np.ndarray] = [np.array(value) for value in model.get_weights()]

    def update(self, step: int) -> None:
        """Takes in the model's present weights, after `step` steps in all."""
        since, self.step = step - self.step, step
        keep = min(self._decay, (1 + step) / (10 + step)) ** max(0, since)
        for average, value in zip(self.values, self._model.get_weights(), strict=True):
            average *= keep
            average += (1 - keep) * value

    def restore(self, values: list[np.ndarray], step: int) -> None:
        """Goes on from an earlier average, last updated after `step` steps."""
        self.values, self.step = [np.array(value) for value in values], step

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The model has the average weights within this context, and its own again after it."""
        own = self._model.get_weights()
        self._model.set_weights(self.values)
        try:
            yield
        finally:
            self._model.set_weights(own)
