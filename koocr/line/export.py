"""From a trained line network to the files that reading runs: ONNX in float32 and in int8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from koocr.engine import OnnxEngine
from koocr.errors import ConfigError
from koocr.image import GreyImage
from koocr.line.batches import sorted_strips
from koocr.line.decoder import DecoderSettings
from koocr.line.keras_model import new_model, reading_model
from koocr.line.metadata import LineMetadata
from koocr.line.network import block_names, build_network
from koocr.line.outputs import OutputReader
from koocr.line.settings import LineSettings
from koocr.training.folding import fold, folded_block
from koocr.training.onnx_export import is_in_float32, quantise_onnx, write_onnx

_NECK_MATRIX = 2**15
"""Elements of a matrix behind the trunk from which on a product becomes int8, for the size of the file."""
_HEAD_MATRIX = 2**18
"""The same for the last products, which answers hang on: only a plain softmax over all syllables has it."""
_EXAMPLE_WIDTHS = (96, 160)


def export_onnx(model: keras.Model, metadata: LineMetadata, path: str | Path) -> Path:
    """Writes a network as ONNX in float32, loads the file again and compares it with Keras.

    Args:
        model: trained, of these settings, see `koocr.line.keras_model.new_model`.
        metadata: stored in the file, as JSON.
        path: of the file.

    Returns:
        The path.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, which alone exports every layer.
        WeightsError: the exported network computes something else.
    """
    exact = _in_float32(model, metadata)
    batch = _example(metadata.settings.height)
    expected = reading_model(exact).predict_on_batch(batch)
    network = reading_model(_folded(exact, metadata))
    network(batch)  # Keras exports only what has been called
    return write_onnx(network, path, metadata.to_dict(), example=batch, expected=expected)


def quantise(source: str | Path, path: str | Path, lines: Sequence[GreyImage]) -> Path:
    """Makes an int8 network of a float32 one: static, per channel.

    Args:
        source: an ONNX file of `export_onnx`.
        path: of the result.
        lines: (H, W) grey pictures of lines for calibration; from the val split.

    Returns:
        The path.

    Raises:
        ConfigError: none of the lines has ink.
    """
    metadata = LineMetadata.of(OnnxEngine(source).metadata, repr(str(source)))
    batches = [strips.as_input() for strips in sorted_strips(lines, height=metadata.settings.height)]
    if not batches:
        raise ConfigError("an int8 network needs lines to calibrate it with; give some")
    return quantise_onnx(source, path, batches, in_float=_in_float)


def agreement(one: str | Path, other: str | Path, lines: Sequence[GreyImage]) -> float:
    """The share of lines with ink that two exported networks read alike, in [0, 1].

    Args:
        one: an ONNX file, int8 say.
        other: another with the same settings.
        lines: (H, W) grey pictures of lines.
    """
    engines = OnnxEngine(one), OnnxEngine(other)
    metadata = LineMetadata.of(engines[0].metadata, repr(str(one)))
    reading = OutputReader(replace(metadata, temperatures={}), DecoderSettings(num_candidates=1))
    alike, count = 0, 0
    for strips in sorted_strips(lines, height=metadata.settings.height):
        first, second = (
            reading.texts(engine.run(strips.as_input()), strips.num_frames) for engine in engines
        )
        alike += sum(one == other for one, other in zip(first, second, strict=True))
        count += len(first)
    return alike / max(1, count)


def _example(height: int) -> dict[str, NDArray[Any]]:
    """Two lines of different widths."""
    rng = np.random.default_rng(0)
    image = rng.random((len(_EXAMPLE_WIDTHS), height, max(_EXAMPLE_WIDTHS), 1), dtype=np.float32)
    for row, width in zip(image, _EXAMPLE_WIDTHS, strict=True):
        row[:, width:] = 0
    return {"image": image, "num_frames": np.array(_EXAMPLE_WIDTHS, np.int32) // 4}


def _in_float32(model: keras.Model, metadata: LineMetadata) -> keras.Model:
    """The same network in float32."""
    if is_in_float32(model):
        return model
    exact = new_model(metadata.settings)
    exact.set_weights(model.get_weights())
    return exact


def _folded(model: keras.Model, metadata: LineMetadata) -> keras.Model:
    """The same function in fewer operations, where the trunk has such a form."""
    if not isinstance(metadata.settings, LineSettings):
        return model
    fused = build_network(metadata.settings, block=folded_block)
    fold(model, fused, block_names(metadata.settings))
    return fused


def _in_float(model: Any) -> list[str]:
    """The nodes of an ONNX graph that stay in float32: all behind the trunk but products with large matrices.

    The trunk ends with the last convolution that isn't depthwise: depthwise ones, of the neck, are as small
    as they are delicate. A spline in front of it stays, too, with all that places its points: a pixel beside
    its place is another picture.
    """
    sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in model.graph.initializer}
    trunk = _before_last_dense(model)
    trunk -= _before(
        model, {node.name for node in model.graph.node if node.name in trunk and _is_product(node)}
    )
    wanted = {output.name for output in model.graph.output}  # what outputs are made of without a product
    kept = []
    for node in reversed(model.graph.node):
        if node.name in trunk:
            continue
        is_last = not wanted.isdisjoint(node.output)
        matrix = max((sizes.get(name, 0) for name in node.input), default=0) if _is_product(node) else 0
        if is_last and not matrix and node.op_type != "Shape":
            wanted.update(node.input)
        if matrix < (_HEAD_MATRIX if is_last else _NECK_MATRIX):
            kept.append(node.name)
    return kept


def _before_last_dense(model: Any) -> set[str]:
    """Names of the dense convolutions, of all that they are made of, and of the ReLU behind the last one."""
    needed: set[str] = set()
    names: set[str] = set()
    dense = {node.output[0] for node in model.graph.node if _is_dense(node)}
    for node in reversed(model.graph.node):
        is_its_relu = node.op_type == "Relu" and node.input[0] in dense
        if _is_dense(node) or is_its_relu or needed.intersection(node.output):
            needed.update(node.input)
            names.add(node.name)
    return names


def _before(model: Any, last: set[str]) -> set[str]:
    """Names of some nodes and of all that they are made of."""
    needed: set[str] = set()
    names: set[str] = set()
    for node in reversed(model.graph.node):
        if node.name in last or needed.intersection(node.output):
            needed.update(node.input)
            names.add(node.name)
    return names


def _is_product(node: Any) -> bool:
    return node.op_type in ("MatMul", "Gemm")


def _is_dense(node: Any) -> bool:
    groups = [attribute.i for attribute in node.attribute if attribute.name == "group"]
    return node.op_type == "Conv" and groups in ([], [1])
