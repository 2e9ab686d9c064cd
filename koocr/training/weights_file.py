"""Weights in one HDF5 file that says what network they belong to.

Keras's own weight files hold no settings, and depend on the order in which layers were made. Here every
weight is a dataset under its path ("stage1_1_conv/kernel"), and the settings are a JSON attribute, so a file
can be opened with nothing but its name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from koocr.errors import WeightsCorruptError, WeightsError, WeightsMissingError

_FORMAT = "koocr-weights-1"
_LARGEST_HALF = float(np.finfo(np.float16).max)


def save_weights(
    path: str | Path, model: keras.Model, settings: dict[str, Any], *, half: bool = False
) -> None:
    """Writes a model's weights, whole or not at all.

    Args:
        path: of the file.
        model: a built model.
        settings: JSON values from which the same model can be built.
        half: store 16-bit floats, except where a value is too large for them.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with h5py.File(partial, "w") as file:
        file.attrs["format"] = _FORMAT
        file.attrs["settings"] = json.dumps(settings, ensure_ascii=False)
        for variable in model.weights:
            value = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
            if half and np.abs(value).max(initial=0) <= _LARGEST_HALF:
                value = value.astype(np.float16)
            file.create_dataset(variable.path, data=value, compression="gzip" if value.ndim else None)
    partial.replace(path)


def read_settings(path: str | Path) -> dict[str, Any]:
    """The settings in a weight file.

    Raises:
        WeightsMissingError: there is no such file.
        WeightsCorruptError: it is no weight file of koocr, or damaged.
    """
    if not Path(path).is_file():
        raise WeightsMissingError(
            f"there is no weight file {str(path)!r}; check the path, or see `koocr models`"
        )
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != _FORMAT:
                raise ValueError("it was not written by koocr")
            return dict(json.loads(file.attrs["settings"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _corrupt(path, error) from error


def load_weights(path: str | Path, model: keras.Model) -> None:
    """Gives a model the weights of a file.

    Raises:
        WeightsMissingError, WeightsCorruptError: as `read_settings`.
        WeightsError: the file belongs to another network. The model is left as it was.
    """
    for variable, value in zip(model.weights, _values(path, model), strict=True):
        variable.assign(value)


def average_weights(model: keras.Model, paths: Sequence[str | Path]) -> None:
    """Gives a model the mean of its weights and those of files, each counting alike.

    Runs that went on from the same weights with other data or rates often read better together than any of
    them alone, in the same time (Wortsman et al., "Model soups", 2022). Runs from different beginnings don't.

    Raises:
        WeightsMissingError, WeightsCorruptError, WeightsError: as `load_weights`.
    """
    every = [[np.asarray(value) for value in model.get_weights()]]
    every += [_values(path, model) for path in paths]
    model.set_weights([np.mean(values, axis=0, dtype=np.float64) for values in zip(*every, strict=True)])


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """All weights of a file by their paths, float32.

    Raises:
        WeightsMissingError, WeightsCorruptError: as `read_settings`.
    """
    read_settings(path)
    found: dict[str, np.ndarray] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()], np.float32)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(keep)
    except OSError as error:
        raise _corrupt(path, error) from error
    return found


def _values(path: str | Path, model: keras.Model) -> list[np.ndarray]:
    """The weights of a file in the order of a model's."""
    read_settings(path)
    try:
        with h5py.File(path, "r") as file:
            return [_value(file, variable, path) for variable in model.weights]
    except OSError as error:
        raise _corrupt(path, error) from error


def _value(file: h5py.File, variable: Any, path: str | Path) -> np.ndarray:
    found = file.get(variable.path)
    if not isinstance(found, h5py.Dataset) or found.shape != tuple(variable.shape):
        raise WeightsError(
            f"{str(path)!r} holds another network ({variable.path} is missing or of another shape); "
            "leave the network's options out, or give those it was trained with"
        )
    return np.asarray(found[()], np.float32)


def _corrupt(path: str | Path, error: Exception) -> WeightsCorruptError:
    return WeightsCorruptError(
        f"{str(path)!r} can't be read as weights ({error}); download or train it again"
    )
