"""The detector's network: its contract, and that the folded one computes the same."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.detection.keras_model import load_model, reading_model, stored_metadata  # noqa: E402
from koocr.detection.metadata import DetectorMetadata  # noqa: E402
from koocr.detection.network import OUTPUTS, block_names, build_network  # noqa: E402
from koocr.detection.settings import DetectorSettings  # noqa: E402
from koocr.errors import WeightsError  # noqa: E402
from koocr.training.precision import precision  # noqa: E402
from koocr.training.weights_file import save_weights  # noqa: E402
from tests.detection.networks import TINY, randomised, run  # noqa: E402


def image(height=64, width=96, *, count=2):
    return {"image": np.random.default_rng(2).random((count, height, width, 1), dtype=np.float32)}


@pytest.mark.parametrize("size", [(64, 96), (32, 32), (128, 64)])
def test_maps_have_half_the_sides(size):
    outputs = run(build_network(TINY), image(*size))
    assert set(outputs) == set(OUTPUTS)
    assert all(value.shape == (2, size[0] // 2, size[1] // 2, 1) for value in outputs.values())


def test_the_default_has_about_a_million_weights():
    assert 0.4e6 < build_network(DetectorSettings()).count_params() < 1.1e6


def test_weights_come_back_from_their_file(tmp_path):
    model, path = randomised(), tmp_path / "weights.h5"
    save_weights(path, model, DetectorMetadata(TINY).to_dict())
    again = load_model(path)
    assert stored_metadata(path).settings == TINY
    for name, value in run(model, image()).items():
        assert np.array_equal(run(again, image())[name], value)


def test_weights_of_another_task(tmp_path):
    save_weights(tmp_path / "weights.h5", randomised(), {"task": "line"})
    with pytest.raises(WeightsError, match="holds no text detector"):
        load_model(tmp_path / "weights.h5")


def test_the_folded_network_computes_the_same():
    model = randomised()
    folded = reading_model(model, DetectorMetadata(TINY))
    assert set(folded.output) == {"probability"}
    expected = run(model, image())["probability"]
    assert run(folded, image())["probability"] == pytest.approx(expected, rel=1e-3, abs=1e-2)
    assert not any("_bn" in layer.name for layer in folded.layers)


def test_every_block_is_named():
    made = {layer.name.removesuffix("_bn") for layer in build_network(TINY).layers if "_bn" in layer.name}
    assert made == set(block_names(TINY))


def test_mixed_precision_gives_float32():
    with precision("mixed_bfloat16"):
        model = build_network(TINY)
    assert all(value.dtype == np.float32 for value in run(model, image()).values())


def test_the_same_seed_makes_the_same_network():
    keras.utils.set_random_seed(3)
    one = build_network(TINY).get_weights()
    keras.utils.set_random_seed(3)
    assert all(map(np.array_equal, one, build_network(TINY).get_weights()))
