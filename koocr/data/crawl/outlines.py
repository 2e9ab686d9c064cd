"""A checksum of what a face draws rather than of its file.

Where the file can't be pinned (an archive that is packed anew for each download, a publisher who serves
another container of the same face), its outlines still can: the same face as TTF, WOFF or WOFF2, whole or as
a subset, hinted or not, has the same outlines, and a damaged or redrawn one has not.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any

from koocr.errors import DataError, missing_dependency

OUTLINE_TEXT = "가각간나다람밥붉빵섞수양엄왜잃절차콩퓨흥"
"""The syllables whose outlines are summed up; every face of the manifest draws them all."""

_EM = 1000


def outline_sha256(path: str | os.PathLike[str], *, index: int = 0) -> str:
    """Sums up the outlines and widths of twenty syllables, in thousandths of the em.

    Args:
        path: a font file: TTF, OTF, TTC, WOFF or WOFF2.
        index: which face of a collection.

    Returns:
        A SHA-256 in hexadecimal.

    Raises:
        DataError: this is not a font, or it lacks one of the syllables.
        MissingDependencyError: fontTools is not installed, or Brotli for a WOFF2 file.
    """
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise missing_dependency("fonttools", "train") from error
    try:
        with open(path, "rb") as stream, TTFont(stream, fontNumber=index, lazy=True) as font:
            lines = [_line(font, char) for char in OUTLINE_TEXT]
    except ImportError as error:
        raise missing_dependency("brotli", "train") from error
    except (TTLibError, OSError, KeyError, ValueError, AssertionError, IndexError) as error:
        raise DataError(f"this is not a whole Korean font ({error})", file=path) from error
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _line(font: Any, char: str) -> str:
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    glyphs, em = font.getGlyphSet(), font["head"].unitsPerEm
    glyph = glyphs[font.getBestCmap()[ord(char)]]
    pen = DecomposingRecordingPen(glyphs)
    glyph.draw(pen)
    steps = " ".join(f"{step}{_points(points, em)}" for step, points in pen.value)
    return f"{char} {round(glyph.width * _EM / em)} {steps}"


def _points(points: tuple[tuple[float, float] | None, ...], em: int) -> str:
    known = (point for point in points if point is not None)
    return ",".join(f"{round(x * _EM / em)}:{round(y * _EM / em)}" for x, y in known)
