import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.polygon import area, iou_matrix, min_area_quad, offset_quad, order_corners, quad_iou

SIZE = 200


def rectangle(center=(100, 100), size=(80, 30), angle=0.0):
    """Top left, top right, bottom right, bottom left; turned clockwise by degrees."""
    half = np.array(size) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return (corners @ matrix + center).astype(np.float32)


def inside(quad, *, fine=4):
    """Which of SIZE x SIZE pixels, each in fine x fine parts, lie in a quad, by the signs of its sides."""
    places = (np.arange(SIZE * fine) + 0.5) / fine
    x, y = np.meshgrid(places, places)
    sides = []
    for (ax, ay), (bx, by) in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0)
    return np.all(sides, axis=0)


@pytest.mark.parametrize("angle", [-40, -10, 0, 3, 30, 44])
def test_corners_come_in_the_order_of_reading_whatever_order_they_had(angle):
    quad = rectangle(angle=angle)
    rng = np.random.default_rng(0)
    for _ in range(10):
        assert np.array_equal(order_corners(rng.permutation(quad)), quad)


def test_a_narrow_letter_is_no_line_that_lies_on_its_side():
    upright = rectangle(size=(8, 30), angle=5)
    assert np.array_equal(order_corners(upright[[2, 0, 3, 1]]), upright)


def test_a_steep_line_is_read_along_its_long_side():
    steep = rectangle(size=(120, 10), angle=60)
    assert np.array_equal(order_corners(steep[::-1]), steep)


@pytest.mark.parametrize("angle", [-35, -5, 0, 12, 40])
def test_drawn_rectangles_come_back(angle):
    quad = rectangle(angle=angle)
    picture = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillConvexPoly(picture, np.rint(quad * 16).astype(np.int32), 1, shift=4)
    rows, columns = np.nonzero(picture)
    assert np.abs(min_area_quad(np.stack([columns, rows], axis=1)) - quad).max() < 1


def test_one_point_is_a_quad_without_area():
    assert area(min_area_quad([[3, 4]])) == 0


def test_area_is_that_of_the_closed_form():
    quads = np.stack([rectangle(), rectangle(size=(10, 20), angle=33, center=(1e4, 1e4))])
    assert area(quads) == pytest.approx([2400, 200], rel=1e-3)
    assert area([[0, 0], [4, 0], [0, 3]]) == 6


@pytest.mark.parametrize(
    "one, other, expected",
    [
        (rectangle(), rectangle(), 1.0),
        (rectangle(), rectangle(center=(140, 100)), 1 / 3),
        (rectangle(), rectangle(center=(180, 100)), 0.0),  # they share a side
        (rectangle(), rectangle(size=(40, 15)), 0.25),  # one within the other
        (rectangle(size=(40, 40)), rectangle(size=(40, 40), angle=45), 2**0.5 / 2),  # an octagon
    ],
)
def test_overlap_of_plain_cases(one, other, expected):
    assert quad_iou(one, other) == pytest.approx(expected, abs=1e-5)
    assert quad_iou(other, one) == pytest.approx(expected, abs=1e-5)


places = st.tuples(st.floats(70, 130), st.floats(70, 130))
sizes = st.tuples(st.floats(10, 90), st.floats(10, 60))


@settings(max_examples=40)
@given(places, sizes, st.floats(-44, 44), places, sizes, st.floats(-44, 44))
def test_overlap_is_that_of_counted_pixels_and_symmetric(place, size, angle, place2, size2, angle2):
    one, other = rectangle(place, size, angle), rectangle(place2, size2, angle2)
    found = quad_iou(one, other)
    assert found == pytest.approx(quad_iou(other, one), abs=1e-6)
    first, second = inside(one), inside(other)
    counted = (first & second).sum() / (first | second).sum()
    assert found == pytest.approx(counted, abs=0.01)


@given(places, sizes, st.floats(-180, 180))
def test_a_quad_overlaps_itself_wholly_whichever_way_round(place, size, angle):
    quad = rectangle(place, size, angle)
    assert quad_iou(quad, quad) == pytest.approx(1, abs=1e-5)
    assert quad_iou(quad, quad[::-1]) == pytest.approx(1, abs=1e-5)


def test_the_matrix_holds_each_pair():
    ones = np.stack([rectangle(), rectangle((50, 50)), rectangle((150, 150))])
    others = np.stack([rectangle((60, 55), angle=9), rectangle((110, 105))])
    expected = [[quad_iou(one, other) for other in others] for one in ones]
    assert np.allclose(iou_matrix(ones, others), expected)
    assert iou_matrix(np.zeros((0, 4, 2)), others).shape == (0, 2)


def test_quads_without_area_overlap_nothing():
    flat = rectangle(size=(0, 0))
    assert quad_iou(flat, flat) == 0
    assert quad_iou(flat, rectangle()) == 0


@pytest.mark.parametrize("angle", [0, 17, -40])
@pytest.mark.parametrize("distance", [5, -5, 0])
def test_a_rectangle_grows_and_shrinks_on_all_sides(angle, distance):
    expected = rectangle(size=(80 + 2 * distance, 30 + 2 * distance), angle=angle)
    assert offset_quad(rectangle(angle=angle), distance) == pytest.approx(expected, abs=1e-3)
    assert offset_quad(rectangle(angle=angle)[::-1], distance) == pytest.approx(expected[::-1], abs=1e-3)


def test_each_side_of_any_quad_moves_by_the_distance():
    quad = np.array([[10, 12], [90, 20], [85, 70], [5, 60]], np.float32)
    moved = offset_quad(quad, 7)
    for start, end, new in zip(quad, np.roll(quad, -1, axis=0), moved, strict=True):
        side = (end - start) / np.linalg.norm(end - start)
        off = new - start
        assert off[0] * side[1] - off[1] * side[0] == pytest.approx(7, abs=1e-3)


def test_growing_undoes_shrinking():
    quad = np.array([[10, 12], [90, 20], [85, 70], [5, 60]], np.float32)
    assert offset_quad(offset_quad(quad, -6), 6) == pytest.approx(quad, abs=1e-3)


def test_a_quad_with_two_corners_in_one_place_stays_finite():
    assert np.isfinite(offset_quad([[0, 0], [0, 0], [10, 0], [0, 10]], 2)).all()
