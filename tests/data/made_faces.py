"""Small faces made for tests: a character is drawn as bars that say its number, or as a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM = 1000
BOX = [(100, 0, 900, 800), (200, 100, 800, 700)]
"""What a face shows for a missing glyph: a frame, and a smaller one within."""

Boxes = Iterable[tuple[int, int, int, int]]


def bars(number: int) -> Boxes:
    """A picture for each number: 14 bars, long for a one and short for a zero, in a column."""
    yield 100, 0, 180, 800
    for bit in range(14):
        yield 250, bit * 56, 850 if number >> bit & 1 else 400, bit * 56 + 30


def make_face(
    path: Path,
    drawn: Iterable[str],
    *,
    pictures: Mapping[str, Boxes] | None = None,
    notdef: Boxes = tuple(BOX),
    ascent: int = 880,
    family: str = "Made",
) -> Path:
    """Writes a TrueType face.

    Args:
        path: where to.
        drawn: characters with a picture of their own.
        pictures: further characters and their pictures, as boxes (left, bottom, right, top); () is blank.
        notdef: the picture of a missing glyph.
        ascent: height of the line above the baseline.
        family: the family's name.
    """
    glyphs: dict[str, Any] = {".notdef": _glyph(notdef)}
    cmap: dict[int, str] = {}
    every = {**{char: bars(ord(char) % 16384) for char in drawn}, **(pictures or {})}
    for char, boxes in every.items():
        name = f"u{ord(char):04X}"
        glyphs[name], cmap[ord(char)] = _glyph(boxes), name
    font = FontBuilder(EM)
    font.setupGlyphOrder(list(glyphs))
    font.setupCharacterMap(cmap)
    font.setupGlyf(glyphs)
    font.setupHorizontalMetrics({name: (EM, 0) for name in glyphs})
    font.setupHorizontalHeader(ascent=ascent, descent=ascent - EM)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=ascent, usWinAscent=ascent)
    font.setupPost()
    path.parent.mkdir(parents=True, exist_ok=True)
    font.save(path)
    return path


def _glyph(boxes: Boxes) -> Any:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in boxes:
        pen.moveTo((left, bottom))
        pen.lineTo((left, top))
        pen.lineTo((right, top))
        pen.lineTo((right, bottom))
        pen.closePath()
    return pen.glyph()
