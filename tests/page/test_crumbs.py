"""What was read on a page and is no text; and short text that is some."""

import numpy as np
import pytest

from koocr.document import Line, LineCharacter
from koocr.page.crumbs import are_crumbs
from koocr.page.level import Boxes
from koocr.page.reader import PageReader
from tests.page.fakes import FakeDetector, FakeLines, FakePage

SIZE = 20.0
PROSE = [(100, 100 + 30 * row, 600, 120 + 30 * row, "여기에는 글이 길게 있다", 0.95) for row in range(6)]


def line(text, confidence):
    characters = tuple(LineCharacter(symbol, confidence, 0.0, 1.0) for symbol in text)
    return Line(text, confidence ** len(text), characters)


def crumbs(*found, contrast=None):
    """The texts that are dropped, of (x0, y0, x1, y1, text, confidence)."""
    *edges, texts, sure = zip(*found, strict=True)
    boxes = Boxes(*(np.array(edge, np.float64) for edge in edges))
    lines = [line(text, confidence) for text, confidence in zip(texts, sure, strict=True)]
    tones = np.full(len(found), 200.0) if contrast is None else np.array(contrast, np.float64)
    dropped = are_crumbs(boxes, lines, tones).tolist()
    return [text for text, is_crumb in zip(texts, dropped, strict=True) if is_crumb]


@pytest.mark.parametrize(
    "crumb",
    [
        (30, 300, 58, 328, "●", 0.75),  # a punch hole is higher than the text
        (30, 300, 46, 316, "●", 0.75),  # or not, but stands in the margin
        (30, 300, 46, 316, "【】", 0.6),
        (640, 200, 650, 208, "ㅋ", 0.3),  # specks
        (300, 500, 330, 520, "K", 0.12),  # a piece of a picture
    ],
)
def test_crumbs(crumb):
    assert crumbs(*PROSE, crumb) == [crumb[4]]


@pytest.mark.parametrize(
    "text",
    [
        (340, 500, 360, 516, "7", 0.9),  # a page number
        (640, 500, 660, 516, "12", 0.55),
        (78, 100, 92, 114, "●", 0.7),  # the mark of an item, near its text
        (78, 130, 92, 144, "①", 0.45),
        (110, 282, 130, 302, "다", 0.2),  # the last syllable of a paragraph
        (700, 100, 900, 120, "옆에 있는 긴 글", 0.2),  # long, whatever it says
    ],
)
def test_short_text(text):
    assert crumbs(*PROSE, text) == []


@pytest.mark.parametrize(
    ("confidence", "tone", "is_dropped"),
    [(0.4, 30.0, True), (0.4, 150.0, False), (0.9, 30.0, False)],
    ids=["shows through", "as dark as the text", "pale, but sure"],
)
def test_the_other_side_of_a_thin_sheet(confidence, tone, is_dropped):
    behind = (100, 300, 600, 320, "35프4 10슴모 95스 되24", confidence)
    dropped = crumbs(*PROSE, behind, contrast=[200.0] * len(PROSE) + [tone])
    assert dropped == ([behind[4]] if is_dropped else [])


def test_on_a_page_that_reads_badly_unsure_lines_stay():
    prose = [(*edges, text, 0.6) for *edges, text, _ in PROSE]
    lone = (300, 500, 330, 520, "예", 0.2)
    assert crumbs(*PROSE, lone) == ["예"]
    assert crumbs(*prose, lone) == []


def test_a_single_syllable_alone_on_its_page_is_text():
    assert crumbs((10, 10, 40, 40, "가", 0.6)) == []
    assert crumbs((10, 10, 40, 40, "o", 0.1)) == ["o"]


def test_nothing():
    assert are_crumbs(Boxes(*[np.zeros(0)] * 4), [], np.zeros(0)).tolist() == []


def test_the_page_reader_drops_them():
    texts = ["가나 다라", "마바 사아", "●"]
    boxes = np.array([(200, 100, 500, 130), (200, 160, 500, 190), (40, 300, 84, 344)])
    page = PageReader(FakeDetector(), FakeLines(texts)).read(FakePage(boxes, texts).image())
    assert [found.text for found in page.lines] == texts[:2]
