"""Rules found in pictures: where they were drawn, and nothing in text."""

import cv2
import numpy as np
import pytest

from koocr.page.rules import find_rules
from tests.drawing import draw_character


def page(height=1400, width=1000, ground=240):
    return np.full((height, width), ground, np.uint8)


def drawn(ends, *, width=2, ink=40, ground=240, **size):
    image = page(ground=ground, **size)
    for start, stop in ends:
        cv2.line(image, start, stop, ink, width)
    return image


def ordered(rules):
    """Each with its upper or left end first, sorted."""
    ends = [np.ravel(sorted(rule.tolist(), key=lambda end: (round(end[0] / 50), end[1]))) for rule in rules]
    return sorted(ends, key=lambda rule: tuple(np.round(rule / 50)))


FRAME = [
    ((100, 200), (900, 200)),
    ((100, 500), (900, 500)),
    ((100, 200), (100, 500)),
    ((900, 200), (900, 500)),
]


@pytest.mark.parametrize(("ink", "ground"), [(40, 240), (210, 30)])
def test_a_frame_comes_back(ink, ground):
    found = ordered(find_rules(drawn(FRAME, ink=ink, ground=ground)))
    truth = ordered(np.array(FRAME, np.float64))
    assert len(found) == 4
    assert np.abs(np.array(found) - np.array(truth)).max() <= 3


def test_a_large_page_has_its_rules_in_its_own_pixels():
    big = [((400, 800), (3600, 800)), ((2000, 900), (2000, 5000))]
    found = ordered(find_rules(_big(big)))
    assert np.abs(np.array(found) - np.array(ordered(np.array(big, np.float64)))).max() <= 10


def _big(ends):
    image = page(5600, 4000)
    for start, stop in ends:
        cv2.line(image, start, stop, 40, 6)
    return image


@pytest.mark.parametrize("degrees", [-3, 1, 3])
def test_skewed_rules_are_found_when_the_skew_is_known(degrees):
    slope = np.tan(np.radians(degrees))
    ends = [((100, 400), (900, round(400 + 800 * slope))), ((500, 500), (round(500 - 600 * slope), 1100))]
    found = ordered(find_rules(drawn(ends), slope=float(slope)))
    assert len(found) == 2
    assert np.abs(np.array(found) - np.array(ordered(np.array(ends, np.float64)))).max() <= 4


def test_text_has_no_rules():
    image = page()
    for row, text in enumerate("를화뽕ㅡ—"):
        picture = draw_character(text, size_px=80, margin=4)
        for column in range(8):
            y, x = 100 + 120 * row, 60 + 110 * column
            image[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    assert not len(find_rules(image))


def test_a_stroke_inside_a_unit_is_no_rule_but_a_line_below_it_is():
    image = drawn([((100, 300), (500, 300)), ((100, 340), (500, 340))], width=4)
    unit = np.array([[[90, 270], [510, 270], [510, 330], [90, 330]]], np.float32)
    found = find_rules(image, quads=unit)
    assert len(found) == 1 and found[0, 0, 1] == pytest.approx(340, abs=3)


def test_a_blank_page_has_none():
    assert find_rules(page()).shape == (0, 2, 2)
    assert find_rules(np.zeros((5, 3), np.uint8)).shape == (0, 2, 2)
