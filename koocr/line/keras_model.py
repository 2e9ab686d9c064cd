"""The Keras side of a line model: made new, or from a weight file."""

from __future__ import annotations

from pathlib import Path

from koocr.errors import missing_dependency
from koocr.line.metadata import LineMetadata
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings

try:
    import keras

    from koocr.line.network import build_network
    from koocr.line.stages.network import build_stages, reading_network
    from koocr.training.weights_file import load_weights, read_settings
except ImportError as error:
    raise missing_dependency("keras", "train") from error

__all__ = ["load_model", "new_model", "reading_model", "stored_metadata"]


def new_model(settings: LineSettings | StageSettings) -> keras.Model:
    """A network with fresh weights, as it is trained."""
    return build_stages(settings) if isinstance(settings, StageSettings) else build_network(settings)


def reading_model(model: keras.Model) -> keras.Model:
    """The part of a network that reads: from "image" and "num_frames" to logits; it shares the weights."""
    return reading_network(model) if model.name == "stages" else model


def load_model(path: Path) -> keras.Model:
    """The network that a weight file holds, as it is trained.

    Raises:
        WeightsError: the file is missing, damaged or of another version of the network.
    """
    model = new_model(stored_metadata(path).settings)
    load_weights(path, model)
    return model


def stored_metadata(path: Path) -> LineMetadata:
    """What is stored beside the weights.

    Raises:
        WeightsError: the file is missing, damaged, another task's or of another version of koocr.
    """
    return LineMetadata.of(read_settings(path), repr(str(path)))
