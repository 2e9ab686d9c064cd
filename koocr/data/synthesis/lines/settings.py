"""How lines are set, bent and spoilt; every value with its reason beside it.

Lengths are in ems (the size of the type; a syllable is about one em wide), chances are per line, and spreads
are standard deviations, unless a comment says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from koocr.errors import ConfigError

__all__ = [
    "EM",
    "DrawingSettings",
    "FaultSettings",
    "HandSettings",
    "LookalikeSettings",
    "MarkSettings",
    "PaperSettings",
    "PoolSettings",
    "ShapeSettings",
    "SpacingSettings",
]

EM = 48
"""Pixels of an em that glyphs are drawn at, before a line takes its size: about what the networks see."""


def _chance(value: float) -> Any:
    return field(default=value, metadata={"is_chance": True})


def _chances(settings: Any) -> list[str]:
    return [item.name for item in fields(settings) if item.metadata.get("is_chance")]


class _Checked:
    """Settings whose chances are looked at."""

    def __post_init__(self) -> None:
        """Raises ConfigError on a chance that is none."""
        for name in _chances(self):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"the chance {name} is {getattr(self, name)}; give a number from 0 to 1")

    @classmethod
    def without_chance(cls, **kept: float) -> Any:
        """These settings with every chance 0 but those that are named."""
        return cls(**{**dict.fromkeys(_chances(cls), 0.0), **kept})


@dataclass(frozen=True)
class PoolSettings(_Checked):
    """Who writes the next line."""

    # shares by class, any scale; a class without faces has none
    serif: float = 0.18  # books and papers; few faces, so each comes often
    gothic: float = 0.22
    display: float = 0.12
    handwriting: float = 0.36  # hands differ more than types, and are what readers fail at
    real: float = 0.12  # crops of real hands: few writers, but the only true pens
    written: float = 0.0  # written with a moving pen; for training, where real hands are few
    # whose digits and Latin letters
    mixed_latin: float = _chance(0.15)  # from another face of the class, as word processors do
    num_standbys: int = 10  # faces of a class that step in where one lacks a symbol
    max_glyphs: int = 150_000  # kept drawn; about 300 MB


@dataclass(frozen=True)
class SpacingSettings(_Checked):
    """Gaps between letters and words."""

    tracking: float = 0.025  # spread of the ordinary letter spacing
    tight: float = _chance(0.14)  # letters pushed together, down to where they touch
    most_tight: float = 0.13
    loose: float = _chance(0.12)  # headings and forms
    most_loose: float = 0.35
    most_loose_word: float = 0.14  # of a line that is a single word
    space: float = 0.28  # median of the ordinary word space; Korean type has 0.2 to 0.35
    space_spread: float = 0.30  # of its logarithm
    hairline: float = _chance(0.16)  # of lines: word spaces that can just be told from letter spaces
    wide: float = _chance(0.10)  # justified lines and careless hands, up to `most_wide`
    most_wide: float = 1.6
    least_space: float = 0.09  # anything less can't be seen, and would teach to invent spaces
    over_tracking: float = 0.75  # a space is at least this share of the letter spacing beyond it
    letter_jitter: float = 0.035  # of hands; cut at twice that
    space_jitter: float = 0.22  # of hands: spread of a space's logarithm
    column: float = _chance(0.05)  # of spaces in forms: the gap to the next column of a table
    fixed_pitch: float = _chance(0.05)  # typewriters, receipts, pixel faces
    script_gap: float = _chance(
        0.18
    )  # a gap between Hangul and Latin or brackets, as word processors put one
    most_script_gap: float = 0.22
    manuscript: float = _chance(0.02)  # squared paper (원고지): a square a letter, an empty one for a space


@dataclass(frozen=True)
class HandSettings(_Checked):
    """How a hand differs from its typeface; a face has but one shape for each syllable.

    Each line has a freedom between `least` and `most`, which all the others are multiplied with.
    """

    least: float = 0.1
    most: float = 1.4
    size: float = 0.035  # of each letter
    size_drift: float = 0.035  # along the line
    baseline: float = 0.022
    baseline_drift: float = 0.035
    slant: float = 0.10  # of the whole line, as a shear
    slant_drift: float = 0.05
    turn_deg: float = 2.2
    stretch: float = 0.045
    printed: float = _chance(0.06)  # lines of print that are jittered, too: stamps and old type


@dataclass(frozen=True)
class MarkSettings(_Checked):
    """What is drawn besides text."""

    underline: float = _chance(0.06)
    strike: float = _chance(0.015)
    frame: float = _chance(0.04)  # around the line or a word of it
    highlight: float = _chance(0.03)
    rules: float = _chance(0.05)  # ruled paper, borders of tables
    specks: float = _chance(0.04)
    neighbours: float = _chance(0.13)  # lines above or below look in


@dataclass(frozen=True)
class LookalikeSettings(_Checked):
    """Symbols that only their neighbours tell apart."""

    disguised: float = _chance(0.07)  # l set as 1, O as 0 and so on
    struck_zero: float = _chance(0.06)  # zeros with a stroke through them


@dataclass(frozen=True)
class ShapeSettings(_Checked):
    """The line as a whole: pen, size and how the page lies."""

    em_px: tuple[float, float] = (16.0, 64.0)  # drawn uniformly on a logarithmic scale
    pen: float = _chance(0.45)  # strokes thinner or thicker
    pen_drift: float = _chance(0.10)  # of them: the more so, the further along
    outlined: float = _chance(0.008)  # hollow letters
    italic: float = _chance(0.05)  # print, slanted
    stretched: float = _chance(0.25)  # print, condensed or widened (장평)
    stretch: float = 0.12  # of the logarithm of the width
    skew: float = _chance(0.45)
    skew_deg: float = 1.3  # lines are cut out of pages that were deskewed, or nearly
    most_skew_deg: float = 5.0
    curve: float = _chance(0.15)
    curve_em: float = 0.14
    perspective: float = _chance(0.15)
    elastic: float = _chance(0.40)  # of hands; of print half as often
    elastic_em: float = 0.022
    wave: tuple[float, float] = (0.0, 0.0)  # amplitudes of a sine along and across the line, in ems
    margin: float = 0.22  # mean of the ground on each side, exponential
    side_margin: float = 0.5  # the same for left and right
    clipped: float = _chance(0.06)  # a side cut into the letters
    most_clipped: float = 0.07


@dataclass(frozen=True)
class PaperSettings(_Checked):
    """Tones of ink and ground."""

    plain: float = _chance(0.40)  # black on white, or nearly
    least_contrast: float = 45.0  # grey levels between ink and ground
    light_on_dark: float = _chance(0.12)
    texture: float = _chance(0.40)  # of the others: grain, fibres, clouds
    pattern: float = _chance(0.06)  # hatching, dots, stripes
    picture: float = _chance(0.08)  # something photographed lies behind
    show_through: float = _chance(0.04)  # the back of the page
    light: float = _chance(0.22)  # a ramp or the edge of a shadow
    dry_pen: float = _chance(0.10)  # ink that is uneven: pencils, worn type


@dataclass(frozen=True)
class FaultSettings(_Checked):
    """What cameras, scanners and messengers do."""

    blur: float = _chance(0.30)
    most_blur_px: float = 1.1  # spread at an em of 32 pixels; more where letters are larger
    motion: float = _chance(0.04)
    noise: float = _chance(0.32)
    most_noise: float = 26.0  # grey levels
    jpeg: float = _chance(0.30)
    jpeg_quality: tuple[int, int] = (20, 85)
    sharpened: float = _chance(0.06)
    bilevel: float = _chance(0.04)  # fax, or type without grey edges
    enlarged: float = _chance(0.12)  # a small picture, made large by a program
    fixed_blur: float = 0.0  # spread in ems that every line is blurred with


@dataclass(frozen=True)
class DrawingSettings:
    """All of them; see each."""

    pool: PoolSettings = PoolSettings()
    spacing: SpacingSettings = SpacingSettings()
    hand: HandSettings = HandSettings()
    lookalikes: LookalikeSettings = LookalikeSettings()
    marks: MarkSettings = MarkSettings()
    shape: ShapeSettings = ShapeSettings()
    paper: PaperSettings = PaperSettings()
    faults: FaultSettings = FaultSettings()
    similar_lengths: bool = True  # lines of a batch are about equally long: less padding

    @classmethod
    def clean(cls) -> DrawingSettings:
        """Black on white, straight, ordinarily spaced, and nothing else."""
        return cls(
            pool=PoolSettings.without_chance(),
            spacing=SpacingSettings.without_chance(),
            hand=HandSettings(least=0.0, most=0.0, printed=0.0),
            lookalikes=LookalikeSettings.without_chance(),
            marks=MarkSettings.without_chance(),
            shape=ShapeSettings.without_chance(),
            paper=PaperSettings.without_chance(plain=1.0),
            faults=FaultSettings.without_chance(),
        )
