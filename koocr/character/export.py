"""From a trained Keras network to the files that reading runs: ONNX in float32 and in int8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.character.metadata import ModelMetadata
from koocr.character.network import build_network, reading_network, small
from koocr.character.settings import CharacterSettings
from koocr.engine import OnnxEngine
from koocr.errors import ConfigError
from koocr.training.onnx_export import is_in_float32, quantise_onnx, write_onnx

UInt8Array = NDArray[np.uint8]

_LARGE_MATRIX = 2**18


def export_onnx(
    model: keras.Model,
    settings: CharacterSettings,
    path: str | Path,
    *,
    temperatures: Mapping[str, float] | None = None,
    common_bonus: float = 0.0,
) -> Path:
    """Writes a network as ONNX in float32, loads the file again and compares it with Keras.

    Args:
        model: trained, from `build_network(settings)`.
        settings: stored in the file, beside the temperatures, as JSON.
        path: of the file.
        temperatures: by output name; see `koocr.character.decode.scores_of`.
        common_bonus: see there.

    Returns:
        The path.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, which alone exports every layer.
        WeightsError: the exported network computes something else.
    """
    exact = _in_float32(model, settings)
    network = reading_network(folded(exact, settings))
    network(keras.ops.zeros((1, *network.input_shape[1:])))  # Keras exports only what has been called
    batch = np.random.default_rng(0).random((4, *exact.input_shape[1:]), dtype=np.float32)
    expected = exact.predict_on_batch(batch)
    metadata = ModelMetadata(settings, temperatures or {}, common_bonus).to_dict()
    return write_onnx(network, path, metadata, example=batch, expected=expected)


def quantise(source: str | Path, path: str | Path, images: UInt8Array, *, batch_size: int = 64) -> Path:
    """Makes an int8 network of a float32 one: static, per channel.

    Args:
        source: an ONNX file of `export_onnx`.
        path: of the result.
        images: (N, S, S) uint8 as the network sees them, ink 255 on 0, for calibration; from the val split.
        batch_size: images at a time.

    Returns:
        The path.

    Raises:
        ConfigError: there are no images.
    """
    if not len(images):
        raise ConfigError("an int8 network needs images to calibrate it with; give some")
    batches = _batches(images, batch_size)
    return quantise_onnx(source, path, batches, in_float=_in_float)


def _batches(images: UInt8Array, batch_size: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(images), batch_size):
        yield as_input(images[start : start + batch_size])


def agreement(one: str | Path, other: str | Path, images: UInt8Array, *, batch_size: int = 64) -> float:
    """The share of images that two exported networks read alike, in [0, 1].

    Args:
        one: an ONNX file, int8 say.
        other: another of the same settings.
        images: (N, S, S) uint8 as the networks see them, N at least 1.
        batch_size: images at a time.
    """
    engines = OnnxEngine(one), OnnxEngine(other)
    charset = engines[0].metadata["settings"]["charset"]
    alike = 0
    for start in range(0, len(images), batch_size):
        batch = as_input(images[start : start + batch_size])
        first, second = (scores_of(engine.run(batch), charset=charset).top(1)[0] for engine in engines)
        alike += int((first == second).sum())
    return alike / len(images)


def _in_float(model: Any) -> list[str]:
    """The nodes of an ONNX network that stay in float32: at its beginning and at its end."""
    return _stem(model.graph) + _heads(model.graph)


def _stem(graph: Any) -> list[str]:
    """The first convolution and its ReLU, which stay in float32: of one channel, in int8 it takes longer."""
    first = next(node for node in graph.node if node.op_type == "Conv")
    relus = [node for node in graph.node if node.op_type == "Relu" and first.output[0] in node.input]
    return [node.name for node in (first, *relus)]


def _heads(graph: Any) -> list[str]:
    """The operations after the last convolution, which stay in float32: few, but answers hang on them.

    Only large matrices among them become int8, for the size of the file.
    """
    large = {tensor.name for tensor in graph.initializer if np.prod(tensor.dims) >= _LARGE_MATRIX}
    before_conv: set[str] = set()
    heads = []
    for node in reversed(graph.node):
        if node.op_type in ("Conv", "Relu") or before_conv.intersection(node.output):
            before_conv.update(node.input)
        elif not large.intersection(node.input):
            heads.append(node.name)
    return heads


def _in_float32(model: keras.Model, settings: CharacterSettings) -> keras.Model:
    """The same network in float32: those of mixed precision export to files that can't be loaded."""
    if is_in_float32(model):
        return model
    exact = build_network(settings)
    exact.set_weights(model.get_weights())
    return exact


def folded(model: keras.Model, settings: CharacterSettings) -> keras.Model:
    """The same function in fewer operations, where the trunk has such a form (see `network.small`)."""
    if settings.network != "small":
        return model
    reading = replace(settings, adversarial=False)
    fused = build_network(reading, trunk=small.folded_trunk)
    small.fold(model, fused, reading)
    return fused


def as_input(images: UInt8Array) -> NDArray[np.float32]:
    """(N, S, S) uint8 to the network's (N, S, S, 1) float32, ink 1 on 0."""
    return (images.astype(np.float32) / np.float32(255))[..., None]
