"""Pages of PDFs from the text that they hold, whichever way up it stands."""

import numpy as np
import pytest

from koocr.layout import PageLine, Word
from koocr.page.own_text import page_of_own_text
from koocr.page.reading import read
from koocr.page.sources import SourcePage
from tests.page.test_sources import made_pdf

COLUMNS = [
    [f"l{number} of the left side" for number in range(8)],
    [f"r{number} to the right" for number in range(8)],
]
TEXTS = [text for column in COLUMNS for text in column]


def two_columns(content_turn, rotate):
    """A PDF whose content is turned by quarter turns against the clock, and shown with a /Rotate."""
    turn = {0: "1 0 0 1 0 0", 1: "0 1 -1 0 400 0", 2: "-1 0 0 -1 400 400", 3: "0 -1 1 0 0 400"}[content_turn]
    shown = [
        f"BT /F1 12 Tf 1 0 0 1 {30 + 190 * side} {360 - 24 * row} Tm ({text}) Tj ET"
        for row in range(8)
        for side, text in enumerate((COLUMNS[0][row], COLUMNS[1][row]))
    ]
    content = f"{turn} cm\n" + "\n".join(shown)
    return made_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Rotate {rotate} /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
    )


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("content_turn", [0, 1, 2, 3])
def test_the_order_is_that_of_the_text_however_it_is_turned(content_turn, rotate):
    class Unasked:
        def read(self, *args, **kwargs):
            raise AssertionError("the page holds its text")

    (page,) = read(
        two_columns(content_turn, rotate), use_text_layer=True, order="columns", reader=Unasked()
    ).pages
    assert [line.text for line in page.lines] == TEXTS
    assert page.angle % 360 == (rotate - 90 * content_turn) % 360
    for block in page.blocks:
        edges = np.array(block.quad)
        inside = np.array([line.quad for line in block.lines]).reshape(-1, 2)
        assert (inside >= edges.min(0) - 1e-6).all() and (inside <= edges.max(0) + 1e-6).all()


def test_a_line_that_runs_otherwise_does_not_turn_the_page():
    def line(text, x, y, wide):
        corners = ((x, y), (x + wide, y), (x + wide, y + 10), (x, y + 10))
        return PageLine(text, 1.0, corners, (Word(text, 1.0, corners),))

    upward = ((5.0, 90.0), (5.0, 10.0), (15.0, 10.0), (15.0, 90.0))
    lines = (line("둘", 30, 60, 120), PageLine("옆으로", 1.0, upward), line("하나 하나", 30, 20, 120))
    image = np.full((100, 200), 255, np.uint8)
    page = page_of_own_text(SourcePage("a.pdf", 1, 1, image, 72.0, lines))
    texts = [found.text for found in page.lines]
    assert page.angle == 0.0
    assert texts.index("하나 하나") < texts.index("둘")


def test_a_page_without_lines():
    page = page_of_own_text(SourcePage("a.pdf", 1, 1, np.full((10, 20), 255, np.uint8), 72.0, ()))
    assert page.lines == () and page.angle == 0.0
