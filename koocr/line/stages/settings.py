"""Which of the four-stage recognisers, and how large; stored in its weight files.

Pure Python: a reader needs the settings of a model without loading Keras.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from koocr.errors import ConfigError

TRANSFORMATIONS = ("None", "TPS")
FEATURES = ("VGG", "RCNN", "ResNet")
SEQUENCES = ("None", "BiLSTM")
PREDICTIONS = ("CTC", "Attn")

STRIDE = 4
"""Pixels of the line to one frame."""

_STAGES = {
    "transformation": TRANSFORMATIONS,
    "features": FEATURES,
    "sequence": SEQUENCES,
    "prediction": PREDICTIONS,
}


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """The settings of one recogniser of the family; equal settings build equal graphs.

    Attributes:
        charset_size: number of symbols that it can read, C; their ids are 0 to C - 1.
        transformation: "TPS" straightens the line first, with a thin-plate spline.
        features: the convolutional trunk.
        sequence: "BiLSTM" lets every frame see the whole line.
        prediction: "CTC" names each frame's symbol or blank, "Attn" spells the text symbol by symbol.
        height: of the line image, in pixels, in sixteens from 32; the study's 32.
        channels: of the last map of the trunk; the layers before, and those that find the spline, have
            their share of it. The study's 512.
        hidden: units of the recurrent layers and of the attention. The study's 256.
        num_fiducials: points of the spline, half of them along each edge of the line. The study's 20.
        width: of the copy of the line in which the fiducials are looked for, in pixels. The study's lines,
            all of them words, are 100 wide; twice that keeps the strokes of a few words apart.
        max_length: most symbols that "Attn" writes. The study's 25 hold one word; 40 hold ten.
    """

    charset_size: int
    transformation: str = "None"
    features: str = "VGG"
    sequence: str = "None"
    prediction: str = "CTC"
    height: int = 32
    channels: int = 512
    hidden: int = 256
    num_fiducials: int = 20
    width: int = 200
    max_length: int = 40

    def __post_init__(self) -> None:
        """Raises ConfigError on a stage that there isn't, or a value out of range."""
        for name, allowed in _STAGES.items():
            _one_of(name, getattr(self, name), allowed)
        for name, (low, high, step) in _WHOLE_NUMBERS.items():
            _whole(name, getattr(self, name), low, high, step)

    @property
    def name(self) -> str:
        """The four stages as the study writes them: "TPS-VGG-BiLSTM-Attn"."""
        return "-".join(getattr(self, stage) for stage in _STAGES)

    @classmethod
    def named(cls, name: str, *, charset_size: int, **others: Any) -> StageSettings:
        """The settings of a recogniser by its name.

        Args:
            name: one of `stage_names()`.
            charset_size: number of symbols.
            others: settings other than the stages.

        Raises:
            ConfigError: the name is none of the 24, or a setting is unknown or out of range.
        """
        _one_of("recogniser", name, stage_names())
        stages = dict(zip(_STAGES, name.split("-"), strict=True))
        return cls.from_dict({"charset_size": charset_size, **stages, **others})

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StageSettings:
        """Settings from `to_dict`; a name left out takes its default.

        Raises:
            ConfigError: a name is unknown, a value is out of range, or charset_size is left out.
        """
        known = tuple(field.name for field in fields(cls))
        for name in values:
            _one_of("setting", name, known)
        if "charset_size" not in values:
            raise ConfigError("charset_size is missing; give the number of symbols of the charset")
        return cls(**values)


def stage_names() -> tuple[str, ...]:
    """The names of all 24 recognisers, in the order of the stages' options."""
    return tuple("-".join(stages) for stages in itertools.product(*_STAGES.values()))


_WHOLE_NUMBERS = {  # from, to, in steps of
    "charset_size": (1, 100_000, 1),
    "height": (32, 128, 16),
    "channels": (16, 4096, 16),
    "hidden": (1, 4096, 1),
    "num_fiducials": (6, 100, 2),
    "width": (16, 4096, 1),
    "max_length": (1, 1000, 1),
}


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if isinstance(value, str) and value in allowed:
        return
    lowered = {other.lower(): other for other in allowed}
    close = difflib.get_close_matches(str(value).lower(), lowered, n=1, cutoff=0.6)
    hint = f"did you mean {lowered[close[0]]!r}? " if close else ""
    raise ConfigError(f"{name} is {value!r}; {hint}allowed: {', '.join(allowed)}")


def _whole(name: str, value: object, low: int, high: int, step: int) -> None:
    if not isinstance(value, bool) and isinstance(value, int) and value in range(low, high + 1, step):
        return
    kind = "whole number" if step == 1 else f"multiple of {step}"
    raise ConfigError(f"{name} is {value!r}; give a {kind} from {low} to {high}")
