"""Every format of text holds what was read, and those with a schema keep to it."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.errors import ConfigError, InputError
from koocr.layout import Block, Document, Page, PageLine, Word
from koocr.page.exporters import FORMATS, export, format_of
from tests.page.made_pages import TEXTS, drawn_page, upright

etree = pytest.importorskip("lxml.etree", reason="needs the dev extra")

SCHEMAS = Path(__file__).parents[2] / "data" / "schemas"
_, PAGE = drawn_page()
EMPTY = Page(2, 30, 20)
BOOK = Document("책 <1>.pdf", (PAGE, EMPTY, replace(PAGE, number=3, dpi=None)))
ALTO = {"a": "http://www.loc.gov/standards/alto/ns-v4#"}
PAGE_XML = {"p": "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"}
HTML = {"h": "http://www.w3.org/1999/xhtml"}
WORDS = [word for block in TEXTS for line in block for word in line.split()]
DOWNWARD = (90, 10), (90, 90), (70, 90), (70, 10)
"""Text that is turned clockwise by a quarter: its first corner is at the top right."""
TURNED = Page(1, 100, 100, 90.0, None, (Block(DOWNWARD, (PageLine("가", 1.0, DOWNWARD),)),))


@pytest.fixture(scope="module")
def schemas():
    class Local(etree.Resolver):
        def resolve(self, url, public_id, context):
            return self.resolve_filename(str(SCHEMAS / url.rsplit("/", 1)[-1]), context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())

    def load(name):
        return etree.XMLSchema(etree.parse(str(SCHEMAS / name), parser))

    return {"alto": load("alto-4-2.xsd"), "page": load("page-2019-07-15.xsd")}


def text_of(format: str, document: Document = BOOK) -> str:
    return export(document, format).decode()


def one(page: Page) -> Document:
    return Document("a & b.png", (page,))


def test_plain_text():
    first = "안녕하세요 반갑습니다\n\n대한민국의 국민은\n법률이 정하는 바에\n\nA1 2026년 & <끝>\n"
    assert text_of("txt") == f"{first}\f\f{first}"
    assert text_of("txt", one(PAGE)) == PAGE.text + "\n"
    assert text_of("txt", one(EMPTY)) == ""


def test_json_comes_back_as_what_was_read():
    assert Document.from_dict(json.loads(text_of("json"))) == BOOK
    assert json.loads(text_of("json", Document("x", ())))["pages"] == []


def test_json_lines():
    rows = [json.loads(row) for row in text_of("jsonl").splitlines()]
    assert [Page.from_dict(row) for row in rows] == list(BOOK.pages)
    assert {row["source"] for row in rows} == {BOOK.source}


def test_tsv():
    rows = list(csv.DictReader(io.StringIO(text_of("tsv")), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [row["text"] for row in rows] == WORDS * 2
    third = rows[2]
    assert [third[name] for name in ("page", "block", "line", "word")] == ["1", "2", "2", "3"]
    corners = PAGE.words[2].quad
    found = [(float(third[f"x{n}"]), float(third[f"y{n}"])) for n in range(4)]
    assert found == [pytest.approx(corner, abs=0.05) for corner in corners]
    assert float(third["confidence"]) == PAGE.words[2].confidence


def test_tsv_keeps_one_row_a_word():
    odd = PageLine("a\tb\nc", 1.0, upright(0, 0, 9, 9), (Word("a\tb\nc", 1.0, upright(0, 0, 9, 9)),))
    rows = text_of("tsv", one(Page(1, 9, 9, blocks=(Block(odd.quad, (odd,)),)))).splitlines()
    assert len(rows) == 2 and rows[1].endswith("\ta b c")


def lines(*texts: str, height: float = 10.0) -> Block:
    quads = (upright(0, 20 * row, 90, 20 * row + height) for row in range(len(texts)))
    found = tuple(PageLine(text, 1.0, quad) for text, quad in zip(texts, quads, strict=True))
    return Block(upright(0, 0, 90, 20 * len(texts)), found)


def markdown(*blocks: Block) -> str:
    return text_of("md", one(Page(1, 100, 100, blocks=blocks)))


def test_a_line_a_little_larger_than_the_paragraph_below_is_a_heading():
    body = lines("글이 여기에서 시작하고", "여기까지 이어진다.", "그리고 또 한 줄이 더 있다.")
    assert markdown(body, lines("새 책", height=11.5), body).splitlines()[4] == "### 새 책"
    for text, height in (("새 책이다.", 11.5), ("새 책", 10.5), ("- 새 책", 11.5)):
        assert "#" not in markdown(body, lines(text, height=height), body)


def test_markdown():
    body = lines("글이 여기에서 시작하고", "여기까지 이어진다.", "그리고 또 한 줄이 더 있다.")
    found = markdown(lines("큰 제목", height=20), body, lines("작은 제목", height=13))
    assert found == f"# 큰 제목\n\n{body.text}\n\n### 작은 제목\n"
    assert text_of("md").count("\n---\n") == 2


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("# 아님", "\\# 아님"),
        ("- 하나", "- 하나"),
        ("1. 하나", "1. 하나"),
        ("• 하나", "- 하나"),
        ("3*4_5 [가](나) <b> `x`", "3\\*4\\_5 \\[가\\](나) \\<b\\> \\`x\\`"),
        ("====", "\\===="),
        ("-5도", "-5도"),
        ("#태그", "#태그"),
    ],
)
def test_markdown_says_what_stands_there(text, written):
    assert markdown(lines("앞줄", text)) == f"앞줄\n{written}\n"


@pytest.mark.parametrize("document", [BOOK, one(EMPTY), one(TURNED)])
def test_alto_keeps_to_its_schema(document, schemas):
    tree = etree.fromstring(export(document, "alto"))
    schemas["alto"].assertValid(tree)
    assert len(tree.findall(".//a:Page", ALTO)) == len(document.pages)


def test_alto_says_what_was_read():
    tree = etree.fromstring(export(one(PAGE), "alto"))
    strings = tree.findall(".//a:String", ALTO)
    assert [string.get("CONTENT") for string in strings] == WORDS
    left, top, right, bottom = 50, 40, PAGE.words[0].quad[1][0], 80
    assert [int(strings[0].get(name)) for name in ("HPOS", "VPOS", "HEIGHT")] == [left, top, bottom - top]
    assert right <= left + int(strings[0].get("WIDTH")) <= right + 1
    assert float(strings[0].get("WC")) == PAGE.words[0].confidence
    assert tree.findtext(".//a:fileName", namespaces=ALTO) == "a & b.png"


@pytest.mark.parametrize("page", [PAGE, EMPTY, TURNED])
def test_page_xml_keeps_to_its_schema(page, schemas):
    schemas["page"].assertValid(etree.fromstring(export(one(page), "page")))


def test_page_xml_says_what_was_read():
    tree = etree.fromstring(export(one(PAGE), "page"))
    words = [
        node.findtext("p:TextEquiv/p:Unicode", namespaces=PAGE_XML)
        for node in tree.iterfind(".//p:Word", PAGE_XML)
    ]
    assert words == WORDS
    order = [node.get("regionRef") for node in tree.iterfind(".//p:RegionRefIndexed", PAGE_XML)]
    assert order == [node.get("id") for node in tree.iterfind(".//p:TextRegion", PAGE_XML)]
    points = tree.find(".//p:Word/p:Coords", PAGE_XML).get("points").split()
    (x0, y0), (x1, _) = ((int(value) for value in point.split(",")) for point in points[:2])
    assert (x0, y0) == (50, 40) and x1 == round(PAGE.words[0].quad[1][0])
    turned = etree.fromstring(export(one(TURNED), "page")).find(".//p:TextRegion", PAGE_XML)
    assert float(turned.get("orientation")) == -90  # turned clockwise by that, it stands upright


def test_page_xml_holds_one_page():
    with pytest.raises(InputError, match="holds one page, not 3"):
        export(BOOK, "page")


def test_hocr():
    tree = etree.fromstring(export(BOOK, "hocr"))
    metas = {node.get("name"): node.get("content") for node in tree.iterfind(".//h:meta", HTML)}
    assert metas["ocr-system"].startswith("koocr")  # hOCR 1.2, 8: required, as are the capabilities
    used = {kind for node in tree.iter() if (kind := node.get("class") or "")}
    assert used <= set(metas["ocr-capabilities"].split())
    pages = [node for node in tree.iter() if node.get("class") == "ocr_page"]
    assert len(pages) == 3
    assert pages[0].get("title").startswith("bbox 0 0 700 500; ppageno 0")
    words = [node for node in pages[0].iter() if node.get("class") == "ocrx_word"]
    assert [node.text for node in words] == WORDS
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    box, sure = re.match(r"bbox (\d+ \d+ \d+ \d+); x_wconf (\d+);", words[0].get("title")).groups()
    assert box.split()[:2] == ["50", "40"] and sure == "90"


def test_hocr_lines_read_as_text():
    tree = etree.fromstring(export(one(PAGE), "hocr"))
    found = ["".join(node.itertext()).strip() for node in tree.iter() if node.get("class") == "ocr_line"]
    assert found == [line for block in TEXTS for line in block]


def test_hocr_angles():
    tree = etree.fromstring(export(one(TURNED), "hocr"))
    (line,) = [node for node in tree.iter() if node.get("class") == "ocr_line"]
    assert "textangle -90.0" in line.get("title")  # counter-clockwise


@given(text=st.text(min_size=1, max_size=20))
def test_any_text_makes_sound_xml(text, schemas):
    quad = upright(-5, -5, 200, 7.6)
    page = Page(1, 100, 50, blocks=(Block(quad, (PageLine(text, 1.0, quad, (Word(text, 1.0, quad),)),)),))
    for name in ("alto", "page", "hocr"):
        tree = etree.fromstring(export(Document(text, (page,)), name))
        if name in schemas:
            schemas[name].assertValid(tree)


def test_lines_without_words_are_written_whole():
    (string,) = etree.fromstring(export(one(TURNED), "alto")).iterfind(".//a:String", ALTO)
    assert string.get("CONTENT") == "가"


@pytest.mark.parametrize(
    ("path", "format"),
    [("a.txt", "txt"), ("a.b.JSON", "json"), ("a.alto.xml", "alto"), ("x/a.page.xml", "page"),
     ("a.hocr", "hocr"), ("a.html", "hocr"), ("a.pdf", "pdf"), ("a.md", "md"), ("a.png", None), ("a", None)],
)  # fmt: skip
def test_formats_by_suffix(path, format):
    assert format_of(path) == format


def test_unclear_and_unknown_formats():
    with pytest.raises(ConfigError, match="ALTO or PAGE"):
        format_of("a.xml")
    with pytest.raises(ConfigError, match="there is no format 'docx'"):
        export(BOOK, "docx")
    assert list(FORMATS) == ["txt", "json", "jsonl", "tsv", "md", "hocr", "alto", "page", "pdf"]


def test_a_name_that_is_no_unicode_is_written_all_the_same():
    for name in ("hocr", "alto"):
        etree.fromstring(export(Document("a\udcff.png", (EMPTY,)), name))
