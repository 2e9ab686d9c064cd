"""Engines: what they refuse, and that they say what is stored."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx", reason="making models needs the train extra")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from koocr.engine import METADATA_KEY, KerasEngine, OnnxEngine  # noqa: E402
from koocr.errors import WeightsCorruptError  # noqa: E402
from koocr.onnx_properties import WEIGHT_BITS_KEY  # noqa: E402


def make_model(path: Path, **metadata: str) -> Path:
    """A network of one node: "double" = image + image."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 2])
    double = helper.make_tensor_value_info("double", TensorProto.FLOAT, ["N", 2])
    graph = helper.make_graph(
        [helper.make_node("Add", ["image", "image"], ["double"])], "graph", [image], [double]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))
    return path


BATCH = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], np.float32)


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_network_runs_from_its_file_and_from_its_bytes(tmp_path: Path, num_threads: int) -> None:
    path = make_model(tmp_path / "모델.onnx", koocr='{"settings": {"charset": "가"}}')
    for model in (path, str(path), path.read_bytes()):
        engine = OnnxEngine(model, num_threads=num_threads)
        assert engine.metadata == {"settings": {"charset": "가"}}
        outputs = engine.run(BATCH)
        assert list(outputs) == ["double"] and np.array_equal(outputs["double"], 2 * BATCH)


def test_inputs_by_name(tmp_path: Path) -> None:
    one = helper.make_tensor_value_info("one", TensorProto.FLOAT, ["N", 2])
    times = helper.make_tensor_value_info("times", TensorProto.FLOAT, ["N", 1])
    product = helper.make_tensor_value_info("product", TensorProto.FLOAT, ["N", 2])
    node = helper.make_node("Mul", ["one", "times"], ["product"])
    graph = helper.make_graph([node], "graph", [one, times], [product])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {METADATA_KEY: "{}"})
    batch = {"spare": BATCH, "times": np.array([[1], [2], [3]], np.float32), "one": BATCH}
    found = OnnxEngine(model.SerializeToString()).run(batch)["product"]
    assert np.array_equal(found, BATCH * batch["times"])


def test_a_network_of_somebody_else(tmp_path: Path) -> None:
    path = make_model(tmp_path / "other.onnx")
    with pytest.raises(
        WeightsCorruptError, match=r"other\.onnx' has no koocr metadata; export it with `koocr export`"
    ):
        OnnxEngine(path)
    with pytest.raises(WeightsCorruptError, match="the model has no koocr metadata"):
        OnnxEngine(path.read_bytes())


@pytest.mark.parametrize("text", ["", "{", "[1]", "3"])
def test_metadata_that_is_none(tmp_path: Path, text: str) -> None:
    path = make_model(tmp_path / "odd.onnx", **{METADATA_KEY: text})
    with pytest.raises(WeightsCorruptError, match=r"odd\.onnx' can't be loaded as a network .*get it again"):
        OnnxEngine(path)


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"no network at all"])
def test_files_that_are_no_network(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(WeightsCorruptError) as caught:
        OnnxEngine(tmp_path / "bad.onnx")
    assert "bad.onnx' can't be loaded as a network" in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_a_truncated_file(tmp_path: Path) -> None:
    path = make_model(tmp_path / "cut.onnx", koocr="{}")
    path.write_bytes(path.read_bytes()[:-25])
    with pytest.raises(WeightsCorruptError):
        OnnxEngine(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsCorruptError, match=r"none\.onnx"):
        OnnxEngine(tmp_path / "none.onnx")


def test_a_keras_model_is_an_engine_too() -> None:
    keras = pytest.importorskip("keras", reason="the engine runs what the train extra makes")
    image = keras.Input((2,))
    model = keras.Model(image, {"double": keras.layers.Rescaling(2.0, dtype="bfloat16")(image)})
    engine = KerasEngine(model, {"settings": {}})
    outputs = engine.run(BATCH)
    assert outputs["double"].dtype == np.float32 and np.array_equal(outputs["double"], 2 * BATCH)
    assert engine.metadata == {"settings": {}}


def test_a_keras_model_takes_inputs_by_name() -> None:
    keras = pytest.importorskip("keras", reason="the engine runs what the train extra makes")
    inputs = {"one": keras.Input((2,), name="one"), "times": keras.Input((1,), name="times")}
    model = keras.Model(inputs, {"product": keras.layers.Multiply()([inputs["one"], inputs["times"]])})
    times = np.array([[1], [2], [3]], np.float32)
    found = KerasEngine(model, {}).run({"times": times, "one": BATCH})["product"]
    assert np.array_equal(found, BATCH * times)


def int8_product(weights: np.ndarray) -> bytes:
    """A network that multiplies 8-bit numbers: x (1, K) of 0 to 255 times weights (K, M) of -128 to 127."""
    constants = {
        "one": np.float32(1),
        "x_zero": np.uint8(0),
        "w": weights.astype(np.int8),
        "w_zero": np.int8(0),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one", "x_zero"], ["x8"]),
        helper.make_node("DequantizeLinear", ["x8", "one", "x_zero"], ["x_again"]),
        helper.make_node("DequantizeLinear", ["w", "one", "w_zero"], ["w_again"]),
        helper.make_node("MatMul", ["x_again", "w_again"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, weights.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, weights.shape[1]])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"koocr": "{}"})
    return model.SerializeToString()


