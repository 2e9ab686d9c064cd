"""Lines of many widths as arrays: padding, widths, labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.charset import line_charset
from koocr.errors import CharsetError
from koocr.line.batches import STRIDE, fit_lines, pad, padded_width, sorted_strips, to_labels, to_strips
from koocr.line.prepare import fit_line
from tests.trained_lines import draw_line

BLANK = np.full((30, 90), 200, np.uint8)


@given(widths=st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_strips_lie_on_the_left_and_ground_behind_them(widths: list[int]) -> None:
    images = [np.full((16, width), 100 + row, np.uint8) for row, width in enumerate(widths)]
    strips = pad(images)
    assert strips.images.shape == (len(widths), 16, padded_width(max(widths)))
    assert strips.images.shape[2] % 32 == 0 and strips.images.shape[2] >= max(widths) + 32
    for row, (strip, width) in enumerate(zip(strips.images, widths, strict=True)):
        assert (strip[:, :width] == 100 + row).all() and not strip[:, width:].any()
    assert strips.num_frames.tolist() == [-(-width // STRIDE) for width in widths]
    inputs = strips.as_input()
    assert inputs["image"].shape == (*strips.images.shape, 1) and inputs["image"].dtype == np.float32
    assert inputs["image"].max() <= 1 and inputs["num_frames"].dtype == np.int32


def test_no_strips_at_all() -> None:
    strips = pad([], height=32)
    assert strips.images.shape[:2] == (0, 32) and not len(strips.num_frames)


def test_lines_without_ink_and_too_wide_ones_are_left_out() -> None:
    long = np.tile(draw_line("가를볶쭈"), (1, 30))
    strips = to_strips([draw_line("가"), BLANK, long, draw_line("를볶")], height=32, max_width=400)
    assert strips.rows.tolist() == [0, 3]
    expected = fit_line(draw_line("를볶"), 32).image
    assert np.array_equal(strips.images[1][:, : expected.shape[1]], expected)
    assert not len(to_strips([BLANK], height=32).rows)


def test_lines_with_their_texts() -> None:
    fitted = fit_lines([draw_line("가"), BLANK, draw_line("를볶")], ["가", "", "를볶"], height=32)
    assert fitted.texts == ["가", "를볶"] and len(fitted.strips) == 2
    assert np.array_equal(fitted.strips[1], fit_line(draw_line("를볶"), 32).image)
    assert fit_lines([draw_line("를볶")], ["를볶"], height=32, max_width=20).texts == []


def test_many_lines_are_prepared_in_the_order_of_their_widths() -> None:
    images = [draw_line("가를볶쭈"[: 1 + number % 4]) for number in range(11)]
    images[5] = BLANK
    batches = list(sorted_strips(images, height=16, batch_size=4))
    assert max(len(strips.rows) for strips in batches) == 4
    rows = np.concatenate([strips.rows for strips in batches])
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    for strips in batches:
        for row, image in zip(strips.rows.tolist(), strips.images, strict=True):
            expected = fit_line(images[row], 16).image
            assert np.array_equal(image[:, : expected.shape[1]], expected)
    assert list(sorted_strips([BLANK], height=16)) == []


def test_labels() -> None:
    charset = line_charset()
    labels, counts = to_labels(["가", "힣 A", ""], charset)
    assert counts.tolist() == [1, 3, 0] and labels.shape == (3, 3)
    assert labels[0, 0] == 0 and labels[1, 0] == 11171
    assert charset.decode(labels[1]) == "힣 A"
    assert to_labels([""], charset)[0].shape == (1, 1), "a backend takes no empty axis"
    with pytest.raises(CharsetError, match="the charset lacks 'ñ'"):
        to_labels(["ñ"], charset)
