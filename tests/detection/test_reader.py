"""The detector on pages of any kind, and its exports."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")
onnx = pytest.importorskip("onnx", reason="export needs the train extra")

from koocr.detection.decode import DecodeSettings  # noqa: E402
from koocr.detection.evaluation import count_page  # noqa: E402
from koocr.detection.export import agreement, export_onnx, quantise  # noqa: E402
from koocr.detection.metadata import DetectorMetadata  # noqa: E402
from koocr.detection.network import build_network  # noqa: E402
from koocr.detection.prepare import prepare  # noqa: E402
from koocr.detection.reader import Detector  # noqa: E402
from koocr.detection.settings import DetectorSettings  # noqa: E402
from koocr.engine import OnnxEngine  # noqa: E402
from koocr.errors import ConfigError, WeightsError, WeightsMissingError  # noqa: E402
from tests.detection.conftest import SMALL  # noqa: E402
from tests.detection.pages import striped_page  # noqa: E402


@pytest.fixture(scope="module")
def detector(onnx_file):
    return Detector(onnx_file)


def quads(regions):
    return np.array([region.quad for region in regions], np.float32).reshape(-1, 4, 2)


def test_lines_are_found_where_they_are(detector):
    page = striped_page(7, size=(230, 310))
    regions = detector.detect(page.image)
    counts = count_page(quads(regions), [unit.quad for unit in page.units], [False] * 4, min_iou=0.6)
    assert counts.recall == 1 and counts.precision >= 0.8
    assert all(0.5 <= region.score <= 1 and region.quad.dtype == np.float32 for region in regions)
    tops = [region.quad[:, 1].mean() for region in regions]
    assert tops == sorted(tops)


def test_a_large_page_is_scaled_and_its_quads_are_in_its_own_pixels(onnx_file):
    page = striped_page(7, size=(230, 310))
    large = np.kron(page.image, np.ones((4, 4), np.uint8))
    found = quads(Detector(onnx_file, long_side=310).detect(large))
    counts = count_page(found, [4 * unit.quad for unit in page.units], [False] * 4, min_iou=0.6)
    assert counts.recall == 1


@pytest.mark.parametrize("tone", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (300, 200)])
def test_a_blank_page_has_no_text(detector, tone, size):
    assert detector.detect(np.full(size, tone, np.uint8)) == []


@pytest.mark.parametrize("size", [(1, 7), (8, 8), (33, 31), (3, 900), (2500, 40)])
def test_pages_of_any_size(detector, size):
    image = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    for region in detector.detect(image):
        assert (region.quad >= 0).all() and (region.quad <= size[::-1]).all()


@pytest.mark.parametrize(
    "size, expected",
    [
        ((1754, 1240), (1280, 928)),
        ((1240, 1754), (928, 1280)),
        ((100, 50), (128, 64)),  # nothing is scaled up
        ((640, 1280), (640, 1280)),
        ((20_000, 300), (7392, 128)),  # as many pixels as a page twice as long as wide
        ((20_000, 20_000), (1280, 1280)),
    ],
)
def test_pages_are_scaled_and_padded(size, expected):
    page = prepare(np.zeros(size, np.uint8))
    assert page.image.shape == expected
    corner = np.array([[page.scale[0] * size[1], page.scale[1] * size[0]]], np.float32)
    assert page.on_page(corner)[0] == pytest.approx(size[::-1])


def test_padding_repeats_the_edge():
    page = prepare(np.arange(40 * 33, dtype=np.uint8).reshape(40, 33))
    assert (page.image[:40, 33:] == page.image[:40, 32:33]).all()
    assert (page.image[40:] == page.image[39]).all()


def test_the_settings_decide_what_counts(onnx_file):
    page = striped_page(7).image
    strict = Detector(onnx_file, decoding=DecodeSettings(min_height=400))
    assert strict.detect(page) == []


def test_keras_weights_find_the_same(trained, detector):
    page = striped_page(9).image
    keras_quads = quads(Detector(trained[2] / "weights.h5").detect(page))
    assert keras_quads == pytest.approx(quads(detector.detect(page)), abs=0.1)


def test_float32_computes_what_keras_does(trained, onnx_file):
    batch = {"image": np.random.default_rng(5).random((1, 64, 128, 1), dtype=np.float32)}
    found = OnnxEngine(onnx_file).run(batch)
    expected = trained[0].predict_on_batch(batch)["probability"]
    assert set(found) == {"probability"}
    assert found["probability"] == pytest.approx(expected, abs=1e-3 * max(1, np.abs(expected).max()))
    assert DetectorMetadata.of(OnnxEngine(onnx_file).metadata, "it").settings == SMALL


def test_int8_finds_the_same(onnx_file, tmp_path):
    pages = [striped_page(n).image for n in range(50, 56)]
    path = quantise(onnx_file, tmp_path / "int8.onnx", pages)
    assert agreement(path, onnx_file, [striped_page(n).image for n in range(60, 64)]).f1 > 0.9
    types = {node.op_type for node in onnx.load(str(path)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= types
    assert Detector(path).settings == SMALL
    with pytest.raises(ConfigError, match="needs pages to calibrate"):
        quantise(onnx_file, tmp_path / "none.onnx", [])


def test_int8_is_small(tmp_path):
    """The default network with fresh weights: its size doesn't depend on them."""
    settings = DetectorSettings()
    source = export_onnx(build_network(settings), DetectorMetadata(settings), tmp_path / "float.onnx")
    int8 = quantise(source, tmp_path / "int8.onnx", [striped_page(0).image])
    assert int8.stat().st_size < 1_700_000
    assert source.stat().st_size < 5_000_000


@pytest.mark.parametrize(
    "values, message",
    [({"num_threads": 0}, "num_threads is 0"), ({"long_side": 8}, "long_side is 8")],
)
def test_settings_that_are_none(onnx_file, values, message):
    with pytest.raises(ConfigError, match=message):
        Detector(onnx_file, **values)


def test_weights_that_are_none(tmp_path):
    with pytest.raises(WeightsMissingError, match="there is no weight file"):
        Detector(tmp_path / "none.onnx")
    other = tmp_path / "notes.txt"
    other.write_text("")
    with pytest.raises(WeightsError, match="is no weight file"):
        Detector(other)
