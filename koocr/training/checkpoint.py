"""The state of a training run in one file, written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from koocr.errors import WeightsCorruptError

CHECKPOINT = "checkpoint.npz"


@dataclass
class Checkpoint:
    """All that decides how training goes on.

    Attributes:
        step: steps done.
        weights: of the model.
        average: the moving average of the weights.
        optimizer: every variable of the optimiser.
    """

    step: int
    weights: list[np.ndarray]
    average: list[np.ndarray]
    optimizer: list[np.ndarray]

    def save(self, folder: Path) -> None:
        """Writes `folder`/checkpoint.npz; a reader sees the old or the new file, never half of one."""
        arrays = {
            f"{name}_{position:04d}": array
            for name in ("weights", "average", "optimizer")
            for position, array in enumerate(getattr(self, name))
        }
        partial = folder / f"{CHECKPOINT}.partial"
        with open(partial, "wb") as file:
            np.savez(file, step=np.array(self.step), **arrays)
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
                lists = {
                    name: [file[key] for key in sorted(file.files) if key.startswith(f"{name}_0")]
                    for name in ("weights", "average", "optimizer")
                }
                return cls(step=int(file["step"]), **lists)
        except Exception as error:
            raise WeightsCorruptError(f"{path} is damaged ({error}); delete it to start afresh") from error


def optimizer_state(optimizer: keras.Optimizer) -> list[np.ndarray]:
    """Every variable of a built optimiser, as arrays."""
    return [keras.ops.convert_to_numpy(variable) for variable in optimizer.variables]


def restore_optimizer(optimizer: keras.Optimizer, values: list[np.ndarray]) -> None:
    """Gives a built optimiser the state of another.

    Raises:
        WeightsCorruptError: the state is another optimiser's or another network's.
    """
    variables = optimizer.variables
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise WeightsCorruptError(
            "the checkpoint belongs to another network or optimiser; give the settings it was made with, or an empty folder"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
