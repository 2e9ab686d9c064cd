"""Greedy reading against tables made by hand and a plain loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.line.stages.decode import read_attention, read_ctc, read_lines

COLUMNS = st.lists(st.integers(0, 3), min_size=1, max_size=9)


def logits(*rows):
    """Logits whose best columns are the rows'; each with probability e³ / (e³ + 3)."""
    return 3 * np.eye(4, dtype=np.float32)[np.array(rows)]


BEST = np.exp(3) / (np.exp(3) + 3)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ([0, 0, 0, 0], ()),
        ([1, 1, 1, 1], (0,)),
        ([1, 0, 1, 1], (0, 0)),  # repeated across a blank: twice
        ([1, 2, 2, 1], (0, 1, 0)),
        ([0, 3, 0, 0], (2,)),
    ],
)
def test_ctc_merges_repeats_and_drops_blanks(path, ids):
    (reading,) = read_ctc(logits(path), np.array([4]))
    assert reading.ids == ids
    assert reading.confidence == pytest.approx(BEST**4)


def test_ctc_reads_nothing_beside_a_line():
    two = logits([1, 2, 3, 3], [1, 2, 3, 3])
    short, long = read_lines(two, np.array([2, 4]), prediction="CTC")
    assert (short.ids, long.ids) == ((0, 1), (0, 1, 2))
    assert short.confidence == pytest.approx(BEST**2)


@pytest.mark.parametrize(
    ("spelling", "ids", "steps"),
    [([0, 1, 2], (), 1), ([1, 1, 0], (0, 0), 3), ([3, 0, 3], (2,), 2), ([1, 2, 3], (0, 1, 2), 3)],
)
def test_attention_reads_up_to_the_first_end(spelling, ids, steps):
    (reading,) = read_lines(logits(spelling), np.array([1]), prediction="Attn")
    assert reading.ids == ids
    assert reading.confidence == pytest.approx(BEST**steps)


@given(COLUMNS, st.integers(1, 9))
def test_ctc_is_the_plain_loop(path, count):
    expected, before = [], 0
    for column in path[:count]:
        if column not in (0, before):
            expected.append(column - 1)
        before = column
    (reading,) = read_ctc(logits(path), np.array([count]))
    assert reading.ids == tuple(expected)


@given(COLUMNS)
def test_attention_is_the_plain_loop(spelling):
    expected = spelling[: spelling.index(0)] if 0 in spelling else spelling
    (reading,) = read_attention(logits(spelling))
    assert reading.ids == tuple(column - 1 for column in expected)
