"""Exported line networks against Keras, in float32 and int8."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="exporting needs the train extra")
onnx = pytest.importorskip("onnx", reason="exporting needs the train extra")

from koocr.engine import OnnxEngine  # noqa: E402
from koocr.errors import ConfigError, WeightsError  # noqa: E402
from koocr.line import export as export_module  # noqa: E402
from koocr.line.batches import to_strips  # noqa: E402
from koocr.line.export import agreement, export_onnx, quantise  # noqa: E402
from koocr.line.keras_model import new_model, reading_model  # noqa: E402
from koocr.line.metadata import LineMetadata  # noqa: E402
from koocr.line.reader import LineReader  # noqa: E402
from koocr.line.settings import LineSettings  # noqa: E402
from koocr.line.stages.settings import StageSettings  # noqa: E402
from koocr.training.precision import precision  # noqa: E402
from tests.trained_lines import METADATA, SETTINGS, draw_line, random_batch  # noqa: E402


@pytest.fixture(scope="module")
def lines() -> list[np.ndarray]:
    return random_batch(777, 24).images


@pytest.fixture(scope="module")
def int8_file(onnx_file: Path, lines: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantise(onnx_file, tmp_path_factory.mktemp("int8") / "int8.onnx", lines)


def logits(
    model: Any, images: list[np.ndarray], height: int = 32
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    inputs = to_strips(images, height=height).as_input()
    outputs = model.predict_on_batch(inputs)
    return inputs, {name: np.asarray(value, np.float32) for name, value in outputs.items()}


@pytest.mark.parametrize("texts", [["가"], ["가를", "볶"], ["가를볶쭈 볶를 가를볶쭈", "를", "쭈쭈"]])
def test_float32_computes_what_keras_does(network: Any, onnx_file: Path, texts: list[str]) -> None:
    """One file for any number of lines of any width; the branches are folded, so the sums are others."""
    inputs, expected = logits(network, [draw_line(text) for text in texts])
    found = OnnxEngine(onnx_file).run(inputs)
    assert set(found) == {"kind", "initial", "medial", "final"}
    for name, values in found.items():
        assert values.shape == expected[name].shape
        np.testing.assert_allclose(values, expected[name], atol=2e-5 * np.abs(expected[name]).max())


def test_the_file_says_what_it_is(onnx_file: Path, network: Any, tmp_path: Path) -> None:
    assert LineMetadata.of(OnnxEngine(onnx_file).metadata, "it") == METADATA
    warm = replace(METADATA, temperatures={"kind": 1.5})
    path = export_onnx(network, warm, tmp_path / "새" / "a.onnx")
    assert LineMetadata.of(OnnxEngine(path).metadata, "it") == warm
    assert [file.name for file in path.parent.iterdir()] == ["a.onnx"], "nothing else is left there"


def test_the_trunk_is_folded(onnx_file: Path) -> None:
    graph = onnx.load(str(onnx_file)).graph
    kinds = [node.op_type for node in graph.node]
    assert "BatchNormalization" not in kinds
    dense = [node for node in graph.node if export_module._is_dense(node)]
    assert len(dense) == 9 + 1, "one a block, and that over the columns"


def test_int8_reads_as_float32_does(onnx_file: Path, int8_file: Path, lines: list[np.ndarray]) -> None:
    fresh = random_batch(778, 30)
    assert agreement(int8_file, onnx_file, [*lines, *fresh.images]) > 0.95
    texts = [line.text for line in LineReader(int8_file).read(fresh.images)]
    assert np.mean([found == text for found, text in zip(texts, fresh.texts, strict=True)]) > 0.9
    assert LineMetadata.of(OnnxEngine(int8_file).metadata, "it") == METADATA


def test_int8_is_int8_in_the_trunk_and_float_in_the_heads(int8_file: Path) -> None:
    graph = onnx.load(str(int8_file)).graph
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    dense = [node for node in graph.node if node.op_type == "QLinearConv"]
    assert len(dense) == 9 + 1 and not any(map(export_module._is_dense, graph.node))
    for node in dense:
        weights = tensors[node.input[3]]
        assert weights.dtype == np.int8 and abs(weights.astype(int)).max() <= 64, "7 bits"
    assert {node.domain for node in graph.node} == {""}, "any runtime knows its operators"
    for node in graph.node:
        if node.op_type == "Softmax" or "initial" in node.name:
            assert all(made_by.get(name, node).op_type != "DequantizeLinear" for name in node.input)


def test_large_products_of_the_neck_are_int8() -> None:
    def product(inputs: list[str], output: str) -> Any:
        return onnx.helper.make_node("MatMul", inputs, [output], name=output)

    matrices = {
        "neck": (192, 192),
        "small": (192, 8),
        "wide": (8, 192),
        "head": (192, 384),
        "plain": (192, 11555),
    }
    nodes = [
        onnx.helper.make_node("Conv", ["image", "kernel"], ["map"], name="map"),
        product(["map", "neck"], "a"),
        product(["a", "small"], "b"),
        product(["b", "wide"], "c"),
        onnx.helper.make_node("Shape", ["c"], ["shape"], name="shape"),
        product(["c", "head"], "d"),
        onnx.helper.make_node("Reshape", ["d", "shape"], ["kind"], name="reshape"),
        product(["c", "plain"], "symbol"),
    ]
    initializers = [
        onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name)
        for name, shape in {**matrices, "kernel": (4, 1, 3, 3)}.items()
    ]
    outputs = [onnx.helper.make_empty_tensor_value_info(name) for name in ("kind", "symbol")]
    inputs = [onnx.helper.make_empty_tensor_value_info("image")]
    graph = onnx.helper.make_graph(nodes, "graph", inputs, outputs, initializers)
    in_float = export_module._in_float(onnx.helper.make_model(graph))
    assert set(in_float) == {"b", "c", "shape", "d", "reshape"}


def test_int8_is_small(tmp_path: Path) -> None:
    """The default network with fresh weights: its size doesn't depend on them."""
    metadata = LineMetadata(LineSettings())
    model = new_model(metadata.settings)
    exact = export_onnx(model, metadata, tmp_path / "a.onnx")
    small = quantise(exact, tmp_path / "b.onnx", [draw_line("가를볶쭈 볶를")])
    assert exact.stat().st_size < 10e6
    assert small.stat().st_size < 2.8e6
    inputs, expected = logits(model, [draw_line("가를볶쭈"), draw_line("볶 를")], height=48)
    for name, values in OnnxEngine(exact).run(inputs).items():
        np.testing.assert_allclose(values, expected[name], atol=2e-5 * np.abs(expected[name]).max())


