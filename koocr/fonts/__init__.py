"""The face of the labels in koocr's pictures: it draws all of Hangul, so that no label is ever a box.

`koocr-label.otf` is made from Dongle by Yanghee Ryu (SIL Open Font License 1.1, see `OFL.txt`) with
`koocr.fonts.build`: all 11,172 syllables, the 51 compatibility jamo, ASCII and a few signs.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["korean_face"]


def korean_face() -> Path:
    """Returns the path of an OpenType face that draws all of Hangul; Pillow and matplotlib open it."""
    return Path(__file__).parent / "koocr-label.otf"
