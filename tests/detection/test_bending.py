"""Lines that hang: each is found along its course, though the quads of neighbours overlap."""

import cv2
import numpy as np
import pytest

from koocr.bend import Bend
from koocr.detection.decode import decode, outermost
from koocr.detection.settings import MAP_STRIDE, DetectorSettings
from tests.detection.pages import rectangle

SETTINGS = DetectorSettings()
WIDTH, HEIGHT, PITCH = 600, 20, 28


def bow(x, size):
    """A wave of one period, from crest to trough in pixels."""
    return size / 2 * np.sin(2 * np.pi * (x - 40) / WIDTH)


def bowed_logits(rows, size, *, thick=9.0, slope=0.0):
    """The map of cores that follow a wave."""
    logits = np.full((480 // MAP_STRIDE, 704 // MAP_STRIDE), -8, np.float32)
    x = np.linspace(40, 40 + WIDTH, 60)
    for row in range(rows):
        y = 80 + PITCH * row + slope * x + bow(x, size)
        edge = np.concatenate([np.stack([x, y - thick / 2], 1), np.stack([x, y + thick / 2], 1)[::-1]])
        cv2.fillPoly(logits, [np.rint(edge / MAP_STRIDE * 16).astype(np.int32)], 8.0, shift=4)
    return logits


@pytest.mark.parametrize("slope", [0.0, 0.08, -0.1])
def test_each_of_some_lines_that_hang_is_found(slope):
    quads, _, bends = decode(bowed_logits(9, 40, slope=slope), shrink=SETTINGS.shrink)
    assert len(quads) == 9 and None not in bends
    for quad, bend in zip(quads, bends, strict=True):
        assert np.ptp(quad[:, 1]) > 40, "the quad holds the bow"
        assert 12 < np.linalg.norm(bend.quad[3] - bend.quad[0]) < 26, "the course is as high as the text"
        x, y = bend.pieces().mean(axis=1)[1:-1].T
        off = y - slope * x - bow(x, 40)
        assert np.ptp(off) < 4, "it follows the wave"


def test_straight_lines_have_no_bend():
    for slope in (0.0, 0.05):
        quads, _, bends = decode(bowed_logits(9, 0, slope=slope), shrink=SETTINGS.shrink)
        assert len(quads) == 9 and bends == [None] * 9


def test_short_lines_have_no_bend():
    logits = np.full((100, 100), -8, np.float32)
    cv2.ellipse(logits, (50, 50), (20, 20), 0, 30, 150, 8.0, 6)
    quads, _, bends = decode(logits, shrink=SETTINGS.shrink)
    assert len(quads) == 1 and bends == [None]


def test_a_line_under_a_bow_is_its_own():
    upper = rectangle((300, 100), (600, 60))
    lower = rectangle((300, 118), (200, 16))
    bend = Bend(rectangle((300, 85), (600, 20)), np.array([0.0, -0.5, -1.0, -0.5, 0.0], np.float32))
    quads = np.stack([upper, lower]).astype(np.float32)
    assert outermost(quads).tolist() == [True, False]
    assert outermost(quads, [bend, None]).tolist() == [True, True]


def test_pieces_follow_the_course_and_scale():
    bend = Bend(rectangle((50, 20), (100, 10)), np.array([0.0, 1.0, 0.0], np.float32))
    pieces = bend.pieces()
    assert pieces.shape == (2, 4, 2)
    assert pieces[0] == pytest.approx(np.array([[0, 15], [50, 25], [50, 35], [0, 25]]))
    assert pieces[1, 0] == pytest.approx(pieces[0, 1]) and pieces[1, 3] == pytest.approx(pieces[0, 2])
    assert bend.scaled((2, 3)).quad[2] == pytest.approx([200, 75])
