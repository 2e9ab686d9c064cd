"""The Keras side of a character model: made new, or from a weight file."""

from __future__ import annotations

from pathlib import Path

from koocr.character.metadata import ModelMetadata
from koocr.character.settings import CharacterSettings
from koocr.errors import missing_dependency

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


def stored_metadata(path: Path) -> ModelMetadata:
    """What is stored beside the weights.

    Raises:
        WeightsError: the file is missing, damaged or of another version of koocr.
    """
    return ModelMetadata.of(read_settings(path), repr(str(path)))
