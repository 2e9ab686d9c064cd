"""What is asked of a figure: a limit that it must keep to, and one that we want."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from koocr.evaluation.report import percent

__all__ = ["Limit", "lowest_verdict", "unit"]

_VERDICTS = ("", "missed", "must", "want")


@dataclass(frozen=True)
class Limit:
    """What is asked of one figure.

    Attributes:
        must, want: the limits.
        show: how a value is written.
        is_least: whether values have to be at least the limit, or at most.
    """

    must: float
    want: float
    show: Callable[[float], str] = percent
    is_least: bool = True

    def verdict(self, value: float) -> str:
        """`want` or `must` if the value keeps to that limit, else `missed`; "" for NaN."""
        if math.isnan(value):
            return ""
        sign = 1 if self.is_least else -1
        keeps_to = [sign * value >= sign * limit for limit in (self.want, self.must)]
        return "want" if keeps_to[0] else "must" if keeps_to[1] else "missed"


def unit(template: str) -> Callable[[float], str]:
    """Writes a value into a template such as `{:.1f} MB`; `–` for NaN."""
    return lambda value: "–" if math.isnan(value) else template.format(value)


def lowest_verdict(verdicts: Iterable[str]) -> str:
    """The lowest of several verdicts; "" if one is."""
    return min(verdicts, key=_VERDICTS.index)
