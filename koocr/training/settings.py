"""How a network of any task is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras

from koocr.errors import ConfigError
from koocr.training.loop import LoopSettings
from koocr.training.optimizers import make_optimizer
from koocr.training.precision import PRECISIONS
from koocr.training.schedules import Schedule

__all__ = ["OptimizationSettings"]


@dataclass(frozen=True)
class OptimizationSettings:
    """What the tasks' training settings share; each has defaults of its own.

    Attributes:
        loop: how long, and what is kept.
        learning_rate: the schedule's peak.
        optimizer: see `koocr.training.optimizers`.
        weight_decay: decoupled.
        schedule: see `koocr.training.schedules`.
        warmup_steps: of straight rise; at most a quarter of all.
        clipnorm: largest norm of the gradient; 0: no limit.
        precision: "float32" or "mixed_bfloat16".
        seed: of the first weights and of dropout; None: another each time. Batches have seeds of their own.
    """

    loop: LoopSettings
    learning_rate: float = 0.002
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    schedule: str = "trapezoid"
    warmup_steps: int = 300
    clipnorm: float = 0.0
    precision: str = "float32"
    seed: int | None = None

    def __post_init__(self) -> None:
        """Raises ConfigError on an option that is unknown or out of range."""
        if self.precision not in PRECISIONS:
            raise ConfigError(f"precision is {self.precision!r}; choose one of {', '.join(PRECISIONS)}")
        self.make_schedule()
        self.make_optimizer()

    def make_schedule(self) -> Schedule:
        """The learning rate of each step."""
        return Schedule(
            self.schedule,
            peak=self.learning_rate,
            num_steps=self.loop.num_steps,
            num_warmup=min(self.warmup_steps, self.loop.num_steps // 4),
        )

    def make_optimizer(self) -> keras.Optimizer:
        """A new optimiser."""
        return make_optimizer(
            self.optimizer,
            self.learning_rate,
            weight_decay=self.weight_decay,
            clipnorm=self.clipnorm or None,
        )

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain JSON values."""
        return asdict(self)
