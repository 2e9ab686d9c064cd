"""Pictures of readings: everything is inside, nothing overlaps, and what is drawn is what was read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from koocr.character.picture import _LIST, _THUMB, draw_readings
from koocr.document import Candidate, Character, JamoScore
from koocr.hangul import nfd
from tests.drawing import draw_character

BAR = (191, 219, 254)


def candidate(text: str, probability: float, jamo: str = "ㄷㅏㄺ") -> Candidate:
    return Candidate(text, probability, tuple(JamoScore(letter, probability) for letter in jamo))


READ = Character((candidate("닭", 0.5), candidate("닦", 0.25), candidate("ㄳ", 0.01, "ㄳ")))
PICTURE = draw_character("닭")


def columns_of(image: Image.Image, colour: tuple[int, int, int], top: int, bottom: int) -> np.ndarray:
    return np.flatnonzero((np.asarray(image)[top:bottom] == colour).all(-1).any(0))


def test_bars_are_as_long_as_probabilities() -> None:
    sheet = draw_readings([("a.png", PICTURE, READ)])
    for line, share in enumerate((0.5, 0.25, 0.01)):
        bar = columns_of(sheet, BAR, 24 + 34 * line + 3, 24 + 34 * line + 6)
        assert np.ptp(bar) + 1 == round(share * _LIST)


@pytest.mark.parametrize(("count", "columns"), [(1, 3), (2, 3), (3, 3), (4, 3), (7, 2)])
def test_cards_do_not_overlap(count: int, columns: int) -> None:
    """Between cards, and around all of them, the paper stays white."""
    sheet = np.asarray(draw_readings([("이름이 아주 긴 파일 " * 4, PICTURE, READ)] * count, columns=columns))
    across = min(columns, count)
    width = (sheet.shape[1] - 24) // across - 24
    assert (sheet.shape[1] - 24) % across == 0 and width > _THUMB + _LIST
    for column in range(across + 1):
        gap = sheet[:, column * (width + 24) + 2 : column * (width + 24) + 22]
        assert (gap == 255).all()
    assert (sheet[-20:] == 255).all() and (sheet[:20] == 255).all()


def test_every_kind_of_image_is_shown() -> None:
    odd = [np.full((1, 1), 9, np.uint8), np.full((1, 900), 9, np.uint8), np.full((700, 2), 9, np.uint8)]
    sheet = draw_readings([("x", image, READ) for image in odd])
    assert sheet.mode == "RGB"
    pixels = np.asarray(sheet)
    assert all((pixels[:, 24 + i * (372 + 24) :][:, :_THUMB] == 9).any() for i in range(3))


def test_a_blank_image_has_no_candidates() -> None:
    sheet = draw_readings([("blank.png", np.full((20, 20), 255, np.uint8), Character(()))])
    assert not len(columns_of(sheet, BAR, 0, sheet.height))
    assert (np.asarray(sheet)[:, 24 + _THUMB + 10 :] != 255).any(), "it says so"


def test_names_that_the_face_does_not_draw() -> None:
    composed, decomposed, plain = (
        np.asarray(draw_readings([(name, PICTURE, READ)]))
        for name in ("각 😀漢.png", nfd("각 😀漢.png"), "각 ??.png")
    )
    assert np.array_equal(composed, decomposed)
    assert np.array_equal(composed, plain)


def test_no_reading_at_all() -> None:
    assert draw_readings([]).size[0] > 0
