"""Letters of faces and writers: only what is really drawn, cut to the ink, in true proportions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from koocr.data.faces import Face, open_font
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.hands import FaceHand, FontHand, WriterHand, usable_writers
from koocr.data.synthesis.lines.settings import EM
from koocr.errors import DataError
from koocr.fonts import korean_face
from tests.data.made_faces import BOX, make_face

from .conftest import COMMON, LATIN, indices


def hand_of(path: Path, syllables: str) -> FaceHand:
    face = Face(path.stem, path.stem, "serif", "train", path.name, "OFL", path.parent)
    return FaceHand(face, indices(syllables))


def test_a_letter_is_cut_to_its_ink_and_lies_where_the_face_puts_it(tmp_path: Path) -> None:
    block = {"가": [(250, -125, 750, 500)]}
    glyph = hand_of(make_face(tmp_path / "f.ttf", "", pictures=block), "가").glyph("가")
    assert glyph is not None and glyph.advance == EM
    assert glyph.ink.min() > 0
    left, top, right, bottom = 0, -EM / 2, EM / 2, EM / 8  # made faces have no bearings
    found = glyph.left, glyph.top, glyph.left + glyph.ink.shape[1], glyph.top + glyph.ink.shape[0]
    assert found == pytest.approx((left, top, right, bottom), abs=1), "but for hinting"


@pytest.mark.parametrize("char", "가핥1.")
def test_letters_stand_where_pillow_puts_them(char: str) -> None:
    font = open_font(korean_face(), EM)
    glyph = FontHand(font, name="label", klass="gothic", syllables=indices("가핥")).glyph(char)
    page = Image.new("L", (120, 120))
    ImageDraw.Draw(page).text((40, 80), char, font=font, fill=255, anchor="ls")
    rows, columns = (np.flatnonzero((np.asarray(page) > 6).any(axis)) for axis in (1, 0))
    assert glyph is not None
    assert (glyph.left, glyph.top) == (columns[0] - 40, rows[0] - 80)
    assert glyph.ink.shape == (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)


def test_a_syllable_out_of_the_coverage_is_never_drawn_though_the_face_has_a_picture(tmp_path: Path) -> None:
    hand = hand_of(make_face(tmp_path / "f.ttf", "가나"), "가")
    assert hand.glyph("가") is not None and hand.glyph("나") is None


def test_blank_missing_and_boxed_symbols_and_the_space_are_not_drawn(tmp_path: Path) -> None:
    pictures = {"a": (), "b": BOX, " ": BOX}
    hand = hand_of(make_face(tmp_path / "f.ttf", "가A", pictures=pictures), "가")
    assert hand.others() == "A"
    assert [hand.glyph(symbol) for symbol in "abC "] == [None] * 4


def test_a_won_sign_in_the_place_of_the_backslash_is_not_drawn(tmp_path: Path) -> None:
    steps = [(100 * k, 100 * k, 100 * k + 150, 100 * k + 150) for k in range(6)]
    mirrored = [(750 - right, bottom, 750 - left, top) for left, bottom, right, top in steps]
    won = [(0, 300, 750, 350), (0, 400, 750, 450), (300, 0, 450, 750)]
    for picture, is_drawn in ((mirrored, True), (won, False)):
        path = make_face(tmp_path / f"{is_drawn}.ttf", "가", pictures={"/": steps, "\\": picture})
        assert ("\\" in hand_of(path, "가").others()) is is_drawn


def test_others_are_found_out_once_and_letters_can_be_forgotten(faces: list[Face]) -> None:
    hand = FaceHand(faces[0], indices(COMMON))
    assert set(hand.others()) == set(LATIN) and hand.num_kept <= 1, "the slash, for the backslash"
    first = hand.glyph("가")
    hand.forget()
    again = hand.glyph("가")
    assert hand.num_kept == 1 and first is not None and again is not None
    assert np.array_equal(first.ink, again.ink) and first[1:] == again[1:]


def test_a_writers_letters_keep_their_sizes_to_one_another(writer: Handwriting) -> None:
    hand = WriterHand(writer)
    usual, small = hand.glyph("가"), hand.glyph(writer.labels[-1])
    assert usual is not None and small is not None
    assert usual.ink.shape[0] == pytest.approx(0.8 * EM, abs=2)
    assert small.ink.shape[0] == pytest.approx(0.4 * EM, abs=2)
    middles = [glyph.top + glyph.ink.shape[0] / 2 for glyph in (usual, small)]
    assert middles[0] == pytest.approx(middles[1], abs=1)


def test_a_writer_draws_what_was_written_and_no_more(writer: Handwriting) -> None:
    hand = WriterHand(writer)
    assert np.array_equal(hand.syllables, indices("".join(writer.labels)))
    assert hand.glyph("뷁") is None and hand.glyph("A") is None and hand.others() == ""


def test_writers_of_blank_cells_are_refused_and_of_few_syllables_left_out(writer: Handwriting) -> None:
    blank = Handwriting([np.full((60, 60), 250, np.uint8)], ["가"], "hhr-001")
    with pytest.raises(DataError, match="no crop of a syllable"):
        WriterHand(blank)
    assert [hand.name for hand in usable_writers([blank, writer])] == ["hhr-001"]
