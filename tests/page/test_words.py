"""Words of a line: by the spaces read, each in its place."""

import numpy as np
import pytest

from koocr.document import Candidate, Line, LineCharacter
from koocr.page.crops import crop_line
from koocr.page.words import page_line

QUAD = np.array([[100, 50], [300, 50], [300, 80], [100, 80]], np.float32)


@pytest.fixture
def crop():
    return crop_line(np.full((200, 400), 255, np.uint8), QUAD)


def line(crop, text, confidence=0.9):
    """Each character 20 px wide on the page, from the left edge of the quad."""
    left = crop.text[0]
    characters = tuple(
        LineCharacter(
            symbol, confidence, left + 20 * place, left + 20 * place + 20, (Candidate(symbol, confidence),)
        )
        for place, symbol in enumerate(text)
    )
    return Line(text, 0.5, characters)


def test_words_stand_where_their_characters_do(crop):
    found = page_line(line(crop, "가나 다 라마"), crop)
    assert [word.text for word in found.words] == ["가나", "다", "라마"]
    spans = [(word.quad[0][0], word.quad[1][0]) for word in found.words]
    assert np.array(spans) == pytest.approx(np.array([(100, 140), (160, 180), (200, 240)]), abs=1e-3)
    assert all(
        word.quad[0][1] == pytest.approx(50) and word.quad[2][1] == pytest.approx(80) for word in found.words
    )
    assert found.words[0].characters[1].quad[0][0] == pytest.approx(120)
    assert found.words[0].characters[1].candidates == (Candidate("나", 0.9),)
    assert (found.text, found.confidence) == ("가나 다 라마", 0.5)
    assert np.array(found.quad) == pytest.approx(QUAD)


def test_a_word_is_as_sure_as_its_characters_together(crop):
    found = page_line(line(crop, "가나 다", 0.8), crop)
    assert [word.confidence for word in found.words] == pytest.approx([0.64, 0.8])


def test_a_line_without_characters_has_words_at_shares_of_its_length(crop):
    found = page_line(Line("가나 다라마바사아", 0.5**10), crop)
    assert [word.text for word in found.words] == ["가나", "다라마바사아"]
    assert [word.characters for word in found.words] == [(), ()]
    assert found.words[1].quad[0][0] == pytest.approx(100 + 200 * 3 / 9)
    assert found.words[0].confidence == pytest.approx(0.5 ** (10 * 2 / 9))
