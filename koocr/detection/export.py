"""From a trained detector to the files that reading runs: ONNX in float32 and in int8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from koocr.detection.decode import decode
from koocr.detection.evaluation import DetectionCounts, count_page
from koocr.detection.keras_model import reading_model
from koocr.detection.metadata import DetectorMetadata
from koocr.detection.network import build_network
from koocr.detection.prepare import LONG_SIDE, prepare, to_input
from koocr.engine import OnnxEngine
from koocr.errors import ConfigError
from koocr.image import GreyImage
from koocr.training.onnx_export import is_in_float32, quantise_onnx, write_onnx

__all__ = ["agreement", "export_onnx", "quantise"]

_EXAMPLE = (2, 96, 160, 1)
_LAST = ("ConvTranspose", "Sigmoid", "Transpose", "Reshape", "Resize")


def export_onnx(model: keras.Model, metadata: DetectorMetadata, path: str | Path) -> Path:
    """Writes a detector as ONNX in float32, loads the file again and compares it with Keras.

    Args:
        model: trained, of these settings, see `koocr.detection.network.build_network`.
        metadata: stored in the file, as JSON.
        path: of the file.

    Returns:
        The path.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, which alone exports every layer.
        WeightsError: the exported network computes something else.
    """
    exact = model
    if not is_in_float32(model):
        exact = build_network(metadata.settings)
        exact.set_weights(model.get_weights())
    batch = {"image": np.random.default_rng(0).random(_EXAMPLE, dtype=np.float32)}
    expected = exact.predict_on_batch(batch)
    network = reading_model(exact, metadata)
    network(batch)  # Keras exports only what has been called
    return write_onnx(network, path, metadata.to_dict(), example=batch, expected=expected)


def quantise(
    source: str | Path, path: str | Path, pages: Sequence[GreyImage], *, long_side: int = LONG_SIDE
) -> Path:
    """Makes an int8 network of a float32 one: static, per channel; its last layer stays in float.

    Args:
        source: an ONNX file of `export_onnx`.
        path: of the result.
        pages: (H, W) grey pages for calibration; from the val split.
        long_side: at which they are read.

    Returns:
        The path.

    Raises:
        ConfigError: there is no page.
    """
    if not pages:
        raise ConfigError("an int8 detector needs pages to calibrate it with; give some")
    batches = ({"image": to_input(prepare(page, long_side=long_side).image[None])} for page in pages)
    return quantise_onnx(source, path, batches, in_float=_in_float)


def agreement(one: str | Path, other: str | Path, pages: Sequence[GreyImage]) -> DetectionCounts:
    """Units that an exported network finds, held against those of another, at IoU 0.7.

    Args:
        one: an ONNX file, int8 say.
        other: another with the same settings; what it finds counts as true.
        pages: (H, W) grey.
    """
    engines = OnnxEngine(one), OnnxEngine(other)
    shrink = DetectorMetadata.of(engines[0].metadata, repr(str(one))).settings.shrink
    counts = DetectionCounts()
    for page in pages:
        batch = to_input(prepare(page).image[None])
        found, true = (
            decode(engine.run(batch)["probability"][0, ..., 0], shrink=shrink)[0] for engine in engines
        )
        counts += count_page(found, true, [False] * len(true), min_iou=0.7)
    return counts


def _in_float(model: Any) -> list[str]:
    """The nodes of an ONNX graph that stay in float32: those that only move values, and the last layer."""
    return [node.name for node in model.graph.node if node.op_type in _LAST]
