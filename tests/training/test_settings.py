"""Settings of training: what the tasks share, and what each has for itself."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("keras", reason="training needs the train extra")

from koocr.character.training import TrainingSettings
from koocr.detection.training import DetectorTrainingSettings
from koocr.errors import ConfigError
from koocr.line.training import LineTrainingSettings
from koocr.training.loop import LoopSettings
from koocr.training.settings import OptimizationSettings

LOOP = LoopSettings(num_steps=100, steps_per_epoch=50)
TASKS = [TrainingSettings, LineTrainingSettings, DetectorTrainingSettings]


@pytest.mark.parametrize("settings", TASKS)
@pytest.mark.parametrize(
    "wrong",
    [{"precision": "int8"}, {"optimizer": "none"}, {"schedule": "none"}, {"learning_rate": -1.0}],
)
def test_what_is_out_of_range(settings: type[OptimizationSettings], wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        settings(LOOP, **wrong)


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        (TrainingSettings, ("adamw", 0.001, "cosine", 0.0)),
        (LineTrainingSettings, ("muon", 0.002, "trapezoid", 0.0)),
        (DetectorTrainingSettings, ("adamw", 0.002, "trapezoid", 5.0)),
    ],
)
def test_defaults(settings: type[OptimizationSettings], own: tuple[Any, ...]) -> None:
    made = settings(LOOP)
    assert (made.optimizer, made.learning_rate, made.schedule, made.clipnorm) == own
    assert type(made.make_optimizer()).__name__.lower() == own[0]
    assert made.make_optimizer().global_clipnorm == (own[3] or None)


def test_warming_up_takes_a_quarter_at_most() -> None:
    settings = OptimizationSettings(LOOP, learning_rate=0.5, warmup_steps=300)
    rates = [settings.make_schedule().rate(step) for step in range(100)]
    assert max(rates[:24]) < 0.5 and max(rates) == pytest.approx(0.5)
