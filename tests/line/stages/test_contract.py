"""What all 24 recognisers must do, at a thirty-second of their width."""

import keras
import numpy as np
import pytest

from koocr.line.stages.decode import read_lines
from koocr.line.stages.losses import loss_of
from koocr.line.stages.network import build_stages, reading_network
from koocr.line.stages.settings import StageSettings, stage_names
from tests.line.stages.small import (
    CHARSET_SIZE,
    LABELS,
    NUM_FRAMES,
    WIDTHS,
    batch,
    fewer_alike_layers,
    lived_in,
    logits,
    settings,
)


@pytest.fixture(scope="module", params=stage_names())
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    """Built once for all tests of a recogniser; the last of them changes its weights."""
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        fewer_alike_layers(patch)
        yield lived_in(build_stages(settings(name)))
    keras.backend.clear_session()


def test_outputs_are_float32_logits_of_the_promised_sizes(name, model):
    chosen = settings(name)
    inputs = batch(chosen.prediction).inputs
    is_ctc = chosen.prediction == "CTC"
    found = logits(model, inputs)
    assert found.dtype == np.float32 and np.isfinite(found).all()
    assert found.shape == (3, max(NUM_FRAMES) if is_ctc else max(map(len, LABELS)) + 1, 1 + CHARSET_SIZE)
    assert set(model.input) == set(inputs)
    read = reading_network(model).output["symbol"].shape
    assert read == (None, None if is_ctc else chosen.max_length + 1, 1 + CHARSET_SIZE)


def test_padding_does_not_change_what_is_read(name, model):
    """A line alone, not even padded to whole frames, and in a batch that is wider than any of its lines."""
    prediction = settings(name).prediction
    reader = reading_network(model)
    made = batch(prediction).inputs
    wide = batch(prediction, padded_to=32).inputs
    together = logits(reader, wide)
    readings = read_lines(together, wide["num_frames"], prediction=prediction)
    assert together.shape == (3, 8 if prediction == "CTC" else 4, 1 + CHARSET_SIZE)
    assert together.std(axis=0).max() > 1e-3  # the image matters
    for row in (0, 1):
        one = {
            "image": made["image"][row : row + 1, :, : WIDTHS[row]],
            "num_frames": made["num_frames"][row : row + 1],
        }
        alone = logits(reader, one)
        np.testing.assert_allclose(together[row : row + 1, : alone.shape[1]], alone, atol=2e-5)
        (reading,) = read_lines(alone, one["num_frames"], prediction=prediction)
        assert reading.ids == readings[row].ids
        assert reading.confidence == pytest.approx(readings[row].confidence, rel=1e-3)


def test_saved_and_loaded_are_identical_and_so_is_the_config(name, model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.to_json() == model.to_json()
    assert StageSettings.from_dict(settings(name).to_dict()) == settings(name)
    inputs = batch(settings(name).prediction).inputs
    found, wanted = (logits(reading_network(network), inputs) for network in (loaded, model))
    np.testing.assert_array_equal(found, wanted)


def test_a_step_lowers_the_loss(name, model):
    loss = loss_of(settings(name).prediction)
    made = batch(settings(name).prediction)
    optimizer = keras.optimizers.SGD(0.01, global_clipnorm=0.5)  # a short step, however steep the start
    model.compile(optimizer, {"symbol": loss}, run_eagerly=True)
    before = float(model.train_on_batch(made.inputs, made.targets))
    after = float(loss(made.targets["symbol"], model(made.inputs, training=True)["symbol"]))
    assert after < before - 1e-4
