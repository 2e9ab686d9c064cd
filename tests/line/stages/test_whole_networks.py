"""What a few recognisers show for all: export, mixed precision, size, and that they learn."""

import keras
import numpy as np
import onnxruntime
import pytest

from koocr.line.stages.decode import read_lines
from koocr.line.stages.losses import loss_of
from koocr.line.stages.network import build_stages, reading_network
from koocr.line.stages.settings import StageSettings
from tests.line.stages.small import LABELS, NUM_FRAMES, batch, fewer_alike_layers, lived_in, logits, settings

EVERY_OPTION = ("TPS-RCNN-BiLSTM-CTC", "None-ResNet-None-Attn", "TPS-VGG-None-CTC")


@pytest.fixture(autouse=True)
def repeatable():
    keras.utils.set_random_seed(0)
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    keras.backend.clear_session()


@pytest.mark.parametrize("name", EVERY_OPTION[:2])
def test_onnx_agrees_at_widths_it_was_not_exported_with(name, tmp_path, monkeypatch):
    fewer_alike_layers(monkeypatch)
    model = reading_network(lived_in(build_stages(settings(name))))
    batches = [batch(settings(name).prediction, padded_to=width).inputs for width in (20, 44)]
    wanted = [logits(model, inputs) for inputs in batches]  # Keras exports only what has been called
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    for inputs, want in zip(batches, wanted, strict=True):
        (found,) = session.run(["symbol"], {key: inputs[key] for key in ("image", "num_frames")})
        np.testing.assert_allclose(found, want, atol=1e-4)


@pytest.mark.parametrize("name", EVERY_OPTION[:2])
def test_mixed_precision_trains_and_stays_near(name, monkeypatch):
    fewer_alike_layers(monkeypatch)
    prediction = settings(name).prediction
    made = batch(prediction)
    model = lived_in(build_stages(settings(name)))
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    mixed = build_stages(settings(name))
    mixed.set_weights(model.get_weights())
    want, found = logits(model, made.inputs), logits(mixed, made.inputs)
    assert found.dtype == np.float32
    off = [
        np.abs(found[row, steps] - want[row, steps]).max()
        for row, steps in enumerate(map(slice, NUM_FRAMES if prediction == "CTC" else (None,) * 3))
    ]
    assert max(off) < 0.1 * np.abs(want).max()
    mixed.compile(keras.optimizers.Adam(0.01), {"symbol": loss_of(prediction)}, run_eagerly=True)
    losses = [float(mixed.train_on_batch(made.inputs, made.targets)) for _ in range(4)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("prediction", ["CTC", "Attn"])
def test_three_lines_are_learnt(prediction):
    """Trained with the true symbols told, read without: what is read is what was written."""
    chosen = settings(f"None-VGG-None-{prediction}", hidden=24, channels=32)
    model = build_stages(chosen)
    made = batch(prediction)
    model.compile(keras.optimizers.Adam(0.01), {"symbol": loss_of(prediction)})
    for _ in range(100):
        model.train_on_batch(made.inputs, made.targets)
    found = logits(reading_network(model), made.inputs)
    readings = read_lines(found, made.inputs["num_frames"], prediction=prediction)
    assert tuple(reading.ids for reading in readings) == LABELS


@pytest.mark.parametrize("name", EVERY_OPTION)
def test_padding_does_not_change_what_is_learnt(name, monkeypatch):
    """Nor do the statistics of batch normalisation see it."""
    fewer_alike_layers(monkeypatch)
    prediction = settings(name).prediction
    model = lived_in(build_stages(settings(name)))
    before = model.get_weights()
    results = []
    for width in (20, 44):
        model.set_weights(before)
        found = logits(model, batch(prediction, padded_to=width).inputs, training=True)
        results.append((found, model.get_weights()))
    (found, weights), (padded, padded_weights) = results
    for row, count in enumerate(NUM_FRAMES):
        steps = slice(count if prediction == "CTC" else None)
        np.testing.assert_allclose(padded[row, steps], found[row, steps], atol=5e-5)
    for value, other in zip(weights, padded_weights, strict=True):
        np.testing.assert_allclose(other, value, atol=1e-5)
    assert any((value != old).any() for value, old in zip(weights, before, strict=True))


@pytest.mark.parametrize(
    ("name", "millions"),
    # RARE, R2AM and the best one in table 1 of Baek et al. (2019), with 36 symbols.
    [("TPS-VGG-BiLSTM-Attn", 10.8), ("None-RCNN-None-Attn", 2.9), ("TPS-ResNet-BiLSTM-Attn", 49.6)],
)
def test_sizes_are_those_of_the_study(name, millions):
    model = build_stages(StageSettings.named(name, charset_size=36))
    assert model.count_params() / 1e6 == pytest.approx(millions, abs=0.05)
