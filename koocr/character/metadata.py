"""What is stored beside the weights of a character network, in every format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koocr.character.settings import CharacterSettings
from koocr.errors import ConfigError, WeightsError


@dataclass(frozen=True)
class ModelMetadata:
    """Which network the weights belong to, and how sure it may be.

    Attributes:
        settings: of the network.
        temperatures: by output name; see `koocr.character.decode.scores_of`.
        common_bonus: for common syllables; see there.
    """

    settings: CharacterSettings
    temperatures: Mapping[str, float] = field(default_factory=dict)
    common_bonus: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "settings": self.settings.to_dict(),
            "temperatures": dict(self.temperatures),
            "common_bonus": self.common_bonus,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], source: str) -> ModelMetadata:
        """Metadata from `to_dict`.

        Args:
            stored: the values.
            source: the weights, for the error's text.

        Raises:
            WeightsError: they are not what this version of koocr stores.
        """
        try:
            settings = CharacterSettings.from_dict(stored["settings"])
            temperatures = {str(name): float(value) for name, value in stored.get("temperatures", {}).items()}
            if not all(math.isfinite(value) and value > 0 for value in temperatures.values()):
                raise ValueError(f"the temperatures are {temperatures}")
            common_bonus = float(stored.get("common_bonus", 0.0))
            if not math.isfinite(common_bonus):
                raise ValueError(f"the common_bonus is {common_bonus}")
        except (AttributeError, ConfigError, KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{source} was not made by this version of koocr ({error}); export or train it again"
            ) from error
        return cls(settings, temperatures, common_bonus)
