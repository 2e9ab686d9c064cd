"""`koocr read`: what it prints, what it writes, and what it leaves when something goes wrong."""

from __future__ import annotations

import errno
import functools
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from koocr.cli import read
from koocr.cli.read_files import page_path, target_of
from koocr.cli.read_jobs import Job, PageWork, read_jobs
from koocr.cli.read_plan import place_outputs
from koocr.errors import ConfigError, InputError
from koocr.hangul import nfd
from koocr.layout import Document, Page
from koocr.page.finding import Source
from koocr.page.sources import SourceSettings
from tests.page.made_pages import FakeReader
from tests.page.test_sources import ENCRYPTED, TEXT_PDF, pdf_of, tiff_of, tone


@pytest.fixture(autouse=True)
def fake_reader(monkeypatch):
    monkeypatch.setattr(read, "make_reader", lambda args: FakeReader)


def main(*args) -> int:
    """Runs the command by itself: that it is among the commands, `koocr.cli` says."""
    from koocr.cli import _run_command
    from koocr.errors import KoocrError

    try:
        return _run_command(read, [str(arg) for arg in args])
    except KoocrError as error:
        print(f"koocr: {error}", file=sys.stderr)
        return error.exit_code


@pytest.fixture
def scans(tmp_path) -> Path:
    folder = tmp_path / "스캔"
    (folder / "b").mkdir(parents=True)
    tone(200, (101, 50)).save(folder / "2.png")
    tone(200, (102, 50)).save(folder / "10.png")
    (folder / "b" / f"{nfd('책')} 😀.pdf").write_bytes(pdf_of(*(tone(9, (50 + n, 72)) for n in range(3))))
    return folder


def text_of(width: int) -> str:
    return f"폭 {width}\n"


def all_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


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
    assert main(scans / "2.png", "--resume") == 2
    assert "name their place with -o" in capsys.readouterr().err


def test_several_processes_write_the_same(scans, tmp_path):
    (scans / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for jobs in (1, 2):
        assert main(scans, "-o", tmp_path / str(jobs), "--dpi=72", "--jobs", jobs, "--format=txt,tsv") == 2
    one, two = (tmp_path / str(jobs) for jobs in (1, 2))
    assert all_files(one) == all_files(two) and len(all_files(one)) == 6
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in all_files(one))


class Dying(FakeReader):
    """A reader that takes its process with it."""

    def read(self, image: np.ndarray) -> Page:
        if image.shape[1] == 42:
            os._exit(9)
        return super().read(image)


def test_a_page_that_ends_its_process_is_one_failure(tmp_path):
    sources = [Source(f"{n}.png", np.full((20, 40 + n), 9, np.uint8), Path(f"{n}")) for n in range(7)]
    jobs = [Job(source, 1, index) for index, source in enumerate(sources)]
    results = list(read_jobs(jobs, PageWork(Dying, SourceSettings()), num_processes=2))
    assert [job.index for job, _ in results] == list(range(7))
    widths = [None if isinstance(outcome, InputError) else outcome.width for _, outcome in results]
    assert widths == [40, 41, None, 43, 44, 45, 46]
    assert "ended the process that read it" in str(results[2][1])


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
        (["--format=pdf"], "can't go to the terminal"),
        (["--format=txt,json"], "can't go to the terminal"),
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


_INTERRUPTED = """
import sys, time, functools
from koocr.cli import read
from tests.cli.test_read import Slow
read.make_reader = lambda args: Slow
from koocr.cli import COMMANDS, main
import koocr.cli
koocr.cli.COMMANDS = (*COMMANDS, "read")
sys.exit(main(["read", *sys.argv[1:]]))
"""


class Slow(FakeReader):
    """Takes its time from the third page on."""

    count = 0

    def read(self, image: np.ndarray) -> Page:
        Slow.count += 1
        if image.shape[1] >= 42:
            time.sleep(60)
        return super().read(image)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_whole_files_only(jobs, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(2):
        tone(9, (40 + number, 30)).save(tmp_path / "in" / f"{number}.png")
    (tmp_path / "in" / "9.tif").write_bytes(tiff_of(*(tone(9, (40 + n, 30)) for n in range(4))))
    command = [
        sys.executable,
        "-c",
        _INTERRUPTED,
        tmp_path / "in",
        "-o",
        tmp_path / "out",
        f"--jobs={jobs}",
        "--format=txt,pdf",
    ]
    run = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
    )
    wait_for(lambda: (tmp_path / "out" / "1.pdf").exists())
    time.sleep(0.5)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: every process of the group
    _, told = run.communicate(timeout=120)
    assert run.returncode == 130, told
    assert told.strip() == "koocr: interrupted"
    assert all_files(tmp_path / "out") == ["0.pdf", "0.txt", "1.pdf", "1.txt"]


def wait_for(is_there, seconds=240):
    stop = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < stop
        time.sleep(0.05)


def test_memory_stays_flat(tmp_path):
    """A page that is read and written is kept by nobody."""
    import tracemalloc

    sources = [Source(f"{n}.png", np.full((20, 40), 9, np.uint8), Path(f"{n}")) for n in range(400)]
    jobs = (Job(source, 1, index) for index, source in enumerate(sources))
    work = PageWork(functools.partial(Bulky), SourceSettings())
    tracemalloc.start()
    sizes = [tracemalloc.get_traced_memory()[0] for _ in read_jobs(jobs, work, num_processes=1)]
    tracemalloc.stop()
    assert max(sizes[-10:]) < max(sizes[:10]) + 2e6


class Bulky(FakeReader):
    """Gives results of a megabyte each."""

    def read(self, image: np.ndarray) -> Page:
        page = super().read(image)
        return Page(1, page.width, page.height, blocks=page.blocks * 100_000)
