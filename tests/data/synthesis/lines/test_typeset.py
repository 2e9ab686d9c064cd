"""Letters in a row: where they stand, what spaces show, what jitter keeps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.pool import Script
from koocr.data.synthesis.lines.settings import EM, HandSettings, SpacingSettings
from koocr.data.synthesis.lines.spacing import Spacing, draw_jitter, draw_spacing
from koocr.data.synthesis.lines.typeset import Layout, lay_out, paint
from koocr.errors import DataError


class Blocks:
    """A hand of full blocks: symbol → width, bearing on each side."""

    name, klass, is_real = "blocks", "gothic", False
    syllables = np.arange(3, dtype=np.int32)

    def __init__(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        self._sizes = sizes

    def others(self) -> str:
        return ""

    def glyph(self, symbol: str) -> Glyph | None:
        if symbol not in self._sizes:
            return None
        width, bearing = self._sizes[symbol]
        return Glyph(np.full((30, width), 255, np.uint8), bearing, -28.0, width + 2.0 * bearing)


SIZES = {"가": (40, 2), "이": (20, 6), "l": (6, 3), "A": (24, 1), "(": (8, 2), ")": (8, 2)}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def laid(text: str, **how: object) -> Layout:
    return lay_out(text, Script(Blocks(SIZES)), rng(), **how)  # type: ignore[arg-type]


def test_pens_move_by_advances_tracking_and_spaces() -> None:
    spacing = Spacing(tracking=0.25, space=0.5, least=0.1)
    layout = laid("가이 l", spacing=spacing)
    advances = [44 + 12, 32 + 12, 24, 12 + 12]
    pens = np.concatenate([[0], np.cumsum(advances)])
    assert np.allclose(layout.cells, np.stack([pens[:-1], pens[1:]], 1))
    assert layout.spans.tolist() == [[2, 42], [62, 82], [82, 127], [127, 133]]
    assert layout.box == (2, -28, 133, 2)


def test_the_space_lies_between_its_neighbours_and_letters_hold_all_ink() -> None:
    layout = laid("가 이A l가")
    canvas = paint(layout, pads=(5, 6, 7, 8))
    assert canvas.ink.shape == (30 + 14, layout.box[2] - layout.box[0] + 12)
    assert canvas.baseline == 6 + 28 and canvas.box == (5, 6, canvas.ink.shape[1] - 7, 36)
    inked = np.zeros(canvas.ink.shape[1], bool)
    for left, right in canvas.spans[[0, 2, 3, 5, 6]].astype(int).tolist():
        inked[left:right] = True
    assert np.array_equal(canvas.ink.any(0), inked)
    for place in (1, 4):
        assert canvas.spans[place].tolist() == [canvas.spans[place - 1, 1], canvas.spans[place + 1, 0]]


@given(st.integers(0, 10_000), st.booleans())
def test_a_word_space_always_shows_more_ground_than_most_letter_spaces(seed: int, is_hand: bool) -> None:
    text = "가이가 l이 A이이가 l l가"
    generator = rng(seed)
    spacing = draw_spacing(generator, SpacingSettings(fixed_pitch=0, manuscript=0), is_hand=is_hand)
    layout = lay_out(text, Script(Blocks(SIZES)), generator, spacing=spacing)
    ground = {True: [], False: []}  # type: dict[bool, list[float]]
    letters = [place for place, symbol in enumerate(text) if symbol != " "]
    for one, other in pairwise(letters):
        ground[other - one > 1].append(layout.spans[other, 0] - layout.spans[one, 1])
    assert min(ground[True]) >= max(0, np.quantile(ground[False], 0.75)) + spacing.least * EM - 2


def test_spacings_reach_from_hairlines_to_wide_and_from_tight_to_loose() -> None:
    settings = SpacingSettings()
    drawn = [draw_spacing(rng(seed), settings, is_hand=False) for seed in range(2000)]
    free = [spacing for spacing in drawn if spacing.pitch is None]
    tracking, space = (np.array([getattr(one, name) for one in free]) for name in ("tracking", "space"))
    assert tracking.min() < -0.1 and tracking.max() > 0.3 and np.median(np.abs(tracking)) < 0.05
    assert settings.least_space <= space.min() < 0.12 and space.max() > 1.4
    assert 0.2 < np.median(space) < 0.35
    assert all(one.space >= one.least >= settings.least_space for one in drawn)
    assert (space[tracking > 0.2] > 0.2).all(), "loose letters need wider spaces"


def test_single_words_are_never_set_loosely() -> None:
    settings = SpacingSettings()
    drawn = [draw_spacing(rng(seed), settings, is_hand=False, is_word=True) for seed in range(500)]
    assert max(spacing.tracking for spacing in drawn) <= settings.most_loose_word


def test_cells_of_one_pitch_hold_a_letter_each_and_squares_one_space() -> None:
    layout = laid("가이 A가", spacing=Spacing(pitch=1.25, is_squared=True))
    widths = np.diff(layout.cells).ravel()
    assert np.allclose(widths, [60, 60, 60, 30, 60]) and layout.is_squared
    middles = layout.spans[[0, 1, 3, 4]].mean(1)
    assert np.allclose(middles, layout.cells[[0, 1, 3, 4]].mean(1), atol=1)


def test_without_freedom_letters_stay_as_they_are_but_for_resampling() -> None:
    jitter = draw_jitter(rng(), 4, HandSettings(least=0, most=0))
    assert np.allclose(jitter.matrices, np.eye(2)) and not jitter.shifts.any()
    still, plain = (paint(laid("가이A가", jitter=one)) for one in (jitter, None))
    assert int(still.ink.sum()) == pytest.approx(int(plain.ink.sum()), rel=0.05)


def test_free_hands_differ_from_letter_to_letter_and_drift_along_the_line() -> None:
    settings = HandSettings(least=1, most=1)
    sizes = np.stack([np.linalg.det(draw_jitter(rng(seed), 30, settings).matrices) for seed in range(300)])
    assert 0.02 < np.log(sizes).std() < 0.2
    logs = np.log(sizes) - np.log(sizes).mean()
    near, far = ((logs[:, gap:] * logs[:, : 30 - gap]).mean() / logs.var() for gap in (1, 20))
    assert near > 0.3 and abs(far) < 0.15


def test_jitter_loses_no_ink() -> None:
    layout = laid("가이A가", jitter=draw_jitter(rng(1), 4, HandSettings(least=2, most=2)))
    canvas = paint(layout)
    plain = sum(30 * SIZES[symbol][0] for symbol in "가이A가") * 255
    assert 0.75 < canvas.ink.sum() / plain < 1.3
    assert canvas.ink[0].any() or canvas.ink[1].any()


def test_a_symbol_that_nobody_draws_is_an_error_and_no_gap() -> None:
    with pytest.raises(DataError, match="blocks doesn't draw '뷁'"):
        laid("가뷁")


def test_a_gap_between_scripts_is_none_between_words():
    """Word processors part Hangul and Latin a little; nothing else moves."""
    plain, parted = (
        laid("가이l이(이)이 이", spacing=Spacing(space=0.5, between_scripts=gap)) for gap in (0.0, 0.2)
    )
    moved = np.diff((parted.cells - plain.cells)[:, 0]) > 1
    assert moved.tolist() == [False, True, True, True, False, False, True, False, False]
