"""Whole lines: text, places, confidences, candidates with jamo, and what a prior changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.charset import Charset, line_charset
from koocr.document import Line
from koocr.errors import ConfigError
from koocr.hangul import NUM_SYLLABLES, split_index
from koocr.line.beam import BeamSettings
from koocr.line.decode import PlacedSymbol, best_path
from koocr.line.decoder import DecoderSettings, LineDecoder, edges
from koocr.line.ngram import NGram
from koocr.line.scores import FrameScores, frame_scores
from koocr.line.spelling import NUM_LETTERS, spell
from tests.line.line_oracles import Outputs, all_probabilities

CHARSET = line_charset()
STEP = 4
"""Frames a symbol; the second of each has it."""


def outputs_of(text: str, *, sure: float = 14.0, step: int = STEP) -> Outputs:
    """Logits of a network that reads a text, spaces at the ends and all."""
    steps = step * len(text)
    sizes = {
        "kind": (len(CHARSET) - NUM_SYLLABLES + 2,),
        "initial": (19,),
        "medial": (19, 21),
        "final": (21, 28),
    }
    outputs = {name: np.zeros((steps, *size), np.float32) for name, size in sizes.items()}
    outputs["kind"][:, 0] = sure
    for place, symbol in enumerate(text):
        frame, number = step * place + 1, CHARSET.symbols.index(symbol)
        outputs["kind"][frame, 0] = 0
        if number >= NUM_SYLLABLES:
            outputs["kind"][frame, number - NUM_SYLLABLES + 2] = sure
            continue
        initial, medial, final = split_index(number)
        outputs["kind"][frame, 1] = sure
        outputs["initial"][frame, initial] = sure
        outputs["medial"][frame, initial, medial] = sure
        outputs["final"][frame, medial, final] = sure
    return outputs


def scores_of(text: str, **how: float) -> FrameScores:
    return frame_scores(outputs_of(text, **how))


def read(scores: FrameScores, **how: float) -> Line:
    return LineDecoder(CHARSET).line(scores, **how)


def test_a_sure_line() -> None:
    line = read(scores_of("가각 A힣."))
    assert line.text == "가각 A힣."
    assert "".join(character.text for character in line.characters) == line.text
    assert 0.99 < line.confidence < min(character.confidence for character in line.characters)
    for character in line.characters:
        assert character.candidates[0].text == character.text
        assert character.candidates[0].probability == character.confidence
        assert len(character.candidates) == 5


def test_places_are_in_pixels_of_the_line() -> None:
    """Marks at frames 1, 5 and 9 of 12; a frame is 6 pixels, and the first begins at pixel 10."""
    line = read(scores_of("가 나"), scale=6.0, offset=10.0)
    places = [(character.start, character.stop) for character in line.characters]
    assert places == [
        (10 + 6 * 0.0, 10 + 6 * 3.5),
        (10 + 6 * 3.5, 10 + 6 * 7.5),
        (10 + 6 * 7.5, 10 + 6 * 11.5),
    ]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 5))
def test_edges_meet_and_hold_their_marks(gaps: list[int], behind: int) -> None:
    symbols, frame = [], 0
    for gap in gaps:
        start = frame + gap
        symbols.append(PlacedSymbol(0, start, start + 2, start, 0.0))
        frame = start + 2
    places = edges(symbols, frame + behind)
    assert places[0, 0] >= 0 and places[-1, 1] <= frame + behind
    assert np.array_equal(places[1:, 0], places[:-1, 1])
    for (start, stop), symbol in zip(places, symbols, strict=True):
        assert start <= symbol.start and symbol.stop <= stop


def test_an_empty_line_is_no_text() -> None:
    outputs = {name: logits[:9] for name, logits in outputs_of("   ").items()}
    outputs["kind"][:] = 0
    outputs["kind"][:, 0] = 20
    for scores in (
        frame_scores(outputs),
        frame_scores({name: logits[:0] for name, logits in outputs.items()}),
    ):
        line = read(scores)
        assert (line.text, line.characters) == ("", ())
        assert line.confidence == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("text", [" 가 나", "가 나  ", "가  나", "   가   나 "])
def test_spare_spaces_go(text: str) -> None:
    line = read(scores_of(text))
    assert line.text == "가 나"
    assert [character.text for character in line.characters] == ["가", " ", "나"]
    assert line.characters[1].stop == line.characters[2].start


def test_a_line_of_spaces_is_empty() -> None:
    assert read(scores_of("  ")).characters == ()


def test_a_doubtful_space_says_so() -> None:
    outputs = outputs_of("가 나")
    outputs["kind"][5, 0] = outputs["kind"][5].max() - np.log(3)  # blank 0.25, space 0.75
    line = read(frame_scores(outputs))
    assert line.text == "가 나"
    assert line.characters[1].confidence == pytest.approx(0.75, abs=0.01)
    assert line.characters[0].confidence > 0.99
    assert line.confidence == pytest.approx(0.75, abs=0.01)


def test_candidates_carry_their_jamo() -> None:
    """각 0.7 or 간 0.3: the final is in doubt, the initial and the medial aren't."""
    outputs = outputs_of("각")
    outputs["final"][1, 0, [1, 4]] = 20 + np.log([0.7, 0.3])
    (character,) = read(frame_scores(outputs)).characters
    first, second = character.candidates[:2]
    assert (first.text, second.text) == ("각", "간")
    assert [score.jamo for score in first.jamo] == ["ㄱ", "ㅏ", "ㄱ"]
    assert [score.jamo for score in second.jamo] == ["ㄱ", "ㅏ", "ㄴ"]
    assert [score.probability for score in first.jamo] == pytest.approx([1, 1, 0.7], abs=1e-3)
    assert second.jamo[2].probability == pytest.approx(0.3, abs=1e-3)
    assert all(
        candidate.probability <= min(score.probability for score in candidate.jamo) + 1e-6
        for candidate in (first, second)
    )


