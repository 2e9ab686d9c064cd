"""What a line recogniser is made of; stored in its weight files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from koocr.errors import ConfigError

HEADS = ("jamo", "plain", "jamo-sequence")
"""`jamo`: each frame's syllable is made of jamo, one CTC symbol a syllable; `plain`: one class for every
symbol; `jamo-sequence`: CTC over jamo letters, composed afterwards."""


@dataclass(frozen=True)
class LineSettings:
    """koocr's own recogniser.

    Attributes:
        head: one of `HEADS`.
        height: of the strip, in pixels, in sixteens.
        width: channels, as a multiple of the default's.
        neck_layers: layers that mix frames along the line.
        neck_units: channels of a frame.
        neck_heads: of attention in each layer.
        rank: of the terms that tie medial to initial and final to medial.
        dropout: in the neck.
    """

    head: str = "jamo"
    height: int = 48
    width: float = 1.0
    neck_layers: int = 2
    neck_units: int = 192
    neck_heads: int = 6
    rank: int = 16
    dropout: float = 0.0

    def __post_init__(self) -> None:
        """Raises ConfigError on a value out of range."""
        if self.head not in HEADS:
            raise ConfigError(f"head is {self.head!r}; choose one of {', '.join(HEADS)}")
        if self.height not in range(16, 129, 16):
            raise ConfigError(f"height is {self.height!r}; give a multiple of 16 up to 128")
        if not 0.1 <= self.width <= 4:
            raise ConfigError(f"width is {self.width!r}; give a number from 0.1 to 4")
        for name in ("neck_units", "neck_heads", "rank"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give at least 1")
        if self.neck_layers < 0:
            raise ConfigError(f"neck_layers is {self.neck_layers!r}; give 0 or more")
        if self.neck_units % self.neck_heads:
            raise ConfigError(
                f"{self.neck_units} neck_units can't be shared by {self.neck_heads} neck_heads; "
                "give a divisor"
            )
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout!r}; give a number from 0 to below 1")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LineSettings:
        """The settings of some JSON values; what is left out has its default.

        Raises:
            ConfigError: a name is unknown, or a value out of range.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ConfigError(
                f"there is no line setting {unknown[0]!r}; known are {', '.join(sorted(known))}"
            )
        return cls(**values)
