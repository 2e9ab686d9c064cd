"""RapidOCR in a process of its own: the real worker with a stand-in package, and the package itself."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.errors import KoocrError, WeightsMissingError
from koocr.evaluation.paddle import DICTIONARY, MODEL
from koocr.evaluation.page_rapidocr import RapidOcrPages
from koocr.fonts import korean_face

STAND_IN = '''
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from PIL import Image

print("a package that talks")  # must not be taken for an answer

class RapidOCR:
    """Reads one line as wide as the picture, the name of its recogniser and the threads; nothing in black."""

    def __init__(self, params):
        self.params = params
        assert params["Global.use_cls"] is False
        kind = SimpleNamespace(value="small")
        self.cfg = SimpleNamespace(Det=SimpleNamespace(ocr_version="PP-OCRv9", model_type=kind))

    def __call__(self, file):
        image = np.asarray(Image.open(file))
        if not image.any():
            return SimpleNamespace(boxes=None, txts=None)
        if image.shape == (1, 1):
            raise ValueError("too small\\nreally")
        names = [Path(self.params[f"Rec.{key}"]).name for key in ("model_path", "rec_keys_path")]
        threads = self.params["EngineConfig.onnxruntime.intra_op_num_threads"]
        width = image.shape[1]
        boxes = np.array([[[0, 0], [width, 0], [width, 9], [0, 9]]] * 2, np.float32)
        return SimpleNamespace(boxes=boxes, txts=(" ".join(("가 ", *names, str(threads))), " "))
'''
METADATA = "Metadata-Version: 2.1\nName: rapidocr\nVersion: 3.99.0\n"


@pytest.fixture
def recogniser(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    for name in (MODEL, DICTIONARY):
        (tmp_path / "dist" / name).touch()
    return tmp_path


def program(folder: Path, packages: Path | None) -> Path:
    """A Python that has the packages of a folder; it must be told to take none of koocr's."""
    python = folder / "python"
    known = "" if packages is None else f'PYTHONPATH="{packages}" '
    python.write_text(f'#!/bin/sh\ntest "$1" = -E || exit 9\nshift\n{known}exec "{sys.executable}" "$@"\n')
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python


@pytest.fixture
def python(tmp_path: Path) -> Path:
    packages = tmp_path / "packages"
    (packages / "rapidocr").mkdir(parents=True)
    (packages / "rapidocr" / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    (packages / "rapidocr-3.99.0.dist-info").mkdir()
    (packages / "rapidocr-3.99.0.dist-info" / "METADATA").write_text(METADATA)
    return program(tmp_path, packages)


def test_pages_are_read_by_the_package_with_the_korean_recogniser(python: Path, recogniser: Path) -> None:
    pages = RapidOcrPages(python, recogniser, num_threads=2)
    assert pages.name == "RapidOCR 3.99.0, PP-OCRv9 small, PP-OCRv3 Korean"
    for width in (30, 40):
        ((quad, text),) = pages.read(np.full((20, width), 255, np.uint8), 150.0)
        assert text == f"가 {MODEL} {DICTIONARY} 2"
        assert np.asarray(quad).tolist() == [[0, 0], [width, 0], [width, 9], [0, 9]]
    assert pages.read(np.zeros((20, 30), np.uint8)) == []
    pages.close()


def test_a_page_that_fails_is_one_sentence(python: Path, recogniser: Path) -> None:
    pages = RapidOcrPages(python, recogniser)
    with pytest.raises(KoocrError, match=r"\(ValueError: too small\); give --rapidocr"):
        pages.read(np.full((1, 1), 255, np.uint8))


def test_what_is_missing_is_named(tmp_path: Path, python: Path, recogniser: Path) -> None:
    with pytest.raises(KoocrError, match="can't be run"):
        RapidOcrPages(tmp_path / "nowhere", recogniser)
    empty = tmp_path / "empty"
    (empty / "rapidocr").mkdir(parents=True)
    (empty / "rapidocr" / "__init__.py").write_text("raise ImportError('no such thing')")
    with pytest.raises(KoocrError, match="ImportError: no such thing"):
        RapidOcrPages(program(empty, empty), recogniser)
    python.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(KoocrError, match="without an answer"):
        RapidOcrPages(python, recogniser)
    (recogniser / "dist" / MODEL).unlink()
    with pytest.raises(WeightsMissingError, match=MODEL):
        RapidOcrPages(python, recogniser)


def test_a_process_that_ended_is_one_sentence(python: Path, recogniser: Path) -> None:
    pages = RapidOcrPages(python, recogniser)
    pages._process.kill()
    pages._process.wait()
    with pytest.raises(KoocrError, match="without an answer"):
        pages.read(np.full((20, 30), 255, np.uint8))


def test_the_real_one_reads_the_lines_of_a_page_where_they_are() -> None:
    asked = [os.environ.get(name, "") for name in ("KOOCR_TEST_RAPIDOCR", "KOOCR_TEST_PADDLE")]
    if not all(asked):
        pytest.skip(
            "KOOCR_TEST_RAPIDOCR and KOOCR_TEST_PADDLE name no Python with rapidocr and no recogniser"
        )
    pages = RapidOcrPages(*asked)
    page = Image.new("L", (900, 400), 255)
    font = ImageFont.truetype(str(korean_face()), 56)
    texts = ("동해물과백두산이마르고닳도록", "하느님이보우하사우리나라만세")
    for place, text in enumerate(texts):
        ImageDraw.Draw(page).text((60, 60 + 140 * place), text, font=font, fill=0)
    lines = pages.read(np.asarray(page))
    assert lines  # it leaves out a line that it is unsure of
    for quad, read in lines:
        middle = float(np.asarray(quad)[:, 1].mean())
        place = int(middle > 200)
        assert 60 + 140 * place < middle < 140 + 140 * place
        assert len(set(read) & set(texts[place])) >= len(set(texts[place])) // 2, read
