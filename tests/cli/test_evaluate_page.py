"""`koocr evaluate page`, with readers that know the pages: options, report, table, errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from koocr.cli.evaluate_page import NAME, add_arguments, run
from koocr.cli.options import Parser
from koocr.errors import ConfigError
from koocr.evaluation.page_samples import PHOTOGRAPHED, SCANNED, drawn_groups, scan_group, taken_group
from koocr.page.pdf_samples import pdf_group
from koocr.weights import shipped_model, verified
from tests.drawn_pages import stream
from tests.page.measured import Knowing, Known, write_pdfs, write_scans


def command(*options: str) -> int:
    parser = Parser(prog=f"koocr {NAME}")
    add_arguments(parser)
    return run(parser.parse_args(list(options)))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How readers were made; they know the pages of ./scans, ./pdfs, and one drawn page of each kind."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "koocr.evaluation.page_samples.page_stream",
        lambda fonts, text, *, split, seed: stream(seed=seed),
    )
    pdfs = pdf_group(write_pdfs(Path("pdfs")), num_pages=2)
    groups = [scan_group(write_scans(Path("scans"))), pdfs]
    groups += [taken_group(pdfs, how) for how in (SCANNED, PHOTOGRAPHED)]
    groups += drawn_groups(Path("F"), Path("T"), num_pages=1)
    readers: list[Any] = []
    known = Known(groups)

    def reader(detector: Any, lines: Any, *, num_threads: int) -> Knowing:
        readers.append((detector, lines, num_threads))
        return Knowing(known, is_right=detector != "bad.onnx")

    monkeypatch.setattr("koocr.page.reader.PageReader", reader)
    return readers


def test_the_report_holds_the_figures_and_the_command(
    made: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("det.onnx").write_bytes(b"x" * 1_500_000)
    Path("bad.onnx").write_bytes(b"x")
    pages = ["--scans=scans", "--pdfs=pdfs", "--num_pages=2", "--fonts=a/F", "--text=a/T", "--num_drawn=1"]
    assert command("--detector=det.onnx", "--against=bad.onnx", "--num_samples=3", *pages) == 0
    out = capsys.readouterr().out
    assert "1.50 MB" in out and str(Path("page_evaluation", "report.html")) in out
    assert made == [("det.onnx", None, 2), ("bad.onnx", None, 2)]
    data = json.loads(Path("page_evaluation", "report.json").read_text("utf-8"))
    figures = data["figures"]
    assert (figures["scan_cer"], figures["pdf_found"], figures["printed_cer"], figures["photo_cer"]) == (
        0,
        1,
        0,
        0,
    )
    assert [figures[f"order_{name}_{n}"] for name in ("clean", SCANNED, PHOTOGRAPHED) for n in (1, 2, 3)] == [
        1
    ] * 9
    assert figures["worse_than_tesseract"] is None and figures["detector_mb"] == 1.5
    assert data["programs"]["bad.onnx"]["scans"]["edits"] == 1
    assert len(data["groups"]) == 13 and data["groups"]["PDFs, scanned"]["pages"] == 2
    assert len(data["pages"]["PDFs"]) == 2 and data["pages"]["PDFs"][0]["name"].startswith("made.pdf, page ")
    assert data["command"] == (
        "koocr evaluate page --detector=det.onnx --scans=scans --pdfs=pdfs --num_pages=2 --fonts=F --text=T "
        "--num_drawn=1 --against=bad.onnx --num_samples=3"
    )
    names = {path.name for path in Path("page_evaluation").iterdir()}
    assert names == {"report.json", "report.md", "report.html", "page_1.png", "page_2.png", "page_3.png"}
    markdown = Path("page_evaluation", "report.md").read_text("utf-8")
    for rows in ("drawn pages", "of these, clean"):
        assert f"| {rows}: order with one / two / three columns | 98.00 % / 98.00 % / 98.00 %" in markdown
    assert "det.onnx" in markdown and "bad.onnx" in markdown


def test_the_size_of_the_detector_is_that_of_the_onnx_file_that_is_read(made: list[Any]) -> None:
    assert command("--scans=scans") == 0
    figures = json.loads(Path("page_evaluation", "report.json").read_text("utf-8"))["figures"]
    model = shipped_model("", task="detection")
    assert figures["detector_mb"] == verified(model.files[model.reads_with]).stat().st_size / 1e6
    assert command("--scans=scans", "--detector=trained.h5") == 0
    figures = json.loads(Path("page_evaluation", "report.json").read_text("utf-8"))["figures"]
    assert figures["detector_mb"] is None


def test_rapidocr_stands_beside_it(made: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Rapid:
        name, is_inside = "RapidOCR 9", False

        def __init__(self, python: Path, recogniser: Path, *, num_threads: int) -> None:
            assert (python, recogniser, num_threads) == (Path("v/python"), Path("P"), 2)

        def read(self, image: Any, dpi: float | None = None) -> list[Any]:
            return []

    monkeypatch.setattr("koocr.evaluation.page_rapidocr.RapidOcrPages", Rapid)
    assert command("--scans=scans", "--paddle=P", "--rapidocr=v/python") == 0
    data = json.loads(Path("page_evaluation", "report.json").read_text("utf-8"))
    assert data["figures"]["worse_than_paddle"] == 0
    assert data["programs"]["RapidOCR 9"]["scans"]["cer"] == 1
    assert data["command"] == "koocr evaluate page --scans=scans --paddle=P --rapidocr=python"


def test_programs_that_are_not_there_are_noted(
    made: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("koocr.evaluation.page_tesseract.find_page_tesseracts", lambda **options: [])
    assert command("--scans=scans", "--tesseract", "--out=there") == 0
    assert "Tesseract's model kor was left out" in capsys.readouterr().err
    assert Path("there", "report.html").exists()


def test_speed_is_measured_on_a_page_of_the_pdfs(made: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def add_speeds(found: Any, image: Any, read_file: Any, tesseracts: Any, **options: Any) -> None:
        asked.update(shape=image.shape, **options)
        found.seconds["koocr"] = 0.5
        found.figures["memory_mb"] = 200.0

    monkeypatch.setattr("koocr.page.speed.add_speeds", add_speeds)
    assert command("--pdfs=pdfs", "--num_pages=2", "--speed", "--threads=1", "--lines=l.onnx") == 0
    assert asked["shape"] == pytest.approx((1200, 900), abs=1) and (asked["detector"], asked["lines"]) == (
        "",
        "l.onnx",
    )
    assert made == [(None, "l.onnx", 1), (None, "l.onnx", 2)]
    assert "200 MB" in Path("page_evaluation", "report.md").read_text("utf-8")


def test_upright_pages_are_shown_to_the_same_reader(
    made: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "koocr.page.upright.page_stream",
        lambda fonts, text, *, split, settings, seed: stream(settings, seed=seed),
    )
    turned = iter([0, 1, *[0] * 8, 3])  # the second upright page; the last lies, and is put right
    monkeypatch.setattr(Knowing, "quarter_turns", lambda reader, image: next(turned), raising=False)
    assert command("--fonts=F", "--text=T", "--num_drawn=1", "--upright=10") == 0
    assert len(made) == 1 and "1 of 10 upright pages were turned; 1 of 1" in capsys.readouterr().err
    data = json.loads(Path("page_evaluation", "report.json").read_text("utf-8"))
    assert (data["figures"]["upright_turned"], data["figures"]["righted"]) == (1, 1)
    assert sum(of["upright"] for of in data["turns"].values()) == 10
    markdown = Path("page_evaluation", "report.md").read_text("utf-8")
    assert "turned / turned ones that come back | 0 / – | 0 / – | 1 / 100.00 % | missed" in markdown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to read"),
        (["--fonts=F"], "--text"),
        (["--scans=scans", "--upright=5"], "--upright"),
        (["--scans=scans", "--paddle=P"], "--paddle_detector"),
        (["--scans=scans", "--rapidocr=python"], "--paddle goes with"),
        (["--scans=scans", "--against=a/x.onnx", "--against=b/x.onnx"], "twice"),
    ],
)
def test_options_that_do_not_fit_are_one_sentence(made: list[Any], options: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        command(*options)
