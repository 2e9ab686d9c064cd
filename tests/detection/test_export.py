"""Exports of the detector compute what Keras does."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")
onnx = pytest.importorskip("onnx", reason="export needs the train extra")

from koocr.detection.export import agreement, export_onnx, quantise  # noqa: E402
from koocr.detection.metadata import DetectorMetadata  # noqa: E402
from koocr.detection.network import build_network  # noqa: E402
from koocr.detection.reader import Detector  # noqa: E402
from koocr.detection.settings import DetectorSettings  # noqa: E402
from koocr.engine import OnnxEngine  # noqa: E402
from koocr.errors import ConfigError  # noqa: E402
from koocr.training.weights_file import save_weights  # noqa: E402
from tests.detection.networks import TINY, randomised, run  # noqa: E402
from tests.detection.pages import striped_page  # noqa: E402


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx")
    return export_onnx(randomised(), DetectorMetadata(TINY), folder / "detector.onnx")


def batch(height=64, width=128):
    return {"image": np.random.default_rng(5).random((1, height, width, 1), dtype=np.float32)}


def test_float32_computes_what_keras_does(onnx_file):
    found = OnnxEngine(onnx_file).run(batch())
    expected = run(randomised(), batch())["probability"]
    assert set(found) == {"probability"}
    assert found["probability"] == pytest.approx(expected, abs=2e-3 * float(np.abs(expected).max()))
    assert DetectorMetadata.of(OnnxEngine(onnx_file).metadata, "it").settings == TINY


def test_both_formats_find_the_same(onnx_file, tmp_path):
    save_weights(tmp_path / "weights.h5", randomised(), DetectorMetadata(TINY).to_dict())
    page = striped_page(9).image
    one, other = (
        [region.quad for region in Detector(path).detect(page)]
        for path in (onnx_file, tmp_path / "weights.h5")
    )
    assert len(one) == len(other)
    assert np.array(one) == pytest.approx(np.array(other), abs=0.2)


def test_int8_computes_nearly_the_same(onnx_file, tmp_path):
    pages = [striped_page(number).image for number in range(50, 56)]
    path = quantise(onnx_file, tmp_path / "int8.onnx", pages)
    image = striped_page(60).image[None, ..., None] / np.float32(255)
    one, other = (OnnxEngine(file).run({"image": image})["probability"].ravel() for file in (onnx_file, path))
    assert np.corrcoef(one, other)[0, 1] > 0.95
    types = {node.op_type for node in onnx.load(str(path)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "QLinearConv"} <= types
    assert Detector(path).settings == TINY
    assert agreement(path, path, pages[:1]).f1 == 1
    with pytest.raises(ConfigError, match="needs pages to calibrate"):
        quantise(onnx_file, tmp_path / "none.onnx", [])


def test_the_default_is_small(tmp_path):
    """With fresh weights: its size doesn't depend on them."""
    settings = DetectorSettings()
    source = export_onnx(build_network(settings), DetectorMetadata(settings), tmp_path / "float.onnx")
    int8 = quantise(source, tmp_path / "int8.onnx", [striped_page(0).image])
    assert int8.stat().st_size < 1_700_000
    assert source.stat().st_size < 5_000_000
