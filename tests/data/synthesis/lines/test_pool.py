"""Who draws, and who steps in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from koocr.data.faces import Face
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.pool import HandPool, sign_fonts
from koocr.data.synthesis.lines.settings import PoolSettings
from koocr.errors import ConfigError, DataError

from .conftest import COMMON


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_hands_come_by_the_shares_of_their_classes(faces, coverage, writer) -> None:
    settings = PoolSettings(serif=1, gothic=2, handwriting=4, real=3)
    pool, generator = HandPool(faces, coverage, writers=[writer], settings=settings), rng()
    names = [pool.pick(generator).name for _ in range(2000)]
    for name, share in (("serif", 0.1), ("gothic", 0.2), ("handwriting", 0.4), ("hhr-001", 0.3)):
        assert names.count(name) / 2000 == pytest.approx(share, abs=0.04)


def test_a_face_without_latin_has_it_from_another_of_its_class_or_of_any(faces, coverage) -> None:
    gothic = next(face for face in faces if face.klass == "gothic")
    lent = replace(faces[0], id="lent", klass="gothic")
    for others in ([faces[0]], [lent, faces[0]]):
        pool = HandPool([gothic, *others], {**coverage, "lent": coverage["serif"]})
        hand = pool.hand(gothic)
        is_helped = others[0] is lent
        assert hand.glyph("A") is None and pool.repertoire(hand).draws("A가") is is_helped
        assert (pool.script(hand, rng()).glyph("A") is not None) is is_helped


def test_a_line_may_take_its_digits_from_a_standby_and_its_syllables_never(faces, coverage) -> None:
    serif, hand = faces[0], faces[1]
    twin = replace(hand, id="twin", klass="serif", file=hand.file)
    pool = HandPool(
        [serif, twin], {**coverage, "twin": coverage[hand.id]}, settings=PoolSettings(mixed_latin=1.0)
    )
    own = pool.hand(serif)
    latin = {id(pool.script(own, rng(seed)).glyph("5")) for seed in range(20)}
    assert latin == {id(own.glyph("5")), id(pool.hand(twin).glyph("5"))}
    assert {id(pool.script(own, rng(seed)).glyph("가")) for seed in range(20)} == {id(own.glyph("가"))}


def test_repertoires_promise_only_what_scripts_draw(pool: HandPool, faces: list[Face]) -> None:
    for hand in (*map(pool.hand, faces), pool._writers[0]):
        repertoire, script = pool.repertoire(hand), pool.script(hand, rng())
        for symbol in repertoire.others:
            assert script.glyph(symbol) is not None, symbol
        assert all(script.glyph(symbol) is not None for symbol in repertoire.random_syllables(rng(), 200))


def test_no_other_face_steps_in_for_a_syllable_that_is_promised_by_none(pool: HandPool, faces) -> None:
    serif = pool.hand(faces[0])
    assert pool.repertoire(serif).draws("뷁") and not pool.repertoire(serif).draws("힣")


def test_rare_syllables_come_as_often_as_common_ones_over_all_faces(faces, coverage) -> None:
    settings = PoolSettings(serif=1, handwriting=1, gothic=1)
    pool, generator = HandPool(faces, coverage, settings=settings), rng()
    drawn = "".join(
        pool.repertoire(pool.pick(generator)).random_syllables(generator, 20) for _ in range(1500)
    )
    usual = np.mean([drawn.count(char) for char in COMMON])
    for char in "뷁힣":
        assert drawn.count(char) == pytest.approx(usual, rel=0.25)


def test_letters_are_forgotten_when_too_many_are_kept(faces, coverage) -> None:
    pool = HandPool(faces, coverage, settings=PoolSettings(max_glyphs=5))
    hand = pool.hand(faces[0])
    for char in COMMON:
        hand.glyph(char)
    for seed in range(256):
        pool.pick(rng(seed))
    assert hand.num_kept == 0


def test_what_is_missing_is_told(faces, coverage, writer: Handwriting) -> None:
    with pytest.raises(DataError, match="neither faces nor writers"):
        HandPool([], {})
    with pytest.raises(DataError, match="neither faces nor writers"):
        HandPool(faces[:1], coverage, settings=PoolSettings(serif=0))
    with pytest.raises(ConfigError, match="mixed_latin is 2"):
        PoolSettings(mixed_latin=2.0)


def test_faces_without_a_row_of_coverage_are_looked_through(faces, coverage) -> None:
    found = HandPool(faces[:1], {}).hand(faces[0]).syllables
    assert np.array_equal(found, coverage[faces[0].id])


def test_sign_fonts_are_there_with_matplotlib() -> None:
    pytest.importorskip("matplotlib", reason="in the extra 'train'")
    assert len(sign_fonts()) >= 3
