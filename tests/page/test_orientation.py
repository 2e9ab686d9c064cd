"""Which way up: turned on strong evidence, and on nothing less."""

import numpy as np
import pytest

from koocr.document import Line, LineCharacter
from koocr.page.crops import crop_line
from koocr.page.orientation import is_lying, is_upside_down, sureness, surer_way_up
from koocr.page.turning import turn_matrix, turned_half, upright_angle


def bars(num, width, height, *, x=50.0):
    top = 50 + 1.5 * height * np.arange(num)
    return np.array(
        [[[x, y], [x + width, y], [x + width, y + height], [x, y + height]] for y in top], np.float32
    )


def says(text, confidence):
    return Line(text, 0.5, tuple(LineCharacter(symbol, confidence, 0, 1) for symbol in text))


@pytest.fixture
def crops():
    page = np.full((600, 600), 255, np.uint8)
    return [crop_line(page, quad) for quad in bars(10, 400, 20)]


def reads(confidence, calls, text="가나다라"):
    def read(crops):
        calls.append(len(crops))
        return [says(text, confidence)] * len(crops)

    return read


def test_a_page_whose_lines_run_down_lies_on_its_side():
    assert is_lying(bars(10, 20, 400))
    assert not is_lying(bars(10, 400, 20))
    assert not is_lying(bars(0, 1, 1))


def test_a_sign_that_runs_down_does_not_turn_a_page():
    assert not is_lying(np.concatenate([bars(3, 20, 500), bars(10, 400, 20)]))
    assert not is_lying(bars(1, 20, 400))  # alone it may be a book's back
    assert not is_lying(bars(10, 20, 22))  # single characters say nothing


def test_a_page_read_well_is_not_even_tried_the_other_way(crops):
    calls = []
    assert not is_upside_down(crops, [says("가나다", 0.9)] * 10, reads(0.99, calls))
    assert calls == []


@pytest.mark.parametrize(
    ("as_is", "turned", "expected"), [(0.5, 0.95, True), (0.5, 0.6, False), (0.3, 0.2, False)]
)
def test_only_what_reads_much_better_is_turned(crops, as_is, turned, expected):
    calls = []
    assert is_upside_down(crops, [says("가나다", as_is)] * 10, reads(turned, calls)) is expected
    assert calls == [8]


def test_one_line_that_reads_better_does_not_turn_a_page(crops):
    lines = [says("가나다", 0.7)] * 10

    def read(crops):
        return [says("가나다", 1.0 if number < 3 else 0.65) for number in range(len(crops))]

    assert not is_upside_down(crops, lines, read)
    assert not is_upside_down([], [], read)


def test_single_lines_are_turned_only_when_they_cannot_be_read(crops):
    lines = [says("가나다", 0.9)] * 9 + [says("여긔", 0.2)]
    calls = []
    turned, read = surer_way_up(crops, lines, reads(0.9, calls))
    assert calls == [1]
    assert [line.text for line in read] == ["가나다"] * 9 + ["가나다라"]
    assert np.array(turned[9].quad) == pytest.approx(np.roll(crops[9].quad, 2, axis=0))
    _, kept = surer_way_up(crops, lines, reads(0.4, calls))
    assert kept == lines
    _, kept = surer_way_up(crops, lines, reads(0.9, calls, text="ㅡ"))
    assert kept == lines


def test_sureness_is_that_of_the_characters():
    assert sureness(says("가나", 0.6)) == pytest.approx(0.6)
    assert sureness(Line("", 1.0)) == 0
    assert sureness(Line("가나", 0.25)) == pytest.approx(0.5)


@pytest.mark.parametrize("turns", range(6))
def test_points_of_a_turned_page_find_their_way_back(turns):
    image = np.arange(35).reshape(5, 7)
    turned = np.rot90(image, turns)
    matrix = turn_matrix(7, 5, turns)
    for y, x in np.ndindex(turned.shape):
        back = matrix @ [x + 0.5, y + 0.5, 1]
        assert image[int(back[1]), int(back[0])] == turned[y, x]


def test_half_a_turn_keeps_the_corners_of_the_text_in_order():
    quads = bars(1, 100, 20)
    turned = turned_half(quads, (600, 400))
    assert turned[0, 0].tolist() == [400 - 150, 600 - 70]
    assert (turned[0, 1] > turned[0, 0])[0]


@pytest.mark.parametrize(
    ("turns", "slope", "angle"), [(0, 0.0, 0), (1, 0.0, 90), (2, 0.0, 180), (3, 0.0, -90), (0, -0.1, -5.71)]
)
def test_angles_are_between_minus_180_and_180(turns, slope, angle):
    assert upright_angle(turns, slope) == pytest.approx(angle, abs=0.01)
