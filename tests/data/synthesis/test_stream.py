"""Training images: a function of the seed and the number, and what each kind of change does."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from koocr.character.symbols import symbol
from koocr.data.glyphs import GlyphSource, GlyphStore, build_store, glyphs_of_face
from koocr.data.synthesis import AugmentationSettings, GlyphSampler, GlyphStream, SamplingSettings
from koocr.data.synthesis.settings import PLAIN
from koocr.data.synthesis.stream import GlyphBatch, augment
from koocr.data.synthesis.strokes import change_stroke_width
from koocr.fonts import korean_face
from koocr.hangul import syllable_index
from koocr.ink import fit_glyph
from tests.drawing import draw_character

TEXT = "가각닭웬뷁힣쓩의"
OFF = [field.name for field in fields(PLAIN) if not getattr(PLAIN, field.name) and field.name != "least_warp"]
"""The changes that PLAIN turns off; the other settings only say how strong they are."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GlyphStore:
    symbols = [syllable_index(char) for char in TEXT]
    sources = [
        GlyphSource("label", "printed", False, lambda: glyphs_of_face(korean_face(), symbols)),
        GlyphSource(
            "writer", "handwritten", True, lambda: list(glyphs_of_face(korean_face(), symbols[:3]))[:3]
        ),
    ]
    return build_store(tmp_path_factory.mktemp("glyphs"), sources)


def stream(store: GlyphStore, *, seed: int = 0, **how: object) -> GlyphStream:
    sampler = GlyphSampler(store, SamplingSettings(real=0.3))
    return GlyphStream(store, sampler, batch_size=24, seed=seed, **how)  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_bytes_in_any_order(store: GlyphStore) -> None:
    one, other = stream(store), stream(store)
    forwards = [one.batch(number) for number in range(4)]
    backwards = [other.batch(number) for number in reversed(range(4))][::-1]
    for first, second in zip(forwards, backwards, strict=True):
        assert np.array_equal(first.images, second.images)
        assert np.array_equal(first.symbols, second.symbols)
        assert np.array_equal(first.is_handwritten, second.is_handwritten)
    assert np.array_equal(one.batch(2).images, forwards[2].images), "asked for again"


def test_other_seeds_and_other_numbers_give_other_images(store: GlyphStore) -> None:
    images = stream(store).batch(0).images
    assert not np.array_equal(images, stream(store, seed=1).batch(0).images)
    assert not np.array_equal(images, stream(store).batch(1).images)


@pytest.mark.parametrize("size", [16, 48, 64, 96])
def test_images_are_uint8_squares_that_show_ink(store: GlyphStore, size: int) -> None:
    batch = stream(store, size=size).batch(0)
    assert batch.images.shape == (24, size, size) and batch.images.dtype == np.uint8
    assert (batch.images.max((1, 2)) > 100).all()
    assert set(batch.symbols.tolist()) <= set(store.symbols.tolist())
    assert batch.is_handwritten.dtype == bool and 0 < batch.is_handwritten.sum() < 24


def test_the_store_is_left_as_it_is(store: GlyphStore) -> None:
    before = np.array(store.images)
    glyphs = before.copy()
    augment(glyphs, np.random.default_rng(0), AugmentationSettings())
    assert np.array_equal(glyphs, before)


def plain(store: GlyphStore, size: int = 64) -> np.ndarray:
    return augment(np.asarray(store.images), np.random.default_rng(0), PLAIN, size=size)


@pytest.mark.parametrize("size", [32, 64, 96])
def test_plain_is_what_the_reader_sees_of_the_same_drawing(store: GlyphStore, size: int) -> None:
    differences = []
    for image, index in zip(plain(store, size), store.symbols.tolist(), strict=True):
        read = fit_glyph(draw_character(symbol(index), size_px=120), size)
        assert read is not None
        one, other = (cv2.GaussianBlur(square, (0, 0), size / 64).astype(float) for square in (image, read))
        differences.append(np.abs(one - other).sum() / other.sum())
    assert max(differences) < 0.4 and np.mean(differences) < 0.16


def test_plain_leaves_nothing_to_chance(store: GlyphStore) -> None:
    other = augment(np.asarray(store.images), np.random.default_rng(9), PLAIN)
    assert np.array_equal(plain(store), other)


@pytest.mark.parametrize("name", OFF)
def test_every_change_changes_most_images(store: GlyphStore, name: str) -> None:
    glyphs = np.concatenate([store.images] * 4)
    value = True if isinstance(getattr(PLAIN, name), bool) else 1.0
    start = augment(glyphs, np.random.default_rng(0), PLAIN)
    changed = augment(glyphs, np.random.default_rng(0), replace(PLAIN, **{name: value}))
    assert changed.shape == start.shape and changed.dtype == np.uint8
    differs = [not np.array_equal(one, other) for one, other in zip(changed, start, strict=True)]
    assert np.mean(differs) > 0.7