def test_padding_changes_nothing_in_int8_either(int8_file: Path) -> None:
    short, long = draw_line("가를"), draw_line("가를볶쭈 가를볶쭈 가를볶쭈")
    engine = OnnxEngine(int8_file)
    alone, beside = (to_strips(images, height=32) for images in ([short], [short, long]))
    count = int(alone.num_frames[0])
    one, other = engine.run(alone.as_input()), engine.run(beside.as_input())
    for name, values in one.items():
        np.testing.assert_allclose(other[name][0, :count], values[0, :count], atol=1e-4)


def test_mixed_precision_is_exported_in_float32(tmp_path: Path) -> None:
    with precision("mixed_bfloat16"):
        model = new_model(SETTINGS)
    path = export_onnx(model, METADATA, tmp_path / "a.onnx")
    exact = new_model(SETTINGS)
    exact.set_weights(model.get_weights())
    inputs, expected = logits(exact, [draw_line("가를")])
    for name, values in OnnxEngine(path).run(inputs).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-4)


@pytest.mark.parametrize(("sequence", "prediction"), [("BiLSTM", "CTC"), ("None", "Attn")])
def test_the_four_stage_family_is_exported_and_read(sequence: str, prediction: str, tmp_path: Path) -> None:
    settings = StageSettings(
        charset_size=3, sequence=sequence, prediction=prediction, channels=16, hidden=8, max_length=2
    )
    metadata = LineMetadata(settings, symbols="가나 ")
    model = new_model(settings)
    path = export_onnx(model, metadata, tmp_path / "a.onnx")
    inputs, expected = logits(reading_model(model), [draw_line("가를"), draw_line("를가 를")], height=32)
    found = OnnxEngine(path).run(inputs)
    np.testing.assert_allclose(found["symbol"], expected["symbol"], atol=1e-4)
    line = LineReader(path).read(draw_line("가를"))
    assert set(line.text) <= set("가나 ")
    if prediction == "Attn":
        assert line.characters == ()
        with pytest.raises(ConfigError, match="spells by attention"):
            LineReader(path).n_best(draw_line("가를"))


def test_a_spline_stays_exact_in_int8(tmp_path: Path) -> None:
    settings = StageSettings(charset_size=3, transformation="TPS", channels=16, hidden=8)
    model = new_model(settings)
    path = export_onnx(model, LineMetadata(settings, symbols="가나 "), tmp_path / "a.onnx")
    lines = [draw_line("가를"), draw_line("를가 를")]
    small = quantise(path, tmp_path / "b.onnx", lines)
    inputs, expected = logits(reading_model(model), lines, height=32)
    found = OnnxEngine(small).run(inputs)["symbol"]
    assert np.abs(found - expected["symbol"]).mean() < 0.1 * np.ptp(expected["symbol"])


def test_a_network_that_computes_something_else_is_not_written(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_model(SETTINGS)
    monkeypatch.setattr(export_module, "_folded", lambda model, metadata: other)
    with pytest.raises(WeightsError, match=r"the exported network's output '.*' is off by"):
        export_onnx(network, METADATA, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_another_backend(network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(ConfigError, match="export needs the TensorFlow backend"):
        export_onnx(network, METADATA, tmp_path / "a.onnx")


def test_calibration_needs_lines(onnx_file: Path, tmp_path: Path) -> None:
    blank = np.full((40, 100), 255, np.uint8)
    with pytest.raises(ConfigError, match="an int8 network needs lines to calibrate it with; give some"):
        quantise(onnx_file, tmp_path / "a.onnx", [blank])
