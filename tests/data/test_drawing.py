"""Characters are put where they belong, and none is cut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.data.crawl.drawing import Placement, draw_face
from koocr.errors import ConfigError
from koocr.fonts import korean_face
from tests.data.made_faces import EM, make_face

TEXT = "가각값꿇뷁왜의쀍힣ㄱㅏㄳ"


@pytest.mark.parametrize(
    ("size", "expected"),
    [(64, (5, 5, 50)), (96, (8, 8, 80)), (128, (14, 10, 100)), (256, (50, 10, 200)), (48, (4, 4, 40))],
)
def test_the_usual_places(size: int, expected: tuple[int, int, int]) -> None:
    placement = Placement.of_size(size)
    assert (placement.x_offset, placement.y_offset, placement.char_size) == expected


def test_a_given_value_takes_the_place_of_the_usual_one() -> None:
    assert Placement.of_size(96, y_offset=0) == Placement(96, 8, 0, 80)


@pytest.mark.parametrize(
    "values",
    [(8, 0, 0, 5), (4096, 0, 0, 5), (96, 0, 0, 0), (96, 0, 0, 400), (96, 96, 0, 80), (96, 0, -200, 80)],
)
def test_impossible_places_are_refused(values: tuple[int, int, int, int]) -> None:
    with pytest.raises(ConfigError):
        Placement(*values)


def test_what_fits_is_drawn_exactly_as_pillow_draws_it() -> None:
    placement = Placement(128, 14, 10, 70)
    face = ImageFont.truetype(str(korean_face()), 70, layout_engine=ImageFont.Layout.BASIC)
    for char, picture in zip(TEXT, draw_face(korean_face(), list(TEXT), placement=placement), strict=True):
        expected = Image.new("L", (128, 128), 255)
        ImageDraw.Draw(expected).text((14, 10), char, 0, font=face)
        np.testing.assert_array_equal(picture, np.asarray(expected), err_msg=char)


@pytest.mark.parametrize("ascent", [700, 880, 1600, 2600])
def test_no_ink_is_lost_wherever_a_face_has_its_line(tmp_path: Path, ascent: int) -> None:
    path = make_face(tmp_path / "face.ttf", TEXT, ascent=ascent)
    usual = draw_face(make_face(tmp_path / "usual.ttf", TEXT), list(TEXT), placement=Placement())
    pictures = draw_face(path, list(TEXT), placement=Placement())
    assert pictures.shape == (len(TEXT), 96, 96)
    for picture, reference in zip(pictures, usual, strict=True):
        assert (picture < 128).sum() == pytest.approx((reference < 128).sum(), rel=0.03)


def test_a_face_that_is_too_large_is_made_smaller_as_a_whole(tmp_path: Path) -> None:
    wide = {char: [(0, 0, 2 * EM, 300)] for char in TEXT}
    pictures = draw_face(
        make_face(tmp_path / "wide.ttf", (), pictures=wide), list(TEXT), placement=Placement()
    )
    columns = (pictures < 128).any(axis=1)  # (N, S)
    assert (columns.sum(axis=1) >= 86).all() and (columns.sum(axis=1) <= 94).all()
    heights = (pictures < 128).any(axis=2).sum(axis=1)
    assert (abs(heights - columns.sum(axis=1) * 300 / (2 * EM)) <= 2).all(), "not distorted"


def test_a_single_wild_character_does_not_shrink_the_others(tmp_path: Path) -> None:
    text = [chr(0xAC00 + i) for i in range(300)]
    pictures = {"힣": [(0, -2000, 3000, 3000)], "뷁": [(-700, 0, 100, 800)]}
    path = make_face(tmp_path / "face.ttf", text, pictures=pictures)
    plain = draw_face(make_face(tmp_path / "plain.ttf", text), text, placement=Placement())
    drawn = draw_face(path, [*text, "힣", "뷁"], placement=Placement())
    np.testing.assert_array_equal(drawn[:300], plain)
    assert (drawn[300] < 128).any(axis=0).sum() >= 55, "shrunk into the picture"
    assert (drawn[301] < 128).any(axis=0).sum() == 64, "moved into the picture, whole"


def test_a_picture_is_dark_on_white_and_nothing_is_drawn_of_nothing() -> None:
    pictures = draw_face(korean_face(), ["가"], placement=Placement())
    assert pictures.dtype == np.uint8
    assert pictures[0, 0, 0] == 255
    assert pictures.min() == 0
    assert draw_face(korean_face(), [], placement=Placement()).shape == (0, 96, 96)