def test_lifted_pens_leave_most_of_the_ink_near_its_place(store: GlyphStore) -> None:
    glyphs = np.concatenate([store.images] * 20)
    lifted = augment(glyphs, np.random.default_rng(0), replace(PLAIN, lifted=1.0))
    whole = np.concatenate([plain(store)] * 20)
    assert 0.8 < (lifted.mean((1, 2)) / whole.mean((1, 2))).mean() < 1.0  # gaps, and nothing added
    for image, before in zip(lifted, whole, strict=True):
        near = cv2.dilate(before, np.ones((17, 17), np.uint8))
        assert not (image[near == 0] > 60).any()


def test_pens_get_thinner_and_thicker(store: GlyphStore) -> None:
    glyphs = np.concatenate([store.images] * 20)
    inked = augment(glyphs, np.random.default_rng(0), replace(PLAIN, stroke_width=1.0)).mean((1, 2))
    ratio = inked / np.concatenate([plain(store).mean((1, 2))] * 20)
    assert (ratio < 0.95).mean() > 0.2 and (ratio > 1.05).mean() > 0.1


@pytest.mark.parametrize(("width", "least", "most"), [(24, 0.15, 0.35), (44, 0.0, 0.0)])
def test_heavy_strokes_get_heavier_now_and_then_and_the_heaviest_never(
    width: int, least: float, most: float
) -> None:
    glyph = np.zeros((64, 64), np.uint8)
    glyph[2:62, 32 - width // 2 : 32 + width // 2] = 255  # a bar: 0.35 or 0.64 of the square is ink
    glyphs = np.repeat(glyph[None], 400, axis=0)
    change_stroke_width(glyphs, np.random.default_rng(0), replace(PLAIN, stroke_width=1.0))
    share = (glyphs.mean((1, 2)) > glyph.mean()).mean()
    assert least <= share <= most


def test_inversion_is_ink_for_ground(store: GlyphStore) -> None:
    inverted = augment(np.asarray(store.images), np.random.default_rng(0), replace(PLAIN, inverted=1.0))
    assert np.array_equal(inverted, 255 - plain(store))


def test_low_resolution_takes_detail_but_leaves_the_shape(store: GlyphStore) -> None:
    low = augment(np.asarray(store.images), np.random.default_rng(0), replace(PLAIN, low_resolution=1.0))
    for image, whole in zip(low, plain(store), strict=True):
        one, other = (cv2.GaussianBlur(square, (0, 0), 4).astype(float) for square in (image, whole))
        assert np.abs(one - other).sum() < 0.25 * other.sum()
        assert np.abs(image.astype(int) - whole).max() > 30


def test_a_smaller_glyph_lies_in_the_middle_of_a_loose_cut(store: GlyphStore) -> None:
    loose = augment(np.asarray(store.images), np.random.default_rng(0), replace(PLAIN, loose_cut=1.0))
    for image in loose:
        rows = np.flatnonzero(image.max(1) > 60)
        columns = np.flatnonzero(image.max(0) > 60)
        assert max(np.ptp(rows), np.ptp(columns)) < 50
        assert abs(rows[0] + rows[-1] - 63) < 6 and abs(columns[0] + columns[-1] - 63) < 6


def test_neighbours_come_from_the_edges_and_lines_too(store: GlyphStore) -> None:
    for change in ("neighbours", "ruled_lines"):
        changed = augment(np.asarray(store.images), np.random.default_rng(3), replace(PLAIN, **{change: 1.0}))
        added = (changed.astype(int) - plain(store)).clip(0)
        assert added.sum() > 0
        assert not added[:, 16:48, 16:48].any(), "the middle is the character's"
        assert (changed >= plain(store)).all(), "nothing is taken away"


def test_written_glyphs_take_the_place_of_faces_but_not_of_real_hands(store: GlyphStore) -> None:
    def batch(written: float) -> GlyphBatch:
        sampler = GlyphSampler(store, SamplingSettings(real=0.3, written=written))
        return GlyphStream(store, sampler, batch_size=200, augmentation=PLAIN).batch(0)

    drawn, some, all_ = batch(0.0), batch(0.3), batch(1.0)
    assert all_.is_handwritten.all() and not drawn.is_handwritten.all()
    assert set(all_.symbols.tolist()) <= set(store.symbols.tolist())
    same = (drawn.images == all_.images).all((1, 2))
    assert np.array_equal(same, drawn.is_handwritten), "real crops stay, all others are written anew"
    assert np.array_equal(drawn.symbols[same], all_.symbols[same])
    changed = ~(drawn.images == some.images).all((1, 2))
    assert 0.15 < changed[~drawn.is_handwritten].mean() < 0.45


def test_a_written_glyph_is_shown_a_few_times_but_not_twice_in_a_batch(store: GlyphStore) -> None:
    sampler = GlyphSampler(store, SamplingSettings(real=0.0, written=0.5))
    plain_stream = GlyphStream(store, sampler, batch_size=100, augmentation=PLAIN)
    shown: Counter[bytes] = Counter()
    for index in range(32):
        batch = plain_stream.batch(index)
        written = [image.tobytes() for image in batch.images[batch.is_handwritten]]
        assert len(set(written)) == len(written)
        shown.update(written)
    assert 3 < np.mean(list(shown.values())) < 5
    assert max(shown.values()) <= 8, "in no more batches than share it"
