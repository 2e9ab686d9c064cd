"""Runs a network: ONNX Runtime by default, Keras on request, behind one interface."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from koocr.errors import WeightsCorruptError
from koocr.onnx_properties import WEIGHT_BITS_KEY, stored_properties

# ONNX Runtime looks for it when it is imported; without it, it leaves an identifier in the user's home.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

FloatArray = NDArray[np.float32]
Inputs = FloatArray | Mapping[str, NDArray[Any]]
"""A batch: the network's only input, or its inputs by name."""

METADATA_KEY = "koocr"
_EXACT_SUMS = "session.x64quantprecision"
_SAFE_BITS = 7


class Engine(Protocol):
    """What a reader needs of a network."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What was stored beside the weights: settings of the network, temperatures, classes."""

    def run(self, batch: Inputs) -> dict[str, FloatArray]:
        """Logits by output name for a batch of inputs."""


class OnnxEngine:
    """A network in the ONNX format, run by ONNX Runtime on the CPU.

    Several threads may call `run` at once; each call uses `num_threads` threads itself. A pickle of it holds
    the path, or the bytes, and loads the network anew.

    Args:
        model: path of the file, or its bytes.
        num_threads: for one call. More than one gains little on a network this small; run batches
            beside each other instead.

    Raises:
        WeightsCorruptError: the file is no ONNX model, or not one of koocr's.
    """

    def __init__(self, model: str | Path | bytes, *, num_threads: int = 1) -> None:
        self._made_of = model, num_threads
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Every batch has a shape of its own; plans of memory, kept for each shape, would add up.
        options.enable_mem_pattern = False
        if _may_overflow(model):
            options.add_session_config_entry(_EXACT_SUMS, "1")
        source = model if isinstance(model, bytes) else str(model)
        name = "the model" if isinstance(model, bytes) else repr(str(model))
        try:
            self._session = onnxruntime.InferenceSession(
                source,
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # to the same provider, with a word on standard output
            )
            stored = self._session.get_modelmeta().custom_metadata_map
            self._metadata: dict[str, Any] = json.loads(stored[METADATA_KEY])
            if not isinstance(self._metadata, dict):
                raise ValueError("its metadata is no JSON object")
        except KeyError:
            raise WeightsCorruptError(
                f"{name} has no koocr metadata; export it with `koocr export`"
            ) from None
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            reason = f"{error}".partition("\n")[0][:120]
            raise WeightsCorruptError(
                f"{name} can't be loaded as a network ({reason}); get it again"
            ) from error
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._outputs = [output.name for output in self._session.get_outputs()]

    def __reduce__(self) -> tuple[Any, ...]:
        """For other processes, which can't share a session of ONNX Runtime."""
        return _load_onnx, self._made_of

    @property
    def metadata(self) -> Mapping[str, Any]:
        """See `Engine`."""
        return self._metadata

    def run(self, batch: Inputs) -> dict[str, FloatArray]:
        """See `Engine`."""
        inputs = batch if isinstance(batch, Mapping) else {self._inputs[0]: batch}
        results = self._session.run(self._outputs, {name: inputs[name] for name in self._inputs})
        return dict(zip(self._outputs, results, strict=True))


def _may_overflow(model: str | Path | bytes) -> bool:
    """Whether sums of an int8 network must be guarded.

    Processors without VNNI multiply 8-bit numbers fast by letting sums of two products overflow 16 bits; then
    a line network reads a quarter of lines otherwise than in float32, instead of a tenth. Exact sums take a
    fifth longer there. With weights of 7 bits nothing overflows.
    """
    return stored_properties(model).get(WEIGHT_BITS_KEY) != str(_SAFE_BITS)


def _load_onnx(model: str | Path | bytes, num_threads: int) -> OnnxEngine:
    return OnnxEngine(model, num_threads=num_threads)


class KerasEngine:
    """A Keras model with a dict of outputs.

    Args:
        model: the model.
        metadata: see `Engine`.
    """

    def __init__(self, model: Any, metadata: Mapping[str, Any]) -> None:
        self._model = model
        self._metadata = dict(metadata)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """See `Engine`."""
        return self._metadata

    def run(self, batch: Inputs) -> dict[str, FloatArray]:
        """See `Engine`."""
        outputs = self._model.predict_on_batch(dict(batch) if isinstance(batch, Mapping) else batch)
        return {name: np.asarray(value, np.float32) for name, value in outputs.items()}
