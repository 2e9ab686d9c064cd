"""Finding the one character in a picture: whatever the tones, the light, the margins and what lies around."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stnp

from koocr.ink import INK_SHARE, find_ink, fit_glyph
from tests.drawing import draw_character, draw_ink

TEXTS = ("가", "닭", "웬", "ㅎ", "ㅏ")
SIZE = 64
INK = round(INK_SHARE * SIZE)


def fitted(text: str) -> np.ndarray:
    """What should come out: the drawing's ink, undistorted, centred in the square."""
    ink = draw_ink(text, 192)
    scale = INK / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    square = np.zeros((SIZE, SIZE), np.uint8)
    x, y = (SIZE - width) // 2, (SIZE - height) // 2
    square[y : y + height, x : x + width] = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    return square


def distance(one: np.ndarray | None, other: np.ndarray) -> float:
    """Mean difference per pixel of the ink there is, in [0, 2]; blurred: half a pixel counts little."""
    assert one is not None, "found blank"
    one, other = (cv2.GaussianBlur(image, (0, 0), 1.0).astype(float) for image in (one, other))
    return float(np.abs(one - other).sum() / other.sum())


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [16, 64, 96])
def test_ink_is_centred_in_the_square_at_its_size(text: str, size: int) -> None:
    glyph = fit_glyph(draw_character(text), size)
    assert glyph is not None and glyph.shape == (size, size) and glyph.dtype == np.uint8
    rows, columns = np.flatnonzero(glyph.max(1)), np.flatnonzero(glyph.max(0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(INK_SHARE * size, abs=1.5)
    for places in (rows, columns):
        assert abs((places[0] + places[-1]) - (size - 1)) <= 2
    assert glyph.max() > 230


@pytest.mark.parametrize("text", TEXTS)
def test_the_drawing_comes_back(text: str) -> None:
    assert distance(fit_glyph(draw_character(text)), fitted(text)) < 0.12


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("ink", "ground"), [(0, 255), (255, 0), (235, 20), (90, 130), (130, 90), (0, 60), (255, 200), (200, 120)]
)
def test_tones_do_not_matter(text: str, ink: int, ground: int) -> None:
    assert distance(fit_glyph(draw_character(text, ink=ink, ground=ground)), fitted(text)) < 0.12


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("margin", [1, 3, 10, 60, (0, 40, 5, 12), (80, 3, 2, 70)])
def test_margins_do_not_matter(text: str, margin: int) -> None:
    assert distance(fit_glyph(draw_character(text, margin=margin)), fitted(text)) < 0.16


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("size_px", "margin"), [(32, 8), (60, 15), (200, 50), (600, 150), (120, 400)])
def test_scale_does_not_matter(text: str, size_px: int, margin: int) -> None:
    found = fit_glyph(draw_character(text, size_px=size_px, margin=margin))
    assert distance(found, fitted(text)) < (0.3 if size_px < 40 else 0.16)


