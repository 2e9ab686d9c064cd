"""Training lines: the loss a symbol, learning, resuming, stopping at NaN, warm starts, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")
tf = pytest.importorskip("tensorflow", reason="training needs the train extra")

from koocr.charset import line_charset  # noqa: E402
from koocr.data.synthesis.lines import LineBatch  # noqa: E402
from koocr.errors import ConfigError, DataError, TrainingError, WeightsError  # noqa: E402
from koocr.line.batches import fit_lines  # noqa: E402
from koocr.line.ctc import ctc_loss  # noqa: E402
from koocr.line.metadata import LineMetadata  # noqa: E402
from koocr.line.network import build_network  # noqa: E402
from koocr.line.recognisers import OwnRecogniser, StageRecogniser  # noqa: E402
from koocr.line.settings import LineSettings  # noqa: E402
from koocr.line.spelling import spell  # noqa: E402
from koocr.line.stages.settings import StageSettings  # noqa: E402
from koocr.line.training import (  # noqa: E402
    CtcLoss,
    LineData,
    LineTrainingSettings,
    to_training_batch,
    train_line_network,
    warm_start,
)
from koocr.line.validation import LineValidation  # noqa: E402
from koocr.training.loop import LoopSettings  # noqa: E402
from koocr.training.weights_file import read_settings, read_weights  # noqa: E402
from tests.line.line_oracles import factorised  # noqa: E402
from tests.trained_lines import batch_of  # noqa: E402

TINY = LineSettings(height=16, width=0.1, neck_layers=1, neck_units=8, neck_heads=2, rank=2, dropout=0.2)
MAKE = partial(OwnRecogniser, TINY)


def lines(number: int) -> LineBatch:
    return batch_of(["가를"[number % 2 :], "볶"])


def settings(num_steps: int = 4, **values: Any) -> LineTrainingSettings:
    loop = LoopSettings(
        num_steps=num_steps, steps_per_epoch=2, average_decay=0.5, average_every=1, is_silent=True
    )
    return replace(LineTrainingSettings(loop=loop, seed=5, optimizer="adam"), **values)


@pytest.fixture
def untraced() -> Iterator[None]:
    """Runs steps one by one: to trace a network takes seconds, and these take few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_the_loss_is_per_symbol() -> None:
    outputs = factorised(2, 6, others=4)
    labels, num_labels = np.array([[3, 11172, 9], [7, 0, 0]], np.int32), np.array([3, 1], np.int32)
    num_frames = np.array([6, 5], np.int32)
    whole = np.asarray(ctc_loss(outputs, labels, num_frames=num_frames, num_labels=num_labels))
    parts = {**outputs, "num_frames": num_frames, "labels": labels, "num_labels": num_labels}
    np.testing.assert_allclose(np.asarray(CtcLoss()(parts)), whole / [3, 1], rtol=1e-5)


def test_lines_become_arrays() -> None:
    blank = np.full((40, 100), 255, np.uint8)
    batch = batch_of(["가를 볶", "A", "쭈"])
    batch.images[1] = blank
    made = to_training_batch(batch, TINY)
    assert len(made) == 2, "what has no ink can't be learnt from"
    assert line_charset().decode(made.images["labels"][0]) == "가를 볶"
    assert made.images["num_labels"].tolist() == [4, 1]
    assert made.images["image"].shape[:2] == (2, 16) and made.weights["loss"].tolist() == [1, 1]
    fitted = fit_lines(batch.images, batch.texts, height=16)
    again = to_training_batch(fitted, TINY)
    assert all(np.array_equal(again.images[name], value) for name, value in made.images.items())
    spelled = to_training_batch(batch, replace(TINY, head="jamo-sequence")).images
    expected = spell(line_charset().encode("가를 볶"))
    assert spelled["labels"][0].tolist() == expected.tolist()
    assert spelled["num_labels"].tolist() == [len(expected), 2]
    batch.images[:] = [blank] * 3
    with pytest.raises(DataError, match="no line of a batch has ink"):
        to_training_batch(batch, TINY)


