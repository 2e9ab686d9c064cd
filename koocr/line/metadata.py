"""What is stored beside the weights of a line network, in every format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koocr.errors import ConfigError, WeightsError
from koocr.line.settings import LineSettings


@dataclass(frozen=True)
class LineMetadata:
    """Which network the weights belong to, and how sure it may be.

    Attributes:
        settings: of the network.
        temperatures: by output name; see `koocr.line.scores.frame_scores`.
    """

    settings: LineSettings
    temperatures: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "task": "line",
            "settings": self.settings.to_dict(),
            "temperatures": dict(self.temperatures),
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], source: str) -> LineMetadata:
        """Metadata from `to_dict`.

        Args:
            stored: the values.
            source: the weights, for the error's text.

        Raises:
            WeightsError: they are no line network's, or not what this version of koocr stores.
        """
        if stored.get("task") != "line":
            raise WeightsError(f"{source} holds no line network; give weights of `koocr train line`")
        try:
            settings = LineSettings.from_dict(stored["settings"])
            temperatures = {str(name): float(value) for name, value in stored.get("temperatures", {}).items()}
            if not all(math.isfinite(value) and value > 0 for value in temperatures.values()):
                raise ValueError(f"the temperatures are {temperatures}")
        except (AttributeError, ConfigError, KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{source} was not made by this version of koocr ({error}); export or train it again"
            ) from error
        return cls(settings, temperatures)
