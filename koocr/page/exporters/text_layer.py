"""The invisible text of a PDF's page: which glyphs go where.

The text is set in `koocr.fonts.blank_face`, whose one glyph fills the em and shows nothing. A code of two
bytes stands for the character of that number in Unicode's first plane; the codes of surrogates, which are no
characters, stand for emoji. Each word is stretched over its quad by a text matrix of its own, and the spaces
between words over the gaps, so that what is selected is what is seen, and what is copied has the spaces that
were read. (Tesseract's PDFs have such a face, too.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from koocr.hangul import nfc
from koocr.layout import Page, PageLine
from koocr.page.exporters.elements import words_of

__all__ = ["GLYPH_OF_CODE", "TextRun", "codes_of", "shown_turn", "text_runs", "unicode_of_codes"]

FloatArray = NDArray[np.float64]

GLYPH_OF_CODE: Final = b"\0\1" * 0x10000
"""The CIDToGIDMap: glyph 1 for every code."""
_SURROGATES, _EMOJI = 0xD800, 0x1F300
_NUM_EMOJI = 0x800
_UNKNOWN = 0xFFFD
_BELOW = 0.2
"""Share of the em that lies below the line; see `koocr.fonts.build`."""
_LEAST_GAP = 0.05
"""In heights: words that touch or overlap have a space of this width between them."""


@dataclass(frozen=True)
class TextRun:
    """Glyphs one behind the other.

    Attributes:
        text: at least one character.
        size: of the face, the height of the run, in units of the page (1/72 inch).
        matrix: a, b, c, d, e, f of the text matrix for this size, the page's y going up.
    """

    text: str
    size: float
    matrix: tuple[float, float, float, float, float, float]


def shown_turn(page: Page) -> int:
    """Degrees clockwise, a multiple of 90, that viewers are to turn a page by, so that its text is upright.

    Not only for the eye: text that stands on its head is taken apart by viewers, and phrases aren't found.
    """
    return -90 * round(page.angle / 90) % 360


def text_runs(page: Page, to_page: FloatArray) -> Iterator[TextRun]:
    """The words of a page and the spaces between them, in the order of reading.

    Args:
        page: what was read.
        to_page: (2, 3) affine map from pixels of its picture to units of the PDF's page.
    """
    for line in page.lines:
        yield from _line_runs(line, to_page)


def codes_of(text: str) -> list[int]:
    """The codes of characters; what has none is shown as U+FFFD."""
    return [_code(ord(char)) for char in text]


def unicode_of_codes() -> str:
    """The CMap that says which character a code stands for (ISO 32000-1, 9.10.3)."""
    rows = [row for row in range(0x100) if not _SURROGATES <= row << 8 < _SURROGATES + _NUM_EMOJI]
    ranges = [f"<{row:02X}00> <{row:02X}FF> <{row:02X}00>" for row in rows]
    for start in range(0, _NUM_EMOJI, 0x100):  # a range may not leave its first byte
        code, low = _SURROGATES + start, chr(_EMOJI + start).encode("utf-16-be").hex().upper()
        ranges.append(f"<{code:04X}> <{code + 0xFF:04X}> <{low}>")
    parts = [ranges[start : start + 100] for start in range(0, len(ranges), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange",
            *("\n".join([f"{len(part)} beginbfrange", *part, "endbfrange"]) for part in parts),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _code(point: int) -> int:
    if point < 0x10000:
        return _UNKNOWN if _SURROGATES <= point < _SURROGATES + _NUM_EMOJI else point
    return _SURROGATES + point - _EMOJI if _EMOJI <= point < _EMOJI + _NUM_EMOJI else _UNKNOWN


def _line_runs(line: PageLine, to_page: FloatArray) -> Iterator[TextRun]:
    end: FloatArray | None = None
    for word in words_of(line):
        corners = np.array(word.quad) @ to_page[:, :2].T + to_page[:, 2]
        if end is not None and (gap := _gap(end, corners)) is not None:
            yield gap
        run = _run(nfc(word.text), corners)
        if run is not None:
            yield run
            end = corners


def _gap(before: FloatArray, after: FloatArray) -> TextRun | None:
    """The space between two words: from the right edge of one to the left edge of the other."""
    along = before[1] - before[0] + before[2] - before[3]
    along /= max(float(np.hypot(*along)), 1e-9)
    least = _LEAST_GAP * float(np.hypot(*(before[3] - before[0])))
    width = max(float((after[[0, 3]] - before[[1, 2]]).mean(axis=0) @ along), least)
    stop = before[[1, 2]] + width * along
    return _run(" ", np.array([before[1], stop[0], stop[1], before[2]]))


def _run(text: str, corners: FloatArray) -> TextRun | None:
    """Spreads text over the parallelogram that is nearest to four corners; None if that has no area."""
    across = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    up = (corners[0] - corners[3] + corners[1] - corners[2]) / 2
    size = float(np.hypot(*up))
    if not text or size < 1e-3 or abs(across[0] * up[1] - across[1] * up[0]) < 1e-4:
        return None
    start = corners.mean(axis=0) - across / 2 - up / 2 + _BELOW * up
    a, b = (float(value) for value in across / (len(text) * size))
    c, d = (float(value) for value in up / size)
    return TextRun(text, size, (a, b, c, d, float(start[0]), float(start[1])))
