import numpy as np
import pytest

from koocr.detection.crops import CropSettings, CropStream, cut
from koocr.detection.data import mixed_pages
from koocr.errors import ConfigError
from koocr.polygon import area
from tests.detection.pages import Page, striped_page

STILL = CropSettings(size=96, whole=0.0, heights=(12.0, 40.0), turned=0.0, inverted=0.0)


def same(one, other):
    return (
        np.array_equal(one.image, other.image)
        and np.array_equal(one.quads, other.quads)
        and np.array_equal(one.is_ignored, other.is_ignored)
    )


def test_a_batch_is_a_function_of_seed_and_number():
    one, other = (CropStream(striped_page, batch_size=3, settings=STILL) for _ in range(2))
    kept = one.batch(5)
    for number in (0, 3, 5):
        last = other.batch(number)
    assert all(map(same, kept, last))
    assert not all(map(same, kept, CropStream(striped_page, batch_size=3, seed=1, settings=STILL).batch(5)))


def test_few_pages_are_drawn_for_many_pieces():
    asked = []

    def page(number):
        asked.append(number)
        return striped_page(number)

    stream = CropStream(page, batch_size=6, settings=CropSettings(size=64, new_pages=2))
    for number in range(5):
        stream.batch(number)
    assert asked == list(range(14))


@pytest.mark.parametrize("settings", [STILL, CropSettings(size=96, whole=0.5, turned=1.0, inverted=0.0)])
def test_quads_lie_around_the_ink(settings):
    """Half of a unit is ink, and next to none is outside."""
    page = striped_page(3, angle=4)
    seen = 0
    for seed in range(40):
        crop = cut(page, np.random.default_rng(seed), settings)
        assert crop.image.shape == (96, 96)
        dark = crop.image < (int(crop.image.min()) + int(crop.image.max())) / 2
        if np.ptp(crop.image) < 40:
            continue
        inside = np.zeros((96, 96), bool)
        y, x = np.mgrid[:96, :96] + 0.5
        for quad in crop.quads:
            sides = zip(quad, np.roll(quad, -1, axis=0), strict=True)
            inside |= np.all(
                [
                    (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) > -1.5 * np.hypot(*(b - a))
                    for a, b in sides
                ],
                axis=0,
            )
        assert (dark & ~inside).sum() <= 0.05 * max(1, dark.sum())
        seen += bool(dark.sum() > 100)
    assert seen > 20


def test_text_is_as_high_as_the_settings_say():
    heights = []
    for seed in range(60):
        crop = cut(striped_page(seed % 5), np.random.default_rng(seed), STILL)
        heights += [float(np.linalg.norm(quad[3] - quad[0])) for quad in crop.quads]
    assert min(heights) > 11.5 and max(heights) < 41
    assert max(heights) > 30


def test_ignored_units_stay_so():
    page = striped_page(0)
    units = tuple(type(unit)(unit.quad, number == 0) for number, unit in enumerate(page.units))
    flags = [
        cut(Page(page.image, units), np.random.default_rng(seed), STILL).is_ignored.any()
        for seed in range(40)
    ]
    assert any(flags) and not all(flags)


@pytest.mark.parametrize("size", [(5, 5), (3, 400), (900, 40)])
def test_pages_of_any_size_without_text(size):
    rng = np.random.default_rng(0)
    page = Page(rng.integers(0, 256, size).astype(np.uint8), ())
    for seed in range(10):
        crop = cut(page, np.random.default_rng(seed), CropSettings(size=64))
        assert crop.image.shape == (64, 64) and crop.quads.shape == (0, 4, 2)


def test_turned_pieces_keep_their_quads_clockwise():
    settings = CropSettings(size=96, turned=1.0)
    for seed in range(20):
        for quad in cut(striped_page(1), np.random.default_rng(seed), settings).quads:
            first, second = quad[2] - quad[0], quad[3] - quad[1]
            assert first[0] * second[1] - first[1] * second[0] > 0
            assert area(quad) > 0


@pytest.mark.parametrize("values", [{"size": 100}, {"size": 0}, {"new_pages": 0}])
def test_settings_that_are_none(values):
    with pytest.raises(ConfigError):
        CropSettings(**values)


class Folder:
    def __len__(self):
        return 2

    def page(self, number):
        return f"labelled {number}"


def test_labelled_pages_have_their_share():
    pages = mixed_pages(lambda number: "drawn", [Folder(), Folder()], share=0.25, seed=1)
    found = [pages(number) for number in range(400)]
    assert 0.15 < 1 - found.count("drawn") / 400 < 0.35
    assert found == [pages(number) for number in range(400)]
    alone = mixed_pages(None, [Folder()], share=0.0)
    assert {alone(number) for number in range(20)} == {"labelled 0", "labelled 1"}
    drawn = mixed_pages(lambda number: number, [], share=0.9)
    assert [drawn(number) for number in range(3)] == [0, 1, 2]
