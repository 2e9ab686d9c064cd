"""Lines askew are laid level, lines that are level stay as they are."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.fonts import korean_face
from koocr.line.level import fall_of, levelled
from koocr.line.prepare import fit_line

TEXT = "훑어보니 책값은 13,500원이고 나머지는 없다."


def drawn(text: str = TEXT, size_px: int = 40) -> np.ndarray:
    font = ImageFont.truetype(str(korean_face()), size_px)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (round(right - left) + 40, round(bottom - top) + 30), 245)
    ImageDraw.Draw(image).text((20 - left, 15 - top), text, fill=20, font=font)
    return np.asarray(image)


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Clockwise, on paper that is large enough."""
    rise = abs(math.tan(math.radians(degrees))) * image.shape[1]
    canvas = cv2.copyMakeBorder(image, int(rise), int(rise), 0, 0, cv2.BORDER_CONSTANT, value=245)
    middle = (canvas.shape[1] / 2, canvas.shape[0] / 2)
    matrix = cv2.getRotationMatrix2D(middle, -degrees, 1.0)
    return cv2.warpAffine(canvas, matrix, canvas.shape[::-1], borderValue=245)


def ink_of(image: np.ndarray) -> np.ndarray:
    return np.maximum(245 - image.astype(np.int16), 0).astype(np.uint8)


@pytest.mark.parametrize("degrees", [-6.0, -4.0, -2.0, 2.0, 4.0, 6.0])
def test_a_line_askew_is_found_and_laid_level(degrees: float) -> None:
    askew = turned(drawn(), degrees)
    fall = fall_of(ink_of(askew))
    assert fall is not None
    assert fall.slope == pytest.approx(math.tan(math.radians(degrees)), abs=0.006)
    level, _ = levelled(askew, fall)
    assert fall_of(ink_of(level)) is None
    inked = np.flatnonzero((level < 128).any(axis=1))
    upright = np.flatnonzero((drawn() < 128).any(axis=1))
    assert np.ptp(inked) == pytest.approx(np.ptp(upright), abs=6)
    assert inked[0] > 0 and inked[-1] < len(level) - 1, "nothing is cut off"


@pytest.mark.parametrize("text", [TEXT, "ㅡㅡㅡㅡㅡ", ". . . . .", "값", "이이이이이이이", "g_y_p_q_j_Q"])
def test_a_level_line_stays_as_it_is(text: str) -> None:
    assert fall_of(ink_of(drawn(text))) is None


def test_noise_and_blank_paper_are_level() -> None:
    rng = np.random.default_rng(0)
    for image in (np.zeros((40, 400), np.uint8), rng.integers(0, 255, (40, 400)).astype(np.uint8)):
        assert fall_of(image) is None


@pytest.mark.parametrize("degrees", [-5.0, 3.0, 5.0])
def test_places_are_those_of_the_picture_as_it_came(degrees: float) -> None:
    """Three marks on a line askew: where the strip has them is where they are."""
    image = np.full((60, 1000), 255, np.uint8)
    for x in (100, 500, 900):
        image[15:45, x - 5 : x + 5] = 0
    image[28:32, 100:900] = 0
    askew = turned(image, degrees)
    strip = fit_line(askew)
    assert strip is not None
    columns = (strip.image > 128).sum(axis=0)
    (tall,) = np.nonzero(columns > 0.6 * columns.max())
    groups = np.split(tall, np.flatnonzero(np.diff(tall) > 5) + 1)
    assert len(groups) == 3
    found = [strip.left + strip.scale * (float(group.mean()) + 0.5) for group in groups]
    expected = [500 + (x - 500) * math.cos(math.radians(degrees)) for x in (100, 500, 900)]
    assert found == pytest.approx(expected, abs=4)
