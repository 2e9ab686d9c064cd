"""What a line network learns from, and what it is validated on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from koocr.data.synthesis.lines import LineBatch
from koocr.line.batches import FittedLines

__all__ = ["LineData", "LineValidation"]


@dataclass(frozen=True)
class LineValidation:
    """Groups of lines, e.g. "clean" and "hands", each measured on its own."""

    groups: Mapping[str, LineBatch]


@dataclass(frozen=True)
class LineData:
    """Numbered batches, as they were drawn or already fitted, and what a network is validated on."""

    batches: Callable[[int], LineBatch | FittedLines]
    validation: LineValidation | None = None
