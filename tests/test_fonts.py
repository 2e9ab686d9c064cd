"""The label face really draws all of Hangul."""

import pytest
from PIL import ImageFont

from koocr.fonts import korean_face
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable

SYLLABLES = [syllable(index) for index in range(NUM_SYLLABLES)]
ASCII = [chr(code) for code in range(0x21, 0x7F)]


@pytest.fixture(scope="module")
def face() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(korean_face()), 56, layout_engine=ImageFont.Layout.BASIC)


def bitmap(face: ImageFont.FreeTypeFont, char: str) -> bytes:
    mask = face.getmask(char, mode="L")
    return b"%d %d " % mask.size + bytes(mask)


def test_no_symbol_is_a_box_or_blank(face: ImageFont.FreeTypeFont) -> None:
    missing = bitmap(face, "\uffff")
    for char in [*SYLLABLES, *JAMO, *ASCII, *"→·×–"]:
        assert any(bytes(face.getmask(char, mode="L"))), char
        assert bitmap(face, char) != missing, char


def test_all_syllables_look_different(face: ImageFont.FreeTypeFont) -> None:
    assert len({bitmap(face, char) for char in SYLLABLES}) == NUM_SYLLABLES


def test_the_licence_lies_beside_the_face() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (korean_face().parent / "OFL.txt").read_text("utf-8")
