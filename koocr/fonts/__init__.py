"""The faces that come with koocr: one that draws all of Hangul, and one that draws nothing.

`koocr-label.otf` is made from Dongle by Yanghee Ryu (SIL Open Font License 1.1, see `OFL.txt`) with
`koocr.fonts.build`: all 11,172 syllables, the 51 compatibility jamo, ASCII and a few signs, so that no label
is ever a box. `koocr-blank.ttf` is made by the same module: one glyph without ink, for the text layer of
PDFs.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["blank_face", "korean_face"]


def korean_face() -> Path:
    """Returns the path of an OpenType face that draws all of Hangul; Pillow and matplotlib open it."""
    return Path(__file__).parent / "koocr-label.otf"


def blank_face() -> Path:
    """The path of a TrueType face whose glyph 1 is an em large and shows nothing; see `koocr.fonts.build`."""
    return Path(__file__).parent / "koocr-blank.ttf"