def under_light(picture: np.ndarray, light: np.ndarray) -> np.ndarray:
    return np.clip(picture * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("turns", range(4))
def test_a_ramp_of_light_is_taken_away(text: str, turns: int) -> None:
    picture = draw_character(text)
    ramp = np.rot90(np.linspace(0.45, 1.0, 64)[None].repeat(64, 0), turns)
    light = cv2.resize(np.ascontiguousarray(ramp), picture.shape[::-1])
    assert distance(fit_glyph(under_light(picture, light)), fitted(text)) < 0.25


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("turns", range(4))
def test_a_shadow_is_no_ink(text: str, turns: int) -> None:
    picture = draw_character(text)
    edge = np.rot90(1 - 0.45 / (1 + np.exp(-np.linspace(-4, 4, 64)))[None].repeat(64, 0), turns)
    light = cv2.resize(np.ascontiguousarray(edge), picture.shape[::-1])
    assert distance(fit_glyph(under_light(picture, light)), fitted(text)) < 0.35


@pytest.mark.parametrize("text", TEXTS)
def test_a_cells_border_and_ruled_lines_are_left_out(text: str) -> None:
    picture = draw_character(text, margin=30)
    picture[:3, :] = picture[-3:, :] = picture[:, :3] = picture[:, -3:] = 60
    assert distance(fit_glyph(picture), fitted(text)) < 0.2
    ruled = draw_character(text, margin=30)
    ruled[-4:-2, :] = 80
    assert distance(fit_glyph(ruled), fitted(text)) < 0.2


@pytest.mark.parametrize("text", ["긴", "닭", "풍"])
@pytest.mark.parametrize("inset", [0, 1, 2])
def test_the_thin_border_of_a_small_cell_is_no_dark_ground(text: str, inset: int) -> None:
    picture = cv2.resize(draw_character(text, size_px=120, margin=36), (42, 46), interpolation=cv2.INTER_AREA)
    cv2.rectangle(picture, (inset, inset), (41 - inset, 45 - inset), 80)
    read = fit_glyph(picture)
    bare = cv2.resize(draw_character(text, size_px=120, margin=36), (42, 46), interpolation=cv2.INTER_AREA)
    fit = fit_glyph(bare)
    assert fit is not None and distance(read, fit) < 0.3


@pytest.mark.parametrize("text", TEXTS)
def test_a_neighbours_stroke_is_left_out(text: str) -> None:
    picture = draw_character(text, margin=24)
    picture[20:80, -6:] = 20
    assert distance(fit_glyph(picture), fitted(text)) < 0.16


@pytest.mark.parametrize("text", TEXTS)
def test_dust_is_left_out(text: str) -> None:
    picture = draw_character(text, margin=40)
    rng = np.random.default_rng(0)
    for y, x in rng.integers(1, 12, (6, 2)):
        picture[y, x] = 60
    picture[4:6, -8:-6] = 40
    assert distance(fit_glyph(picture), fitted(text)) < 0.16


@pytest.mark.parametrize("sigma", [3, 8, 16])
@pytest.mark.parametrize("text", TEXTS)
def test_noise_hides_nothing(text: str, sigma: float) -> None:
    picture = draw_character(text) + np.random.default_rng(1).normal(0, sigma, draw_character(text).shape)
    assert distance(fit_glyph(np.clip(picture, 0, 255).astype(np.uint8)), fitted(text)) < 0.35


def test_two_parts_of_a_syllable_stay_together() -> None:
    glyph = fit_glyph(draw_character("이"))
    assert glyph is not None
    count, _ = cv2.connectedComponents((glyph > 80).astype(np.uint8))
    assert count == 3  # the ground, ㅇ and ㅣ


RNG = np.random.default_rng(2)
BLANKS = {
    "white": np.full((80, 60), 255, np.uint8),
    "black": np.zeros((60, 80), np.uint8),
    "grey": np.full((64, 64), 127, np.uint8),
    "one pixel": np.full((1, 1), 9, np.uint8),
    "a row": np.arange(200, dtype=np.uint8)[None],
    "a column": np.arange(200, dtype=np.uint8)[:, None],
    "2 x 2": np.array([[0, 255], [255, 0]], np.uint8),
    "faint noise": np.clip(RNG.normal(200, 4, (90, 90)), 0, 255).astype(np.uint8),
    "noise": np.clip(RNG.normal(128, 20, (90, 90)), 0, 255).astype(np.uint8),
    "noise on black": np.clip(RNG.normal(10, 6, (64, 64)), 0, 255).astype(np.uint8),
    "a gentle ramp": np.linspace(180, 240, 100)[None].repeat(80, 0).astype(np.uint8),
    "a large grey": np.full((2000, 1500), 200, np.uint8),
    "a shadow's hard edge": np.where(np.arange(100) < 50, 130, 255)[None].repeat(100, 0).astype(np.uint8),
    "a shadow's soft edge": (255 - 120 / (1 + np.exp((np.arange(100) - 50) / 4)))[None]
    .repeat(100, 0)
    .astype(np.uint8),
    "a shadow along one side": np.where(np.arange(100) < 15, 60, 255)[None].repeat(100, 0).astype(np.uint8),
    "a steep ramp": np.linspace(0, 255, 100)[None].repeat(100, 0).astype(np.uint8),
    "dark corners": (255 - 100 * np.hypot(*np.mgrid[-1:1:100j, -1:1:100j]) ** 2 / 2).astype(np.uint8),
}


@pytest.mark.parametrize(("side", "size_px"), [(1000, 60), (3000, 60), (6000, 120), (6000, 300)])
def test_a_small_character_in_a_large_picture_is_found(side: int, size_px: int) -> None:
    page = np.full((side, side), 250, np.uint8)
    character = draw_character("꽃", size_px=size_px, margin=2)
    top, left = side // 2, side // 3
    page[top : top + character.shape[0], left : left + character.shape[1]] = character
    assert distance(fit_glyph(page), fitted("꽃")) < 0.5


@pytest.mark.parametrize("name", BLANKS)
def test_blank(name: str) -> None:
    assert fit_glyph(BLANKS[name]) is None


@pytest.mark.parametrize("shape", [(3, 3), (3, 90), (90, 3), (5, 5), (1, 3000), (3000, 2)])
def test_tiny_and_narrow_pictures_do_no_harm(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    glyph = fit_glyph(picture)
    assert glyph is None or glyph.shape == (SIZE, SIZE)


def test_the_picture_is_left_as_it_is() -> None:
    picture = draw_character("각", ink=240, ground=10)
    before = picture.copy()
    fit_glyph(picture)
    assert np.array_equal(picture, before)


def test_views_of_any_layout_are_read_alike() -> None:
    picture = draw_character("각")
    expected = fit_glyph(picture)
    framed = np.pad(picture, 7)[7:-7, 7:-7]
    for view in (framed, np.asfortranarray(picture), picture[::-1][::-1], picture[:, ::-1][:, ::-1]):
        found = fit_glyph(view)
        assert found is not None and expected is not None and np.array_equal(found, expected)


def test_the_box_holds_the_ink() -> None:
    found = find_ink(draw_character("닭", margin=(30, 20, 10, 40)))
    assert found is not None
    left, top, right, bottom = found.box
    height, width = draw_ink("닭").shape
    assert (left, top) == pytest.approx((30, 20), abs=2)
    assert (right - left, bottom - top) == pytest.approx((width, height), abs=4)


pictures = stnp.arrays(np.uint8, stnp.array_shapes(min_dims=2, max_dims=2, max_side=40))
two_tones = st.tuples(
    stnp.arrays(bool, stnp.array_shapes(min_dims=2, max_dims=2, max_side=40)),
    st.binary(min_size=2, max_size=2),
)


@settings(max_examples=150)
@given(pictures)
def test_no_picture_does_harm(picture: np.ndarray) -> None:
    glyph = fit_glyph(picture, 32)
    assert glyph is None or (glyph.shape == (32, 32) and glyph.any())


@settings(max_examples=150)
@given(two_tones)
def test_no_picture_of_two_tones_does_harm(drawn: tuple[np.ndarray, bytes]) -> None:
    mask, tones = drawn
    picture = cv2.resize(np.where(mask, *np.frombuffer(tones, np.uint8)).astype(np.uint8), None, fx=5, fy=7)
    glyph = fit_glyph(picture, 32)
    assert glyph is None or (glyph.shape == (32, 32) and glyph.any())


@pytest.mark.parametrize("text", ["벽", "둘", "욕", "갸", "옵", "뺀"])
@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("left_over", [0, 1])
def test_jamo_that_touch_an_edge_are_no_neighbours(text: str, side: int, left_over: int) -> None:
    margins = [22, 30, 26, 18]
    margins[side] = left_over
    left, top, right, bottom = margins
    assert distance(fit_glyph(draw_character(text, margin=(left, top, right, bottom))), fitted(text)) < 0.35


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("offset", [0, 2])
def test_a_line_near_any_edge_is_left_out(text: str, turns: int, offset: int) -> None:
    picture = draw_character(text, margin=(34, 22, 28, 40)).copy()
    np.rot90(picture, turns)[offset : offset + 2] = 30
    assert distance(fit_glyph(picture), fitted(text)) < 0.25
