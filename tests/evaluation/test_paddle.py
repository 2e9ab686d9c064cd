"""PP-OCR's recogniser: a stand-in network of one convolution, with a dictionary of one symbol."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import WeightsError, WeightsMissingError
from koocr.evaluation.paddle import DICTIONARY, MODEL, PaddleLines

onnx = pytest.importorskip("onnx", reason="the stand-in is made with onnx, of the train extra")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Reads 가 in every stretch of 8 columns that is mostly dark, and nothing elsewhere."""
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    weights = np.zeros((3, 3, 48, 8), np.float32)
    weights[0], weights[1] = 1 / weights[0].size, -1 / weights[0].size  # blank where light, 가 where dark
    bias = np.array([0.01, 0, -100], np.float32)  # beside the line, where all is 0, blank
    nodes = [
        helper.make_node("Conv", ["x", "weights", "bias"], ["maps"], strides=[48, 8]),
        helper.make_node("Squeeze", ["maps", "axis"], ["row"]),
        helper.make_node("Transpose", ["row"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("Softmax", ["steps"], ["y"], axis=2),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info("x", kind, ["N", 3, 48, "W"])],
        [helper.make_tensor_value_info("y", kind, ["N", "T", 3])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(np.array([2], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "dist").mkdir()
    onnx.save(model, tmp_path / "dist" / MODEL)
    (tmp_path / "dist" / DICTIONARY).write_text("가\n", encoding="utf-8")
    return tmp_path


def test_lines_are_trimmed_scaled_and_decoded(folder: Path) -> None:
    reader = PaddleLines(folder)
    image = np.full((120, 400), 230, np.uint8)  # the line is 48 high, in wide margins
    image[30:78, 101:133], image[30:78, 165:213] = 20, 20
    assert reader.read([image, np.full((50, 90), 230, np.uint8)]) == ["가가", ""]
    assert reader.is_inside and "PP-OCR" in reader.name


def test_files_that_are_missing_or_do_not_fit_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "dist" / DICTIONARY).write_text("가\n나\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="3 classes"):
        PaddleLines(folder)
    (folder / "dist" / MODEL).unlink()
    with pytest.raises(WeightsMissingError, match=MODEL):
        PaddleLines(folder)
