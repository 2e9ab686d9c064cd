"""The Keras side of a character model: made new, or from a weight file."""

from __future__ import annotations

from pathlib import Path

from koocr.character.metadata import ModelMetadata
from koocr.character.settings import CharacterSettings
from koocr.errors import WeightsMissingError, missing_dependency
from koocr.weights import shipped_model, verified

try:
    import keras

    from koocr.character.network import build_network
    from koocr.training.weights_file import load_weights, read_settings
except ImportError as error:
    raise missing_dependency("keras", "train") from error


def new_model(settings: CharacterSettings) -> keras.Model:
    """A network with fresh weights."""
    return build_network(settings)


def load_model(path: Path) -> keras.Model:
    """The network that a weight file holds.

    Raises:
        WeightsError: the file is missing, damaged or of another version of the network.
    """
    model = build_network(stored_metadata(path).settings)
    load_weights(path, model)
    return model


def find_weights(name: str | Path) -> Path:
    """A weight file by its path, or that of a shipped model by its name.

    Raises:
        WeightsError: there is neither, the model came without Keras weights, or they are damaged.
    """
    path = Path(name)
    if path.suffix.lower() == ".onnx":
        raise WeightsMissingError(
            f"{str(path)!r} holds no Keras weights; give the .h5 file it was exported from"
        )
    if path.suffix.lower() == ".h5" or path.exists():
        return path
    model = shipped_model(str(name))
    if "keras" not in model.files:
        raise WeightsMissingError(f"the model {model.name} comes without Keras weights; give an .h5 file")
    return verified(model.files["keras"])


def stored_metadata(path: Path) -> ModelMetadata:
    """What is stored beside the weights.

    Raises:
        WeightsError: the file is missing, damaged or of another version of koocr.
    """
    return ModelMetadata.of(read_settings(path), repr(str(path)))
