"""`koocr read`: what it prints and what it writes."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from koocr.cli import read
from koocr.cli.read_files import page_path, target_of
from koocr.cli.read_plan import place_outputs
from koocr.errors import ConfigError
from koocr.hangul import nfd
from koocr.layout import Document
from koocr.page.finding import Source
from tests.cli.read.runs import all_files, main, text_of
from tests.page.made_pages import FakeReader
from tests.page.test_sources import TEXT_PDF


def test_one_image_prints_its_text_and_nothing_else(scans, capsys):
    assert main(scans / "2.png") == 0
    assert capsys.readouterr() == (text_of(101), "")


def test_several_documents_print_their_names(scans, capsys):
    assert main(scans / "2.png", scans / "10.png") == 0
    expected = f"==> {scans / '2.png'} <==\n{text_of(101)}\n==> {scans / '10.png'} <==\n{text_of(102)}"
    assert capsys.readouterr() == (expected, "")


def test_pages_are_parted_by_form_feeds(scans, capsys):
    (pdf,) = (scans / "b").iterdir()
    assert main(pdf, "--dpi=72", "--pages", "1,3") == 0
    assert capsys.readouterr().out == f"{text_of(50)}\f{text_of(52)}"


def test_json_on_the_terminal(scans, capsys):
    assert main(scans / "2.png", "--format=json") == 0
    document = Document.from_dict(json.loads(capsys.readouterr().out))
    assert document.source == str(scans / "2.png") and document.text == "폭 101"
    assert main(scans, "--format", "jsonl", "--dpi=72") == 0
    rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [(Path(row["source"]).name, row["number"]) for row in rows][:2] == [("2.png", 1), ("10.png", 1)]
    assert [row["number"] for row in rows] == [1, 1, 1, 2, 3]


def test_standard_input(scans, monkeypatch, capsys):
    for name in ("2.png", "10.png"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((scans / name).read_bytes())))
        assert main("-") == 0
    assert capsys.readouterr().out == text_of(101) + text_of(102)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main("-") == 2
    assert "is empty" in capsys.readouterr().err


def test_what_was_read_from_standard_input_is_called_so(scans, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((scans / "2.png").read_bytes())))
    assert main("-", "--format=json") == 0
    assert Document.from_dict(json.loads(capsys.readouterr().out)).source == "standard input"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"no image")))
    assert main("-") == 2
    told = capsys.readouterr().err
    assert "standard input" in told and "koocr-" not in told


def test_a_picture_is_no_standard_output(scans, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(scans / "2.png", "--picture=-") == 2
    assert "pictures can't go to standard output" in capsys.readouterr().err
    assert all_files(tmp_path) == all_files(scans.parent)


def test_a_folder_of_results(scans, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(scans, "-o", out, "--dpi=72", "--format=txt,json,pdf") == 0
    names = ["2", "10", "b/책 😀"]
    assert sorted(map(nfd, all_files(out))) == sorted(
        nfd(f"{name}.{kind}") for name in names for kind in ("txt", "json", "pdf")
    )
    assert (out / "2.txt").read_text("utf-8") == text_of(101)
    (book,) = (out / "b").glob("*.txt")
    assert book.read_text("utf-8") == "\f".join(map(text_of, (50, 51, 52)))
    (book,) = (out / "b").glob("*.pdf")
    assert len(pdfium.PdfDocument(book)) == 3
    captured = capsys.readouterr()
    assert captured.out == "" and "5 pages read" in captured.err and captured.err.count("\n") == 1


@pytest.mark.parametrize(
    "suffix", ["txt", "json", "jsonl", "tsv", "md", "hocr", "alto.xml", "page.xml", "pdf"]
)
def test_one_file_whose_suffix_says_the_format(suffix, scans, tmp_path):
    out = tmp_path / "new" / f"결과.{suffix}"
    assert main(scans / "2.png", "-o", out) == 0
    assert all_files(out.parent) == [out.name]
    assert out.read_bytes()


def test_many_pages_in_one_file(scans, tmp_path, capsys):
    pictures = [scans / "2.png", scans / "10.png"]
    assert main(*pictures, "-o", tmp_path / "a.pdf") == 0
    assert len(pdfium.PdfDocument(tmp_path / "a.pdf")) == 2
    assert main(*pictures, "-o", tmp_path / "a.txt") == 0
    assert (tmp_path / "a.txt").read_text("utf-8") == f"{text_of(101)}\f{text_of(102)}"
    capsys.readouterr()
    assert main(*pictures, "-o", tmp_path / "a.json") == 2
    assert "holds one document, and there are 2" in capsys.readouterr().err
    assert main(scans, "-o", tmp_path / "b.pdf") == 2
    assert "can't become one PDF" in capsys.readouterr().err
    assert not (tmp_path / "a.json").exists() and not (tmp_path / "b.pdf").exists()


def test_page_xml_is_one_file_a_page(scans, tmp_path):
    (pdf,) = (scans / "b").iterdir()
    assert main(pdf, scans / "2.png", "-o", tmp_path / "out", "--format=page", "--dpi=72") == 0
    assert [nfd(name) for name in all_files(tmp_path / "out")] == sorted(
        ["2.page.xml", *(nfd(f"책 😀-{number}.page.xml") for number in (1, 2, 3))]
    )


def test_resume(scans, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert main(scans, "-o", out, "--dpi=72") == 0
    before = {name: (out / name).stat().st_mtime_ns for name in all_files(out)}
    (out / "10.txt").unlink()
    os.utime(scans / "2.png", (time.time() + 60, time.time() + 60))  # changed since
    counted = []

    class Counting(FakeReader):
        def read(self, image):
            counted.append(image.shape[1])
            return super().read(image)

    monkeypatch.setattr(read, "make_reader", lambda args: Counting)
    capsys.readouterr()
    assert main(scans, "-o", out, "--dpi=72", "--resume") == 0
    assert counted == [101, 102]
    assert set(all_files(out)) == set(before)
    assert "2 pages read" in (told := capsys.readouterr().err) and "1 document done before" in told
    os.utime(scans / "2.png", (0, 0))
    assert main(scans, "-o", out, "--dpi=72", "--resume") == 0
    assert counted == [101, 102] and "0 pages read" in capsys.readouterr().err
    made = []
    monkeypatch.setattr(read, "make_reader", lambda args: lambda: made.append(1) or FakeReader())
    assert main(scans, "-o", out, "--dpi=72", "--resume") == 0
    assert not made, "no model is loaded for nothing"
    assert main(scans, "-o", out, "--dpi=72") == 0
    assert made == [1]
    assert main(scans / "2.png", "--resume") == 2
    assert "name their place with -o" in capsys.readouterr().err


def test_the_text_layer_is_taken_instead_of_reading(tmp_path, capsys):
    (tmp_path / "a.pdf").write_bytes(TEXT_PDF)
    assert main(tmp_path / "a.pdf", "--use-text-layer", "--order=rows") == 0
    assert set(capsys.readouterr().out.split()) == {"Hello", "wide", "right", "second", "line", "up"}
    assert main(tmp_path / "a.pdf") == 0
    assert capsys.readouterr().out.startswith("폭")


def test_pictures(scans, tmp_path):
    assert main(scans / "2.png", "-o", tmp_path / "out", "--picture", tmp_path / "a.png") == 0
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "RGB" and picture.width > 2 * 101
    assert main(scans, "-o", tmp_path / "out", "--picture", tmp_path / "pictures", "--dpi=72") == 0
    assert [nfd(name) for name in all_files(tmp_path / "pictures")] == sorted(
        ["2.png", "10.png", *(nfd(f"b/책 😀-{number}.png") for number in (1, 2, 3))]
    )
    assert main(scans / "2.png", scans / "10.png", "--picture", tmp_path / "b.png") == 0
    assert {"b-1.png", "b-2.png"} <= set(all_files(tmp_path))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--format=docx"], "there is no format 'docx'"),
        (["--format=jsn"], "did you mean 'json'"),
        (["--format=pdf"], "can't go to standard output"),
        (["--format=txt,json"], "can't go to standard output"),
        (["--pages=0"], "are no pages"),
        (["--dpi=5"], "dpi is 5"),
        (["-o", "a.xml"], "ALTO or PAGE"),
        (["-o", "a.docx"], "-o 'a.docx' is a file"),
        (["-o", "a.txt", "--format=txt,json"], "give one --format"),
    ],
)
def test_options_that_make_no_sense(args, message, scans, capsys):
    assert main(scans / "2.png", *args) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""


def test_targets(tmp_path):
    assert target_of(str(tmp_path), ()).formats == ("txt",)
    assert not target_of("new", ("pdf",)).is_file and not target_of("new.d/", ()).is_file
    assert target_of("a.dat", ("pdf",)).is_file
    assert page_path(Path("x/a.page.xml"), "page", 3, 9) == Path("x/a-3.page.xml")
    assert page_path(Path("x/a.xml"), "page", 3, 9) == Path("x/a-3.xml")
    assert page_path(Path("x/a.page.xml"), "page", 1, 1) == Path("x/a.page.xml")


def test_names_of_results_never_clash():
    names = ["a.jpg", "a.png", "b/c.jpg", "x/c.jpg", "A.PDF", "d.jpg"]
    sources = [Source(name, name, Path(Path(name).stem)) for name in names]
    placed = [path.as_posix() for path in place_outputs(sources, Path("out"))]
    assert placed == ["out/a.jpg", "out/a.png", "out/c.jpg", "out/c.jpg-2", "out/A.PDF", "out/d"]
    long = Source("x", "x", Path("가" * 100))
    (path,) = place_outputs([long], Path("out"))
    assert len(path.name.encode()) < 240
    with pytest.raises(ConfigError):
        target_of("a.txt", ("txt", "json"))
