"""The text of a searchable PDF is what was read, where it was read, and the page looks as it did."""

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image, ImageOps

from koocr.errors import InputError
from koocr.image import load_image
from koocr.layout import Block, Document, Page, PageLine, Word
from koocr.page.exporters import export, open_exporter
from koocr.page.exporters.text_layer import codes_of, unicode_of_codes
from koocr.page.finding import Source
from koocr.page.sources import SourceSettings, load_page, open_document
from tests.page.made_pages import around, drawn_page, upright
from tests.page.test_sources import TEXT_PDF, made_pdf, pdf_of, tiff_of

IMAGE, PAGE = drawn_page()


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def source_of(data) -> Source:
    return Source("a", data, Path("a"))


def searchable(page: Page, data) -> bytes:
    return export(Document("a", (page,)), "pdf", source=source_of(data))


def text_of(data: bytes, number: int = 1) -> str:
    return pdfium.PdfDocument(data)[number - 1].get_textpage().get_text_range()


def drawn(data: bytes, number: int = 1, scale: float = 150 / 72 - 1e-6) -> np.ndarray:
    page = pdfium.PdfDocument(data)[number - 1]
    return np.asarray(page.render(scale=scale, grayscale=True).to_pil()).astype(int)


def boxes(data: bytes, word: str) -> list[np.ndarray]:
    """(N, 4) of each place of a word: left, bottom, right, top of its characters in units of the page."""
    text = pdfium.PdfDocument(data)[0].get_textpage()
    search, found = text.search(word), []
    while (hit := search.get_next()) is not None:
        found.append(np.array([text.get_charbox(n, loose=True) for n in range(hit[0], hit[0] + hit[1])]))
    return found


def test_the_text_comes_out_as_it_was_read():
    data = searchable(PAGE, encoded(IMAGE, "JPEG"))
    assert text_of(data).split("\r\n") == [line.text for line in PAGE.lines]


@pytest.mark.parametrize("word", ["반갑습니다", "국민은", "A1", "2026년", "<끝>"])
def test_a_word_is_found_where_it_stands(word):
    data = searchable(PAGE, encoded(IMAGE, "JPEG"))
    (found,) = boxes(data, word)
    (expected,) = [read for read in PAGE.words if read.text == word]
    (left, top), _, (right, bottom), _ = (np.array(corner) * 72 / 150 for corner in expected.quad)
    height = PAGE.height * 72 / 150
    box = found[:, 0].min(), found[:, 1].min(), found[:, 2].max(), found[:, 3].max()
    assert box == pytest.approx((left, height - bottom, right, height - top), abs=0.3)  # PDFium rounds
    assert (np.diff(found[:, 0]) > 0).all() and len(found) == len(word)


def test_words_that_go_over_two_words_are_found():
    assert len(boxes(searchable(PAGE, encoded(IMAGE, "JPEG")), "국민은")) == 1
    assert len(boxes(searchable(PAGE, encoded(IMAGE, "JPEG")), "대한민국의 국민은")) == 1


def test_the_bytes_of_a_jpeg_are_untouched():
    for image in (IMAGE, IMAGE.convert("RGB"), IMAGE.convert("RGB").convert("CMYK")):
        jpeg = encoded(image, "JPEG", quality=90)
        data = searchable(PAGE, jpeg)
        assert jpeg in data
        assert np.abs(drawn(data) - load_image(jpeg).astype(int)).mean() < 2


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "RGBA", "LA", "I;16"])
def test_other_pictures_look_as_they_did(mode):
    image = (
        Image.fromarray(np.asarray(IMAGE).astype(np.uint16) * 257) if mode == "I;16" else IMAGE.convert(mode)
    )
    data = searchable(PAGE, encoded(image, "PNG"))
    assert np.abs(drawn(data) - load_image(encoded(image, "PNG")).astype(int)).mean() < 1
    assert text_of(data).split("\r\n") == [line.text for line in PAGE.lines]


