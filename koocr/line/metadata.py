"""What is stored beside the weights of a line network, in every format."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koocr.charset import Charset, line_charset
from koocr.errors import CharsetError, ConfigError, WeightsError
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings

_OWN, _STAGES = "koocr", "four-stage"


@dataclass(frozen=True)
class LineMetadata:
    """Which network the weights belong to, and how sure it may be.

    Attributes:
        settings: of the network: koocr's own, or one of the four-stage family.
        temperatures: by output name; see `koocr.line.scores.frame_scores`.
        symbols: of the charset, one after the other; None: those of `koocr.charset.line_charset`.
    """

    settings: LineSettings | StageSettings
    temperatures: Mapping[str, float] = field(default_factory=dict)
    symbols: str | None = None

    @property
    def charset(self) -> Charset:
        """What the network can read."""
        return line_charset() if self.symbols is None else Charset(tuple(self.symbols))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "task": "line",
            "family": _STAGES if isinstance(self.settings, StageSettings) else _OWN,
            "settings": self.settings.to_dict(),
            "temperatures": dict(self.temperatures),
            "symbols": self.symbols,
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
            return cls(_settings(stored), _temperatures(stored), _symbols(stored))
        except (AttributeError, CharsetError, ConfigError, KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{source} was not made by this version of koocr ({error}); export or train it again"
            ) from error


def _settings(stored: Mapping[str, Any]) -> LineSettings | StageSettings:
    family = stored.get("family", _OWN)
    if family not in (_OWN, _STAGES):
        raise ValueError(f"the family is {family!r}")
    return (StageSettings if family == _STAGES else LineSettings).from_dict(stored["settings"])


def _temperatures(stored: Mapping[str, Any]) -> dict[str, float]:
    temperatures = {str(name): float(value) for name, value in stored.get("temperatures", {}).items()}
    if not all(math.isfinite(value) and value > 0 for value in temperatures.values()):
        raise ValueError(f"the temperatures are {temperatures}")
    return temperatures


def _symbols(stored: Mapping[str, Any]) -> str | None:
    symbols = stored.get("symbols")
    if symbols is None:
        return None
    Charset(tuple(symbols))
    return str(symbols)
