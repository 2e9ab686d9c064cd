"""Everything that pages come from: files of all kinds, folders, data; and what is wrong with some of them."""

import io
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from koocr.errors import ConfigError, MissingDependencyError
from koocr.hangul import nfd
from koocr.page.finding import Failure, find_sources, natural_key
from koocr.page.page_numbers import PageNumbers
from koocr.page.sources import SourcePage, SourceSettings, source_pages
from tests.page.made_pages import drawn_page


def tone(value: int, size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.new("L", size, value)


def pdf_of(*images: Image.Image, dpi: float = 72.0) -> bytes:
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", save_all=True, append_images=images[1:], resolution=dpi, quality=95)
    return buffer.getvalue()


def tiff_of(*images: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:], **options)
    return buffer.getvalue()


def pages(*inputs, **settings) -> list[SourcePage]:
    found = list(source_pages(inputs, SourceSettings(**settings)))
    assert not [page for page in found if isinstance(page, Failure)], found
    return found


def failure(given, **settings) -> str:
    (found,) = source_pages([given], SourceSettings(**settings))
    assert isinstance(found, Failure), found
    assert "\n" not in str(found.error)
    return str(found.error)


def test_one_image(tmp_path):
    path = tmp_path / "쪽 1 📄.png"
    tone(7).save(path, dpi=(300, 300))
    (page,) = pages(path)
    assert (page.source, page.number, page.num_pages, page.text_layer) == (str(path), 1, 1, None)
    assert page.image.shape == (30, 40) and (page.image == 7).all()
    assert page.dpi == pytest.approx(300, abs=0.1)


@pytest.mark.parametrize(("dpi", "known"), [(72, None), (96, None), (150, 150), (600, 600), (9999, None)])
def test_only_what_a_scanner_says_of_its_resolution_is_believed(dpi, known, tmp_path):
    tone(7).save(tmp_path / "a.png", dpi=(dpi, dpi))
    (page,) = pages(tmp_path / "a.png")
    assert page.dpi == (known and pytest.approx(known, abs=0.1))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
def test_all_pages_of_a_tiff(compression):
    found = pages(tiff_of(*(tone(10 * n, (40 + n, 30)) for n in range(5)), compression=compression))
    assert [(page.number, page.num_pages) for page in found] == [(n, 5) for n in range(1, 6)]
    assert [(int(page.image[0, 0]), page.image.shape[1]) for page in found] == [
        (10 * n, 40 + n) for n in range(5)
    ]


def test_animations_are_one_page():
    buffer = io.BytesIO()
    tone(0).save(buffer, "GIF", save_all=True, append_images=[tone(200)])
    (page,) = pages(buffer.getvalue())
    assert (page.image == 0).all()


def test_data_of_every_kind():
    image, _ = drawn_page()
    array, buffer = np.asarray(image), io.BytesIO()
    image.save(buffer, "PNG")
    colour = np.dstack([array] * 3)
    buffer.seek(0)
    found = pages(array, image, buffer.getvalue(), buffer, colour)
    assert len({page.source for page in found}) == 5
    for page in found:
        np.testing.assert_allclose(page.image.astype(int), array, atol=1)