def test_colours_stay():
    image = Image.new("RGB", (60, 40), (200, 30, 90))
    data = searchable(Page(1, 60, 40, dpi=72.0), encoded(image, "PNG"))
    shown = pdfium.PdfDocument(data)[0].render().to_pil().convert("RGB")
    assert shown.getpixel((30, 20)) == (200, 30, 90)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_that_are_turned_by_their_exif(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    jpeg = encoded(IMAGE, "JPEG", exif=exif, quality=95)
    upright_image = load_image(jpeg)
    page = Page(1, upright_image.shape[1], upright_image.shape[0], dpi=150.0)
    data = searchable(page, jpeg)
    assert jpeg in data
    assert np.abs(drawn(data) - upright_image).mean() < 2
    png = encoded(IMAGE, "PNG", exif=exif)
    assert (
        np.abs(drawn(searchable(page, png)) - np.asarray(ImageOps.exif_transpose(IMAGE_WITH(exif)))).mean()
        < 2
    )


def IMAGE_WITH(exif):  # noqa: N802
    image = IMAGE.copy()
    image.getexif()[274] = exif[274]
    return image


@pytest.mark.parametrize(("dpi", "size"), [(150.0, (336, 240)), (None, (841.89, 601.35))])
def test_the_size_of_a_page(dpi, size):
    data = searchable(replace(PAGE, dpi=dpi), encoded(IMAGE, "JPEG"))
    assert pdfium.PdfDocument(data)[0].get_size() == pytest.approx(size, abs=0.01)


@pytest.mark.parametrize("degrees", [0, 7, 90, 135, 180, 270, 355])
def test_turned_words_are_found_where_they_stand(degrees):
    turn = np.deg2rad(degrees)  # clockwise, as y goes down
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    quad = np.array([(-120, -20), (120, -20), (120, 20), (-120, 20)]) @ rotation.T + 200
    word = Word("돌아간낱말이", 1.0, tuple((float(x), float(y)) for x, y in quad))
    page = Page(
        1, 400, 400, dpi=72.0, blocks=(Block(word.quad, (PageLine(word.text, 1.0, word.quad, (word,)),)),)
    )
    data = searchable(page, encoded(Image.new("L", (400, 400), 255), "PNG"))
    assert text_of(data) == word.text
    (text,) = pdfium.PdfDocument(data)[0].get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_TEXT])
    a, b, c, d, e, f = text.get_matrix().get()
    size = text.get_font_size()
    ends = np.array([(0, 0.8), (6, 0.8), (6, -0.2), (0, -0.2)]) * size  # six glyphs, each an em wide
    found = ends @ [[a, b], [c, d]] + (e, f)
    np.testing.assert_allclose(found, quad * (1, -1) + (0, 400), atol=0.01)


def test_all_of_hangul_and_other_characters():
    texts = ["".join(map(chr, range(start, start + 200))) for start in range(0xAC00, 0xD7A4, 200)]
    texts = [text.replace("\ud7a4", "")[:200] for text in texts] + ["漢字かな①㎡“”…·ㄱㅏ€😀📄🫠"]
    texts = ["".join(char for char in text if not "\ud800" <= char <= "\udfff") for text in texts]
    lines = [
        PageLine(
            text,
            1.0,
            upright(10, 20 * row, 900, 20 * row + 12),
            (Word(text, 1.0, upright(10, 20 * row, 900, 20 * row + 12)),),
        )
        for row, text in enumerate(texts)
    ]
    page = Page(1, 1000, 1300, dpi=72.0, blocks=(Block(around([line.quad for line in lines]), tuple(lines)),))
    found = text_of(searchable(page, encoded(Image.new("L", (1000, 1300), 255), "PNG")))
    assert found.replace("\r\n", "") == "".join(texts)


def test_codes():
    assert codes_of("가A😀") == [0xAC00, 0x41, 0xD800 + 0x1F600 - 0x1F300]
    assert codes_of("\U00020000\ud800") == [0xFFFD, 0xFFFD]
    ranges = [row.split() for row in unicode_of_codes().splitlines() if row.count("<") == 3]
    covered = [
        code for first, last, _ in ranges for code in range(int(first[1:-1], 16), int(last[1:-1], 16) + 1)
    ]
    assert covered == sorted(set(covered)) or sorted(covered) == list(range(0x10000))
    assert len(covered) == 0x10000


def test_many_pictures_become_one_file():
    stream = io.BytesIO()
    exporter = open_exporter("pdf", stream, "book")
    pages = [drawn_page([[f"쪽 {number}"]], number=number) for number in (1, 2, 3)]
    tiff = tiff_of(*(image for image, _ in pages))
    for _, page in pages:
        exporter.add(page, source_of(tiff))
    exporter.add(PAGE, source_of(encoded(IMAGE, "JPEG")))
    exporter.finish()
    data = stream.getvalue()
    assert [text_of(data, number) for number in (1, 2, 3)] == ["쪽 1", "쪽 2", "쪽 3"]
    for number, (image, _) in enumerate(pages, 1):
        assert np.abs(drawn(data, number) - np.asarray(image)).mean() < 1
    assert len(pdfium.PdfDocument(data)) == 4


def read_of(data: bytes, dpi: float = 150.0, number: int = 1) -> tuple[np.ndarray, Page]:
    """The picture of a PDF's page, and a page of its size with one line in it."""
    document = open_document(source_of(data), SourceSettings(dpi=dpi))
    image = load_page(document, source_of(data), number).image
    document.close()
    height, width = image.shape
    quad = upright(0.2 * width, 0.4 * height, 0.6 * width, 0.45 * height)
    line = PageLine(
        "읽은 글",
        1.0,
        quad,
        (
            Word("읽은", 1.0, quad),
            Word("글", 1.0, upright(0.62 * width, 0.4 * height, 0.8 * width, 0.45 * height)),
        ),
    )
    return image, Page(number, width, height, dpi=dpi, blocks=(Block(quad, (line,)),))


