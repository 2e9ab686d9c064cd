"""`koocr load line`: label files, archives and ZIPs become one archive, bad records are told and counted."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.cli import main
from koocr.data.line_archive import LineArchive
from koocr.data.line_sets import read_vocabulary
from tests.labelled_lines import write_labels


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


def write_zips(folder: Path, texts: list[str]) -> None:
    """AI Hub's set: a ZIP of labels, one of pictures, a box for each text."""
    folder.mkdir(parents=True)
    boxes = [
        {"data": text, "x": [0, 0, 9, 9], "y": [3 * row, 3 * row + 3] * 2} for row, text in enumerate(texts)
    ]
    with zipfile.ZipFile(folder / "labels.zip", "w") as archive:
        archive.writestr("a.json", json.dumps({"bbox": boxes}))
    stream = io.BytesIO()
    Image.fromarray(np.full((3 * len(texts), 9), 200, np.uint8)).save(stream, "PNG")
    with zipfile.ZipFile(folder / "pictures.ZIP", "w") as archive:
        archive.writestr("a.png", stream.getvalue())


def texts(folder: str) -> list[str]:
    archive = LineArchive.open(folder)
    archive.check()
    return [archive.text(number) for number in range(len(archive))]


def test_all_kinds_of_sources_become_one_archive(capsys: pytest.CaptureFixture[str]) -> None:
    write_zips(Path("hub"), ["라", "마 1"])
    write_labels(Path("set/gt.tsv"), ["가", "나 다"])
    assert main(["load", "line", "set/gt.tsv", "--output=one"]) == 0
    assert texts("one") == ["가", "나 다"]
    write_labels(Path("set/more.txt"), ["바"])
    command = ["load", "line", "hub", "set", "one", "--output=made/all", "--vocabulary=made/symbols.tsv"]
    assert main(command) == 0
    assert texts("made/all") == ["가", "나 다", "바", "가", "나 다", "라", "마 1"]
    found = LineArchive.open("made/all")
    assert found.line(1).image.shape == (24, 56) and found.line(6).image.shape == (3, 9)
    assert found.info["sources"] == ["hub", "set", "one"] and found.info["hangul_only"] is False
    counts = read_vocabulary("made/symbols.tsv")
    assert counts["가"] == 2 and counts[" "] == 3 and list(counts) == sorted("가나다라마바 1")
    out = capsys.readouterr().out
    assert f"{Path('made/all')}: 7 lines\n" in out
    assert f"{Path('made/symbols.tsv')}: 8 symbols\n" in out


def test_zips_may_be_named_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    write_zips(Path("hub"), ["라", "마 1"])
    assert main(["load", "line", "hub/pictures.ZIP", "hub/labels.zip", "--output=all"]) == 0
    assert texts("all") == ["라", "마 1"]


def test_hangul_only_leaves_out_the_other_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write_zips(Path("hub"), ["라", "마 1"])
    write_labels(Path("gt.tsv"), ["가 ㅋ", "A", "나."])
    assert main(["load", "line", "gt.tsv", "hub", "--output=all", "--hangul_only"]) == 0
    assert texts("all") == ["가 ㅋ", "라"]
    assert capsys.readouterr().err == ""


def test_bad_records_are_told_counted_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    path = write_labels(Path("gt.tsv"), ["가", "나", "다"])
    path.write_text(path.read_text("utf-8") + "no tab\n", encoding="utf-8")
    Path("gt-1.png").write_bytes(b"no picture")
    assert main(["load", "line", "gt.tsv", "--output=all"]) == 5
    assert texts("all") == ["가", "다"]
    captured = capsys.readouterr()
    assert "all: 2 lines; 2 records left out\n" in captured.out
    assert "koocr: gt.tsv:2: " in captured.err and "koocr: gt.tsv:4: " in captured.err


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["gt.tsv", "nowhere.tsv", "--output=all"], 5, "nowhere.tsv"),
        (["bad.tsv", "--output=all"], 5, "no line to write"),
        (["gt.tsv", "--output=there"], 5, "written once"),
        (["gt.tsv"], 2, "--output"),
        (["--output=all"], 2, "SOURCE"),
    ],
)
def test_what_is_wrong_leaves_nothing_behind(
    options: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(Path("gt.tsv"), ["가"])
    Path("bad.tsv").write_text("missing.png\t가\n", encoding="utf-8")
    Path("there").mkdir()
    before = {path.name for path in Path().iterdir()}
    assert main(["load", "line", *options]) == code
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert {path.name for path in Path().iterdir()} == before


def test_progress_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koocr.cli.load_line._TOLD_EVERY", 2)
    write_labels(Path("gt.tsv"), ["가", "나", "다", "라", "마"])
    assert main(["load", "line", "gt.tsv", "--output=all"]) == 0
    assert capsys.readouterr().err == "2 lines read\n4 lines read\n"
