"""The state of a training run in one file, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from koocr.errors import TrainingError, WeightsCorruptError, WeightsError
from koocr.training.average import WeightAverage

CHECKPOINT = "checkpoint.npz"
_LISTS = ("weights", "average", "optimizer", "seeds")
_SCALARS: dict[str, type] = {"step": int, "average_step": int, "num_steps": int, "optimizer_name": str}

Arrays = list[np.ndarray]


@dataclass(frozen=True)
class Checkpoint:
    """All that decides how training goes on.

    Attributes:
        step: steps done.
        weights: of the model.
        average: the moving average of the weights.
        average_step: after how many steps that was last updated.
        optimizer: every variable of the optimiser.
        seeds: the state of every random layer (dropout), which Keras doesn't count among the weights.
        num_steps: that the run is to have in all.
        optimizer_name: the class of the optimiser: several have variables of the same shapes.
    """

    step: int
    weights: Arrays
    average: Arrays
    optimizer: Arrays
    seeds: Arrays = field(default_factory=list)
    average_step: int = 0
    num_steps: int = 0
    optimizer_name: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether the run came to its end."""
        return 0 < self.num_steps <= self.step

    @classmethod
    def of(cls, model: keras.Model, average: WeightAverage, *, step: int, num_steps: int) -> Checkpoint:
        """The state of a compiled model and its average.

        Raises:
            TrainingError: a weight is no longer a number.
        """
        weights = model.get_weights()
        check_finite(weights, step)
        return cls(
            step=step,
            weights=weights,
            average=average.values,
            average_step=average.step,
            optimizer=_values(model.optimizer.variables),
            seeds=_values(seed_variables(model)),
            num_steps=num_steps,
            optimizer_name=type(model.optimizer).__name__,
        )

    def restore(self, model: keras.Model) -> None:
        """Gives a compiled model, its optimiser built, this state.

        Raises:
            WeightsError: the state is another network's or another optimiser's.
        """
        parts = (
            (model.weights, self.weights),
            (model.weights, self.average),
            (model.optimizer.variables, self.optimizer),
            (seed_variables(model), self.seeds),
        )
        is_other = self.optimizer_name not in ("", type(model.optimizer).__name__)
        if is_other or not all(_fit(variables, values) for variables, values in parts):
            raise WeightsError(
                "the checkpoint belongs to another network or optimiser; give the options it was made with, "
                "or another folder for the logs"
            )
        for variables, values in parts:
            if values is not self.average:
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)

    def save(self, folder: Path) -> None:
        """Writes `folder`/checkpoint.npz; a reader sees the old or the new file, never half of one."""
        arrays: dict[str, Any] = {
            f"{name}_{position:06d}": array
            for name in _LISTS
            for position, array in enumerate(getattr(self, name))
        }
        scalars: dict[str, Any] = {name: np.array(getattr(self, name)) for name in _SCALARS}
        partial = folder / f"{CHECKPOINT}.partial"
        with open(partial, "wb") as file:
            np.savez(file, **scalars, **arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / CHECKPOINT)

    @classmethod
    def load(cls, folder: Path) -> Checkpoint | None:
        """Reads a run's state; None where there is none.

        Raises:
            WeightsCorruptError: the file is damaged.
        """
        path = folder / CHECKPOINT
        if not path.exists():
            return None
        try:
            with np.load(path) as file:
                keys = sorted(key for key in file.files if key.rpartition("_")[2].isdigit())
                lists: dict[str, Any] = {
                    name: [file[key] for key in keys if key.rpartition("_")[0] == name] for name in _LISTS
                }
                scalars: dict[str, Any] = {
                    name: kind(file[name]) for name, kind in _SCALARS.items() if name in file
                }
                return cls(**{"average_step": scalars["step"], **scalars}, **lists)
        except Exception as error:  # a damaged archive raises nearly anything
            raise WeightsCorruptError(f"{path} is damaged ({error}); delete it to start afresh") from error


def seed_variables(model: keras.Model) -> list[Any]:
    """The state of a model's random layers: what `variables` has beyond `weights`."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def check_finite(weights: Sequence[np.ndarray], step: int) -> None:
    """Raises TrainingError where a weight is infinite or no number."""
    if not all(np.isfinite(array).all() for array in weights):
        raise TrainingError(
            f"after step {step} some weights are infinite or no numbers; lower the learning rate and start "
            "again: the files of the last good state are kept"
        )


def _values(variables: Sequence[Any]) -> Arrays:
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def _fit(variables: Sequence[Any], values: Sequence[np.ndarray]) -> bool:
    return [tuple(variable.shape) for variable in variables] == [value.shape for value in values]
