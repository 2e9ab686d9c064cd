"""`koocr predict`: good files, bad files, every form of output."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.cli import main
from koocr.hangul import nfd
from tests.drawing import draw_character
from tests.trained import SETTINGS, trained_network


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("keras", reason="training needs the train extra")
    from koocr.character.export import export_onnx

    folder = tmp_path_factory.mktemp("trained")
    return str(export_onnx(trained_network(), SETTINGS, folder / "tiny.onnx"))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for text in "가각":
        Image.fromarray(draw_character(text)).save(tmp_path / f"{text}.png")
    Image.fromarray(draw_character("구")).save(tmp_path / f"{nfd('구')} 😀.png")
    Image.fromarray(np.full((30, 30), 255, np.uint8)).save(tmp_path / "blank.png")
    whole = (tmp_path / "가.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("가")
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_every_image_with_its_candidates_probabilities_and_jamo(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(images / "가.png"), str(images / "구 😀.png"), str(images / "blank.png")]
    assert main(["predict", *names, "-n", "2", "--weights", weights]) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0] == names[0] and lines[3] == names[1] and lines[6] == f"{names[2]}: blank"
    text, probability, *jamo = lines[1].split()
    assert text == "가" and 0.3 < float(probability) <= 1
    assert jamo[::2] == ["ㄱ", "ㅏ", "–"] and all(0 <= float(value) <= 1 for value in jamo[1::2])
    assert lines[4].split()[0] == "구"
    assert len(lines) == 7 and captured.err == ""


def test_bad_files_are_reported_and_the_others_are_read(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ["none.png", "cut.png", "empty.png", "text.png", "folder"]
    names = [str(images / name) for name in ("가.png", *bad, "각.png")]
    assert main(["predict", *names, "-n1", "--weights", weights]) == 2
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.out.splitlines() if line.startswith("  ")] == ["가", "각"]
    errors = captured.err.splitlines()
    assert len(errors) == len(bad) and all(line.startswith("koocr: ") for line in errors)
    assert [name for name, line in zip(bad, errors, strict=True) if name not in line] == []
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("break_", ["\n", "\t", "\r", "\x1b", "\x85", "\u2028"])
def test_a_name_stays_in_its_line(
    weights: str, images: Path, break_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(images / f"a{break_}가 {number}.png") for number in range(3)]
    Path(names[0]).write_bytes((images / "가.png").read_bytes())
    Path(names[1]).write_bytes((images / "blank.png").read_bytes())
    assert main(["predict", *names, "-n1", "--weights", weights]) == 2
    captured = capsys.readouterr()
    escaped = [name.replace(break_, repr(break_)[1:-1]) for name in names]
    lines = captured.out.split("\n")
    assert lines[0] == escaped[0] and lines[1].startswith("  가") and lines[2] == f"{escaped[1]}: blank"
    assert escaped[2] in captured.err and len(captured.err.splitlines()) == 1
    assert main(["predict", names[0], "--json", "--weights", weights]) == 0
    assert json.loads(capsys.readouterr().out)["image"] == names[0]


def test_json_is_an_object_a_line(weights: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(images / name) for name in ("각.png", "none.png", "blank.png")]
    assert main(["predict", *names, "--json", "--top_n=3", f"--weights={weights}"]) == 2
    read, bad, blank = map(json.loads, capsys.readouterr().out.splitlines())
    assert read["image"] == names[0] and read["text"] == "각" and len(read["candidates"]) == 3
    assert [score["jamo"] for score in read["candidates"][0]["jamo"]] == ["ㄱ", "ㅏ", "ㄱ"]
    assert bad["image"] == names[1] and "there is no file" in bad["error"]
    assert (blank["text"], blank["confidence"], blank["candidates"]) == ("", 0.0, [])


def test_standard_input(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdin:
        buffer = io.BytesIO((images / "각.png").read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert main(["predict", "-", "-n=1", "--weights", weights]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "각"
    assert main(["predict", "-", "--weights", weights]) == 2, "there is nothing more to read"
    assert "the given data is empty" in capsys.readouterr().err


def test_a_picture_of_the_readings(weights: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(images / name) for name in ("가.png", "none.png", "blank.png", "구 😀.png")]
    path = images / "그림.png"
    assert main(["predict", *names, "--picture", str(path), "--weights", weights]) == 2
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.width > 3 * 370 and picture.height < 400
    capsys.readouterr()
    assert (
        main(["predict", str(images / "none.png"), "--picture", str(images / "b.png"), "--weights", weights])
        == 2
    )
    assert "there is nothing to show" in capsys.readouterr().err
    assert not (images / "b.png").exists()


@pytest.mark.parametrize("name", ["picture.xyz", "none/picture.png", "."])
def test_a_picture_that_cannot_be_written(
    weights: str, images: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["predict", str(images / "가.png"), "--picture", str(images / name), "--weights", weights]) == 2
    )
    captured = capsys.readouterr()
    assert captured.out.splitlines()[1].split()[0] == "가", "the reading is not lost"
    assert captured.err.startswith("koocr: the picture ") and captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["-n", "0"], 2, "takes a whole number of at least 1, not '0'"),
        (["-n", "20000"], 2, "n is 20000; give a whole number from 1 to 11223"),
        (["-n", "1.5"], 2, "takes a whole number"),
        (["--explain"], 2, "--explain draws a picture; name it with --picture FILE.png"),
        (["--weights", "none.onnx"], 3, "there is no weight file 'none.onnx'"),
        (["--weihgts", "x"], 2, "there is no option '--weihgts'; did you mean '--weights'?"),
    ],
)
def test_wrong_options(
    argv: list[str], code: int, message: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(images / "가.png"), *argv]) == code
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""


def test_damaged_weights(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (images / "bad.onnx").write_bytes(b"bad")
    assert main(["predict", str(images / "가.png"), "--weights", str(images / "bad.onnx")]) == 3
    assert "can't be loaded as a network" in capsys.readouterr().err


def test_no_image_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict"]) == 2
    assert "the following arguments are required: IMAGE" in capsys.readouterr().err
