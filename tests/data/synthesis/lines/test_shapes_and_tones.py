"""Bends, marks, paper and faults: what each does to a drawn line, and what it leaves alone."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from koocr.data.synthesis.lines.bending import Bend, bend, clip_side, draw_bend
from koocr.data.synthesis.lines.faults import spoil
from koocr.data.synthesis.lines.marks import add_marks, add_neighbour, change_pen
from koocr.data.synthesis.lines.paper import Textures, colour
from koocr.data.synthesis.lines.settings import (
    EM,
    DrawingSettings,
    FaultSettings,
    HandSettings,
    MarkSettings,
    PaperSettings,
    ShapeSettings,
)
from koocr.data.synthesis.lines.typeset import Canvas

CHANCES = {
    kind: [item.name for item in fields(kind) if item.metadata.get("is_chance")]
    for kind in (MarkSettings, PaperSettings, FaultSettings)
}
TEXT = "가가 가가가 가"
STEP, WIDTH = 48, 36


@pytest.fixture(scope="module")
def textures() -> Textures:
    return Textures(0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def blocks(pad: int = 30) -> Canvas:
    """A full block for each letter of TEXT, a step apart."""
    ink = np.zeros((40 + 2 * pad, len(TEXT) * STEP + 2 * pad), np.uint8)
    lefts = np.arange(len(TEXT)) * STEP + pad
    for left, symbol in zip(lefts.tolist(), TEXT, strict=True):
        if symbol != " ":
            ink[pad : pad + 40, left : left + WIDTH] = 255
    spans = np.stack([lefts, lefts + WIDTH], 1).astype(float)
    return Canvas(ink, spans, pad + 36.0, (pad, pad, int(lefts[-1]) + WIDTH, pad + 40))


@pytest.mark.parametrize("em_px", [16, 48, 64])
def test_a_straight_line_only_changes_its_size(em_px: int) -> None:
    before = blocks()
    after = bend(before, Bend(em_px=em_px, stretch=1.25), rng())
    scale = em_px / EM
    assert after.ink.shape == (round(100 * scale), round(before.ink.shape[1] * scale * 1.25))
    assert np.allclose(after.spans, before.spans * scale * 1.25, rtol=0.01)
    assert after.ink.sum() == pytest.approx(before.ink.sum() * scale**2 * 1.25, rel=0.03)


@pytest.mark.parametrize(
    "how",
    [
        {"skew": 0.06},
        {"skew": -0.06},
        {"slant": 0.2},
        {"curve": 0.3},
        {"perspective": 0.15},
        {"wave_across": 0.2},
        {"elastic": 0.02},
    ],
)
def test_bent_letters_are_all_there_and_where_their_spans_say(how: dict[str, float]) -> None:
    shape = Bend(em_px=32, **how)
    columns, rows = shape.reach(len(TEXT) * STEP)
    after = bend(blocks(pad=max(columns, rows) + 8), shape, rng())
    assert after.ink.sum() == pytest.approx(blocks().ink.sum() * (32 / EM) ** 2, rel=0.06)
    assert not after.ink[0].any() and not after.ink[-1].any(), "the reach is enough"
    middle = (after.box[1] + after.box[3]) // 2
    inked = after.ink[middle - 4 : middle + 5].max(0) > 127
    for (left, right), symbol in zip(after.spans.tolist(), TEXT, strict=True):
        inside = inked[round(left) + 3 : round(right) - 3]
        assert inside.all() if symbol != " " else not inside.any()


def test_a_skewed_line_falls_to_the_right_by_its_slope() -> None:
    after = bend(blocks(pad=60), Bend(skew=0.1), rng())
    rows = np.arange(after.ink.shape[0])
    heights = [
        (after.ink[:, int(left) : int(right)].sum(1) * rows).sum()
        / after.ink[:, int(left) : int(right)].sum()
        for left, right in after.spans[[0, -1]].tolist()
    ]
    assert heights[1] - heights[0] == pytest.approx(0.1 * (len(TEXT) - 1) * STEP, abs=3)


def test_a_line_with_others_close_by_is_hardly_askew() -> None:
    calm = Bend(skew=0.2, curve=1.0, wave_across=1.0).calmed(1000)
    assert 0 < calm.skew * 1000 <= EM and calm.reach(1000)[1] < 0.3 * EM


def test_print_is_mostly_straight_and_hands_lean(rounds: int = 400) -> None:
    settings, hand = ShapeSettings(), HandSettings()
    printed = [draw_bend(rng(seed), settings, hand, is_hand=False) for seed in range(rounds)]
    written = [draw_bend(rng(seed), settings, hand, is_hand=True) for seed in range(rounds)]
    assert np.mean([shape.slant == 0 for shape in printed]) > 0.9
    assert 0.05 < np.std([shape.slant for shape in written]) < 0.15
    sizes = np.array([shape.em_px for shape in printed])
    assert sizes.min() >= settings.em_px[0] and sizes.max() <= settings.em_px[1]


def test_a_clipped_side_cuts_a_little_into_the_letters() -> None:
    before = blocks()
    for seed in range(20):
        after = clip_side(before, rng(seed), most=0.1)
        lost = 1 - after.ink.sum() / before.ink.sum()
        assert 0 <= lost <= 0.11 and after.ink.size < before.ink.size
        assert after.spans.min() >= 0 and after.spans.max() <= after.ink.shape[1]


@pytest.mark.parametrize("mark", [name for name in CHANCES[MarkSettings] if name != "neighbours"])
def test_each_mark_is_drawn_and_leaves_the_letters(mark: str) -> None:
    canvas, plain = blocks(), blocks()
    for seed in range(3):
        add_marks(canvas, TEXT, rng(seed), replace(MarkSettings.without_chance(), **{mark: 1.0}))
    assert (canvas.ink >= plain.ink).all()
    assert (canvas.behind is not None and canvas.behind.any()) or (canvas.ink > plain.ink).any()


def test_no_mark_without_a_chance() -> None:
    canvas = blocks()
    add_marks(canvas, TEXT, rng(), MarkSettings.without_chance())
    assert np.array_equal(canvas.ink, blocks().ink) and canvas.behind is None


@pytest.mark.parametrize("is_above", [True, False])
def test_neighbours_keep_their_distance(is_above: bool) -> None:
    canvas, plain = blocks(), blocks()
    other = np.full((60, canvas.ink.shape[1]), 200, np.uint8)
    add_neighbour(canvas, other, rng(), is_above=is_above, gap=10)
    new = np.flatnonzero((canvas.ink != plain.ink).any(1))
    assert new.tolist() == (list(range(20)) if is_above else list(range(80, 100)))


def test_pens_change_strokes_and_thin_ones_stay() -> None:
    lines = np.zeros((60, 400), np.uint8)
    lines[20:40, 10:390:12] = 255  # one pixel wide
    always = replace(ShapeSettings.without_chance(), pen=1.0)
    for seed in range(30):
        canvas = Canvas(lines.copy(), np.zeros((1, 2)), 40.0, (10, 20, 390, 40))
        change_pen(canvas, rng(seed), always)
        assert canvas.ink[25:35].max(0)[10:390:12].min() > 90


def tones(settings: PaperSettings, seed: int, textures: Textures) -> tuple[np.ndarray, float]:
    return colour(blocks(), rng(seed), settings, textures)


def test_plain_paper_is_light_and_ink_dark(textures: Textures) -> None:
    picture, contrast = tones(PaperSettings.without_chance(plain=1.0), 0, textures)
    assert picture.dtype == np.uint8 and picture.shape == blocks().ink.shape
    assert set(np.unique(picture).tolist()) == {int(picture.min()), int(picture.max())}
    assert picture.max() - picture.min() == pytest.approx(contrast, abs=1) and picture.min() < 61


@pytest.mark.parametrize("what", CHANCES[PaperSettings])
def test_ink_stands_out_from_every_paper(what: str, textures: Textures) -> None:
    settings = PaperSettings.without_chance(**{what: 1.0})
    canvas = blocks()
    for seed in range(12):
        picture, contrast = tones(settings, seed, textures)
        ink, ground = (picture[mask].mean() for mask in (canvas.ink > 0, canvas.ink == 0))
        assert contrast >= settings.least_contrast
        assert abs(ground - ink) > 0.4 * contrast
        assert bool(ink > ground) is (what == "light_on_dark")


def test_textures_are_those_of_their_seed_and_cover_any_size(textures: Textures) -> None:
    again, other = Textures(0), Textures(1)
    assert np.array_equal(textures.grain, again.grain) and not np.array_equal(textures.grain, other.grain)
    assert textures.cut(textures.clouds, rng(), (700, 9000)).shape == (700, 9000)
    assert np.array_equal(
        textures.cut(textures.grain, rng(3), (30, 80)), again.cut(again.grain, rng(3), (30, 80))
    )


@pytest.mark.parametrize("fault", CHANCES[FaultSettings])
def test_every_fault_changes_the_picture_and_leaves_it_legible(fault: str, textures: Textures) -> None:
    canvas = blocks()
    clean = np.where(canvas.ink > 0, 30, 230).astype(np.uint8)
    clean[::7, ::5] -= 9
    changed = 0
    for seed in range(12):
        spoilt, scale = spoil(
            clean,
            rng(seed),
            FaultSettings.without_chance(**{fault: 1.0}),
            em_px=30,
            contrast=200,
            textures=textures,
        )
        assert spoilt.dtype == np.uint8 and (scale > 1) is (fault == "enlarged")
        assert spoilt.shape == pytest.approx(np.multiply(clean.shape, scale), abs=1)
        changed += spoilt.shape != clean.shape or not np.array_equal(spoilt, clean)
        letters = spoilt[:: max(1, round(scale)), :: max(1, round(scale))]
        assert letters.max() - letters.min() > 100
    assert changed >= 9


def test_noise_is_weak_where_contrast_is(textures: Textures) -> None:
    flat = np.full((60, 300), 128, np.uint8)
    settings = FaultSettings.without_chance(noise=1.0)
    for contrast, em_px in ((50, 15), (200, 15), (50, 60)):
        spreads = [
            spoil(flat, rng(seed), settings, em_px=em_px, contrast=contrast, textures=textures)[0].std()
            for seed in range(40)
        ]
        assert max(spreads) < 0.36 * contrast * min(1, em_px / 36)


def test_clean_settings_leave_nothing_to_chance() -> None:
    clean = DrawingSettings.clean()
    for part in (clean.spacing, clean.marks, clean.shape, clean.faults):
        assert not any(getattr(part, item.name) for item in fields(part) if item.metadata.get("is_chance"))
    assert clean.paper.plain == 1.0 and clean.hand.most == 0
