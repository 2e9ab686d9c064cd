"""What happens to pages: quads go where the ink goes, and end where the picture does."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.pages.photos import photograph, sagging
from koocr.data.synthesis.pages.scans import scan
from koocr.data.synthesis.pages.settings import PhotoSettings, ScanSettings
from koocr.data.synthesis.pages.taken import Taken, moved

SHAPE = (700, 500)


def without_chance(settings):
    return replace(settings, **{item.name: 0.0 for item in fields(settings) if "is_chance" in item.metadata})


def no_grain():
    """Textures without noise, which could be taken for ink."""
    textures = Textures()
    textures.grain[:] = 0
    return textures


def lines_page():
    """White bars on black, as texts would lie, and their quads."""
    image, quads = np.zeros(SHAPE, np.uint8), []
    for top in range(60, 640, 40):
        for left, right in ((50, 230), (260, 450)):
            image[top : top + 20, left:right] = 255
            quads.append([(left, top), (right, top), (right, top + 20), (left, top + 20)])
    quads = np.array(quads, np.float32)
    return Taken(image, quads, np.arange(len(quads)), np.zeros(len(quads), bool))


def inside(quads, shape, *, grown):
    mask = np.zeros(shape, np.uint8)
    for quad in quads:
        cv2.fillPoly(mask, [np.rint((quad - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    size = 2 * abs(grown) + 1
    change = cv2.dilate if grown > 0 else cv2.erode
    return change(mask, np.ones((size, size), np.uint8)) > 0


def assert_fits(page, *, is_curled=False):
    """All that is bright lies in the quads, and all that lies in the quads is bright."""
    is_bright = page.image > 230
    assert is_bright.any()
    assert not (is_bright & ~inside(page.quads, page.image.shape, grown=2)).any()
    core = inside(page.quads, page.image.shape, grown=-2)
    assert is_bright[core].mean() > (0.8 if is_curled else 0.999)


@pytest.mark.parametrize("seed", range(6))
def test_skewed_scans_keep_ink_in_quads(seed):
    how = replace(without_chance(ScanSettings()), skew_deg=4.0)
    page = scan(lines_page(), np.random.default_rng(seed), how, no_grain(), 20.0)
    assert_fits(page)


@pytest.mark.parametrize("curl", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(6))
def test_photographs_keep_ink_in_quads(seed, curl):
    how = replace(without_chance(PhotoSettings()), curl=curl)
    page = photograph(lines_page(), np.random.default_rng(seed), how, no_grain(), 20.0)
    assert_fits(page, is_curled=curl > 0)


def test_a_neighbouring_page_is_to_be_ignored():
    how = replace(without_chance(ScanSettings()), skew_deg=0.0, neighbour=1.0)
    num_found = 0
    for seed in range(8):
        given = lines_page()
        page = scan(given, np.random.default_rng(seed), how, no_grain(), 20.0).inside()
        assert page.image.shape[1] > SHAPE[1]
        assert not page.is_ignored[: len(given.quads)].any()
        assert page.is_ignored[len(given.quads) :].all()
        num_found += len(page.quads) - len(given.quads)
        assert not ((page.image > 230) & ~inside(page.quads, page.image.shape, grown=2)).any()
    assert num_found


def test_a_quarter_turn_moves_pixels_and_quads_alike():
    image = np.zeros((40, 40), np.uint8)
    image[10:13, 20:30] = 255
    quad = np.float32([[(20, 10), (30, 10), (30, 13), (20, 13)]])
    matrix = np.array([(0.0, -1, 39), (1, 0, 0), (0, 0, 1)])  # (x, y) to (39 - y, x), pixel centres
    turned = cv2.warpPerspective(image, matrix, (40, 40))
    rows, columns = np.nonzero(turned)
    found = moved(quad, matrix)[0]
    assert (columns.min(), columns.max() + 1) == (found[:, 0].min(), found[:, 0].max())
    assert (rows.min(), rows.max() + 1) == (found[:, 1].min(), found[:, 1].max())


def test_sagging_holds_a_curve_and_is_exact_on_a_slope():
    quad = np.float32([[(10, 50), (90, 50), (90, 60), (10, 60)]])
    slope = np.arange(100, dtype=np.float32) / 10
    assert np.allclose(sagging(quad, slope)[0, :, 1], [51, 59, 69, 61])
    bump = 6 * np.sin(np.linspace(0, np.pi, 100, dtype=np.float32))
    left, right, low_right, low_left = sagging(quad, bump)[0]
    x = np.arange(10, 90)
    upper = np.interp(x, [left[0], right[0]], [left[1], right[1]])
    lower = np.interp(x, [low_left[0], low_right[0]], [low_left[1], low_right[1]])
    assert (upper <= 50 + bump[x] + 1e-3).all() and (lower >= 60 + bump[x] - 1e-3).all()


def test_what_leaves_the_picture_is_cut_ignored_or_dropped():
    quads = np.float32([
        [(10, 10), (30, 10), (30, 20), (10, 20)],  # inside
        [(-5, 30), (15, 30), (15, 40), (-5, 40)],  # a quarter lost
        [(-15, 50), (5, 50), (5, 60), (-15, 60)],  # three quarters lost
        [(120, 50), (140, 50), (140, 60), (120, 60)],  # outside
    ])  # fmt: skip
    page = Taken(np.zeros((100, 100), np.uint8), quads, np.arange(4), np.zeros(4, bool)).inside()
    assert page.numbers.tolist() == [0, 1, 2]
    assert page.is_ignored.tolist() == [False, False, True]
    assert page.quads[1].tolist() == [[0, 30], [15, 30], [15, 40], [0, 40]]
