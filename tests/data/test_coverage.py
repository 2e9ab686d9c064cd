"""A face's ink decides what it draws, not its character map."""

from __future__ import annotations

from pathlib import Path

import pytest

from koocr.data.crawl.coverage import face_coverage, is_common
from koocr.errors import DataError
from koocr.fonts import korean_face
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable
from tests.data.made_faces import BOX, make_face

DRAWN = "가각힣뷁갂"
CROSS = [(100, 0, 900, 60), (100, 740, 900, 800), (470, 0, 530, 800)]
SLIP = [(100, 0, 900, 200)]
OTHER_SLIP = [(100, 0, 300, 800)]
THIRD_SLIP = [(0, 0, 300, 300)]


def syllables(path: Path) -> str:
    return "".join(map(syllable, face_coverage(path).syllables.tolist()))


def test_a_face_that_draws_all_of_hangul() -> None:
    coverage = face_coverage(korean_face())
    assert coverage.syllables.tolist() == list(range(NUM_SYLLABLES))
    assert coverage.jamo.tolist() == list(range(len(JAMO)))
    assert coverage.ambiguous == ()


def test_only_what_has_a_picture_of_its_own_counts(tmp_path: Path) -> None:
    pictures = {
        **dict.fromkeys("나낙낚", ()),  # promised, and blank
        **dict.fromkeys("다닥닦단", BOX),  # promised, and drawn as a missing glyph is
        **dict.fromkeys("라락란랄", CROSS),  # promised, and drawn as another stand-in
        "ㄱ": [(0, 0, 500, 100)],
        "ㄴ": (),
    }
    coverage = face_coverage(make_face(tmp_path / "face.ttf", DRAWN, pictures=pictures))
    assert "".join(map(syllable, coverage.syllables.tolist())) == "".join(sorted(DRAWN))
    assert [JAMO[i] for i in coverage.jamo] == ["ㄱ"]
    assert coverage.num_blank == 4
    assert coverage.num_placeholders == 4
    assert coverage.num_missing == NUM_SYLLABLES + len(JAMO) - len(DRAWN) - 1 - 4 - 4


@pytest.mark.parametrize("stand_in", ["\ufffd", "□", "?"])
def test_a_sign_for_a_missing_glyph_is_no_syllable(tmp_path: Path, stand_in: str) -> None:
    face = make_face(tmp_path / "face.ttf", DRAWN, pictures={stand_in: CROSS, "라": CROSS})
    assert syllables(face) == "".join(sorted(DRAWN))


def test_a_blank_notdef_hides_nothing(tmp_path: Path) -> None:
    assert syllables(make_face(tmp_path / "face.ttf", DRAWN, notdef=())) == "".join(sorted(DRAWN))


def test_two_syllables_drawn_alike_are_no_good_for_teaching(tmp_path: Path) -> None:
    assert is_common("젠") and not is_common("졘")
    assert is_common("롤") and is_common("룰")
    assert not is_common("쪃") and not is_common("쪻")
    pictures = {
        "젠": SLIP,
        "졘": SLIP,
        "롤": OTHER_SLIP,
        "룰": OTHER_SLIP,
        "쪃": THIRD_SLIP,
        "쪻": THIRD_SLIP,
    }
    coverage = face_coverage(make_face(tmp_path / "face.ttf", "가", pictures=pictures))
    assert coverage.ambiguous == ("롤룰", "젠졘", "쪃쪻")
    assert [syllable(i) for i in coverage.syllables.tolist()] == ["가", "젠"]


def test_the_common_syllables_are_those_of_ks_x_1001() -> None:
    common = [char for char in map(syllable, range(NUM_SYLLABLES)) if is_common(char)]
    assert len(common) == 2350


def test_what_is_no_font_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "face.ttf").write_bytes(b"no font")
    with pytest.raises(DataError, match="not a font"):
        face_coverage(tmp_path / "face.ttf")
    with pytest.raises(DataError, match="does not exist"):
        face_coverage(tmp_path / "absent.ttf")
