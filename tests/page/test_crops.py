"""Crops: what is in a quad comes out upright, and places find their way back."""

import cv2
import numpy as np
import pytest

from koocr.bend import Bend
from koocr.page.crops import Crop, crop_line


def turned_quad(x, y, width, height, degrees):
    angle = np.radians(degrees)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    start = np.array([x, y])
    return np.stack(
        [start, start + width * along, start + width * along + height * across, start + height * across]
    )


def scene(quad, height=600, width=800):
    """A page with a dark quad whose first quarter is black."""
    image = np.full((height, width), 230, np.uint8)
    cv2.fillPoly(image, [np.round(quad * 16).astype(np.int32)], 120, shift=4)
    part = quad[[0, 0, 3, 3]] + np.array([[0], [0.25], [0.25], [0]]) * (
        quad[[1, 1, 2, 2]] - quad[[0, 0, 3, 3]]
    )
    cv2.fillPoly(image, [np.round(part * 16).astype(np.int32)], 0, shift=4)
    return image


@pytest.mark.parametrize("degrees", [0, 7, 90, 180, -90])
def test_a_line_comes_out_upright_with_its_beginning_on_the_left(degrees):
    quad = turned_quad(400, 300, 160, 30, degrees)
    crop = crop_line(scene(quad), quad)
    left, top, right, bottom = (round(edge) for edge in crop.text)
    assert (right - left, bottom - top) == (160, 30)
    inner = crop.image[top + 3 : bottom - 3]
    assert inner[:, left + 4 : left + 32].max() < 40
    assert abs(int(np.median(inner[:, left + 60 : right - 4])) - 120) <= 2
    assert crop.image[:, : left - 2].min() > 200 and crop.image[0].min() > 200  # ground all around


@pytest.mark.parametrize(("height", "expected"), [(12, 12), (44, 44), (176, 44), (400, 44)])
def test_large_text_is_shrunk_and_small_text_left(height, expected):
    quad = turned_quad(100, 100, 6 * height, height, 0)
    crop = crop_line(np.full((700, 2800), 255, np.uint8), quad)
    assert crop.text[3] - crop.text[1] == pytest.approx(expected)


@pytest.mark.parametrize("degrees", [0, -25, 100])
def test_places_lie_along_the_quad(degrees):
    quad = turned_quad(400, 300, 200, 60, degrees)
    crop = crop_line(np.full((600, 800), 255, np.uint8), quad)
    assert np.array(crop.quad) == pytest.approx(quad, abs=1e-3)
    left, _, right, _ = crop.text
    middle = np.array(crop.place(left, (left + right) / 2))
    assert middle == pytest.approx(turned_quad(400, 300, 100, 60, degrees), abs=1e-3)
    assert np.array(crop.place(-99, 9999)) == pytest.approx(quad, abs=1e-3)  # nothing lies outside


def test_places_follow_the_perspective():
    quad = np.array([[100, 100], [500, 140], [500, 200], [100, 220]], np.float32)
    crop = crop_line(np.full((600, 800), 255, np.uint8), quad)
    left, _, right, _ = crop.text
    corners = np.array(crop.place((left + right) / 2, right))
    # The lines of writing meet at one point; the middle is where the diagonals cross.
    a, b, c, d = quad.astype(float)
    cross = a + (c - a) * np.linalg.det([d - a, d - b]) / np.linalg.det([c - a, d - b])
    on_line = np.linalg.det([corners[0] - cross, corners[3] - cross])
    assert abs(on_line) < 1e-2


def test_a_turned_crop_reads_from_the_other_end():
    quad = turned_quad(300, 300, 200, 40, 5)
    crop = crop_line(scene(quad), quad)
    turned = crop.turned()
    assert (turned.image == crop.image[::-1, ::-1]).all()
    assert np.array(turned.quad) == pytest.approx(np.roll(quad, 2, axis=0), abs=1e-3)
    assert np.array(turned.turned().quad) == pytest.approx(quad, abs=1e-3)


def test_quads_without_size_give_nothing_and_those_outside_are_filled():
    image = np.full((50, 60), 200, np.uint8)
    assert crop_line(image, np.zeros((4, 2))) is None
    assert crop_line(image, turned_quad(5, 5, 30, 1, 0)) is None
    assert crop_line(image, np.full((4, 2), np.nan)) is None
    for x, y in ((-20, -10), (50, 45), (500, 500)):
        assert (crop_line(image, turned_quad(x, y, 40, 12, 3)).image == 200).all()


def bowed(degrees):
    """A page with a dark line that hangs by its own height in the middle, and its course."""
    quad = turned_quad(400, 300, 300, 30, degrees)
    bend = Bend(quad, np.array([0, 0.75, 1, 0.75, 0], np.float32))
    image = np.full((800, 800), 230, np.uint8)
    for number, piece in enumerate(bend.pieces()):
        cv2.fillPoly(image, [np.round(piece * 16).astype(np.int32)], 40 + 20 * number, shift=4)
    return image, bend


@pytest.mark.parametrize("degrees", [0, 8, 90, 180])
def test_a_line_that_hangs_is_laid_straight(degrees):
    image, bend = bowed(degrees)
    crop = crop_line(image, np.zeros((4, 2)), bend)
    left, top, right, bottom = (round(edge) for edge in crop.text)
    assert (right - left, bottom - top) == (300, 30)
    inner = crop.image[top + 3 : bottom - 3, left + 3 : right - 3]
    assert inner.max() <= 101 and inner[:, 5].max() <= 41, "no ground within it, its beginning on the left"
    assert crop.image[: top - 2].min() > 200 and crop.image[bottom + 2 :].min() > 200
    assert (crop.turned().image == crop.image[::-1, ::-1]).all()


def test_places_of_a_line_that_hangs():
    image, bend = bowed(0)
    crop = crop_line(image, np.zeros((4, 2)), bend)
    left = crop.text[0]
    whole = np.array(crop.quad)
    assert whole[:, 1] == pytest.approx([300, 300, 360, 360], abs=0.5)  # the bow and the text
    first = np.array(crop.place(left, left + 75))
    assert first == pytest.approx(bend.pieces()[0], abs=0.5)
    turned = crop.turned()
    assert np.array(turned.quad) == pytest.approx(whole[[2, 3, 0, 1]], abs=0.5)
    width = crop.image.shape[1]
    back = np.array(turned.place(width - left - 75, width - left))
    assert back == pytest.approx(first[[2, 3, 0, 1]], abs=0.5)


@pytest.mark.parametrize("sag", [np.zeros(0), np.linspace(0, 9, 120)])
def test_many_places_are_each_of_them(sag):
    matrix = np.array([[1.1, 0.1, 5.0], [-0.1, 0.9, 7.0], [1e-4, 2e-4, 1.0]])
    crop = Crop(np.zeros((40, 120), np.uint8), matrix, (10.0, 5.0, 110.0, 35.0), sag)
    spans = [(12.0, 30.0), (0.0, 15.0), (100.0, 130.0)]
    np.testing.assert_allclose(crop.places(spans), [crop.place(*span) for span in spans], atol=1e-9)
    assert crop.places([]) == []
