"""`koocr evaluate`, with a stand-in for the reader: options, report, table, and errors in one sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from koocr.character.findings import TestPlan
from koocr.character.speed import Startup
from koocr.cli import evaluate, main
from koocr.cli.options import Parser
from koocr.data.patches import write_patch
from koocr.document import Candidate, Character
from koocr.errors import WeightsError
from koocr.evaluation.tesseract import NOT_INSTALLED

pytest.importorskip("matplotlib", reason="evaluating needs the train extra")


class StandIn:
    """Reads everything as 가, or as blank if the picture is white."""

    settings = SimpleNamespace(network="small", image_size=64)

    def __init__(self, weights: str | None = None, *, num_threads: int = 1) -> None:
        self.weights = weights

    def candidates(self, image: Sequence[np.ndarray], n: int = 1) -> list[Character]:
        answer = (Candidate("가", 0.75), Candidate("각", 0.25))[:n]
        return [Character(answer if one.min() < 128 else ()) for one in image]

    @property
    def model(self) -> object:
        raise WeightsError("these weights are for reading only")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("koocr.character.reader.KoOCR", StandIn)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "val_data").mkdir()
    images = np.full((4, 20, 20), 255, np.uint8)
    images[:3, 5:15, 5:15] = 0
    write_patch(tmp_path / "val_data" / "printed_0.npz", images, ["가", "각", "나", "가"])
    (tmp_path / "small.onnx").write_bytes(b"x" * 2_000_000)
    (tmp_path / "small-int8.onnx").write_bytes(b"x" * 500_000)
    return tmp_path


def test_patches_of_the_current_folder_are_the_default(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--weights=small.onnx", "--top_n=2"]) == 0
    out = capsys.readouterr().out
    assert "25.00 %" in out and "50.00 %" in out  # top-1: 1 of 4; top-2: 2 of 4
    assert str(Path("small_evaluation", "report.html")) in out
    data = json.loads((folder / "small_evaluation" / "report.json").read_text("utf-8"))
    assert data["tests"]["patches"]["all"] == {"count": 4, "top_1": 0.25, "top_n": 0.5}
    assert data["command"] == "koocr evaluate --weights=small.onnx --top_n=2"


def test_the_ancestors_flags_are_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = "--accuracy=true --confusion_matrix=true --class_activation=true --class_activation_n=3 --top_n=5"
    assert main(["evaluate", "--weights=small.onnx", *flags.split(), "--show_augmentation=true"]) == 0
    assert "left out: these weights are for reading only" in capsys.readouterr().err
    written = {path.name for path in (folder / "small_evaluation").iterdir()}
    assert {"report.md", "report.html", "confusion_initial.png", "augmentation.png"} <= written
    assert "activations.png" not in written


def test_other_weights_stand_beside_and_int8_is_told_apart(folder: Path) -> None:
    assert main(["evaluate", "--weights=small.onnx", "--against=small-int8.onnx", "--out=there"]) == 0
    data = json.loads((folder / "there" / "report.json").read_text("utf-8"))
    assert data["others"]["small-int8.onnx"] == {"patches": 0.25, "mb": 0.5}
    assert data["figures"]["int8_loss"] == 0.0
    assert (data["figures"]["fp32_mb"], data["figures"]["int8_mb"]) == (2.0, 0.5)
    assert "small-int8.onnx" in (folder / "there" / "report.md").read_text("utf-8")


def test_options_reach_the_plan() -> None:
    parser = Parser(prog="koocr evaluate")
    evaluate.add_arguments(parser)
    argv = ["--fonts=f", "--split=val", "--num_per_face=7", "--degraded=false", "--handwriting=a",
            "--handwriting=b", "--data=p", "--seed=3", "--top_n=4"]  # fmt: skip
    plan, notes = evaluate._plan(parser.parse_args(argv))
    assert plan == TestPlan(
        fonts=Path("f"),
        split="val",
        num_per_face=7,
        degraded=False,
        handwriting=(Path("a"), Path("b")),
        patches=Path("p"),
        seed=3,
        top_n=4,
    )
    assert notes == []
    assert evaluate._plan(parser.parse_args([]))[0] == TestPlan(patches=Path("val_data"), tesseract=None)


def test_without_tesseract_the_report_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["evaluate", "--weights=small.onnx", "--tesseract=true"]) == 0
    assert NOT_INSTALLED in capsys.readouterr().err
    assert NOT_INSTALLED in (folder / "small_evaluation" / "report.md").read_text("utf-8")


def test_threads_and_speeds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Threaded(StandIn):
        def __init__(self, weights: str | None = None, *, num_threads: int = 1) -> None:
            asked.append(num_threads)

    monkeypatch.setattr("koocr.character.reader.KoOCR", Threaded)
    monkeypatch.setattr("koocr.character.comparison.measure_startup", lambda *a, **k: Startup(0.25, ()))
    assert main(["evaluate", "--weights=small.onnx", "--threads=3", "--speed=true"]) == 0
    assert asked[0] == 3
    figures = json.loads((folder / "small_evaluation" / "report.json").read_text("utf-8"))["figures"]
    assert figures["startup"] == 0.25
    assert figures["single_ms"] > 0 and figures["batch_per_second"] > 0


def test_the_written_command_names_no_folder_of_this_machine(folder: Path) -> None:
    data = str(folder / "val_data")
    assert main(["evaluate", f"--weights={folder / 'small.onnx'}", f"--data={data}", "--accuracy=false"]) == 0
    assert str(folder) not in (folder / "small_evaluation" / "report.md").read_text("utf-8")
    assert str(folder) not in (folder / "small_evaluation" / "report.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--data=nowhere"], 5, "nowhere"),
        (["--fonts=nowhere"], 5, "nowhere"),
        (["--handwriting=nowhere.zip"], 5, "nowhere.zip"),
        (["--small_type=true"], 2, "--small_type goes with --fonts"),
        (["--split=tset"], 2, "tset"),
        (["--top_n=0"], 2, "top_n"),
        (["--acuracy=true"], 2, "--accuracy"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    options: list[str], code: int, words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--weights=small.onnx", *options]) == code
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("koocr: ") and words in error


def test_without_any_data_it_says_what_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "val_data" / "printed_0.npz").unlink()
    assert main(["evaluate", "--weights=small.onnx"]) == 5
    assert "crawl_data.py" in capsys.readouterr().err
