"""What a text detector is made of; stored in its weight files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from koocr.errors import ConfigError

__all__ = ["MAP_STRIDE", "STRIDE", "DetectorSettings"]

STRIDE = 32
"""Pixels of a page for one place of the deepest map: sides of the network's input are multiples of it."""
MAP_STRIDE = 2
"""Pixels of a page for one place of the probability map, along both sides."""


@dataclass(frozen=True)
class DetectorSettings:
    """koocr's own detector.

    Attributes:
        width: channels, as a multiple of the default's.
        neck_channels: of the maps of all scales where they meet.
        head_channels: of the map from which probability and threshold are made.
        shrink_ratio: r of the targets' inward move D = A(1 - r²) / L (Liao et al., 2020, section 3.4), in
            (0, 1). The paper's 0.4 leaves a sixth of a line's height, less than a pixel of small print; 0.7
            leaves half of it.
        sharpness: k of the differentiable binarisation 1 / (1 + exp(-k(P - T))).
    """

    width: float = 1.0
    neck_channels: int = 48
    head_channels: int = 24
    shrink_ratio: float = 0.7
    sharpness: float = 50.0

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        if not 0.1 <= self.width <= 4:
            raise ConfigError(f"width is {self.width!r}; give a number from 0.1 to 4")
        for name in ("neck_channels", "head_channels"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give at least 1")
        if not 0 < self.shrink_ratio < 1:
            raise ConfigError(f"shrink_ratio is {self.shrink_ratio!r}; give a number between 0 and 1")
        if not 1 <= self.sharpness <= 1000:
            raise ConfigError(f"sharpness is {self.sharpness!r}; give a number from 1 to 1,000")

    @property
    def shrink(self) -> float:
        """D as a share of A / L."""
        return 1 - self.shrink_ratio**2

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DetectorSettings:
        """The settings of some JSON values; what is left out has its default.

        Raises:
            ConfigError: a name is unknown, or a value out of range.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(
                f"there is no detector setting {unknown[0]!r}; known are {', '.join(sorted(known))}"
            )
        return cls(**values)
