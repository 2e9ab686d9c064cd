"""`koocr evaluate detector` on labelled pages, and what the detector's commands refuse."""

import argparse
import json

import pytest
from PIL import Image

from koocr.cli import evaluate_detector, train_detector
from koocr.cli.options import Parser
from koocr.detection import reader
from koocr.errors import ConfigError, WeightsMissingError
from tests.detection.pages import StripeEngine, striped_page


@pytest.fixture
def folder(tmp_path):
    """Three pages, of whose units one is to be ignored."""
    for part in ("images", "labels"):
        (tmp_path / "exam" / part).mkdir(parents=True)
    for number in range(3):
        page = striped_page(number)
        Image.fromarray(page.image).save(tmp_path / "exam" / "images" / f"{number}.png")
        lines = [
            ",".join(f"{value:.2f}" for value in unit.quad.ravel()) + (",###" if not row + number else ",글")
            for row, unit in enumerate(page.units)
        ]
        (tmp_path / "exam" / "labels" / f"{number}.txt").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "exam"


def run(command, *options):
    parser = Parser(prog=f"koocr {command.NAME}")
    command.add_arguments(parser)
    return command.run(parser.parse_args(list(map(str, options))))


def test_pages_are_measured_and_reported(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reader, "_open", lambda weights, num_threads: StripeEngine())
    out = tmp_path / "report"
    assert run(evaluate_detector, "--pages", folder, "--out", out, "--against", "other.onnx") == 0
    printed = capsys.readouterr().out
    assert "exam" in printed and "100.00 %" in printed and "other.onnx" in printed
    data = json.loads((out / "report.json").read_text(encoding="utf-8"))
    found = data["figures"]["koocr"]["groups"]["exam"]["0.5"]
    assert found == {"units": 11, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert "--pages=exam" in data["command"] and str(tmp_path) not in data["command"]
    assert (out / "page_1.png").exists() and (out / "report.html").exists()


@pytest.mark.parametrize(
    "command, options, error, message",
    [
        (evaluate_detector, [], ConfigError, "nothing to look at"),
        (evaluate_detector, ["--fonts", "fonts"], ConfigError, "--fonts and --text go together"),
        (
            evaluate_detector,
            ["--pages", "x", "--weights", "none.onnx"],
            WeightsMissingError,
            "no weight file",
        ),
        (train_detector, [], ConfigError, "nothing to learn from"),
        (train_detector, ["--text", "text"], ConfigError, "--fonts and --text go together"),
        (train_detector, ["--pages", "x", "--handwriting", "y"], ConfigError, "only goes with drawn pages"),
    ],
)
def test_what_is_missing_is_said(command, options, error, message):
    pytest.importorskip("keras", reason="training needs the train extra")
    with pytest.raises(error, match=message):
        run(command, *options)


def test_a_detector_is_asked_for_once(folder, monkeypatch):
    monkeypatch.setattr(reader, "_open", lambda weights, num_threads: StripeEngine())
    with pytest.raises(ConfigError, match="asked for twice"):
        run(evaluate_detector, "--pages", folder, "--weights", "a.onnx", "--against", "b/a.onnx")


def test_defaults_are_those_of_the_settings():
    from koocr.detection.crops import CropSettings

    parser = argparse.ArgumentParser()
    train_detector.add_arguments(parser)
    assert parser.get_default("crop") == CropSettings().size
    assert parser.get_default("new_pages") == CropSettings().new_pages
