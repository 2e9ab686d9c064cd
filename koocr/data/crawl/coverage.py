"""Which characters a face really draws.

A face's character map promises more than the face keeps: thousands of its glyphs may be blank, a box, or a
cross in a box. So the ink decides, at one size, for all 11,172 syllables and the 51 compatibility jamo:

- no ink: not drawn;
- the picture that the face shows for a code point that nobody has, or for U+FFFD, □ or ?: a stand-in for a
missing
  glyph;
- one picture for three characters or more: a stand-in too;
- one picture for two characters: a slip of the designer, right for one of them at most. If just one of the
two is
  among the 2,350 syllables of KS X 1001, which are drawn first and looked at most, the picture is taken to be
  that one; otherwise both are left out, for a wrong label teaches worse than none.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import ImageFont

from koocr.data.faces import open_font
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable

PROBE_SIZE_PX = 40
_NOWHERE = ("\uffff", "\ufffe", "\U0010ffff", "\u0378")  # noncharacters, and one that is unassigned
_STAND_INS = (*_NOWHERE, "\ufffd", "□", "?")
_MANY = 3

_Bitmap = tuple[tuple[int, int], tuple[int, int], bytes]


@dataclass(frozen=True)
class Coverage:
    """What a face draws, and why the rest is left out.

    Attributes:
        syllables: sorted indices of the syllables that it draws, 0 to 11,171.
        jamo: sorted indices into `koocr.hangul.JAMO` of the single jamo that it draws.
        num_blank: characters without ink.
        num_missing: characters shown by the picture of a missing glyph.
        num_placeholders: characters that share one picture with two or more others.
        ambiguous: the pairs of characters that share one picture, as texts of two.
    """

    syllables: npt.NDArray[np.int32]
    jamo: npt.NDArray[np.int32]
    num_blank: int
    num_missing: int
    num_placeholders: int
    ambiguous: tuple[str, ...]


def face_coverage(path: str | os.PathLike[str], *, index: int = 0) -> Coverage:
    """Finds what a font file really draws.

    Args:
        path: a font file that FreeType opens.
        index: which face of a collection.

    Raises:
        DataError: the file is missing or is not a font.
    """
    font = open_font(path, PROBE_SIZE_PX, index=index)
    groups: dict[_Bitmap, list[str]] = defaultdict(list)
    for char in (*map(syllable, range(NUM_SYLLABLES)), *JAMO):
        groups[_bitmap(font, char)].append(char)
    return _sort_out(groups, {_bitmap(font, char) for char in _STAND_INS})


def is_common(char: str) -> bool:
    """Whether a character is one of the 2,350 syllables of KS X 1001."""
    return len(char.encode("euc_kr", "ignore")) == 2  # rarer syllables take eight bytes


def _sort_out(groups: dict[_Bitmap, list[str]], stand_ins: set[_Bitmap]) -> Coverage:
    drawn: list[str] = []
    ambiguous: list[str] = []
    counts = {"blank": 0, "missing": 0, "placeholder": 0}
    for bitmap, chars in groups.items():
        if not any(bitmap[2]):
            counts["blank"] += len(chars)
        elif bitmap in stand_ins:
            counts["missing"] += len(chars)
        elif len(chars) >= _MANY:
            counts["placeholder"] += len(chars)
        elif len(chars) == 1:
            drawn += chars
        else:
            ambiguous.append("".join(chars))
            drawn += _likely(chars)
    return Coverage(
        syllables=_indices(drawn, ord("가"), NUM_SYLLABLES),
        jamo=_indices(drawn, ord(JAMO[0]), len(JAMO)),
        num_blank=counts["blank"],
        num_missing=counts["missing"],
        num_placeholders=counts["placeholder"],
        ambiguous=tuple(sorted(ambiguous)),
    )


def _likely(pair: list[str]) -> list[str]:
    common = [char for char in pair if is_common(char)]
    return common if len(common) == 1 else []


def _indices(chars: Iterable[str], first: int, count: int) -> npt.NDArray[np.int32]:
    return np.array(sorted(ord(char) - first for char in chars if 0 <= ord(char) - first < count), np.int32)


def _bitmap(font: ImageFont.FreeTypeFont, char: str) -> _Bitmap:
    mask, offset = font.getmask2(char, mode="L")
    return mask.size, (int(offset[0]), int(offset[1])), bytes(mask)
