"""`koocr models`: what is listed, and what `--verify` finds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from koocr import weights
from koocr.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tiny.onnx").write_bytes(b"weights")
    onnx = {"file": "tiny.onnx", "sha256": hashlib.sha256(b"weights").hexdigest(), "bytes": 7}
    keras = {"file": "tiny.h5", "sha256": "0" * 64, "bytes": 2_500_000}
    tiny = {
        "task": "character",
        "summary": "한글 characters",
        "licence": "Apache-2.0",
        "reads_with": "onnx",
        "default": True,
        "files": {"onnx": onnx, "keras": keras},
        "scores": {"top-1": 99.5},
    }
    other = {**tiny, "task": "line", "summary": "한글 lines", "files": {"onnx": onnx}, "scores": {}}
    (tmp_path / "manifest.json").write_text(json.dumps({"models": {"lines": other, "tiny": tiny}}))
    monkeypatch.setattr(weights, "_pretrained_folder", lambda: tmp_path)
    return tmp_path


def test_the_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tiny (character, default): 한글 characters  [Apache-2.0]"
    assert "tiny.onnx" in lines[1] and "not in this installation" not in lines[1]
    assert "tiny.h5  2.50 MB, not in this installation" in lines[2]
    assert lines[3].strip() == "top-1: 99.5"
    assert lines[4] == "lines (line, default): 한글 lines  [Apache-2.0]"


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    row, other = json.loads(capsys.readouterr().out)
    assert (row["name"], row["task"], row["default"]) == ("tiny", "character", True)
    assert row["scores"] == {"top-1": 99.5}
    assert (other["name"], other["task"], other["default"]) == ("lines", "line", True)
    assert row["files"]["onnx"] == {"path": str(folder / "tiny.onnx"), "bytes": 7}


def test_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--verify"]) == 0
    (folder / "tiny.onnx").write_bytes(b"weightz")
    capsys.readouterr()
    assert main(["models", "--verify"]) == 3
    assert "tiny.onnx is damaged" in capsys.readouterr().err


def test_no_manifest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "manifest.json").unlink()
    assert main(["models"]) == 3
    assert "manifest.json can't be read" in capsys.readouterr().err


def test_verify_misses_the_file_that_reading_needs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--verify"]) == 0
    assert "every file that is there" in capsys.readouterr().err
    (folder / "tiny.onnx").unlink()
    assert main(["models", "--verify"]) == 3
    assert "tiny.onnx is not there" in capsys.readouterr().err
