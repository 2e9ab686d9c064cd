"""`koocr export`: from weights to the files that reading uses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from koocr.character.reader import KoOCR
from koocr.cli import main
from koocr.engine import OnnxEngine
from koocr.line.reader import LineReader
from tests.drawing import draw_character
from tests.drawn_lines import make_sources
from tests.trained import SETTINGS, TEXT, small_store, trained_network
from tests.trained_lines import WEIGHTS, draw_line

pytest.importorskip("keras", reason="exporting needs the train extra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from koocr.character.metadata import ModelMetadata
    from koocr.training.weights_file import save_weights

    folder = tmp_path_factory.mktemp("export")
    save_weights(folder / "weights.h5", trained_network(), ModelMetadata(SETTINGS).to_dict())
    small_store(folder / "glyphs")
    return folder


def test_all_formats_read_alike_and_carry_the_temperatures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exact, rough, half = folder / "a.onnx", folder / "a-int8.onnx", folder / "half.h5"
    files = [f"--output={exact}", f"--int8={rough}", f"--half={half}"]
    assert main(["export", str(folder / "weights.h5"), *files, f"--calibration={folder / 'glyphs'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == [str(exact), str(rough), str(half)]
    assert [line.split(":")[0] for line in lines[3:7]] == [
        f"temperature of {name}" for name in ("initial", "medial", "final", "single")
    ]
    assert "images as float32 does" in lines[7]
    temperatures = OnnxEngine(exact).metadata["temperatures"]
    assert set(temperatures) == {"initial", "medial", "final", "single"}
    assert OnnxEngine(rough).metadata["temperatures"] == temperatures
    for weights in (exact, rough, half):
        reader = KoOCR(weights=weights)
        read = [reader.predict(draw_character(text)) for text in TEXT]
        assert sum(found == [text] for found, text in zip(read, TEXT, strict=True)) >= len(TEXT) - 1
    assert half.stat().st_size < 0.8 * (folder / "weights.h5").stat().st_size


def test_float32_alone_needs_no_images(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(folder / "weights.h5"), f"--output={folder / 'alone.onnx'}"]) == 0
    assert capsys.readouterr().out.startswith(f"{folder / 'alone.onnx'}  ")
    assert KoOCR(weights=folder / "alone.onnx").predict(draw_character("가")) == ["가"]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["weights.h5", "--output=b.onnx", "--int8=c.onnx"], 2, "--int8 needs --calibration"),
        (["none.h5", "--output=b.onnx"], 3, "there is no weight file 'none.h5'"),
        (["bad.h5", "--output=b.onnx"], 3, "'bad.h5' can't be read as weights"),
        (["weights.h5", "--output=b.onnx", "--average=bad.h5"], 3, "'bad.h5' can't be read as weights"),
        (["weights.h5", "--output=b.onnx", "--calibration=none"], 5, "none: this is no finished glyph store"),
        (["weights.h5"], 2, "the following arguments are required: --output"),
        (
            ["weights.h5", "--output=b.onnx", "--text=text"],
            2,
            "--fonts, --text and --handwriting are for lines",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    folder: Path,
    argv: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    Path("bad.h5").write_bytes(b"bad")
    assert main(["export", *argv]) == code
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert not Path("b.onnx").exists() and not Path("c.onnx").exists()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["--output={}/weights.h5"], "--output is .*weights.h5'; give a name that ends in .onnx"),
        (["--output={}/x.onnx", "--half={}/weights.h5"], "weights.h5' is named twice"),
        (["--output={}/x.onnx", "--int8={}/x.onnx"], "x.onnx' is named twice"),
        (["--output={}/x.onnx", "--average={}/x.h5", "--half={}/x.h5"], "x.h5' is named twice"),
        (["--output={}/x.onnx", "--half={}/x.bin"], "--half is .*; give a name that ends in .h5"),
    ],
)
def test_no_file_is_written_over_another(
    folder: Path, files: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "weights.h5").read_bytes()
    argv = ["export", str(folder / "weights.h5"), *(file.format(folder) for file in files)]
    assert main([*argv, "--calibration=x"]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert (folder / "weights.h5").read_bytes() == before


def test_the_mean_of_two_runs(folder: Path) -> None:
    from koocr.training.weights_file import read_settings, read_weights, save_weights

    model = trained_network()
    kept = model.get_weights()
    model.set_weights([2 * value for value in kept])
    save_weights(folder / "twice.h5", model, read_settings(folder / "weights.h5"))
    model.set_weights(kept)
    files = [f"--output={folder / 'mean.onnx'}", f"--half={folder / 'mean.h5'}"]
    assert main(["export", str(folder / "weights.h5"), f"--average={folder / 'twice.h5'}", *files]) == 0
    one, mean = read_weights(folder / "weights.h5"), read_weights(folder / "mean.h5")
    assert all(np.allclose(mean[name], 1.5 * value, rtol=1e-2, atol=1e-4) for name, value in one.items())


def test_the_bonus_needs_no_calibration(folder: Path) -> None:
    half = folder / "bonus.h5"
    files = [f"--output={folder / 'bonus.onnx'}", f"--half={half}"]
    assert main(["export", str(folder / "weights.h5"), *files, "--common_bonus=0.5"]) == 0
    assert OnnxEngine(folder / "bonus.onnx").metadata["common_bonus"] == 0.5
    again = folder / "again.onnx"
    assert main(["export", str(half), f"--output={again}"]) == 0
    assert OnnxEngine(again).metadata["common_bonus"] == 0.5


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    pytest.importorskip("faker", reason="forms are made up by Faker")
    made = make_sources(tmp_path_factory.mktemp("sources"))
    return [f"--fonts={made.fonts}", f"--text={made.text}", f"--handwriting={made.handwriting}"]


def test_line_weights(sources: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exact, rough, half = tmp_path / "a.onnx", tmp_path / "a-int8.onnx", tmp_path / "half.h5"
    files = [f"--output={exact}", f"--int8={rough}", f"--half={half}"]
    assert main(["export", str(WEIGHTS), *files, *sources, "--num_images=24"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == [str(exact), str(rough), str(half)]
    names = ("kind", "initial", "medial", "final")
    assert [line.split(":")[0] for line in lines[3:7]] == [f"temperature of {name}" for name in names]
    assert len({line.split(":")[1] for line in lines[3:7]}) == 1, "one for all"
    assert lines[7].endswith("of the 24 lines as float32 does")
    for weights in (exact, rough, half):
        assert LineReader(weights).read(draw_line("가를 볶쭈A7.")).text == "가를 볶쭈A7."
    temperatures = OnnxEngine(exact).metadata["temperatures"]
    assert set(temperatures) == set(names) and OnnxEngine(rough).metadata["temperatures"] == temperatures


def test_line_weights_in_float32_need_no_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(WEIGHTS), f"--output={tmp_path / 'a.onnx'}"]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert LineReader(tmp_path / "a.onnx").read(draw_line("볶쭈")).text == "볶쭈"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--fonts=fonts"], "--fonts and --text go together"),
        (["--int8=b.onnx"], "--int8 of a line network needs --fonts and --text"),
        (["--calibration=glyphs"], "--calibration and --common_bonus are for characters"),
    ],
)
def test_line_options(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(WEIGHTS), "--output=a.onnx", *argv]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
