"""Tesseract on lines: a stand-in program, a stand-in package, and the real one where it is installed."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.errors import KoocrError
from koocr.evaluation import line_tesseract
from koocr.evaluation.alignment import edit_distance
from koocr.evaluation.line_tesseract import TesseractLines, TesseractProgram, find_line_tesseracts
from koocr.fonts import korean_face

STAND_IN = f"""#!/bin/sh
''''exec "{sys.executable}" "$0" "$@" # for shells, whose first line takes no path with a space '''
import sys
from PIL import Image
if "--list-langs" in sys.argv:
    print("List of available languages in /x (2):\\neng\\nkor\\nHangul")
elif "--version" in sys.argv:
    print("tesseract 5.9.1\\n leptonica-1.82.0")
else:
    assert sys.argv[3:5] == ["-l", "Hangul"] and "preserve_interword_spaces=1" in sys.argv, sys.argv
    for name in open(sys.argv[1]).read().split():
        print("가  나" if Image.open(name).width > 60 else "", end="\\n\\f")
"""


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tesserocr", None)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str = STAND_IN) -> None:
    program = folder / "tesseract"
    program.write_text(script, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.usefixtures("no_package")
def test_the_program_reads_all_lines_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    kor, hangul = find_line_tesseracts()
    assert (kor.name, hangul.name) == ("Tesseract 5.9.1, kor", "Tesseract 5.9.1, Hangul")
    images = [np.zeros((40, width), np.uint8) for width in (20, 50, 40)]
    assert hangul.read(images) == ["", "가 나", ""] and hangul.read([]) == []


@pytest.mark.usefixtures("no_package")
def test_without_the_program_there_is_none_and_a_failure_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_line_tesseracts() == []
    install(tmp_path, monkeypatch, "#!/bin/sh\necho 'no disk' >&2\nexit 3\n")
    with pytest.raises(KoocrError, match="no disk"):
        TesseractProgram(str(tmp_path / "tesseract"), "kor", "Tesseract").read([np.zeros((9, 9), np.uint8)])


def test_the_package_is_taken_first_with_the_models_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Hangul.traineddata").touch()
    package = ModuleType("tesserocr")

    class Api:
        def __init__(self, **options: object) -> None:
            assert options == {"path": str(tmp_path), "lang": "Hangul", "psm": 7, "oem": 1}
            self.width = 0

        def SetVariable(self, name: str, value: str) -> None:  # noqa: N802
            assert (name, value) == ("preserve_interword_spaces", "1")

        def SetImage(self, image: Image.Image) -> None:  # noqa: N802
            self.width = image.width

        def GetUTF8Text(self) -> str:  # noqa: N802
            return f"{self.width}  가\n"

    package.PyTessBaseAPI, package.tesseract_version = Api, lambda: "tesseract 5.9.2\n x"
    monkeypatch.setitem(sys.modules, "tesserocr", package)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    (reader,) = find_line_tesseracts()
    assert reader.name == "Tesseract 5.9.2, Hangul" and reader.is_inside
    assert reader.read([np.zeros((9, 30), np.uint8)] * 2) == ["50 가"] * 2


def text_line(text: str) -> np.ndarray:
    font = ImageFont.truetype(str(korean_face()), 48)
    image = Image.new("L", (int(font.getlength(text)) + 40, 80), 255)
    ImageDraw.Draw(image).text((20, 10), text, font=font, fill=0)
    return np.asarray(image)


@pytest.mark.parametrize("kind", ["package", "program"])
def test_the_real_one_reads_every_line_in_order(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "program":
        monkeypatch.setitem(sys.modules, "tesserocr", None)
    found = find_line_tesseracts()
    if not found or isinstance(found[0], TesseractLines) != (kind == "package"):
        pytest.skip(f"Tesseract with a Korean model is not installed on this machine as a {kind}")
    texts = ["나무 사람", "하늘 바다 오늘", "우리 나라"]
    read = found[-1].read([*map(text_line, texts[:2]), np.full((50, 50), 255, np.uint8), text_line(texts[2])])
    assert len(read) == 4 and len(read[2]) <= 1  # of a blank line it may make a sign
    del read[2]
    distances = [edit_distance(truth, text) for truth, text in zip(texts, read, strict=True)]
    assert max(distances) <= 3, read  # the label face is not easy for it


def test_the_border_has_the_tone_of_the_edge() -> None:
    assert (line_tesseract._bordered(np.full((4, 4), 200, np.uint8)) == 200).all()
