"""Blank sheets: sizes, and the tones of paper and ink."""

from __future__ import annotations

import numpy as np

from koocr.data.synthesis.pages.settings import PageSettings
from koocr.data.synthesis.pages.sheet import Sheet

__all__ = ["blank_sheet"]

_SHEETS_MM = {(210, 297): 0.55, (182, 257): 0.2, (148, 210): 0.1, (297, 210): 0.08, (216, 279): 0.07}
_SLIDES_MM = {(254, 143): 0.6, (254, 190): 0.4}
_WINDOWS_MM = {(330, 200): 0.4, (300, 225): 0.2, (250, 330): 0.2, (95, 200): 0.2}
_STRIPS_MM = {"receipt": (58, 82), "chat": (65, 75)}  # widths of what is no sheet of paper
_SIGNS_MM = {(160, 120): 0.3, (120, 160): 0.3, (180, 100): 0.2, (100, 100): 0.1, (210, 297): 0.1}
_LONG = (1.4, 2.2)  # heights of strips, in their widths
_MM = 25.4  # of an inch


def blank_sheet(
    rng: np.random.Generator, kind: str, dpi: float, settings: PageSettings, *, is_screen: bool
) -> Sheet:
    """A sheet for a kind of page.

    Args:
        rng: source of all chance.
        kind: one of the settings' kinds.
        dpi: pixels per inch.
        settings: how large it may be, and how often it is dark.
        is_screen: whether it may be dark: paper is not.
    """
    width, height = (side / _MM * dpi for side in _sides(rng, kind))
    cut = min(1.0, (settings.most_pixels / (width * height)) ** 0.5)
    ground, ink = _tones(rng)
    if rng.random() < settings.dark and is_screen:
        ground, ink = 255 - ground, 255 - ink
    return Sheet(round(width * cut), round(height * cut), ground, ink)


def _sides(rng: np.random.Generator, kind: str) -> tuple[float, float]:
    if kind in _STRIPS_MM:
        width = float(rng.uniform(*_STRIPS_MM[kind]))
        return width, width * float(rng.uniform(*_LONG))
    choices = {"slide": _SLIDES_MM, "sign": _SIGNS_MM, "screen": _WINDOWS_MM}.get(kind, _SHEETS_MM)
    return list(choices)[int(rng.choice(len(choices), p=list(choices.values())))]


def _tones(rng: np.random.Generator) -> tuple[float, float]:
    """Grey levels of paper and ink: mostly white or nearly, with black ink or nearly."""
    roll = float(rng.random())
    if roll < 0.5:
        return 255.0, 0.0
    if roll < 0.9:
        return float(rng.uniform(225, 255)), float(rng.uniform(0, 70))
    return float(rng.uniform(150, 230)), float(rng.uniform(0, 60))  # newspapers, recycled and coloured paper
