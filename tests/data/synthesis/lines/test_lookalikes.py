"""Symbols that only their neighbours tell apart."""

import numpy as np
import pytest

from koocr.data.synthesis.lines.lookalikes import disguised, struck_zero

TEXT = "글 hello Island OVERLAP 210 a1 v1.0 1 l"


def disguises(text, count=200):
    rng = np.random.default_rng(4)
    return {disguised(text, rng) for _ in range(count)}


def test_a_disguise_keeps_length_and_changes_only_what_neighbours_tell():
    found = disguises(TEXT)
    assert len(found) > 4 and all(len(text) == len(TEXT) for text in found)
    words = [set(column) for column in zip(*(text.split(" ") for text in found), strict=True)]
    assert words[0] == {"글"} and words[5:] == [{"a1"}, {"v1.0"}, {"1"}, {"l"}]
    assert words[1] == {"hello", "he11o", "heIIo"}
    assert words[2] == {"Island", "Is1and", "IsIand", "lsland"}
    assert words[3] == {"OVERLAP", "0VERLAP"}
    assert words[4] == {"210", "2l0", "21O"}


@pytest.mark.parametrize("text", ["가나다 라마", "", "A1B2", "3.4"])
def test_nothing_to_disguise(text):
    assert disguises(text) == {text}


def test_the_stroke_of_a_zero_stays_within_it():
    ring = np.zeros((40, 24), np.uint8)
    ring[:3], ring[-3:], ring[:, :3], ring[:, -3:] = 200, 200, 200, 200
    struck = struck_zero(ring)
    assert struck.shape == ring.shape and struck.max() == 200
    assert (struck >= ring).all() and struck[15:25, 8:16].any()
    assert not struck[3:8, 3:8].any() and not struck[-8:-3, -8:-3].any()  # the other diagonal
