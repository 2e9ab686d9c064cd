import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.detection.decode import DecodeSettings, decode, outermost
from koocr.detection.growing import grow_distance
from koocr.detection.settings import DetectorSettings
from koocr.detection.targets import draw_targets, shrink_distance
from koocr.errors import ConfigError
from koocr.polygon import iou_matrix
from tests.detection.pages import rectangle

SETTINGS = DetectorSettings()
HALF = DecodeSettings(threshold=0.5)


def logits_of(quads, size, settings=SETTINGS):
    """What a network that makes no mistake would say."""
    core = draw_targets(quads, [False] * len(quads), size=size, settings=settings).core / 255
    core = np.clip(core, 0.001, 0.999)
    return np.log(core / (1 - core)).astype(np.float32)


@pytest.mark.parametrize("ratio", [0.4, 0.7])
@pytest.mark.parametrize("angle", [0, 3, -20, 44])
def test_shrunk_quads_come_back(ratio, angle):
    settings = DetectorSettings(shrink_ratio=ratio)
    quads = [rectangle((160, 90), (220, 24), angle), rectangle((160, 220), (60, 40), angle)]
    found, scores, _ = decode(logits_of(quads, (320, 320), settings), shrink=settings.shrink, settings=HALF)
    assert len(found) == 2
    order = iou_matrix(quads, found).argmax(axis=1)
    assert found[order] == pytest.approx(np.stack(quads), abs=2)
    assert (scores > 0.75).all()


@pytest.mark.parametrize("height", [8, 10, 13])
def test_small_print_comes_back(height):
    quads = [rectangle((160.3, 20 + 1.5 * height * row), (200, height)) for row in range(10)]
    found, _, _ = decode(logits_of(quads, (320, 320)), shrink=SETTINGS.shrink, settings=HALF)
    assert len(found) == 10
    overlaps = iou_matrix(quads, found).max(axis=1)
    assert overlaps.min() > 0.75 and overlaps.mean() > 0.85


def test_lines_that_touch_are_told_apart():
    quads = [rectangle((160, 20 + 16 * row), (200, 16)) for row in range(15)]
    found, _, _ = decode(logits_of(quads, (320, 320)), shrink=SETTINGS.shrink, settings=HALF)
    assert len(found) == 15


def test_hundreds_of_units():
    quads = [rectangle((40 + 70 * (n % 10), 12 + 18 * (n // 10)), (56, 11)) for n in range(500)]
    found, _, _ = decode(logits_of(quads, (928, 736)), shrink=SETTINGS.shrink, settings=HALF)
    assert len(found) == 500
    assert (iou_matrix(quads, found).max(axis=1) > 0.7).all()


sides = st.floats(2, 400)


@given(sides, sides, st.floats(0.1, 0.9))
def test_growing_undoes_the_definition_of_shrinking(width, height, ratio):
    settings = DetectorSettings(shrink_ratio=ratio)
    distance = shrink_distance(rectangle((0, 0), (width, height)), settings)
    found = grow_distance(width - 2 * distance, height - 2 * distance, settings.shrink)
    assert found == pytest.approx(distance, rel=1e-2, abs=1e-2)


def test_nothing_without_text():
    quads, scores, _ = decode(np.full((40, 60), -9, np.float32), shrink=SETTINGS.shrink)
    assert quads.shape == (0, 4, 2) and scores.shape == (0,)


def test_a_map_of_nothing_but_text_is_one_unit():
    quads, _, _ = decode(np.full((40, 60), 9, np.float32), shrink=SETTINGS.shrink)
    assert len(quads) == 1


def test_what_is_faint_or_tiny_is_left_out():
    logits = np.full((80, 80), -6, np.float32)
    logits[10:20, 10:60] = 0.1  # of a probability above the threshold, below the score
    logits[40:50, 10:60] = 4
    logits[60, 70] = 4
    quads, scores, _ = decode(
        logits, shrink=SETTINGS.shrink, settings=DecodeSettings(threshold=0.4, min_score=0.7, min_height=7)
    )
    assert len(quads) == 1 and scores[0] > 0.9
    assert quads[0].mean(axis=0) == pytest.approx([70, 90], abs=1)


def test_one_place_is_a_square():
    logits = np.full((20, 20), -20, np.float32)
    logits[8, 9] = 20
    quads, _, _ = decode(logits, shrink=SETTINGS.shrink, settings=DecodeSettings(min_height=0.1))
    assert quads[0].mean(axis=0) == pytest.approx([19, 17], abs=0.5)
    width, height = np.ptp(quads[0], axis=0)
    assert 0 < width == pytest.approx(height)


@pytest.mark.parametrize("values", [{"threshold": 0}, {"min_score": 1.0}])
def test_settings_that_are_none(values):
    with pytest.raises(ConfigError, match="between 0 and 1"):
        DecodeSettings(**values)


def test_crumbs_inside_a_unit_are_none() -> None:
    def box(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
        return [[left, top], [right, top], [right, bottom], [left, bottom]]

    line, crumb, across, below = (
        box(0, 0, 100, 20),
        box(40, 14, 50, 22),
        box(90, 5, 130, 15),
        box(0, 21, 90, 40),
    )
    quads = np.array([crumb, line, across, below], np.float32)
    assert outermost(quads).tolist() == [False, True, True, True]  # three quarters inside; a quarter; none
    assert outermost(quads[:, [2, 3, 0, 1]] + 7).tolist() == [False, True, True, True]
    assert outermost(quads[:0]).tolist() == []
    assert outermost(np.array([line, line], np.float32)).tolist() == [True, True], "neither is the larger"
