"""The Keras side of a detector: from a weight file, as it is trained and as it reads."""

from __future__ import annotations

from pathlib import Path

from koocr.detection.metadata import DetectorMetadata
from koocr.errors import missing_dependency

try:
    import keras

    from koocr.detection.network import block_names, build_network, folded_block
    from koocr.training.folding import fold
    from koocr.training.weights_file import load_weights, read_settings
except ImportError as error:
    raise missing_dependency("keras", "train") from error

__all__ = ["load_model", "reading_model", "stored_metadata"]


def load_model(path: Path) -> keras.Model:
    """The network that a weight file holds, as it is trained.

    Raises:
        WeightsError: the file is missing, damaged or of another version of the network.
    """
    model = build_network(stored_metadata(path).settings)
    load_weights(path, model)
    return model


def stored_metadata(path: Path) -> DetectorMetadata:
    """What is stored beside the weights.

    Raises:
        WeightsError: the file is missing, damaged, another task's or of another version of koocr.
    """
    return DetectorMetadata.of(read_settings(path), repr(str(path)))


def reading_model(model: keras.Model, metadata: DetectorMetadata) -> keras.Model:
    """The same function in fewer operations, float32, and only the probability map."""
    folded = build_network(metadata.settings, block=folded_block)
    fold(model, folded, block_names(metadata.settings))
    return keras.Model(folded.input, {"probability": folded.output["probability"]}, name="detector_reading")
