"""Glyphs as they are drawn and stored, and the store that keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from koocr.data.faces import open_font
from koocr.data.glyphs import (
    GLYPH_SIZE,
    INK_SIZE,
    GlyphSource,
    build_store,
    draw_glyph,
    drawable_jamo,
    fit_ink,
    glyphs_of_face,
    open_store,
)
from koocr.data.sources import face_sources, writer_sources
from koocr.errors import DataError
from koocr.fonts import korean_face
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable_index
from tests.data.made_faces import BOX, make_face
from tests.data.test_handwriting import make_set
from tests.drawing import draw_character

Glyph = tuple[int, np.ndarray]
LEFT_HALF = [(100, 0, 500, 800)]
CORNERS = [(100, 0, 200, 100), (800, 700, 900, 800)]


def ids(text: str) -> list[int]:
    return [syllable_index(char) for char in text]


def test_the_ink_is_the_fonts(tmp_path: Path) -> None:
    face = make_face(tmp_path / "f.ttf", "", pictures={"가": LEFT_HALF, "나": CORNERS, "다": ()})
    font = open_font(face, 100)
    drawn, corners = cut(draw_glyph(font, "가")), cut(draw_glyph(font, "나"))
    assert drawn.shape == (80, 40) and (drawn == 255).all()
    assert corners.shape == (80, 80) and (corners > 0).sum() == 200
    assert corners[-10:, :10].all() and corners[:10, -10:].all()
    blank = draw_glyph(font, "다")
    assert blank is None or not blank.any()


def cut(drawn: np.ndarray | None) -> np.ndarray:
    """The part of an image that has ink."""
    assert drawn is not None
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_ink_is_cut_and_fitted_undistorted() -> None:
    image = np.zeros((200, 300), np.uint8)
    image[50:170, 20:80] = 255
    square = fit_ink(image)
    assert square is not None and square.shape == (GLYPH_SIZE, GLYPH_SIZE)
    rows, columns = np.flatnonzero(square.any(1)), np.flatnonzero(square.any(0))
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (INK_SIZE, INK_SIZE // 2)
    assert rows[0] + rows[-1] == GLYPH_SIZE - 1 and columns[0] + columns[-1] == GLYPH_SIZE - 1
    assert (square[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 3)])
def test_little_ink_is_enlarged(shape: tuple[int, int]) -> None:
    square = fit_ink(np.full(shape, 255, np.uint8))
    assert square is not None and max(np.ptp(np.nonzero(square), axis=1)) + 1 == INK_SIZE


@pytest.mark.parametrize("tone", [0, 24])
def test_no_ink_is_none(tone: int) -> None:
    assert fit_ink(np.full((20, 20), tone, np.uint8)) is None


def test_jamo_that_are_no_jamo_are_left_out(tmp_path: Path) -> None:
    """The blank ones, the boxes, and those that share a picture."""
    pictures = {"ㄴ": (), "ㄷ": BOX, "ㅏ": LEFT_HALF, "ㅑ": LEFT_HALF, "ㅓ": CORNERS}
    face = make_face(tmp_path / "f.ttf", "ㄱㅎ", pictures=pictures)
    assert [JAMO[i] for i in drawable_jamo(open_font(face, 80))] == ["ㄱ", "ㅎ", "ㅓ"]
    found = [symbol for symbol, _ in glyphs_of_face(face, [])]
    assert [JAMO[symbol - NUM_SYLLABLES] for symbol in found] == ["ㄱ", "ㅎ", "ㅓ"]


def test_the_packages_own_face_draws_all_jamo() -> None:
    assert drawable_jamo(open_font(korean_face(), 80)) == list(range(51))


def test_a_faces_glyphs_are_the_syllables_asked_for_and_its_jamo(tmp_path: Path) -> None:
    face = make_face(tmp_path / "f.ttf", "가나ㄱ", pictures={"다": ()})
    glyphs = list(glyphs_of_face(face, ids("나가다")))
    assert [symbol for symbol, _ in glyphs] == [*ids("나가"), NUM_SYLLABLES]
    font = open_font(face, 80)
    for symbol, square in glyphs[:2]:
        drawn = draw_glyph(font, chr(0xAC00 + symbol))
        assert drawn is not None and np.array_equal(square, fit_ink(drawn))  # type: ignore[arg-type]


def test_syllables_drawn_alike_are_left_out_but_for_the_common_one(tmp_path: Path) -> None:
    high, low = [(100, 400, 900, 800)], [(300, 0, 500, 800)]
    pictures = {"젠": LEFT_HALF, "졘": LEFT_HALF, "갂": high, "갃": high, "나": low, "다": CORNERS}
    face = make_face(tmp_path / "f.ttf", "", pictures=pictures)
    assert [symbol for symbol, _ in glyphs_of_face(face, ids("젠졘갂갃나다"))] == ids("젠나다")


@pytest.mark.parametrize("content", [None, b"", b"no font"])
def test_files_that_are_no_fonts(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "f.ttf").write_bytes(content)
    with pytest.raises(DataError, match=r"f\.ttf"):
        list(glyphs_of_face(tmp_path / "f.ttf", [0]))


def source(name: str, text: str = "가나", *, is_real: bool = False, tone: int = 200) -> GlyphSource:
    def glyphs() -> Iterable[Glyph]:
        for position, symbol in enumerate(ids(text)):
            yield symbol, np.full((GLYPH_SIZE, GLYPH_SIZE), tone + position, np.uint8)

    return GlyphSource(name, "handwritten" if is_real else "printed", is_real, glyphs)


def failing(name: str, error: BaseException) -> GlyphSource:
    def glyphs() -> Iterable[Glyph]:
        yield from source(name).glyphs()
        raise error

    return GlyphSource(name, "printed", False, glyphs)


def test_a_store_holds_what_its_sources_gave(tmp_path: Path) -> None:
    store = build_store(tmp_path / "glyphs", [source("one"), source("둘", "닭", is_real=True, tone=10)])
    assert store.symbols.tolist() == ids("가나닭")
    assert store.sources.tolist() == [0, 0, 1]
    assert store.names == ("one", "둘")
    assert store.kinds == ("printed", "handwritten")
    assert store.is_real == (False, True)
    assert store.images[:, 0, 0].tolist() == [200, 201, 10]
    assert len(store) == 3
    with pytest.raises(ValueError, match="read-only"):
        store.images[0] = 0


def test_a_finished_store_is_opened_and_not_drawn_again(tmp_path: Path) -> None:
    build_store(tmp_path, [source("one"), source("two")])
    again = build_store(tmp_path, [failing("one", AssertionError()), failing("two", AssertionError())])
    assert again.symbols.tolist() == ids("가나가나")


@pytest.mark.parametrize("names", [["one"], ["two", "one"], ["one", "two", "three"]])
def test_a_store_of_other_sources(tmp_path: Path, names: list[str]) -> None:
    build_store(tmp_path, [source("one"), source("two")])
    with pytest.raises(DataError, match="made of other faces; delete it or name another folder"):
        build_store(tmp_path, [source(name) for name in names])


def test_a_half_written_store_is_drawn_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_store(tmp_path, [source("one"), failing("two", KeyboardInterrupt())])
    with pytest.raises(DataError, match="this is no finished glyph store"):
        open_store(tmp_path)
    store = build_store(tmp_path, [source("one", "닭"), source("two", "힣")])
    assert store.symbols.tolist() == ids("닭힣")
    assert store.images.shape == (2, GLYPH_SIZE, GLYPH_SIZE)


def test_a_source_without_glyphs_is_no_harm_but_nothing_at_all_is(tmp_path: Path) -> None:
    store = build_store(tmp_path / "some", [source("one"), source("empty", "")])
    assert store.names == ("one", "empty") and len(store) == 2
    with pytest.raises(DataError, match="none of the faces draws anything"):
        build_store(tmp_path / "none", [source("empty", "")])


@pytest.mark.parametrize("damage", ["short images", "no images", "empty index", "text index", "other index"])
def test_a_damaged_store(tmp_path: Path, damage: str) -> None:
    build_store(tmp_path, [source("one")])
    if damage == "short images":
        (tmp_path / "images.u8").write_bytes(bytes(100))
    elif damage == "no images":
        (tmp_path / "images.u8").unlink()
    elif damage == "other index":
        np.savez(tmp_path / "index.npz", symbols=np.zeros(2))
    else:
        (tmp_path / "index.npz").write_bytes(b"" if damage == "empty index" else b"PK no zip")
    with pytest.raises(DataError, match=r"this is no finished glyph store .*delete it and draw it again"):
        open_store(tmp_path)


LIST = "id,klass,split,file,licence\nhand,handwriting,train,hand.ttf,OFL\nprint,serif,val,print.ttf,OFL\n"


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    for name in ("hand", "print"):
        make_face(tmp_path / f"{name}.ttf", "가나닭ㄱ", pictures={"힣": ()})
    (tmp_path / "faces.csv").write_text(LIST)
    return tmp_path


@pytest.mark.parametrize("table", [None, "", "print\t가\n", "hand\t닭가\n"])
def test_faces_of_a_split_draw_what_the_table_or_their_ink_says(faces: Path, table: str | None) -> None:
    if table is not None:
        (faces / "coverage.tsv.gz").write_text(table, encoding="utf-8")
    (found,) = face_sources(faces, split="train")
    assert (found.name, found.kind, found.is_real) == ("hand", "handwritten", False)
    symbols = [symbol for symbol, _ in found.glyphs()]
    expected = "가닭" if table == "hand\t닭가\n" else "가나닭"
    assert symbols == [*ids(expected), NUM_SYLLABLES]
    (other,) = face_sources(faces, split="val")
    assert (other.name, other.kind) == ("print", "printed")
    assert face_sources(faces, split="test") == []


def test_a_folder_without_a_list_of_faces(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"faces\.csv: the list of faces cannot be read"):
        face_sources(tmp_path, split="train")


def test_a_writers_crops_are_stored_as_faces_are(tmp_path: Path) -> None:
    import io

    from PIL import Image

    def png(text: str) -> bytes:
        buffer = io.BytesIO()
        picture = np.full((60, 60), 255, np.uint8) if text == "" else draw_character(text, size_px=80)
        Image.fromarray(picture).save(buffer, "PNG")
        return buffer.getvalue()

    rows = [("0.png", "닭", png("닭")), ("1.png", "ㅎ", png("ㅎ")), ("2.png", "가", png(""))]
    make_set(tmp_path / "hhr-001.zip", rows)
    (found,) = writer_sources(tmp_path, split="train")
    assert (found.name, found.kind, found.is_real) == ("hhr-001", "handwritten", True)
    glyphs = dict(found.glyphs())
    assert list(glyphs) == [*ids("닭"), NUM_SYLLABLES + JAMO.index("ㅎ")], "blank crops are left out"
    drawn = dict(glyphs_of_face(korean_face(), ids("닭")))
    for symbol, square in glyphs.items():
        assert np.abs(square.astype(float) - drawn[symbol]).mean() < 12
