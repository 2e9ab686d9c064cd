"""What is decided for a line before it is set: its letter and word spaces, and how unsteady the hand is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.settings import EM, HandSettings, SpacingSettings

__all__ = ["Jitter", "Spacing", "draw_jitter", "draw_spacing"]

FloatArray = NDArray[np.float64]

_LETTERS_A_DRIFT = 6  # letters after which a hand's drift may turn


@dataclass(frozen=True)
class Spacing:
    """The gaps of one line, in ems.

    Attributes:
        tracking: put after every letter; negative: letters move together.
        space: a word space beyond the letter spacing.
        least: what every word space has at least.
        letter_jitter: spread of the letter spaces.
        space_jitter: spread of a word space's logarithm.
        column: chance that a word space is the gap to the next column of a table.
        between_scripts: put between Hangul and what is neither Hangul nor a mark that closes a phrase.
        pitch: width of every letter's cell, or None: each letter has its own width.
        is_squared: whether the cells are drawn, and a space is an empty one.
    """

    tracking: float = 0.0
    space: float = 0.3
    least: float = 0.09
    letter_jitter: float = 0.0
    space_jitter: float = 0.0
    column: float = 0.0
    between_scripts: float = 0.0
    pitch: float | None = None
    is_squared: bool = False


class Jitter(NamedTuple):
    """How each letter of a line is changed: (L, 2, 2) matrices about its middle, (L,) pixels downwards."""

    matrices: FloatArray
    shifts: FloatArray


def draw_spacing(
    rng: np.random.Generator,
    settings: SpacingSettings,
    *,
    is_hand: bool,
    is_form: bool = False,
    is_word: bool = False,
) -> Spacing:
    """Decides the gaps of one line.

    Args:
        rng: source of all chance.
        settings: how often and how far.
        is_hand: hands are unsteady.
        is_form: forms may have columns.
        is_word: a line without spaces, which is never very loose: nobody could tell it from single letters.
    """
    tracking = _tracking(rng, settings)
    if is_word:
        tracking = min(tracking, settings.most_loose_word)
    jitter = settings.letter_jitter * float(rng.random()) if is_hand else 0.0
    least = (
        settings.least_space
        + settings.over_tracking * max(0.0, tracking)
        - 0.5 * min(0.0, tracking)
        + 2 * jitter
    )
    between = 0.0
    if settings.script_gap and rng.random() < settings.script_gap:
        between = float(rng.uniform(0.2, 1.0)) * settings.most_script_gap
        least += between
    pitch, is_squared = None, False
    if rng.random() < settings.manuscript:
        pitch, is_squared = float(rng.uniform(1.1, 1.5)), True
    elif not is_hand and rng.random() < settings.fixed_pitch:
        pitch = float(rng.uniform(0.92, 1.15))
    return Spacing(
        tracking=0.0 if pitch else tracking,
        space=max(least, _space(rng, settings)),
        least=least,
        letter_jitter=jitter,
        space_jitter=settings.space_jitter * float(rng.random()) if is_hand else 0.0,
        column=settings.column if is_form else 0.0,
        between_scripts=between,
        pitch=pitch,
        is_squared=is_squared,
    )


def _tracking(rng: np.random.Generator, settings: SpacingSettings) -> float:
    kind = rng.random()
    if kind < settings.tight:
        return -float(rng.uniform(0.3, 1.0)) * settings.most_tight
    if kind < settings.tight + settings.loose:
        return float(rng.uniform(0.1, 1.0)) * settings.most_loose
    return float(np.clip(rng.normal(0, settings.tracking), -0.06, 0.08))


def _space(rng: np.random.Generator, settings: SpacingSettings) -> float:
    kind = rng.random()
    if kind < settings.hairline:
        return float(rng.uniform(settings.least_space, 0.17))
    if kind < settings.hairline + settings.wide:
        return float(rng.uniform(0.6, settings.most_wide))
    return float(np.clip(settings.space * np.exp(rng.normal(0, settings.space_spread)), 0.12, 0.9))


def draw_jitter(rng: np.random.Generator, count: int, settings: HandSettings) -> Jitter:
    """Decides how each of `count` letters is changed: partly by itself, partly with its neighbours."""
    freedom = rng.uniform(settings.least, settings.most)
    own = rng.standard_normal((4, count)) * freedom
    drift = _drift(rng, 3, count) * freedom
    scale = np.exp(np.clip(settings.size * own[0] + settings.size_drift * drift[0], -0.25, 0.25))
    stretch = np.exp(settings.stretch * own[1] / 2)
    shear = np.tan(np.clip(settings.slant_drift * drift[1], -0.3, 0.3))
    angle = np.radians(settings.turn_deg * own[2])
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)  # (L, 2, 2)
    shape = np.zeros((count, 2, 2))
    shape[:, 0, 0], shape[:, 1, 1], shape[:, 0, 1] = scale * stretch, scale / stretch, -shear * scale
    shifts = EM * (settings.baseline * own[3] + settings.baseline_drift * drift[2])
    return Jitter(turn @ shape, np.clip(shifts, -0.2 * EM, 0.2 * EM))


def _drift(rng: np.random.Generator, kinds: int, count: int) -> FloatArray:
    """(kinds, count) normal numbers that change slowly along the line."""
    knots = count // _LETTERS_A_DRIFT + 2
    values = rng.standard_normal((kinds, knots))
    places = np.linspace(0, knots - 1, max(count, 2))[:count]
    return np.stack([np.interp(places, np.arange(knots), row) for row in values])
