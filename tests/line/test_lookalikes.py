"""What symbols cost that their neighbours speak against, and what a search makes of it."""

import numpy as np
import pytest

from koocr.charset import line_charset
from koocr.line.beam import BeamSettings, beam_search
from koocr.line.lookalikes import Lookalikes
from koocr.line.scores import frame_scores

SYMBOLS = line_charset().symbols


def cost_of(text: str) -> float:
    lookalikes = Lookalikes(SYMBOLS, cost=1.0)
    seen, last, total = 0, -1, 0.0
    for char in text:
        symbol = SYMBOLS.index(char)
        cost, seen = lookalikes.step(seen, last, symbol)
        last, total = symbol, total + cost
    return total


@pytest.mark.parametrize(
    "text",
    ["hello", "10 20", "A1 B0", "“가” ‘나’", '"가" 나\'', "한글 l", "3cm", "mp3", "a2z", "가1나0", "OI"],
)
def test_what_is_ordinary_costs_nothing(text: str) -> None:
    assert cost_of(text) == 0


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("he11o", 2.0),
        ("latex1", 1.0),
        ("2l0", 2.0),
        ("1short", 0.4),
        ("10O", 1.0),
        ('“가"', 1.0),
        ('"가”', 1.0),
    ],
)
def test_what_neighbours_speak_against(text: str, cost: float) -> None:
    assert cost_of(text) == pytest.approx(cost)


def test_a_doubtful_shape_is_read_by_its_neighbours_and_a_clear_one_as_it_is() -> None:
    symbols = ["h", "e", "1", "l", "o"]
    lookalikes = Lookalikes(symbols)
    for doubt, expected in ((0.7, "hello"), (12.0, "he1lo")):
        logits = np.full((10, 6), -9.0, np.float32)
        logits[1::2, 0] = 9
        for frame, column in zip(range(0, 10, 2), (1, 2, 3, 4, 5), strict=True):
            logits[frame, column] = 9
        logits[4, 4] = 9 - doubt  # l instead of 1
        scores = frame_scores({"symbol": logits})
        best = beam_search(scores, BeamSettings(min_probability=1e-9), lookalikes=lookalikes)[0]
        assert "".join(symbols[number] for number in best.ids) == expected
