"""From a Keras network to ONNX, in float32 and in int8: what all tasks do alike."""

from __future__ import annotations

import json
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnx.numpy_helper
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from koocr.engine import METADATA_KEY, Inputs, OnnxEngine
from koocr.errors import ConfigError, WeightsError
from koocr.onnx_properties import WEIGHT_BITS_KEY

_IN_INT8 = ["Conv", "Relu", "AveragePool", "MaxPool", "Concat", "Add", "MatMul", "Gemm"]
"""Relu among them, or each convolution's result is turned to float and back for it."""
_SMALL_TENSOR = 1024
_WEIGHT_BITS = 7
"""Of an int8 network: with 8, sums overflow on processors without VNNI, see `koocr.engine`. On val the eighth
bit makes no difference (lines: 1.501 % CER against 1.506)."""
_NOT_IN_ONNX = ["MatMulScaleFusion", "MatmulTransposeFusion"]
"""Fusions to operators that only ONNX Runtime has."""
_AGREEMENT = 1e-3
"""Largest difference of a float32 export's logits from Keras's, as a share of the largest logit."""


def write_onnx(
    network: keras.Model,
    path: str | Path,
    metadata: Mapping[str, Any],
    *,
    example: Inputs,
    expected: Mapping[str, NDArray[np.float32]],
) -> Path:
    """Writes a network as ONNX in float32, loads the file again and runs it.

    Args:
        network: in float32; those of mixed precision export to files that can't be loaded.
        path: of the file.
        metadata: JSON values, stored in the file.
        example: a batch.
        expected: the logits that it must give.

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
        network.export(str(partial), format="onnx", verbose=False)
        _add_metadata(partial, metadata)
        _check_agreement(OnnxEngine(partial).run(example), expected, path)
    return path


def quantise_onnx(
    source: str | Path,
    path: str | Path,
    batches: Iterable[Inputs],
    *,
    in_float: Callable[[onnx.ModelProto], list[str]],
) -> Path:
    """Makes an int8 network of a float32 one: static, per channel, weights of 7 bits.

    The weights of what stays in float32 are stored in 16 bits.

    Args:
        source: an ONNX file of `write_onnx`.
        path: of the result.
        batches: inputs for calibration; from the val split.
        in_float: names the nodes of a graph that are to stay in float32.

    Returns:
        The path.
    """
    path = Path(path)
    metadata = dict(OnnxEngine(source).metadata)
    with _partial(path) as partial, tempfile.TemporaryDirectory() as folder, _quiet():
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        model = onnx.load(str(prepared))
        quantize_static(
            str(prepared),
            str(partial),
            _Calibration(model, batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
            reduce_range=True,  # 7 bits
            op_types_to_quantize=_IN_INT8,
            nodes_to_exclude=in_float(model),
        )
        _fuse(partial)
        _store_in_16_bits(partial)
        _add_metadata(partial, metadata, **{WEIGHT_BITS_KEY: str(_WEIGHT_BITS)})
    return path


def _fuse(path: Path) -> None:
    """Joins what belongs together into the quantised operators of ONNX, so that loading needn't do it."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    fused = path.with_name(path.name + ".fused.onnx")
    options.optimized_model_filepath = str(fused)
    try:
        onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_NOT_IN_ONNX
        )
        model = onnx.load(str(fused))
    finally:
        fused.unlink(missing_ok=True)
    used = {node.domain for node in model.graph.node}
    kept = [opset for opset in model.opset_import if opset.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    onnx.save(model, str(path))


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


class _Calibration(CalibrationDataReader):
    """Feeds batches to ONNX Runtime's quantiser."""

    def __init__(self, model: onnx.ModelProto, batches: Iterable[Inputs]) -> None:
        self._names = [given.name for given in model.graph.input]
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """One batch by input's name, or None at the end."""
        batch = next(self._batches, None)
        if batch is None or isinstance(batch, Mapping):
            return None if batch is None else {name: batch[name] for name in self._names}
        return {self._names[0]: batch}


def _add_metadata(path: Path, metadata: Mapping[str, Any], **others: str) -> None:
    model = onnx.load(str(path))
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata, ensure_ascii=False), **others})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _check_agreement(
    found: Mapping[str, NDArray[np.float32]], expected: Mapping[str, NDArray[np.float32]], path: Path
) -> None:
    """Two ways of exporting fail in silence; so every file is loaded and run before it is kept."""
    for name, logits in found.items():
        wanted = np.asarray(expected[name], np.float32)
        difference = float(np.abs(logits - wanted).max()) / max(1.0, float(np.abs(wanted).max()))
        if not difference < _AGREEMENT:
            raise WeightsError(
                f"the exported network's output {name!r} is off by {difference:.2g}, so {path} was not "
                "written; export with the pinned versions of requirements/dev.txt"
            )


def is_in_float32(model: keras.Model) -> bool:
    """Whether all layers compute in float32; mixed precision exports to files that can't be loaded."""
    return all(layer.dtype_policy.name == "float32" for layer in model.layers)
