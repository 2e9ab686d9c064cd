"""`PageReader` with a detector and a line reader that know a page of bars."""

import itertools
import threading

import numpy as np
import pytest

from koocr.document import Line
from koocr.errors import ConfigError, InputError
from koocr.image import load_image
from koocr.layout import Page
from koocr.page.reader import PageReader
from tests.page.fakes import FakeDetector, FakeLines, FakePage

TEXTS = [f"{first}나 다{second}" for first in "가거고구" for second in "라러로루머"]


def two_columns():
    left = [(60, 100 + 60 * row, 360, 130 + 60 * row) for row in range(10)]
    right = [(420, 100 + 60 * row, 720, 130 + 60 * row) for row in range(10)]
    return FakePage(np.array(left + right), TEXTS)


def reader(**options):
    return PageReader(FakeDetector(), FakeLines(TEXTS), **options)


def test_a_page_is_read_in_its_order():
    page = reader().read(two_columns().image(), number=3, dpi=150.0)
    assert [line.text for line in page.lines] == TEXTS
    assert (page.number, page.width, page.height, page.dpi, page.angle) == (3, 800, 1000, 150.0, 0.0)
    assert Page.from_dict(page.to_dict()) == page


def test_the_order_can_be_asked_for():
    page = reader(order="rows").read(two_columns().image())
    assert [line.text for line in page.lines] == [
        text for pair in zip(TEXTS[:10], TEXTS[10:], strict=True) for text in pair
    ]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lies_or_stands_on_its_head_is_read_and_its_places_are_those_of_the_picture(turns):
    made = two_columns()
    page = reader().read(np.ascontiguousarray(np.rot90(made.image(), turns)))
    assert [line.text for line in page.lines] == TEXTS
    assert page.angle == {1: -90, 2: 180, 3: 90}[turns]
    assert (page.width, page.height) == ((1000, 800) if turns % 2 else (800, 1000))
    x0, y0, x1, y1 = made.boxes[0]
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float)
    ways = {1: lambda x, y: (y, 800 - x), 2: lambda x, y: (800 - x, 1000 - y), 3: lambda x, y: (1000 - y, x)}
    expected = [ways[turns](x, y) for x, y in corners]
    assert np.array(page.lines[0].quad) == pytest.approx(np.array(expected), abs=1.5)
    first, second = page.lines[0].words
    assert first.text == "가나"
    start = np.array(page.lines[0].quad[0])
    assert np.linalg.norm(np.array(first.quad[0]) - start) < np.linalg.norm(np.array(second.quad[0]) - start)


@pytest.mark.parametrize("turns", range(4))
def test_the_lines_that_decide_say_how_a_page_lies(turns):
    lines = FakeLines(TEXTS)
    decider = PageReader(FakeDetector(), lines)
    image = np.ascontiguousarray(np.rot90(two_columns().image(), turns))
    assert (turns + decider.quarter_turns(image)) % 4 == 0
    assert lines.calls == ([8] if turns in (0, 3) else [8, 8])  # not all twenty
    assert round(decider.read(image).angle / 90) % 4 == decider.quarter_turns(image)


def test_a_blank_page_is_not_turned():
    assert reader().quarter_turns(np.full((300, 200), 255, np.uint8)) == 0


def test_threads_change_nothing():
    image = two_columns().image()
    assert reader(num_threads=3).read(image) == reader().read(image)


def test_threads_read_beside_each_other():
    barrier, calls = threading.Barrier(2, timeout=10), itertools.count()

    class Meeting(FakeLines):
        def read(self, pictures):
            if next(calls) < 2:
                barrier.wait()  # passes only when two threads are here at once
            return super().read(pictures)

    page = PageReader(FakeDetector(), Meeting(TEXTS), num_threads=2).read(two_columns().image())
    assert len(page.lines) == 20


def test_what_cannot_be_read_is_no_text():
    class Half(FakeLines):
        def read(self, pictures):
            lines = super().read(pictures)
            return [line if "라" not in line.text else Line("", 0.0) for line in lines]

    page = PageReader(FakeDetector(), Half(TEXTS)).read(two_columns().image())
    assert [line.text for line in page.lines] == [text for text in TEXTS if "라" not in text]


def test_a_blank_page_has_no_blocks():
    page = reader().read(np.full((300, 200), 255, np.uint8))
    assert page == Page(1, 200, 300)
    assert page.text == ""


def test_blocks_hold_their_lines():
    page = reader().read(two_columns().image())
    for block in page.blocks:
        (left, top), _, (right, bottom), _ = block.quad
        for line in block.lines:
            x, y = np.array(line.quad).T
            assert left - 1e-6 <= x.min() and x.max() <= right + 1e-6
            assert top - 1e-6 <= y.min() and y.max() <= bottom + 1e-6


def test_an_upright_page_is_read_once_and_never_turned():
    lines = FakeLines(TEXTS, sure=0.8)
    PageReader(FakeDetector(), lines).read(two_columns().image())
    assert sum(lines.calls) == 20


@pytest.mark.parametrize(
    "options", [{"order": "up"}, {"num_threads": 0}, {"num_threads": True}, {"num_threads": 1.5}]
)
def test_settings_out_of_range(options):
    with pytest.raises(ConfigError, match=f"{next(iter(options))} is .*; give"):
        reader(**options)


def test_an_unreadable_picture_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        reader().read(tmp_path / "none.png")


def test_a_pdf_is_sent_to_those_who_read_pdfs():
    with pytest.raises(InputError, match=r"koocr\.read"):
        load_image(b"%PDF-1.7\n%\xe2\xe3")
