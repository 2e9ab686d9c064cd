"""Properties of an ONNX file, read without its graph."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.onnx_properties import stored_properties

onnx = pytest.importorskip("onnx", reason="making models needs the train extra")

from onnx import TensorProto, helper  # noqa: E402


def make_model(properties: dict[str, str]) -> bytes:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "graph", [given], [])
    model = helper.make_model(graph, producer_name="koocr", doc_string="글" * 300)
    helper.set_model_props(model, properties)
    return model.SerializeToString()


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=400), max_size=5))
def test_they_are_those_that_onnx_reads(properties: dict[str, str]) -> None:
    assert stored_properties(make_model(properties)) == properties


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "모델.onnx"
    path.write_bytes(make_model({"koocr": '{"a": "가"}'}))
    assert stored_properties(path) == stored_properties(str(path)) == {"koocr": '{"a": "가"}'}
    assert stored_properties(tmp_path) == stored_properties(tmp_path / "none.onnx") == {}
    assert stored_properties("null\0byte") == {}


@given(st.binary(max_size=200))
def test_what_is_no_model_says_nothing_bad(noise: bytes) -> None:
    assert isinstance(stored_properties(noise), dict)


@given(st.integers(0, 400), st.binary(max_size=12))
def test_a_damaged_model_ends_nothing(place: int, noise: bytes) -> None:
    whole = make_model({"koocr": "{}", "other": "text"})
    for damaged in (whole[:place], whole[:place] + noise + whole[place + len(noise) :]):
        assert isinstance(stored_properties(damaged), dict)
