"""Tesseract on pages: its table and its text put together, a stand-in program, and a stand-in package."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.errors import KoocrError
from koocr.evaluation.page_tesseract import TesseractProgramPages, find_page_tesseracts, lines_of
from koocr.fonts import korean_face

HEADER = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
TABLE = (
    "1\t1\t0\t0\t0\t0\t0\t0\t200\t100\t-1\t\n"
    "4\t1\t1\t1\t1\t0\t10\t20\t100\t15\t-1\t\n"
    "5\t1\t1\t1\t1\t1\t10\t20\t40\t15\t90.1\t가\n"
    "5\t1\t1\t1\t1\t2\t50\t20\t60\t15\t91.5\t나\n"
    "4\t1\t1\t1\t2\t0\t10\t40\t90\t16\t-1\t\n"
    "5\t1\t1\t1\t2\t1\t10\t40\t40\t16\t80\t다\n"
    "5\t1\t1\t1\t2\t2\t60\t40\t40\t16\t80\t라\n"
    "4\t1\t2\t1\t1\t0\t10\t60\t5\t5\t-1\t\n"
    "5\t1\t2\t1\t1\t1\t10\t60\t5\t5\t95\t \n"
)
TEXT = "가나\n\n다  라\n\n\f"

STAND_IN = f"""#!/bin/sh
''''exec "{sys.executable}" "$0" "$@" # for shells, whose first line takes no path with a space '''
import os, sys
from PIL import Image
if "--list-langs" in sys.argv:
    print("List of available languages in /x (3):\\neng\\nkor\\nscript/Hangul")
elif "--version" in sys.argv:
    print("tesseract v5.9.1\\n leptonica-1.82.0")
else:
    file, stem, *options = sys.argv[1:]
    assert options[:6] == ["-l", "script/Hangul", "--psm", "6", "--oem", "1"], options
    assert "preserve_interword_spaces=1" in options and os.environ["OMP_THREAD_LIMIT"] == "2"
    image = Image.open(file)
    assert round(image.info["dpi"][0]) == 150 and image.size == (200, 100), image
    open(stem + ".tsv", "w", encoding="utf-8").write({HEADER + TABLE!r})
    open(stem + ".txt", "w", encoding="utf-8").write({TEXT!r})
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "tesseract"
    program.write_text(STAND_IN, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


@pytest.mark.parametrize("header", ["", HEADER])
def test_places_come_from_the_table_and_spaces_from_the_text(header: str) -> None:
    (first, one), (second, two) = lines_of(header + TABLE, TEXT)
    assert (one, two) == ("가나", "다 라")
    assert np.asarray(first).tolist() == [[10, 20], [110, 20], [110, 35], [10, 35]]
    assert np.asarray(second).tolist() == [[10, 40], [100, 40], [100, 56], [10, 56]]


def test_lines_that_the_text_does_not_have_are_taken_from_the_table() -> None:
    assert [text for _, text in lines_of(TABLE, "가 다른\n\n다라\n")] == ["가 나", "다라"]
    assert [text for _, text in lines_of(TABLE, "")] == ["가 나", "다 라"]
    assert lines_of("", "") == []


@pytest.mark.usefixtures("installed")
def test_each_model_and_mode_of_the_program_is_found_and_reads() -> None:
    found = find_page_tesseracts(num_threads=2)
    assert [one.name for one in found] == [
        "Tesseract 5.9.1, Hangul, psm 3",
        "Tesseract 5.9.1, Hangul, psm 6",
        "Tesseract 5.9.1, kor, psm 3",
        "Tesseract 5.9.1, kor, psm 6",
    ]
    lines = found[1].read(np.full((100, 200), 255, np.uint8), 150.0)
    assert [text for _, text in lines] == ["가나", "다 라"]


def test_a_failure_is_one_sentence(tmp_path: Path) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\necho 'no disk' >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(KoocrError, match="no disk"):
        TesseractProgramPages(str(program), "kor", 3, "5").read(np.zeros((9, 9), np.uint8))


def test_the_package_is_used_without_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kor.traineddata").touch()
    package: Any = ModuleType("tesserocr")
    made: list[dict[str, Any]] = []

    class Api:
        def __init__(self, **options: Any) -> None:
            made.append(options)
            self.dpi = 0

        def SetVariable(self, name: str, value: str) -> None:  # noqa: N802
            assert (name, value) == ("preserve_interword_spaces", "1")

        def SetImage(self, image: Image.Image) -> None:  # noqa: N802
            assert image.size == (200, 100)

        def SetSourceResolution(self, dpi: int) -> None:  # noqa: N802
            self.dpi = dpi

        def GetUTF8Text(self) -> str:  # noqa: N802
            assert self.dpi == 150
            return TEXT

        def GetTSVText(self, page: int) -> str:  # noqa: N802
            assert page == 0
            return TABLE

    package.PyTessBaseAPI, package.tesseract_version = Api, lambda: "tesseract 5.9.2\n x"
    monkeypatch.setitem(sys.modules, "tesserocr", package)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("OMP_THREAD_LIMIT", "1")
    found = find_page_tesseracts()
    assert [one.name for one in found] == ["Tesseract 5.9.2, kor, psm 3", "Tesseract 5.9.2, kor, psm 6"]
    assert [options["psm"] for options in made] == [3, 6]
    lines = found[0].read(np.full((100, 200), 255, np.uint8), 149.9)
    assert [text for _, text in lines] == ["가나", "다 라"]


def test_nothing_installed_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "tesserocr", None)
    assert find_page_tesseracts() == []


def test_the_real_one_reads_lines_in_order_where_they_are() -> None:
    found = find_page_tesseracts()
    if not found:
        pytest.skip("Tesseract with a Korean model is not installed on this machine")
    page = Image.new("L", (900, 400), 255)
    font = ImageFont.truetype(str(korean_face()), 64)
    for place, text in enumerate(("나무 아래 사람", "바다 위의 하늘")):
        ImageDraw.Draw(page).text((60, 60 + 140 * place), text, font=font, fill=0)
    for tesseract in found:
        lines = tesseract.read(np.asarray(page), 150.0)
        lines = [
            (quad, text) for quad, text in lines if len(text) > 3
        ]  # it may part a syllable from its line
        assert [len(text.split()) for _, text in lines] == [3, 3], (tesseract.name, lines)
        middles = [float(np.asarray(quad)[:, 1].mean()) for quad, _ in lines]
        assert 60 < middles[0] < 140 and 200 < middles[1] < 280, (tesseract.name, middles)
