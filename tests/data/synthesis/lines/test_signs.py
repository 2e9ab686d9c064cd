"""Signs put together from letters."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.charset import SIGNS
from koocr.data.synthesis.lines.hands import Glyph
from koocr.data.synthesis.lines.settings import EM
from koocr.data.synthesis.lines.signs import composable, compose

PARTS = set(
    '0123456789ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ가나다라마바사아자차카타파하주·/°△▲CRTELIVXivxmckgdalHzMWNoFTE¢£¥"'
)


def block(symbol: str) -> Glyph | None:
    """A full block for every part, half as wide for Latin and digits."""
    if symbol not in PARTS:
        return compose(symbol, block)
    width = EM // 2 if symbol.isascii() else EM
    return Glyph(np.full((36, width - 4), 255, np.uint8), 2.0, -34.0, float(width))


def test_what_is_composable_is_composed_and_nothing_else() -> None:
    signs = composable(PARTS)
    assert len(signs) > 90 and set(signs) <= set(SIGNS)
    for sign in signs:
        glyph = compose(sign, block)
        assert glyph is not None and glyph.ink.any(), sign
        assert 0 < glyph.ink.shape[0] <= EM and 0 < glyph.ink.shape[1] <= EM, sign
    assert all(compose(sign, block) is None for sign in "※♬가A")


def test_a_sign_is_not_composed_of_parts_that_are_not_drawn() -> None:
    assert composable({"1"}) == "¹①⑪"
    assert compose("⑬", lambda symbol: block(symbol) if symbol == "1" else None) is None


@pytest.mark.parametrize("sign", "①⑳㉠㉻")
def test_a_circle_goes_round_and_touches_nothing(sign: str) -> None:
    glyph = compose(sign, block)
    assert glyph is not None
    middle = glyph.ink[glyph.ink.shape[0] // 2] > 100
    edges = np.flatnonzero(np.diff(middle.astype(int)))
    assert len(edges) == (8 if sign == "⑳" else 6), "circle, letters, circle, along the middle row"
    assert np.array_equal(glyph.ink[:, 0] > 0, glyph.ink[:, -1] > 0)


def test_a_triangle_is_turned() -> None:
    steps = np.tril(np.full((20, 20), 255, np.uint8))

    def triangle(symbol: str) -> Glyph:
        return Glyph(steps, 0.0, -20.0, 20.0)

    right, left = compose("▶", triangle), compose("◀", triangle)
    assert right is not None and left is not None
    assert np.array_equal(right.ink, np.rot90(steps, -1)) and np.array_equal(left.ink, np.rot90(steps))
