"""The Tesseract column: against a stand-in program, and against the real one where it is installed."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.errors import KoocrError
from koocr.evaluation.tesseract import find_tesseract
from koocr.fonts import korean_face

STAND_IN = f"""#!/bin/sh
''''exec "{sys.executable}" "$0" "$@" # for shells, whose first line takes no path with a space '''
import sys
from PIL import Image
if "--list-langs" in sys.argv:
    print("List of available languages in /x (2):\\neng\\nLANGUAGE")
elif "--version" in sys.argv:
    print("tesseract 5.9.1\\n leptonica-1.82.0")
else:
    assert sys.argv[2:] == ["stdout", "-l", "LANGUAGE", "--psm", "10"], sys.argv
    for name in open(sys.argv[1]).read().split():
        image = Image.open(name)
        assert image.getpixel((0, 0)) == 255, "no white border"
        print("한" if image.width > 60 else "", end="\\n\\f")
"""


def install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, language: str = "Hangul", script: str = STAND_IN
) -> None:
    program = folder / "tesseract"
    program.write_text(script.replace("LANGUAGE", language), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


def test_it_reads_every_image_in_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    tesseract = find_tesseract()
    assert tesseract is not None
    assert (tesseract.language, tesseract.version) == ("Hangul", "5.9.1")
    images = [np.zeros((40, width), np.uint8) for width in (20, 50, 40)]
    assert tesseract.read(images) == ["", "한", "한"]
    assert tesseract.read([]) == []


@pytest.mark.parametrize("language", ["kor", "script/Hangul"])
def test_other_names_of_the_model_do_too(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, language=language)
    tesseract = find_tesseract()
    assert tesseract is not None and tesseract.language == language


def test_without_the_program_or_a_korean_model_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_tesseract() is None
    install(tmp_path, monkeypatch, language="fra")
    assert find_tesseract() is None
    install(tmp_path, monkeypatch, script="#!/bin/sh\nexit 1\n")
    assert find_tesseract() is None


def test_a_failure_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    tesseract = find_tesseract()
    assert tesseract is not None
    install(tmp_path, monkeypatch, script="#!/bin/sh\necho 'no disk' >&2\nexit 3\n")
    with pytest.raises(KoocrError, match="no disk"):
        tesseract.read([np.zeros((9, 9), np.uint8)])


def test_the_real_one_answers_to_every_image_in_order() -> None:
    tesseract = find_tesseract()
    if tesseract is None:
        pytest.skip("Tesseract with a Korean model is not installed on this machine")
    font = ImageFont.truetype(str(korean_face()), 64)
    texts = "나무사람하늘바다오늘"
    images = []
    for text in texts:
        image = Image.new("L", (90, 90), 255)
        ImageDraw.Draw(image).text((16, 4), text, font=font, fill=0)
        images.append(np.asarray(image))
    images.insert(5, np.full((50, 50), 255, np.uint8))  # a blank one must not shift the others
    read = tesseract.read(images)
    assert len(read) == len(images)
    del read[5]
    right = [text for text, got in zip(texts, read, strict=True) if text == got]
    assert len(right) >= 4, read
