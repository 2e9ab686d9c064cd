"""Stand-ins for PP-OCR's networks: of one convolution each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.evaluation.paddle import DICTIONARY, MODEL

onnx: Any = pytest.importorskip("onnx", reason="the stand-ins are made with onnx, of the train extra")


def write_recogniser(folder: Path) -> Path:
    """Reads 가 in every stretch of 8 columns that is mostly dark at half its height."""
    helper = onnx.helper
    weights = np.zeros((3, 3, 48, 8), np.float32)
    seen = weights[:, :, 16:32]
    seen[0], seen[1] = 1 / seen[0].size, -1 / seen[0].size  # blank where light, 가 where dark
    bias = np.array([0.01, 0, -100], np.float32)  # beside the line, where all is 0, blank
    nodes = [
        helper.make_node("Conv", ["x", "weights", "bias"], ["maps"], strides=[48, 8]),
        helper.make_node("Squeeze", ["maps", "axis"], ["row"]),
        helper.make_node("Transpose", ["row"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("Softmax", ["steps"], ["y"], axis=2),
    ]
    constants = {"weights": weights, "bias": bias, "axis": np.array([2], np.int64)}
    (folder / "dist").mkdir(parents=True)
    _save(folder / "dist" / MODEL, nodes, constants, ["N", 3, 48, "W"], ["N", "T", 3])
    (folder / "dist" / DICTIONARY).write_text("가\n", encoding="utf-8")
    return folder


def write_detector(file: Path) -> Path:
    """Finds text wherever it is dark."""
    helper = onnx.helper
    nodes = [
        helper.make_node("Conv", ["x", "weights", "bias"], ["darkness"]),
        helper.make_node("Sigmoid", ["darkness"], ["y"]),
    ]
    constants = {"weights": np.full((1, 3, 1, 1), -20, np.float32), "bias": np.zeros(1, np.float32)}
    _save(file, nodes, constants, ["N", 3, "H", "W"], ["N", 1, "H", "W"])
    return file


def _save(file: Path, nodes: list[Any], constants: dict[str, Any], shape: list[Any], out: list[Any]) -> None:
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "stand-in",
        [onnx.helper.make_tensor_value_info("x", kind, shape)],
        [onnx.helper.make_tensor_value_info("y", kind, out)],
        [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    opset = onnx.helper.make_opsetid("", 17)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8), file)
