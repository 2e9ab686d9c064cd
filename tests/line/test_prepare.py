"""A picture of a line as the network sees it: the same whatever its tones, margins and size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.line.prepare import HEIGHT, fit_line, text_rows
from tests.trained_lines import draw_line

TEXT = "가를 볶쭈"


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two strips in grey levels, over the width that both have."""
    width = min(one.shape[1], other.shape[1])
    return float(np.abs(one[:, :width].astype(float) - other[:, :width]).mean())


@pytest.mark.parametrize("height", [16, 32, 48])
@pytest.mark.parametrize("size_px", [14, 32, 90])
def test_the_strip_has_the_height_and_keeps_the_shape(size_px: int, height: int) -> None:
    picture = draw_line(TEXT, size_px=size_px)
    strip = fit_line(picture, height)
    ink = np.argwhere(picture < 128)
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
    assert strip.image.shape[0] == height and strip.image.dtype == np.uint8
    found = np.argwhere(strip.image > 128)
    (found_top, found_left), (found_bottom, found_right) = found.min(axis=0), found.max(axis=0) + 1
    assert found_bottom - found_top == pytest.approx(0.75 * height, abs=0.07 * height + 1)
    aspect = (right - left) / (bottom - top)
    assert (found_right - found_left) / (found_bottom - found_top) == pytest.approx(aspect, rel=0.12)
    assert found_top == pytest.approx(height - found_bottom, abs=2), "in the middle"


@pytest.mark.parametrize("size_px", [20, 32, 120])
def test_columns_of_the_strip_are_pixels_of_the_picture(size_px: int) -> None:
    picture = draw_line(TEXT, size_px=size_px, margin=20)
    strip = fit_line(picture)
    columns = np.flatnonzero((picture < 128).any(axis=0))
    found = np.flatnonzero((strip.image > 128).any(axis=0))
    back = strip.left + strip.scale * found
    assert back[0] == pytest.approx(columns[0], abs=1.5 * max(1, strip.scale))
    assert back[-1] == pytest.approx(columns[-1], abs=1.5 * max(1, strip.scale))


@pytest.mark.parametrize("pads", [5, 18, ((3, 25), (60, 2))])
def test_margins_make_no_difference(pads: object) -> None:
    tight = draw_line(TEXT, margin=0)
    strip, expected = fit_line(np.pad(tight, pads, constant_values=235)), fit_line(tight)
    assert difference(strip.image, expected.image) < 6
    assert strip.scale == pytest.approx(expected.scale, rel=0.06)


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (90, 140), (250, 20), (140, 90), (0, 60)])
def test_tones_make_no_difference(ink: int, ground: int) -> None:
    expected = fit_line(draw_line(TEXT))
    found = fit_line(draw_line(TEXT, ink=ink, ground=ground))
    assert difference(found.image, expected.image) < 8


def test_uneven_light_is_taken_away() -> None:
    picture = draw_line(TEXT + " " + TEXT, ink=10, ground=250)
    light = np.linspace(0.35, 1.0, picture.shape[1])
    shaded = (picture * light).astype(np.uint8)
    assert difference(fit_line(shaded).image, fit_line(picture).image) < 10


def test_the_feet_of_a_neighbour_are_cut_away() -> None:
    line = draw_line(TEXT, margin=8)
    foot = np.full((5, line.shape[1]), 235, np.uint8)
    foot[:3, 20:30] = 20
    strip, alone = fit_line(np.vstack([foot, line])), fit_line(line)
    assert strip.scale == pytest.approx(alone.scale, rel=0.05)
    assert difference(strip.image, alone.image) < 10


def test_a_line_of_a_hyphen_is_not_blown_up() -> None:
    picture = np.full((40, 120), 255, np.uint8)
    picture[19:22, 40:80] = 0
    ink = np.argwhere(fit_line(picture).image > 128)
    assert np.ptp(ink[:, 0]) + 1 < HEIGHT / 2


@pytest.mark.parametrize(
    "blank",
    [
        np.full((40, 200), 255, np.uint8),
        np.zeros((40, 200), np.uint8),
        np.full((2, 200), 7, np.uint8),
        np.tile(np.linspace(120, 220, 300), (40, 1)).astype(np.uint8),
        np.clip(np.random.default_rng(0).normal(180, 8, (50, 400)), 0, 255).astype(np.uint8),
    ],
    ids=["white", "black", "too flat", "ramp", "noise"],
)
def test_a_picture_without_ink_is_none(blank: np.ndarray) -> None:
    assert fit_line(blank) is None


def test_faint_noise_leaves_a_line_readable() -> None:
    picture = draw_line(TEXT)
    noisy = np.clip(picture + np.random.default_rng(1).normal(0, 12, picture.shape), 0, 255).astype(np.uint8)
    strip = fit_line(noisy)
    assert difference(strip.image, fit_line(picture).image) < 14


def test_the_widest_lines_are_squeezed() -> None:
    picture = np.tile(draw_line(TEXT, margin=0), (1, 400))
    strip = fit_line(picture)
    assert strip.image.shape == (HEIGHT, 200 * HEIGHT)
    assert strip.left + strip.scale * strip.image.shape[1] == pytest.approx(picture.shape[1], rel=0.01)


def test_nothing_is_written_into_the_picture() -> None:
    picture = draw_line(TEXT, ink=240, ground=10)
    before = picture.copy()
    fit_line(picture)
    assert np.array_equal(picture, before)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 300),
    seed=st.integers(0, 10**6),
    spots=st.integers(0, 6),
    blur=st.booleans(),
)
def test_any_picture_gives_a_strip_or_none(
    height: int, width: int, seed: int, spots: int, blur: bool
) -> None:
    rng = np.random.default_rng(seed)
    picture = np.full((height, width), int(rng.integers(256)), np.uint8)
    for _ in range(spots):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        corner = int(rng.integers(x, width + 1)), int(rng.integers(y, height + 1))
        cv2.rectangle(picture, (x, y), corner, int(rng.integers(256)), -1)
    if blur:
        picture = cv2.blur(picture, (3, 3))
    strip = fit_line(picture)
    if strip is not None:
        assert strip.image.dtype == np.uint8 and strip.image.shape[0] == HEIGHT
        assert strip.scale > 0 and strip.image.shape[1] >= 1
        assert strip.image.max() > 100, "the ink is there"


@pytest.mark.parametrize("pads", [(300, 300), (20, 900), (900, 0)])
@pytest.mark.parametrize("ground", [235, 20])
def test_the_rows_of_a_loose_line(pads: tuple[int, int], ground: int) -> None:
    tight = draw_line(TEXT, margin=0)
    picture = np.pad(tight if ground == 235 else 255 - tight, (pads, (30, 30)), constant_values=ground)
    rows = text_rows(picture)
    assert rows is not None
    assert rows.start <= pads[0] and rows.stop >= pads[0] + len(tight)
    assert rows.stop - rows.start < 2.5 * len(tight)
    assert text_rows(picture[rows]) is None, "fills its rows"


def test_a_line_that_fills_its_picture_or_is_none_has_no_rows_of_its_own() -> None:
    assert text_rows(draw_line(TEXT)) is None
    assert text_rows(np.full((300, 90), 255, np.uint8)) is None
    assert text_rows(np.zeros((2, 90), np.uint8)) is None
