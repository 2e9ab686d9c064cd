"""Training the detector: it learns, goes on as if it had not been stopped, and says what is wrong."""

from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")
tf = pytest.importorskip("tensorflow", reason="training needs the train extra")

from koocr.detection.crops import CropSettings, CropStream  # noqa: E402
from koocr.detection.data import DetectorData  # noqa: E402
from koocr.detection.keras_model import load_model  # noqa: E402
from koocr.detection.network import build_network  # noqa: E402
from koocr.detection.settings import DetectorSettings  # noqa: E402
from koocr.detection.training import (  # noqa: E402
    DetectorTrainingSettings,
    to_training_batch,
    train_detector,
    with_loss,
)
from koocr.errors import ConfigError  # noqa: E402
from koocr.training.loop import LoopSettings  # noqa: E402
from koocr.training.weights_file import read_weights  # noqa: E402
from tests.detection.pages import striped_page  # noqa: E402

SMALL = DetectorSettings(width=0.35, neck_channels=16, head_channels=12)
TINY = DetectorSettings(width=0.1, neck_channels=4, head_channels=4)
CROPS = CropSettings(size=32, new_pages=1)


class Rows:
    """A log that keeps what it is told."""

    def __init__(self):
        self.rows = []

    def begin(self, step): ...

    def write(self, step, row):
        self.rows.append(row)

    def close(self): ...


def data():
    return DetectorData(CropStream(striped_page, batch_size=2, settings=CROPS).batch, {})


def settings(num_steps=4, **values):
    loop = LoopSettings(
        num_steps=num_steps, steps_per_epoch=2, average_decay=0.5, average_every=1, is_silent=True
    )
    return replace(DetectorTrainingSettings(loop=loop, seed=5), **values)


@pytest.fixture
def untraced():
    """Runs steps one by one: to trace a network takes seconds, and these take few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_a_few_steps_find_lines(tmp_path):
    crops = CropSettings(size=96, new_pages=4, heights=(14.0, 20.0), whole=0.0, turned=0.0)
    stream = CropStream(
        lambda number: striped_page(number, angle=number % 7 - 3), batch_size=4, settings=crops
    )
    log, pages = Rows(), [striped_page(1000 + number) for number in range(3)]
    loop = LoopSettings(
        num_steps=220, steps_per_epoch=110, average_decay=0.9, average_every=1, is_silent=True
    )
    training = DetectorTrainingSettings(loop=loop, learning_rate=0.01, warmup_steps=5, seed=1)
    model = train_detector(
        SMALL, training, DetectorData(stream.batch, {"striped": pages}), folder=tmp_path, logs=(log,)
    )
    assert log.rows[-1]["loss"] < 0.7 * log.rows[0]["loss"]
    assert log.rows[-1]["val_striped_50"] > 90
    kept = load_model(tmp_path / "weights.h5")
    assert all(map(np.array_equal, kept.get_weights(), model.get_weights()))


def test_a_batch_holds_what_is_needed():
    crops = data().batches(0)
    batch = to_training_batch(crops, TINY)
    assert batch.images["image"].shape == (2, 32, 32, 1)
    assert batch.images["image"].dtype == np.float32 and batch.images["image"].max() <= 1
    assert all(
        batch.images[name].shape == (2, 16, 16) for name in ("core", "core_mask", "border", "border_mask")
    )
    losses = with_loss(build_network(TINY), TINY).predict_on_batch(dict(batch.images))["loss"]
    assert losses.shape == (2,) and np.isfinite(losses).all()


def test_a_stopped_run_ends_as_one_that_was_not(untraced, tmp_path):
    whole = train_detector(TINY, settings(), data(), folder=tmp_path / "whole")

    def failing(number):
        if number == 3:
            raise KeyboardInterrupt
        return data().batches(number)

    with pytest.raises(KeyboardInterrupt):
        train_detector(TINY, settings(), replace(data(), batches=failing), folder=tmp_path / "stopped")
    resumed = train_detector(TINY, settings(), data(), folder=tmp_path / "stopped")
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-6)


def test_a_run_begins_with_given_weights(untraced, tmp_path):
    first = train_detector(TINY, settings(2), data(), folder=tmp_path / "first")
    given = read_weights(tmp_path / "first" / "weights.h5")
    still = settings(2, learning_rate=1e-12, warmup_steps=0, weight_decay=0.0)
    second = train_detector(TINY, still, data(), folder=tmp_path / "second", start=given)
    for variable, value in zip(second.trainable_variables, first.trainable_variables, strict=True):
        assert np.allclose(variable, value, atol=1e-6)


@pytest.mark.parametrize(
    "values, message",
    [({"precision": "half"}, "precision is 'half'"), ({"optimizer": "adm"}, "did you mean 'adam'")],
)
def test_what_is_wrong_is_said_before_anything_is_drawn(values, message):
    with pytest.raises(ConfigError, match=message):
        settings(**values)
