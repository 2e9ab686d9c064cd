"""From a trained Keras network to the files that reading runs: ONNX in float32 and in int8."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnx.numpy_helper
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from koocr.character.decode import scores_of
from koocr.character.metadata import ModelMetadata
from koocr.character.network import build_network, reading_network, small
from koocr.character.settings import CharacterSettings
from koocr.engine import METADATA_KEY, OnnxEngine
from koocr.errors import ConfigError, WeightsError

UInt8Array = NDArray[np.uint8]

_IN_INT8 = ["Conv", "Relu", "AveragePool", "MaxPool", "Concat", "Add", "MatMul", "Gemm"]
"""Relu among them, or each convolution's result is turned to float and back for it."""
_LARGE_MATRIX = 2**18
_SMALL_TENSOR = 1024
_AGREEMENT = 1e-3
"""Largest difference of a float32 export's logits from Keras's, as a share of the largest logit."""


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
    if keras.backend.backend() != "tensorflow":
        raise ConfigError("export needs the TensorFlow backend; set KERAS_BACKEND=tensorflow")
    path = Path(path)
    with _partial(path) as partial, _quiet():
        exact = _in_float32(model, settings)
        network = reading_network(folded(exact, settings))
        network(keras.ops.zeros((1, *network.input_shape[1:])))  # Keras exports only what has been called
        network.export(str(partial), format="onnx", verbose=False)
        _add_metadata(partial, ModelMetadata(settings, temperatures or {}, common_bonus).to_dict())
        _check_agreement(partial, exact, path)
    return path


def quantise(source: str | Path, path: str | Path, images: UInt8Array, *, batch_size: int = 64) -> Path:
    """Makes an int8 network of a float32 one: static, per channel, QDQ.

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
    path = Path(path)
    metadata = dict(OnnxEngine(source).metadata)
    with _partial(path) as partial, tempfile.TemporaryDirectory() as folder, _quiet():
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        quantize_static(
            str(prepared),
            str(partial),
            _Calibration(prepared, images, batch_size),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=_IN_INT8,
            nodes_to_exclude=_stem(graph) + _heads(graph),
        )
        _store_in_16_bits(partial)
        _add_metadata(partial, metadata)
    return path


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


def _stem(graph: onnx.GraphProto) -> list[str]:
    """The first convolution and its ReLU, which stay in float32: of one channel, in int8 it takes longer."""
    first = next(node for node in graph.node if node.op_type == "Conv")
    relus = [node for node in graph.node if node.op_type == "Relu" and first.output[0] in node.input]
    return [node.name for node in (first, *relus)]


def _heads(graph: onnx.GraphProto) -> list[str]:
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


def _store_in_16_bits(path: Path) -> None:
    """Halves what is left of float32 weights; ONNX Runtime widens them again when it loads the file."""
    model = onnx.load(str(path))
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _SMALL_TENSOR:
            continue
        half = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        if not np.isfinite(half).all():
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_half"))
        casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
    onnx.save(model, str(path))


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its name when the block ends well, and else is deleted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial.onnx")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """No word from converters, which log what they can't optimise as if it were an error."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what their own versions will have to change
            yield
    finally:
        logging.disable(level)


def _in_float32(model: keras.Model, settings: CharacterSettings) -> keras.Model:
    """The same network in float32: those of mixed precision export to files that can't be loaded."""
    if all(layer.dtype_policy.name == "float32" for layer in model.layers):
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


class _Calibration(CalibrationDataReader):
    """Feeds calibration images to ONNX Runtime's quantiser."""

    def __init__(self, model: Path, images: UInt8Array, batch_size: int) -> None:
        self._name = onnx.load(str(model)).graph.input[0].name
        self._batches = self._iterate(images, batch_size)

    def _iterate(self, images: UInt8Array, batch_size: int) -> Iterator[dict[str, NDArray[np.float32]]]:
        for start in range(0, len(images), batch_size):
            yield {self._name: as_input(images[start : start + batch_size])}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """One batch, or None at the end."""
        return next(self._batches, None)


def as_input(images: UInt8Array) -> NDArray[np.float32]:
    """(N, S, S) uint8 to the network's (N, S, S, 1) float32, ink 1 on 0."""
    return (images.astype(np.float32) / np.float32(255))[..., None]


def _add_metadata(path: Path, metadata: Mapping[str, Any]) -> None:
    model = onnx.load(str(path))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata, ensure_ascii=False)})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _check_agreement(exported: Path, model: keras.Model, path: Path) -> None:
    """Two ways of exporting fail in silence; so every file is loaded and run before it is kept."""
    batch = np.random.default_rng(0).random((4, *model.input_shape[1:]), dtype=np.float32)
    expected = model.predict_on_batch(batch)
    for name, found in OnnxEngine(exported).run(batch).items():
        wanted = np.asarray(expected[name], np.float32)
        difference = float(np.abs(found - wanted).max()) / max(1.0, float(np.abs(wanted).max()))
        if not difference < _AGREEMENT:
            raise WeightsError(
                f"the exported network's output {name!r} is off by {difference:.2g}, so {path} was not "
                "written; export with the pinned versions of requirements/dev.txt"
            )