def test_files_are_found_in_natural_order(tmp_path):
    for name in (
        "b/2.png",
        "b/10.png",
        "10쪽.png",
        "2쪽.PNG",
        "1쪽.jpg",
        ".hidden.png",
        ".git/x.png",
        "notes.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        tone(7).convert("RGB").save(path, "PNG" if path.suffix != ".txt" else "BMP")
    found = list(find_sources([tmp_path]))
    assert [Path(source.name).relative_to(tmp_path).as_posix() for source in found] == [
        "1쪽.jpg", "2쪽.PNG", "10쪽.png", "b/2.png", "b/10.png",
    ]  # fmt: skip
    assert [source.place.as_posix() for source in found] == ["1쪽", "2쪽", "10쪽", "b/2", "b/10"]
    by_glob = [Path(source.name).name for source in find_sources([str(tmp_path / "*쪽.*")])]
    assert by_glob == ["1쪽.jpg", "2쪽.PNG", "10쪽.png"]
    assert len(list(find_sources([str(tmp_path / "**/*.png")]))) == 3


def test_names_sort_alike_composed_and_decomposed():
    names = ["나2", "가10", nfd("가9"), "가", "가1b", "가1a"]
    assert sorted(names, key=natural_key) == ["가", "가1a", "가1b", nfd("가9"), "가10", "나2"]
    assert natural_key("²") == natural_key("²")  # a digit to Python, no number


@pytest.mark.parametrize("stored", [str, nfd])
def test_both_forms_of_a_name_find_the_file(stored, tmp_path):
    (tmp_path / stored("각도")).mkdir()
    tone(7).save(tmp_path / stored("각도") / "a.png")
    for form in (str, nfd):
        assert len(pages(tmp_path / form("각도"))) == 1
        assert len(pages(tmp_path / form("각도") / "a.png")) == 1


def test_a_name_with_brackets_is_a_name_before_it_is_a_glob(tmp_path):
    tone(7).save(tmp_path / "a[1].png")
    assert [page.source for page in pages(str(tmp_path / "a[1].png"))] == [str(tmp_path / "a[1].png")]


def test_pages_of_a_pdf():
    data = pdf_of(*(tone(40 * n, (72, 36)) for n in range(1, 4)))
    found = pages(data, dpi=144)
    assert [(page.number, page.num_pages, page.dpi) for page in found] == [(n, 3, 144) for n in (1, 2, 3)]
    assert [page.image.shape for page in found] == [(72, 144)] * 3
    assert [int(page.image[36, 72]) for page in found] == pytest.approx([40, 80, 120], abs=2)
    assert [page.number for page in pages(data, pages=PageNumbers.parse("3,1"))] == [1, 3]


def test_a_pdf_is_drawn_in_grey_on_white():
    pdf = pdfium.PdfDocument.new()
    pdf.new_page(50, 80)
    buffer = io.BytesIO()
    pdf.save(buffer)
    (page,) = pages(buffer.getvalue(), dpi=72)
    assert page.image.dtype == np.uint8 and page.image.shape == (80, 50) and (page.image == 255).all()


def test_a_huge_page_is_drawn_smaller():
    pdf = pdfium.PdfDocument.new()
    pdf.new_page(14_400, 14_400)
    buffer = io.BytesIO()
    pdf.save(buffer)
    (page,) = pages(buffer.getvalue(), dpi=600)
    assert 20e6 < page.image.size < 25.1e6
    assert page.dpi == pytest.approx(72 * page.image.shape[0] / 14_400, rel=0.001)


def test_what_is_wrong_with_pdfs(tmp_path):
    whole = pdf_of(tone(9))
    (tmp_path / "text.pdf").write_text("이것은 PDF가 아니다")
    (tmp_path / "empty.pdf").touch()
    (tmp_path / "cut.pdf").write_bytes(whole[:100])
    assert "'" + str(tmp_path / "text.pdf") in failure(tmp_path / "text.pdf")
    assert "is broken or no PDF" in failure(tmp_path / "text.pdf")
    assert "is empty" in failure(tmp_path / "empty.pdf")
    assert "is broken" in failure(tmp_path / "cut.pdf")
    assert "there is no file" in failure(tmp_path / "none.pdf")
    assert "is encrypted; save it without its password first" in failure(ENCRYPTED)
    assert "has no pages" in failure(without_pages())
    assert "has 1 page, and 2-3 names none of them" in failure(whole, pages=PageNumbers.parse("2-3"))


def test_very_long_documents():
    count = 100_000
    data = many_pages(count)
    message = failure(data)
    assert "has 100,000 pages" in message and "--pages" in message
    assert [page.number for page in pages(data, pages=PageNumbers.parse("99999-"), dpi=36)] == [
        99_999,
        100_000,
    ]


def test_what_is_wrong_with_names(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("가")
    assert "holds no image and no PDF" in failure(tmp_path / "empty")
    assert "there is no file" in failure(tmp_path / "없음.png")
    assert "no file is called" in failure(str(tmp_path / "*.jpg"))
    assert "is not an image" in failure(tmp_path / "text.png")
    assert "there is no file" in failure("")
    assert "can't be opened" in failure("a\0b.pdf")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    assert "can't be listed (Permission denied)" in failure(tmp_path / "closed")


def test_a_folder_that_cannot_be_listed_is_one_failure(tmp_path, monkeypatch):
    from koocr.page import finding

    (tmp_path / "closed").mkdir()
    tone(7).save(tmp_path / "a.png")
    real = os.scandir

    def refuse(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(folder)

    monkeypatch.setattr(finding.os, "scandir", refuse)
    image, closed = find_sources([tmp_path])
    assert Path(image.name).name == "a.png"
    assert "can't be listed (Permission denied)" in str(closed.error)


def test_the_others_go_on(tmp_path):
    for name in ("1.png", "3.png"):
        tone(7).save(tmp_path / name)
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = list(source_pages([tmp_path, tmp_path / "none.png", np.zeros((5, 5), np.uint8)]))
    assert [isinstance(page, Failure) for page in found] == [False, True, False, True, False]


def test_a_broken_page_is_one_failure():
    images = [Image.effect_noise((60, 60), 90) for _ in range(3)]
    whole = tiff_of(*images)
    with Image.open(io.BytesIO(whole)) as opened:
        opened.seek(1)
        start = opened.tag_v2[273][0]
    (first, *others) = source_pages([whole[: start + 600]], SourceSettings())
    assert isinstance(
        first, (SourcePage, Failure)
    )  # which pages are lost, the damage decides; none is raised
    assert all(isinstance(other, (SourcePage, Failure)) for other in others)


def test_links_that_go_round_in_circles(tmp_path):
    tone(7).save(tmp_path / "a.png")
    (tmp_path / "again").symlink_to(tmp_path)
    assert len(pages(tmp_path)) == 1


def test_heic_needs_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
    (found,) = source_pages([data])
    assert isinstance(found.error, MissingDependencyError)
    assert "pip install 'koocr[heic]'" in str(found.error)


def test_heic():
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the heic extra")
    image, _ = drawn_page()
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image.convert("RGB")).save(buffer, quality=95)
    (page,) = pages(buffer.getvalue())
    assert np.abs(page.image.astype(int) - np.asarray(image)).mean() < 3
    assert "is not an image" in failure(buffer.getvalue()[:200])
    assert "is damaged" in failure(buffer.getvalue()[:-500])


def test_memory_stays_flat(tmp_path):
    path = tmp_path / "long.tif"
    path.write_bytes(tiff_of(*(tone(n, (800, 1000)) for n in range(12)), compression="tiff_adobe_deflate"))
    tracemalloc.start()
    peaks = []
    for _ in source_pages([path]):
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()
    tracemalloc.stop()
    assert len(peaks) == 12 and max(peaks[2:]) < 1.2 * max(peaks[:2])


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1", [1]), ("1-3,7", [1, 2, 3, 7]), ("8-", [8, 9]), ("-2", [1, 2]), ("3,1,1-2", [1, 2, 3]), ("12", [])],
)
def test_page_numbers(text, numbers):
    assert PageNumbers.parse(text).of(9) == numbers


@pytest.mark.parametrize("text", ["", "0", "3-1", "a", "1;2", "1-2-3", "-", "1,", "１"])
def test_no_page_numbers(text):
    with pytest.raises(ConfigError, match="are no pages"):
        PageNumbers.parse(text)


@pytest.mark.parametrize("dpi", [0, -3, 5, 5000, float("nan")])
def test_resolutions_that_make_no_sense(dpi):
    with pytest.raises(ConfigError, match="dpi"):
        SourceSettings(dpi=dpi)


def test_the_text_layer(tmp_path):
    path = tmp_path / "text.pdf"
    path.write_bytes(TEXT_PDF)
    (page,) = pages(path, use_text_layer=True, dpi=144)
    texts = [line.text for line in page.text_layer]
    assert texts == ["Hello wide", "right", "second line", "up"]
    hello = page.text_layer[0].words[0]
    assert hello.text == "Hello"
    ink = page.image[60:120, 90:230] < 128  # Hello stands at 50, 250 in 20 pt: 100 px from the left
    rows, columns = np.flatnonzero(ink.any(1)) + 60, np.flatnonzero(ink.any(0)) + 90
    (left, top), _, (right, bottom), _ = hello.quad
    assert left <= columns[0] and top <= rows[0] and bottom >= rows[-1]
    assert abs(left - columns[0]) < 8 and right < 230
    assert page.text_layer[3].quad[0][1] > page.text_layer[3].quad[1][1]  # it is read from the bottom up
    assert pages(path)[0].text_layer is None


def test_pages_without_text_have_no_text_layer():
    assert pages(pdf_of(tone(9)), use_text_layer=True)[0].text_layer is None


def made_pdf(*bodies: str) -> bytes:
    """A PDF of objects 1, 2, …, the first being the catalogue; readers mend the table that it lacks."""
    objects = "".join(f"{number} 0 obj\n{body}\nendobj\n" for number, body in enumerate(bodies, 1))
    return f"%PDF-1.4\n{objects}trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\n%%EOF\n".encode()


def without_pages() -> bytes:
    buffer = io.BytesIO()
    pdfium.PdfDocument.new().save(buffer)
    return buffer.getvalue()


def many_pages(count: int) -> bytes:
    kids = " ".join(["3 0 R"] * count)
    return made_pdf(
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
    )


def shown(text: str, x: float, y: float, turn: str = "1 0 0 1") -> str:
    return f"BT /F 20 Tf {turn} {x} {y} Tm ({text}) Tj ET\n"


_CONTENT = (
    shown("Hello wide", 50, 250)
    + shown("right", 320, 250)
    + shown("second line", 50, 220)
    + shown("up", 300, 50, "0 1 -1 0")
)
TEXT_PDF = made_pdf(
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R "
    "/Resources << /Font << /F 5 0 R >> >> >>",
    f"<< /Length {len(_CONTENT)} >>\nstream\n{_CONTENT}\nendstream",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
)
ENCRYPTED = made_pdf(
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
    f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>",
).replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 4 0 R /ID [<00> <00>]")


@pytest.mark.parametrize("given", ["2,3", [3, 2], (2, 3), np.array([2, 3]), range(2, 4)])
def test_pages_are_named_by_text_or_by_numbers(given):
    assert PageNumbers.given(given).of(5) == [2, 3]
    assert PageNumbers.given(2).of(5) == [2]


@pytest.mark.parametrize("given", [0, [], [1, 0], 1.5, ["a"], "x", None, b"1-3", True, {1: 2}])
def test_what_names_no_pages(given):
    with pytest.raises(ConfigError, match="are no pages"):
        PageNumbers.given(given)
