"""Pages laid level: skew, fans and leaning columns are taken away."""

import numpy as np
import pytest

from koocr.page.level import Levelling, unit_angles, unit_sizes


def lines(num=20, width=400.0, *, x=100.0, pitch=30.0):
    top = 100 + pitch * np.arange(num)
    return np.stack([
        np.stack([np.full(num, x), top], 1), np.stack([np.full(num, x + width), top], 1),
        np.stack([np.full(num, x + width), top + 20], 1), np.stack([np.full(num, x), top + 20], 1),
    ], axis=1)  # fmt: skip


def turned(quads, degrees):
    angle = np.radians(degrees)
    return quads @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_sizes_and_angles_are_those_of_the_writing():
    quads = turned(lines(3), 10)
    width, height = unit_sizes(quads)
    assert width == pytest.approx([400] * 3) and height == pytest.approx([20] * 3)
    assert np.degrees(unit_angles(quads)) == pytest.approx([10] * 3)
    assert np.degrees(unit_angles(np.roll(quads, 2, axis=1))) == pytest.approx([-170] * 3)


@pytest.mark.parametrize("degrees", [-12, -3, 0, 3, 12])
def test_a_skewed_page_comes_out_level(degrees):
    quads = turned(lines(), degrees).astype(np.float32)
    boxes = Levelling.of(quads).boxes(quads)
    assert np.ptp(boxes.left) < 8 and np.ptp(boxes.right) < 8
    assert np.diff(boxes.middle) == pytest.approx(np.full(19, 30 / np.cos(np.radians(degrees))), rel=0.05)


def test_lines_of_a_photo_fan_out_and_its_columns_lean():
    quads = np.concatenate([lines(width=300), lines(width=300, x=450)])
    tilt = np.array([[1.0, 0.03, 0], [0.02, 1, 0], [1e-4, 2e-4, 1]])
    moved = np.concatenate([quads, np.ones((*quads.shape[:2], 1))], axis=2) @ tilt.T
    photo = (moved[..., :2] / moved[..., 2:]).astype(np.float32)
    boxes = Levelling.of(photo).boxes(photo)
    assert np.abs(boxes.middle[:20] - boxes.middle[20:]).max() < 6  # of 20 px high lines: still the same rows
    assert boxes.right[:20].max() < boxes.left[20:].min()  # a straight gutter


def test_cells_above_prose_are_level_though_the_prose_says_how_most_lines_fall():
    cells = np.concatenate([lines(5, width=90, x=x) for x in (100, 260, 420, 580, 740)])
    flat = np.concatenate([cells, lines(15, width=730) + np.array([0.0, 300.0])])
    middle = flat.reshape(-1, 2).mean(axis=0)
    x, y = flat[..., 0], flat[..., 1]
    photo = np.stack([x, y + 2e-4 * (y - middle[1]) * (x - middle[0])], axis=-1).astype(np.float32)
    rows = Levelling.of(photo).boxes(photo).middle[:25].reshape(5, 5)
    assert np.ptp(rows, axis=0).max() < 4


def test_too_little_to_tell_leaves_a_page_as_it_is():
    assert Levelling.of(np.zeros((0, 4, 2), np.float32)).slope == 0
    stamp = np.array([[[0, 0], [10, 3], [7, 13], [-3, 10]]], np.float32)
    assert Levelling.of(stamp).slope == 0


def test_a_page_that_curls_in_a_wave_is_laid_level():
    """It goes up on one side and down on the other; units of many lengths say where."""
    rng = np.random.default_rng(5)
    left = np.repeat([60.0, 540.0], 30)
    width = rng.uniform(100, 400, 60)
    top = np.tile(100 + 30.0 * np.arange(30), 2)
    x, y = np.stack([left, left + width]), np.stack([top, top + 20])
    corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])]
    quads = np.stack([np.stack(corner, -1) for corner in corners], 1)
    quads[..., 1] += 40 * np.sin(2 * np.pi * quads[..., 0] / 1000)
    found = Levelling.of(quads.astype(np.float32)).boxes(quads.astype(np.float32)).top
    off = found - top
    assert np.abs(off - np.median(off)).max() < 12
