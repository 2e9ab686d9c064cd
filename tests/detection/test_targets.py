import numpy as np
import pytest

from koocr.detection.settings import DetectorSettings
from koocr.detection.targets import draw_targets, shrink_distance
from tests.detection.pages import rectangle

SETTINGS = DetectorSettings(shrink_ratio=0.5)


def counted(quad, size, *, fine=8):
    """Share of each place of a map of half the size that lies in a quad, by counting points."""
    places = (np.arange(size // 2 * fine) + 0.5) / fine * 2
    x, y = np.meshgrid(places, places)
    inside = np.ones(x.shape, bool)
    for (ax, ay), (bx, by) in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0
    return inside.reshape(size // 2, fine, size // 2, fine).mean(axis=(1, 3))


def test_sides_move_by_area_over_perimeter():
    assert shrink_distance(rectangle((50, 50), (60, 20)), SETTINGS) == pytest.approx(1200 * 0.75 / 160)
    assert shrink_distance(np.zeros((4, 2), np.float32), SETTINGS) == 0


@pytest.mark.parametrize("angle", [0, 20, 90])
@pytest.mark.parametrize("center", [(40, 40), (40.6, 41.3), (60, 20)])
def test_the_core_is_the_unit_moved_inwards(angle, center):
    quad = rectangle(center, (44, 16), angle)
    distance = shrink_distance(quad, SETTINGS)
    targets = draw_targets([quad], [False], size=(80, 80), settings=SETTINGS)
    expected = counted(rectangle(center, (44 - 2 * distance, 16 - 2 * distance), angle), 80)
    assert targets.core / 255 == pytest.approx(expected, abs=0.13)
    area = (44 - 2 * distance) * (16 - 2 * distance) / 4
    assert (targets.core / 255).sum() == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize("height", [6.0, 6.7, 8.2])
def test_small_print_keeps_its_area(height):
    quad = rectangle((40.3, 40.4), (44, height))
    distance = shrink_distance(quad, SETTINGS)
    targets = draw_targets([quad], [False], size=(80, 80), settings=SETTINGS)
    area = (44 - 2 * distance) * (height - 2 * distance) / 4
    assert (targets.core / 255).sum() == pytest.approx(area, rel=0.02)


@pytest.mark.parametrize("angle", [0, 30])
def test_thresholds_fall_with_the_distance_from_the_border(angle):
    quad = rectangle((40, 40), (44, 20), angle)
    distance = shrink_distance(quad, SETTINGS)
    targets = draw_targets([quad], [False], size=(80, 80), settings=SETTINGS)
    x, y = np.meshgrid(2 * np.arange(40) + 1.0, 2 * np.arange(40) + 1.0)
    points = np.stack([x, y], axis=-1)
    around = np.concatenate(
        [np.linspace(start, end, 400) for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True)]
    )
    nearest = np.linalg.norm(points[:, :, None] - around, axis=-1).min(axis=2)
    near = np.clip(1 - nearest / distance, 0, None)
    assert targets.border / 255 == pytest.approx(0.3 + 0.4 * near, abs=0.02)
    sure = np.abs(nearest - distance) > 0.2
    assert np.array_equal(targets.border_mask[sure] > 0, (nearest < distance)[sure])


def test_ignored_units_count_neither_way():
    ignored, text = rectangle((40, 20), (60, 20)), rectangle((40, 60), (60, 20))
    targets = draw_targets([ignored, text], [True, False], size=(80, 80), settings=SETTINGS)
    assert not targets.core[:20].any() and targets.core[20:].any()
    assert not targets.core_mask[6:14, 8:32].any()
    assert (targets.core_mask[20:] == 255).all()
    assert not targets.border_mask[:18].any()


def test_what_nobody_can_read_is_ignored():
    targets = draw_targets([rectangle((40, 40), (60, 3))], [False], size=(80, 80), settings=SETTINGS)
    assert not targets.core.any() and not targets.core_mask.all()


def test_text_within_an_ignored_region_counts():
    text = rectangle((40, 40), (40, 16))
    targets = draw_targets(
        [rectangle((40, 40), (70, 60)), text], [True, False], size=(80, 80), settings=SETTINGS
    )
    assert targets.core_mask[targets.core > 0].all()


def test_parts_outside_are_cut_off():
    quads = [rectangle((0, 0), (60, 20)), rectangle((-90, 40), (60, 20)), rectangle((200, 200), (9, 9))]
    targets = draw_targets(quads, [False] * 3, size=(64, 96), settings=SETTINGS)
    assert targets.core.shape == (32, 48)
    assert targets.core[0, 0] == 255 and not targets.core[10:].any()


def test_a_page_without_text():
    targets = draw_targets([], [], size=(32, 32), settings=SETTINGS)
    assert not targets.core.any() and not targets.border_mask.any() and (targets.core_mask == 255).all()
