"""Pictures of what was read show every character, each where it was read, and never a box."""

import numpy as np
import pytest
from PIL import Image

from koocr.fonts import korean_face
from koocr.hangul import JAMO
from koocr.layout import Block, Page, PageLine, Word
from koocr.page import faces
from koocr.page.exporters.picture import draw_page
from koocr.page.faces import face_for
from tests.page.made_pages import drawn_page, upright

IMAGE, PAGE = drawn_page(size=(800, 600))


@pytest.fixture
def no_system_faces(monkeypatch):
    monkeypatch.setattr(faces, "system_faces", lambda: ())
    face_for.cache_clear()
    yield
    face_for.cache_clear()


def halves(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    pixels = np.asarray(picture).astype(int)
    width = (pixels.shape[1] - 3) // 2
    return pixels[:, :width], pixels[:, width + 3 :]


def test_the_text_stands_where_it_was_read():
    left, right = halves(draw_page(np.asarray(IMAGE), PAGE))
    assert left.shape == right.shape == (1200, 1600, 3)
    ink = right.min(axis=2) < 160
    inside = np.zeros_like(ink)
    for word in PAGE.words:
        (x0, y0), _, (x1, y1), _ = (np.rint(2 * np.array(corner)).astype(int) for corner in word.quad)
        assert ink[y0:y1, x0:x1].mean() > 0.02, word.text
        inside[y0 - 1 : y1 + 1, x0 - 1 : x1 + 1] = True
    assert not (ink & ~inside).any()


def test_the_page_is_shown_with_its_words():
    left, _ = halves(draw_page(np.asarray(IMAGE), PAGE))
    for word in PAGE.words:
        x, y = (round(2 * value) for value in word.quad[0])
        assert np.ptp(left[y - 1 : y + 2, x + 4], axis=1).max() > 100  # the outline has a colour


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, 270])
def test_turned_words(degrees):
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([(-120, -20), (120, -20), (120, 20), (-120, 20)]) @ rotation.T + 150
    quad = tuple((float(x), float(y)) for x, y in corners)
    word = Word("ㅡㅡㅡ", 1.0, quad)
    page = Page(1, 300, 300, blocks=(Block(quad, (PageLine(word.text, 1.0, quad, (word,)),)),))
    _, right = halves(draw_page(np.full((300, 300), 255, np.uint8), page))
    rows, columns = np.nonzero(right.min(axis=2) < 160)
    along = np.stack([columns, rows], axis=1) / 2 - 150  # drawn at twice the size
    spread = (along @ rotation).std(axis=0)
    assert spread[0] > 3 * spread[1]  # the bars of ㅡㅡㅡ lie along the word


def test_characters_that_no_face_has_are_left_out_visibly(no_system_faces):
    assert face_for("각") == korean_face() and face_for("漢") is None
    quad = upright(10, 10, 130, 50)
    page = Page(1, 300, 60, blocks=(Block(quad, (PageLine("漢字", 1.0, quad, (Word("漢字", 1.0, quad),)),)),))
    _, right = halves(draw_page(np.full((60, 300), 255, np.uint8), page))
    ink = right[right.min(axis=2) < 200]
    assert len(ink) and (ink[:, 2] > ink[:, 0] + 20).all()  # dots of another colour, nothing black
    assert len(ink) < 0.02 * right[..., 0].size


def test_another_face_is_taken_for_what_koocrs_lacks(monkeypatch, tmp_path):
    other = tmp_path / "other.otf"
    other.write_bytes(korean_face().read_bytes())
    monkeypatch.setattr(faces, "system_faces", lambda: (other,))
    monkeypatch.setattr(faces, "_has", lambda path, char: (path == other) == (char == "漢"))
    face_for.cache_clear()
    assert face_for("漢") == other and face_for("가") == korean_face()
    face_for.cache_clear()


def test_koocrs_face_is_enough_for_hangul(no_system_faces):
    assert all(face_for(char) == korean_face() for char in ["가", "힣", "쀍", *JAMO, *"Az09.,?!…·"])


def test_pages_without_text_and_tiny_ones():
    for shape in ((1, 1), (8, 3), (40, 3000)):
        picture = draw_page(np.full(shape, 255, np.uint8), Page(1, shape[1], shape[0]))
        assert max(picture.size) <= 3203


def test_places_outside_the_page_and_without_area():
    for quad in (upright(-50, -50, 20, 20), upright(400, 400, 500, 500), upright(5, 5, 5, 90)):
        page = Page(
            1, 100, 100, blocks=(Block(quad, (PageLine("가", 1.0, quad, (Word("가", 1.0, quad),)),)),)
        )
        draw_page(np.full((100, 100), 255, np.uint8), page)


def test_system_faces_are_files():
    assert all(path.is_file() for path in faces.system_faces())