def test_a_few_steps_lower_the_loss(tmp_path: Path) -> None:
    rows: list[float] = []

    class Rows:
        def begin(self, step: int) -> None: ...
        def write(self, step: int, row: dict[str, float]) -> None:
            rows.append(row["loss"])

        def close(self) -> None: ...

    data = LineData(lambda number: batch_of(["가를볶", "볶쭈를"]))
    training = settings(30, learning_rate=0.01)
    train_line_network(MAKE, training, data, folder=tmp_path, logs=(Rows(),))
    assert rows[-1] < rows[0] / 3


def test_a_stopped_run_ends_as_one_that_was_not(untraced: None, tmp_path: Path) -> None:
    """With dropout, whose state belongs to the run; stopped in the midst of an epoch, too."""
    whole = train_line_network(MAKE, settings(5), LineData(lines), folder=tmp_path / "whole")

    def failing(number: int) -> LineBatch:
        if number >= 3:
            raise KeyboardInterrupt
        return lines(number)

    with pytest.raises(KeyboardInterrupt):
        train_line_network(MAKE, settings(5), LineData(failing), folder=tmp_path / "parts")
    parts = train_line_network(MAKE, settings(5), LineData(lines), folder=tmp_path / "parts")
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert np.array_equal(one, other)
    kept = [read_weights(tmp_path / name / "weights.h5") for name in ("whole", "parts")]
    assert all(np.array_equal(kept[0][path], value) for path, value in kept[1].items())
    assert kept[0].keys() == kept[1].keys() == {weight.path for weight in whole.weights}
    assert LineMetadata.of(read_settings(tmp_path / "whole" / "weights.h5"), "it").settings == TINY


def test_the_run_of_another_network_is_not_gone_on_with(untraced: None, tmp_path: Path) -> None:
    train_line_network(MAKE, settings(2), LineData(lines), folder=tmp_path)
    other = partial(OwnRecogniser, replace(TINY, neck_units=16))
    with pytest.raises(WeightsError, match="belongs to another network"):
        train_line_network(other, settings(4), LineData(lines), folder=tmp_path)


def test_a_loss_that_is_no_number_stops(untraced: None, tmp_path: Path) -> None:
    broken = {weight.path: np.asarray(weight) for weight in build_network(TINY).weights}
    broken["kind/bias"] = np.full_like(broken["kind/bias"], np.nan)
    with pytest.raises(TrainingError, match="the loss is nan at step 0"):
        train_line_network(MAKE, settings(), LineData(lines), folder=tmp_path, start=broken)
    assert not list(tmp_path.iterdir())


def test_a_family_member_is_trained_and_validated(untraced: None, tmp_path: Path) -> None:
    stages = StageSettings(charset_size=len(line_charset()), channels=16, hidden=4)
    rows: list[dict[str, float]] = []

    class Rows:
        def begin(self, step: int) -> None: ...
        def write(self, step: int, row: dict[str, float]) -> None:
            rows.append(row)

        def close(self) -> None: ...

    validation = LineValidation({"clean": lines(0), "hands": lines(1)})
    train_line_network(
        partial(StageRecogniser, stages, line_charset()),
        settings(2),
        LineData(lines, validation),
        folder=tmp_path,
        logs=(Rows(),),
    )
    assert {"val_clean", "val_hands", "loss", "learning_rate"} <= rows[0].keys()
    assert LineMetadata.of(read_settings(tmp_path / "weights.h5"), "it").settings == stages


def test_a_warm_start_takes_what_fits() -> None:
    model = build_network(TINY)
    kernel, bias = (
        np.asarray(model.get_layer("stage1_1_conv").kernel),
        np.asarray(model.get_layer("kind").bias),
    )
    weights = {"stage1_1_conv/kernel": kernel + 1, "kind/bias": np.zeros(3), "other/kernel": kernel}
    assert warm_start(model, weights) == 1
    assert np.array_equal(np.asarray(model.get_layer("stage1_1_conv").kernel), kernel + 1)
    assert np.array_equal(np.asarray(model.get_layer("kind").bias), bias)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"precision": "float16"}, "precision is 'float16'; choose one of float32, mixed_bfloat16"),
        ({"optimizer": "adamm"}, "optimizer is 'adamm'; did you mean 'adam'?"),
        ({"learning_rate": -1.0}, "the learning rate is -1.0; give a number above 0"),
        ({"schedule": "linear"}, "'linear'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_drawn(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(**values)
    assert message in str(caught.value)
