"""What is stored beside the weights of a detector, in every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from koocr.detection.settings import DetectorSettings
from koocr.errors import ConfigError, WeightsError

__all__ = ["DetectorMetadata"]


@dataclass(frozen=True)
class DetectorMetadata:
    """Which network the weights belong to.

    Attributes:
        settings: of the network.
    """

    settings: DetectorSettings

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"task": "detection", "settings": self.settings.to_dict()}

    @classmethod
    def of(cls, stored: Mapping[str, Any], source: str) -> DetectorMetadata:
        """Metadata from `to_dict`.

        Args:
            stored: the values.
            source: the weights, for the error's text.

        Raises:
            WeightsError: they are no detector's, or not what this version of koocr stores.
        """
        if stored.get("task") != "detection":
            raise WeightsError(f"{source} holds no text detector; give weights of `koocr train detector`")
        try:
            return cls(DetectorSettings.from_dict(stored["settings"]))
        except (AttributeError, ConfigError, KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{source} was not made by this version of koocr ({error}); export or train it again"
            ) from error
