"""The manifest of shipped models: found, named, verified."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from koocr import weights
from koocr.errors import WeightsCorruptError, WeightsError, WeightsMissingError
from koocr.weights import MANIFEST, reading_file, shipped_model, shipped_models, verified

CONTENT = b"some weights"


def entry(**changes: Any) -> dict[str, Any]:
    file = {"file": "small.onnx", "sha256": hashlib.sha256(CONTENT).hexdigest(), "bytes": len(CONTENT)}
    return {
        "task": "character",
        "summary": "a small one",
        "licence": "Apache-2.0",
        "reads_with": "onnx",
        "files": {"onnx": file},
        **changes,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = {"koocr-melnyk": entry(), "koocr-small": entry(default=True, scores={"top-1": 99.5})}
    (tmp_path / MANIFEST).write_text(json.dumps({"models": models}), encoding="utf-8")
    (tmp_path / "small.onnx").write_bytes(CONTENT)
    return tmp_path


def test_the_default_comes_first_and_is_found_without_a_name(folder: Path) -> None:
    assert [model.name for model in shipped_models(folder)] == ["koocr-small", "koocr-melnyk"]
    model = shipped_model(folder=folder)
    assert (model.name, model.is_default, model.scores) == ("koocr-small", True, {"top-1": 99.5})
    assert shipped_model("koocr-melnyk", folder=folder).scores == {}


def test_models_of_two_tasks_lie_beside_each_other(folder: Path) -> None:
    models = {
        "b": entry(),
        "a": entry(default=True),
        "y": entry(task="line"),
        "x": entry(task="line", default=True),
    }
    (folder / MANIFEST).write_text(json.dumps({"models": models}), encoding="utf-8")
    assert [model.name for model in shipped_models(folder)] == ["a", "b", "x", "y"]
    assert shipped_model(folder=folder).name == "a"
    assert shipped_model(task="line", folder=folder).name == "x"
    assert shipped_model("y", task="line", folder=folder).task == "line"
    with pytest.raises(WeightsError, match="the model 'y' reads a line, not a character; see `koocr models`"):
        shipped_model("y", folder=folder)
    with pytest.raises(WeightsMissingError, match="no shipped page model is the default one"):
        shipped_model(task="page", folder=folder)


def test_a_file_with_the_right_sum_is_its_path(folder: Path) -> None:
    file = shipped_model(folder=folder).files["onnx"]
    assert verified(file) == folder / "small.onnx"
    assert file.num_bytes == len(CONTENT)


@pytest.mark.parametrize("content", [b"some weighty", CONTENT[:-1], b""])
def test_other_bytes_are_corrupt(folder: Path, content: bytes) -> None:
    (folder / "small.onnx").write_bytes(content)
    with pytest.raises(WeightsCorruptError, match=r"small\.onnx is damaged .*install koocr again"):
        verified(shipped_model(folder=folder).files["onnx"])


def test_a_missing_file(folder: Path) -> None:
    (folder / "small.onnx").unlink()
    with pytest.raises(WeightsMissingError, match=r"small\.onnx is not there \(No such file"):
        verified(shipped_model(folder=folder).files["onnx"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("koocr-smal", "did you mean 'koocr-small'\\?"),
        ("zzz", "give a file, or one of koocr-small, koocr-melnyk"),
        ("모델", "give a file"),
    ],
)
def test_an_unknown_name(folder: Path, name: str, hint: str) -> None:
    with pytest.raises(WeightsMissingError, match=f"no shipped model '{name}'; {hint}"):
        shipped_model(name, folder=folder)


def test_no_default(folder: Path) -> None:
    (folder / MANIFEST).write_text(json.dumps({"models": {"one": entry()}}), encoding="utf-8")
    with pytest.raises(WeightsMissingError, match="no shipped character model is the default one"):
        shipped_model(folder=folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"models": []}',
        '{"models": {"small": []}}',
        '{"models": {"small": {"task": "character"}}}',
        json.dumps({"models": {"small": entry(files={})}}),
        json.dumps({"models": {"small": entry(files={"onnx": {"file": "small.onnx"}})}}),
        json.dumps({"models": {"small": entry(reads_with="onnx-int8")}}),
    ],
)
def test_a_damaged_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
    with pytest.raises(WeightsCorruptError, match=r"manifest\.json is damaged"):
        shipped_models(tmp_path)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match=r"manifest\.json can't be read \(No such file"):
        shipped_models(tmp_path)


def test_what_a_reader_reads_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_pretrained_folder", lambda: folder)
    for name in ("", "koocr-melnyk"):
        assert reading_file(name, task="character") == (folder / "small.onnx", False)
    given = folder / "small.onnx"
    assert reading_file(str(given), task="line") == (given, False)
    assert reading_file("new.H5", task="line") == (
        Path("new.H5"),
        True,
    )
    for name, message in (("none.onnx", "no weight file 'none.onnx'"), (str(folder), "is no weight file of")):
        with pytest.raises(WeightsError, match=message):
            reading_file(name, task="character")
    given.write_bytes(b"other")
    with pytest.raises(WeightsCorruptError):
        reading_file("", task="character")