def test_pages_of_a_pdf_stay_as_they_are():
    before = pdf_of(IMAGE, IMAGE, IMAGE, dpi=150)
    _, page = read_of(before, number=2)
    after = searchable(page, before)
    assert len(pdfium.PdfDocument(after)) == 1  # the pages that were read
    assert text_of(after) == "읽은 글"
    np.testing.assert_array_equal(drawn(after), drawn(before, 2))
    both = io.BytesIO()
    exporter = open_exporter("pdf", both, "a")
    for number in (1, 3):
        exporter.add(read_of(before, number=number)[1], source_of(before))
    exporter.finish()
    assert len(pdfium.PdfDocument(both.getvalue())) == 2


def test_text_is_added_once():
    before = pdf_of(IMAGE, dpi=150)
    _, page = read_of(before)
    once = searchable(page, before)
    twice = searchable(page, once)
    assert text_of(once) == text_of(twice) == "읽은 글"
    np.testing.assert_array_equal(drawn(before), drawn(twice))


def test_words_that_a_pdf_shows_as_text_are_not_added_again():
    image, page = read_of(TEXT_PDF)
    scale = 150 / 72
    height = image.shape[0]
    word = Word("Hello", 1.0, upright(50 * scale, height - 265 * scale, 95 * scale, height - 246 * scale))
    line = PageLine("Hello", 1.0, word.quad, (word,))
    page = replace(page, blocks=(*page.blocks, Block(line.quad, (line,))))
    after = searchable(page, TEXT_PDF)
    assert text_of(after).count("Hello") == 1 and "읽은 글" in text_of(after)
    np.testing.assert_array_equal(drawn(after), drawn(TEXT_PDF))


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "content", ["0.5 0 0 0.5 30 40 cm 0.2 g 0 0 60 30 re f", "q 2 0 0 2 0 0 cm 0.4 g 20 20 30 20 re f"]
)
def test_text_lies_right_on_turned_and_cropped_pages_and_after_untidy_content(rotate, content):
    before = made_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [-50 -20 350 280] /CropBox [0 0 300 200] "
        f"/Rotate {rotate} /Contents 4 0 R >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
    )
    _, page = read_of(before)
    after = searchable(page, before)
    assert text_of(after) == "읽은 글"
    np.testing.assert_array_equal(drawn(after), drawn(before))
    document = open_document(source_of(after), SourceSettings(dpi=150.0, use_text_layer=True))
    (line,) = load_page(document, source_of(after), 1, SourceSettings(use_text_layer=True)).text_layer
    document.close()
    for found, expected in zip(line.words, page.words, strict=True):
        np.testing.assert_allclose(found.quad, expected.quad, atol=1)


def test_what_can_not_be_one_pdf():
    exporter = open_exporter("pdf", io.BytesIO(), "a")
    with pytest.raises(InputError, match="where they come from"):
        exporter.add(PAGE)
    exporter.add(PAGE, source_of(encoded(IMAGE, "JPEG")))
    with pytest.raises(InputError, match="can't become one PDF"):
        exporter.add(read_of(TEXT_PDF)[1], source_of(TEXT_PDF))


def test_words_without_a_place_are_left_out():
    nowhere = upright(5, 5, 5, 5)
    line = PageLine(
        "가 나", 1.0, nowhere, (Word("가", 1.0, nowhere), Word("나", 1.0, upright(10, 10, 30, 30)))
    )
    page = Page(1, 100, 100, dpi=72.0, blocks=(Block(nowhere, (line,)),))
    assert text_of(searchable(page, encoded(Image.new("L", (100, 100)), "PNG"))) == "나"


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lies_is_shown_upright_and_its_phrases_are_found(turns):
    """Viewers take the words of text that stands on its head one by one, the last first."""
    turn = np.deg2rad(90 * turns)
    matrix = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    corner = {1: (400, 0), 2: (600, 400), 3: (0, 600)}[turns]
    lines = []
    for row in range(4):
        quads = [upright(40 + 126 * n, 40 + 40 * row, 160 + 126 * n, 60 + 40 * row) for n in range(4)]
        placed = [tuple(map(tuple, (np.array(quad) @ matrix + corner).tolist())) for quad in quads]
        words = tuple(Word(f"여섯글자말{n}", 1.0, quad) for n, quad in enumerate(placed))
        lines.append(PageLine(" ".join(word.text for word in words), 1.0, around(placed), words))
    width, height = (600, 400) if turns == 2 else (400, 600)
    block = Block(around([line.quad for line in lines]), tuple(lines))
    page = Page(1, width, height, {1: 90.0, 2: 180.0, 3: -90.0}[turns], 72.0, (block,))
    data = searchable(page, encoded(Image.new("L", (width, height), 255), "PNG"))
    assert text_of(data).split("\r\n") == [line.text for line in lines]
    assert pdfium.PdfDocument(data)[0].get_size() == (600, 400)
    upright_page = replace(page, angle=0.0, blocks=())
    assert pdfium.PdfDocument(searchable(upright_page, data))[0].get_size() == (600, 400)
    found = pdfium.PdfDocument(searchable(page, TEXT_PDF))[0].get_rotation()  # a page of a PDF, too
    assert found == -90 * turns % 360
