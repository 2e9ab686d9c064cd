"""Reports: the three files say the same, hold their pictures, and are well-formed."""

import json
import math
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from koocr.evaluation.report import Paragraph, Picture, Report, Section, Table, percent, write_report

VOID = {"meta", "img"}


class Page(HTMLParser):
    """Collects text and pictures, and checks that tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.texts: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open_tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open_tags.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("L", (4, 4)).save(tmp_path / "errors.png")
    blocks = (
        Paragraph("It reads 한글 & more <quickly>."),
        Table(("face", "top-1"), (("a|b", "99.0 %"), ("나눔", "98.0 %")), "By face"),
        Picture("errors.png", "The errors"),
    )
    data = {"top_1": 0.5, "missing": math.nan, "nested": [{"x": math.inf}]}
    write_report(Report("koocr", (Section("What it reads", blocks),), data), tmp_path)
    return tmp_path


def test_the_page_is_well_formed_and_needs_nothing_else(folder: Path) -> None:
    page = Page()
    page.feed((folder / "report.html").read_text("utf-8"))
    assert page.open_tags == []
    assert "It reads 한글 & more <quickly>." in page.texts
    assert {"By face", "a|b", "나눔", "98.0 %", "The errors"} <= set(page.texts)
    assert len(page.sources) == 1
    assert page.sources[0].startswith("data:image/png;base64,")


def test_markdown_has_the_table_and_links_the_picture(folder: Path) -> None:
    text = (folder / "report.md").read_text("utf-8")
    assert "# koocr\n\n## What it reads\n" in text
    assert "| face | top-1 |\n| --- | --- |\n| a\\|b | 99.0 % |\n| 나눔 | 98.0 % |\n" in text
    assert "![The errors](errors.png)" in text


def test_json_is_strict_and_says_null_for_what_was_not_measured(folder: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    data = json.loads((folder / "report.json").read_text("utf-8"), parse_constant=refuse)
    assert data == {"top_1": 0.5, "missing": None, "nested": [{"x": None}]}


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100.00 %"), (0.99999, "99.99 %"), (0.98765, "98.77 %"), (0.0, "0.00 %"), (math.nan, "–")],
)
def test_a_share_is_never_rounded_up_to_all(share: float, text: str) -> None:
    assert percent(share) == text