def test_other_symbols_have_their_own_jamo_or_none() -> None:
    single, sign = read(scores_of("ㅋ.")).characters
    assert [score.jamo for score in single.candidates[0].jamo] == ["ㅋ"]
    assert single.candidates[0].jamo[0].probability == single.candidates[0].probability
    assert sign.candidates[0].jamo == ()


def test_plain_outputs_over_all_symbols_give_the_same_line() -> None:
    outputs = outputs_of("각 나.", step=3)
    outputs["final"][1, 0, [1, 4]] = 20 + np.log([0.7, 0.3])
    same = {"symbol": np.log(all_probabilities(outputs)).astype(np.float32)}
    left, right = read(frame_scores(outputs)), read(frame_scores(same))
    assert left.text == right.text
    assert left.confidence == pytest.approx(right.confidence, abs=1e-4)
    for one, other in zip(left.characters, right.characters, strict=True):
        assert (one.start, one.stop) == (other.start, other.stop)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
        first, second = one.candidates[0], other.candidates[0]
        assert first.text == second.text
        for left_jamo, right_jamo in zip(first.jamo, second.jamo, strict=True):
            assert left_jamo.jamo == right_jamo.jamo
            assert left_jamo.probability == pytest.approx(right_jamo.probability, abs=1e-4)


def test_small_charsets_are_read_as_well() -> None:
    charset = Charset(tuple("가나 "))
    logits = np.zeros((6, 4), np.float32)
    logits[range(6), [0, 2, 0, 3, 0, 1]] = 12
    line = LineDecoder(charset).line(frame_scores({"symbol": logits}))
    assert line.text == "나 가"
    assert {candidate.text for candidate in line.characters[0].candidates} == {"가", "나", " "}


def test_a_prior_decides_what_the_image_leaves_open() -> None:
    """안녕하세요 with 녕 or 넝 nearly even: texts know, and at weight 0 they aren't asked."""
    outputs = outputs_of("안넝하세요")
    medials = outputs["medial"][5, 2]
    medials[[4, 6]] = 14 + np.log([0.55, 0.45])  # ㅓ, ㅕ
    outputs["final"][5, 6, 21] = 14
    prior = NGram.train(["안녕하세요", "안녕"], CHARSET, min_count=1)
    lines = [
        LineDecoder(CHARSET, DecoderSettings(beam=BeamSettings(prior_weight=weight)), prior=prior).line(
            frame_scores(outputs)
        )
        for weight in (0.0, 0.5)
    ]
    assert [line.text for line in lines] == ["안넝하세요", "안녕하세요"]
    chosen = lines[1].characters[1]
    assert chosen.confidence == pytest.approx(0.45, abs=0.02)
    assert [candidate.text for candidate in chosen.candidates[:2]] == ["넝", "녕"]


def test_beam_and_best_path_agree_on_a_sure_line() -> None:
    scores = scores_of("가가 나다")
    beam = LineDecoder(CHARSET, DecoderSettings(beam=BeamSettings()))
    assert beam.read(scores) == best_path(scores)
    searched, whole = beam.line(scores), read(scores)
    assert (searched.text, searched.characters) == (whole.text, whole.characters)
    assert searched.confidence == pytest.approx(whole.confidence, rel=1e-4)  # of the paths that it found


def test_sequences_of_jamo_become_syllables() -> None:
    letters = spell(CHARSET.encode("각 나"))
    logits = np.zeros((2 * len(letters), 1 + NUM_LETTERS + len(CHARSET) - NUM_SYLLABLES), np.float32)
    logits[:, 0] = 14
    logits[np.arange(len(letters)) * 2, letters + 1] = 30
    line = LineDecoder(CHARSET, DecoderSettings(is_spelled=True)).line(frame_scores({"symbol": logits}))
    assert line.text == "각 나"
    assert [character.candidates[0].text for character in line.characters] == ["각", " ", "나"]
    assert line.characters[0].stop == 5.5  # between ㄱ in frame 4 and the space in frame 6


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="num_candidates is 0; give a whole number of at least 1"):
        DecoderSettings(num_candidates=0)
    prior = NGram.train(["가"], CHARSET)
    with pytest.raises(ConfigError, match="a prior needs a beam search"):
        LineDecoder(CHARSET, prior=prior)