def test_8_bit_sums_do_not_overflow():
    weights = np.full((64, 32), 127)  # two products of these and 255 don't fit into 16 bits
    weights[::3, ::2] = -128
    x = np.full((1, 64), 255, np.float32)
    y = OnnxEngine(int8_product(weights)).run(x)["y"]
    assert np.array_equal(y, x @ weights.astype(np.float32))


@pytest.mark.parametrize("is_bytes", [True, False])
def test_a_pickle_loads_the_network_anew(tmp_path: Path, is_bytes: bool) -> None:
    path = make_model(tmp_path / "a.onnx", koocr='{"a": 1}')
    engine = OnnxEngine(path.read_bytes() if is_bytes else path, num_threads=2)
    again = pickle.loads(pickle.dumps(engine))
    assert again.metadata == {"a": 1}
    np.testing.assert_array_equal(again.run(BATCH)["double"], 2 * BATCH)


def quantised(path: Path, weight: int, **properties: str) -> Path:
    """One QLinearConv, as an int8 network has them: sums of two products of 8 bits overflow 16."""
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", 32, 4, 4])
    sums = helper.make_tensor_value_info("sums", TensorProto.UINT8, ["N", 16, 4, 4])
    weights = np.full((16, 32, 1, 1), weight, np.int8)
    scale, zero = np.float32(1.0), np.uint8(0)
    given = {
        "image_scale": scale,
        "image_zero": zero,
        "weights": weights,
        "weight_scale": np.ones(16, np.float32),
        "weight_zero": np.zeros(16, np.int8),
        "sum_scale": np.float32(32 * abs(weight)),
        "sum_zero": zero,
    }
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in given.items()]
    graph = helper.make_graph(
        [helper.make_node("QLinearConv", ["image", *given], ["sums"])], "graph", [image], [sums], tensors
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {METADATA_KEY: "{}", **properties})
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(
    ("weight", "properties"), [(127, {}), (63, {WEIGHT_BITS_KEY: "7"}), (-64, {WEIGHT_BITS_KEY: "7"})]
)
def test_sums_of_8_bit_numbers_are_exact(tmp_path: Path, weight: int, properties: dict[str, str]) -> None:
    """On any processor: 8-bit weights with sums guarded, 7-bit ones because they can't overflow."""
    batch = np.full((1, 32, 4, 4), 250, np.uint8)
    found = OnnxEngine(quantised(tmp_path / "int8.onnx", weight, **properties)).run(batch)["sums"]
    assert (found == (250 if weight > 0 else 0)).all()


def test_only_sums_that_may_overflow_are_guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Options(onnxruntime.SessionOptions):
        def add_session_config_entry(self, key: str, value: str) -> None:
            entries.append((key, value))
            super().add_session_config_entry(key, value)

    entries: list[tuple[str, str]] = []
    monkeypatch.setattr("koocr.engine.onnxruntime.SessionOptions", Options)
    OnnxEngine(quantised(tmp_path / "7.onnx", 63, **{WEIGHT_BITS_KEY: "7"}))
    assert not entries
    OnnxEngine(quantised(tmp_path / "8.onnx", 127))
    assert entries == [("session.x64quantprecision", "1")]


def test_a_broken_file_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """ONNX Runtime tries again where an error is a ValueError, and says so on standard output."""
    model = onnx.load(str(make_model(tmp_path / "whole.onnx", koocr="{}")))
    model.graph.node[0].name = "가나다라"
    model.graph.node[0].op_type = "가나다라"
    whole = model.SerializeToString()
    for place in range(len("가나다라".encode())):
        damaged = bytearray(whole)
        damaged[whole.rindex("가나다라".encode()) + place] = 0xE4
        with pytest.raises(WeightsCorruptError):
            OnnxEngine(bytes(damaged))
    assert capfd.readouterr().out == ""
