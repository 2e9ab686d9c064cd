"""What `koocr read` says when something goes wrong, and what it leaves."""

from __future__ import annotations

import errno
import io
import os

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from koocr.cli import read
from koocr.errors import InputError
from koocr.page.reader import PageReader
from tests.cli.read.runs import all_files, main, text_of
from tests.page.made_pages import FakeReader, drawn_page
from tests.page.test_sources import ENCRYPTED, TEXT_PDF, many_pages, pdf_of, tiff_of, tone
from tests.test_image_bad_input import png_header


def test_one_bad_file_is_one_row_and_the_others_are_done(scans, tmp_path, capsys):
    (scans / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (scans / "잠금.pdf").write_bytes(ENCRYPTED)
    (scans / "빈.pdf").touch()
    out = tmp_path / "out"
    assert main(scans, tmp_path / "없음.jpg", "-o", out, "--dpi=72") == 2
    assert len(all_files(out)) == 3
    *rows, summary = capsys.readouterr().err.splitlines()
    assert len(rows) == 4 and all(row.startswith("koocr: ") for row in rows)
    assert [sum(name in row for row in rows) for name in ("3.png", "잠금.pdf", "빈.pdf", "없음.jpg")] == [
        1
    ] * 4
    assert "5 pages read" in summary and "4 documents not read" in summary


def test_bad_pages_are_one_row_and_the_others_are_written(tmp_path, capsys, monkeypatch):
    class Choosy(FakeReader):
        def read(self, image):
            if image.shape[1] in (41, 42):
                raise InputError("this page can't be read; try another")
            return super().read(image)

    monkeypatch.setattr(read, "make_reader", lambda args: Choosy)
    (tmp_path / "a.tif").write_bytes(tiff_of(*(tone(9, (40 + n, 30)) for n in range(4))))
    assert main(tmp_path / "a.tif", "-o", tmp_path / "a.txt") == 2
    assert (tmp_path / "a.txt").read_text("utf-8") == f"{text_of(40)}\f{text_of(43)}"
    row, summary = capsys.readouterr().err.splitlines()
    assert "a.tif" in row and "(and 1 more page)" in row and "2 pages read" in summary


def test_pages_of_a_pdf_that_can_not_be_read_stay_in_it(tmp_path, monkeypatch):
    class Choosy(FakeReader):
        def read(self, image):
            if image.shape[1] in (40, 42):
                raise InputError("no")
            return super().read(image)

    monkeypatch.setattr(read, "make_reader", lambda args: Choosy)
    (tmp_path / "a.pdf").write_bytes(pdf_of(*(tone(9, (40 + n, 30)) for n in range(4))))
    assert main(tmp_path / "a.pdf", "-o", tmp_path / "b.pdf", "--pages=1-3", "--dpi=72") == 2
    found = pdfium.PdfDocument(tmp_path / "b.pdf")
    assert [page.get_width() for page in found] == [40, 41, 42]
    assert [page.get_textpage().get_text_range() for page in found] == ["", "폭 41", ""]


def test_a_document_of_which_nothing_is_read_leaves_no_file(tmp_path, monkeypatch):
    class Refusing(FakeReader):
        def read(self, image):
            raise InputError("no")

    monkeypatch.setattr(read, "make_reader", lambda args: Refusing)
    tone(9).save(tmp_path / "a.png")
    assert main(tmp_path / "a.png", "-o", tmp_path / "out", "--format=txt,pdf,page") == 2
    assert not (tmp_path / "out").exists() or all_files(tmp_path / "out") == []


def test_a_full_disk_is_said_clearly_and_leaves_no_half_file(scans, tmp_path, monkeypatch, capsys):
    out, real = tmp_path / "out", os.fsync
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    assert main(scans, "-o", out, "--dpi=72") == 1
    told = capsys.readouterr().err
    assert "the disk is full" in told and "10.txt" in told and "--resume" in told
    assert all_files(out) == ["2.txt"]


def test_a_place_that_can_not_be_written(scans, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(scans, "-o", f"{tmp_path / 'file'}/out/") == 1
    assert "can't be written" in capsys.readouterr().err


def test_the_output_never_takes_the_place_of_the_input(tmp_path, capsys):
    (tmp_path / "a.pdf").write_bytes(TEXT_PDF)
    before = (tmp_path / "a.pdf").read_bytes()
    assert main(tmp_path / "a.pdf", "-o", tmp_path, "--format=pdf") == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert (tmp_path / "a.pdf").read_bytes() == before


def test_everything_that_is_wrong_at_once(tmp_path, monkeypatch, capsys):
    """Odd pages go through the reader that is shipped, and the good one among them is read."""
    monkeypatch.setattr(read, "make_reader", lambda args: PageReader)
    bad, out = tmp_path / "in", tmp_path / "out"
    bad.mkdir()
    for name, data in {
        "encrypted": ENCRYPTED,
        "broken": TEXT_PDF[:99],
        "empty": b"",
        "long": many_pages(100_000),
    }.items():
        (bad / f"{name}.pdf").write_bytes(data)
    (bad / "bomb.png").write_bytes(png_header(60_000, 60_000))
    (bad / "huge.png").write_bytes(png_header(20_000, 20_000))
    (bad / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    Image.new("L", (8, 8), 250).save(bad / "tiny.png")
    Image.new("L", (300, 400), 255).save(bad / "blank.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 300), np.uint8)).save(bad / "noise.png")
    drawn_page([["안녕하세요"]])[0].save(bad / "good.png")
    assert main(bad, "-o", out, "--format=txt,pdf") == 2
    *rows, summary = capsys.readouterr().err.splitlines()
    names = ("encrypted", "broken", "empty", "long", "bomb", "huge", "cut")
    told = {name: row for row in rows for name in names if f"{name}." in row}
    assert len(rows) == len(told) == 7
    assert "without its password" in told["encrypted"] and "--pages" in told["long"]
    assert "too large" in told["bomb"] and "too large" in told["huge"]
    assert "4 pages read" in summary and "7 documents not read" in summary
    names = ("blank", "good", "noise", "tiny")
    assert all_files(out) == [f"{name}.{kind}" for name in names for kind in ("pdf", "txt")]
    texts = [(out / f"{name}.txt").read_text("utf-8").strip() for name in names]
    assert texts == ["", "안녕하세요", "", ""]


def test_a_full_disk_leaves_no_half_pdf(tmp_path, monkeypatch, capsys):
    """PDFium passes over errors of writing, so that half a PDF would take its name."""
    (tmp_path / "a.pdf").write_bytes(pdf_of(tone(9)))
    real = os.fdopen

    class Full(io.BufferedWriter):
        def write(self, data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdopen", lambda handle, mode: Full(real(handle, mode).detach()))
    assert main(tmp_path / "a.pdf", "-o", tmp_path / "b.pdf") == 1
    assert "the disk is full" in capsys.readouterr().err
    assert all_files(tmp_path) == ["a.pdf"]
