"""The detector on pages of any kind."""

import numpy as np
import pytest

from koocr.detection import reader
from koocr.detection.decode import DecodeSettings
from koocr.detection.evaluation import count_page
from koocr.detection.prepare import prepare
from koocr.detection.reader import Detector
from koocr.errors import ConfigError, WeightsError, WeightsMissingError
from tests.detection.pages import StripeEngine, striped_page


@pytest.fixture(autouse=True)
def stripes(request, monkeypatch):
    """Detectors see stripes, unless a test is about weights."""
    if not request.node.name.startswith("test_weights"):
        monkeypatch.setattr(reader, "_open", lambda weights, num_threads: StripeEngine())


def quads(regions):
    return np.array([region.quad for region in regions], np.float32).reshape(-1, 4, 2)


def recall(found, page, *, scale=1.0):
    true = [scale * unit.quad for unit in page.units]
    counts = count_page(found, true, [False] * len(true), min_iou=0.7)
    assert counts.precision == 1
    return counts.recall


@pytest.mark.parametrize("angle", [0, 2])
def test_lines_are_found_where_they_are(angle):
    page = striped_page(7, size=(230, 310), angle=angle)
    regions = Detector().detect(page.image)
    assert recall(quads(regions), page) == 1
    assert all(0.5 <= region.score <= 1 and region.quad.dtype == np.float32 for region in regions)
    tops = [region.quad[:, 1].mean() for region in regions]
    assert tops == sorted(tops)


def test_a_large_page_is_scaled_and_its_quads_are_in_its_own_pixels():
    page = striped_page(7, size=(230, 310))
    large = np.kron(page.image, np.ones((4, 4), np.uint8))
    assert recall(quads(Detector(long_side=310).detect(large)), page, scale=4) == 1


@pytest.mark.parametrize("tone", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (300, 200)])
def test_a_blank_page_has_no_text(tone, size):
    assert Detector().detect(np.full(size, tone, np.uint8)) == []


@pytest.mark.parametrize("size", [(1, 7), (8, 8), (33, 31), (3, 900), (2500, 40)])
def test_pages_of_any_size(size):
    image = np.random.default_rng(0).integers(0, 2, size).astype(np.uint8) * 255
    image[:, size[1] // 3 :] = 0
    for region in Detector().detect(image):
        assert (region.quad >= 0).all() and (region.quad <= size[::-1]).all()


@pytest.mark.parametrize(
    "size, expected",
    [
        ((1754, 1240), (1280, 928)),
        ((1240, 1754), (928, 1280)),
        ((100, 50), (128, 64)),  # nothing is scaled up
        ((640, 1280), (640, 1280)),
        ((20_000, 300), (7392, 128)),  # as many pixels as a page twice as long as wide
        ((5_000, 5_000), (1280, 1280)),
    ],
)
def test_pages_are_scaled_and_padded(size, expected):
    page = prepare(np.zeros(size, np.uint8))
    assert page.image.shape == expected
    corner = np.array([[page.scale[0] * size[1], page.scale[1] * size[0]]], np.float32)
    assert page.on_page(corner)[0] == pytest.approx(size[::-1])


def test_padding_repeats_the_edge():
    page = prepare(np.arange(40 * 33, dtype=np.uint16).astype(np.uint8).reshape(40, 33))
    assert (page.image[:40, 33:] == page.image[:40, 32:33]).all()
    assert (page.image[40:] == page.image[39]).all()


def test_the_settings_decide_what_counts():
    assert Detector(decoding=DecodeSettings(min_height=400)).detect(striped_page(7).image) == []


@pytest.mark.parametrize(
    "values, message",
    [({"num_threads": 0}, "num_threads is 0"), ({"long_side": 8}, "long_side is 8")],
)
def test_settings_that_are_none(values, message):
    with pytest.raises(ConfigError, match=message):
        Detector(**values)


def test_weights_that_are_none(tmp_path):
    with pytest.raises(WeightsMissingError, match="there is no weight file"):
        Detector(tmp_path / "none.onnx")
    other = tmp_path / "notes.txt"
    other.write_text("")
    with pytest.raises(WeightsError, match="is no weight file"):
        Detector(other)
