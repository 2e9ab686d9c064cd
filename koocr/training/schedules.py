"""Learning rate as a function of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from koocr.errors import ConfigError

SCHEDULES = ("constant", "cosine", "trapezoid")


@dataclass(frozen=True)
class Schedule:
    """A learning rate for every step.

    Attributes:
        name: "constant"; "cosine" to zero; "trapezoid": constant, then a straight line to zero. The last can
            be stopped and lengthened at any time before its decay, with nothing lost.
        peak: the highest rate.
        num_steps: at which the rate reaches zero.
        num_warmup: steps of straight rise to the peak.
        decay: share of the steps in which a trapezoid falls.
    """

    name: str
    peak: float
    num_steps: int
    num_warmup: int = 0
    decay: float = 0.3

    def __post_init__(self) -> None:
        """Raises ConfigError on a schedule that is not known, or a number out of range."""
        if self.name not in SCHEDULES:
            raise ConfigError(f"unknown schedule {self.name!r}; choose one of {', '.join(SCHEDULES)}")
        if not (math.isfinite(self.peak) and self.peak > 0):
            raise ConfigError(f"the learning rate is {self.peak}; give a number above 0")
        if self.num_steps < 1 or self.num_warmup < 0:
            raise ConfigError(
                f"the schedule has {self.num_steps} steps and {self.num_warmup} of warm-up; "
                "give at least 1 and at least 0"
            )
        if not 0 < self.decay <= 1:
            raise ConfigError(f"the decay is {self.decay}; give a share of the steps, above 0 and up to 1")

    def rate(self, step: int) -> float:
        """The rate for step `step`, counted from 0."""
        warm = min(1.0, (step + 1) / self.num_warmup) if self.num_warmup else 1.0
        done = min(1.0, step / self.num_steps)
        if self.name == "cosine":
            fall = 0.5 * (1 + math.cos(math.pi * done))
        elif self.name == "trapezoid":
            fall = min(1.0, (1 - done) / self.decay)
        else:
            fall = 1.0
        return self.peak * warm * fall
