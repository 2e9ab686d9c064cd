import json
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.document import Candidate, Character, JamoScore, Line, LineCharacter

PROBABILITY = st.floats(0, 1)
SCORES = st.builds(JamoScore, st.text(max_size=1), PROBABILITY)
CANDIDATES = st.builds(Candidate, st.text(max_size=2), PROBABILITY, st.lists(SCORES, max_size=3).map(tuple))
CHARACTERS = st.builds(Character, st.lists(CANDIDATES, max_size=4).map(tuple))
LINE_CHARACTERS = st.builds(
    LineCharacter,
    st.text(max_size=1),
    PROBABILITY,
    st.floats(0, 1e4),
    st.floats(0, 1e4),
    st.lists(CANDIDATES, max_size=2).map(tuple),
)
LINES = st.builds(Line, st.text(max_size=4), PROBABILITY, st.lists(LINE_CHARACTERS, max_size=3).map(tuple))

GAK = Candidate("각", 0.8, (JamoScore("ㄱ", 0.9), JamoScore("ㅏ", 0.95), JamoScore("ㄱ", 0.97)))
GA = Candidate("가", 0.1, (JamoScore("ㄱ", 0.9), JamoScore("ㅏ", 0.95), JamoScore("", 0.02)))


def test_the_best_candidate_speaks_for_the_character():
    character = Character((GAK, GA))
    assert character.text == "각"
    assert character.confidence == 0.8


def test_a_blank_image_has_no_text_and_no_confidence():
    assert Character(()).text == ""
    assert Character(()).confidence == 0.0


def test_the_dictionary_is_as_documented():
    assert Character((GA,)).to_dict() == {
        "text": "가",
        "confidence": 0.1,
        "candidates": [
            {
                "text": "가",
                "probability": 0.1,
                "jamo": [
                    {"jamo": "ㄱ", "probability": 0.9},
                    {"jamo": "ㅏ", "probability": 0.95},
                    {"jamo": "", "probability": 0.02},
                ],
            }
        ],
    }


def test_the_dictionary_of_a_line_is_as_documented():
    space = LineCharacter(" ", 0.75, 12.0, 20.5, (Candidate(" ", 0.75),))
    assert Line("가 ", 0.7, (space,)).to_dict() == {
        "text": "가 ",
        "confidence": 0.7,
        "characters": [
            {
                "text": " ",
                "confidence": 0.75,
                "start": 12.0,
                "stop": 20.5,
                "candidates": [{"text": " ", "probability": 0.75, "jamo": []}],
            }
        ],
    }


@given(st.one_of(CHARACTERS, LINE_CHARACTERS, LINES))
def test_results_come_back_from_json(result):
    assert type(result).from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_results_are_frozen():
    with pytest.raises(FrozenInstanceError):
        GAK.text = "갂"
