"""`koocr line`: good files, bad files, every form of output."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.charset import line_charset
from koocr.cli import main
from koocr.document import Line
from koocr.hangul import nfd
from koocr.line.ngram import NGram
from tests.trained_lines import METADATA, draw_line, trained_network

TEXT = "가를 볶쭈"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("keras", reason="exporting needs the train extra")
    from koocr.line.export import export_onnx

    return str(export_onnx(trained_network(), METADATA, tmp_path_factory.mktemp("trained") / "tiny.onnx"))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    Image.fromarray(draw_line(TEXT)).save(tmp_path / "a.png")
    Image.fromarray(draw_line("A7. 가")).save(tmp_path / f"{nfd('구')} 😀.png")
    Image.fromarray(np.full((30, 90), 255, np.uint8)).save(tmp_path / "blank.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.png").write_text("가")
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_one_image_gives_its_text_and_nothing_else(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["line", str(images / "a.png"), "--weights", weights]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{TEXT}\n" and captured.err == ""


def test_several_images_give_their_names_too(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(images / name) for name in ("a.png", "구 😀.png", "blank.png")]
    assert main(["line", *names, f"--weights={weights}"]) == 0
    texts = [TEXT, "A7. 가", ""]
    assert capsys.readouterr().out.splitlines() == [
        f"{name}: {text}" for name, text in zip(names, texts, strict=True)
    ]


def test_a_name_stays_in_its_line(weights: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(images / f"a\n{number}.png") for number in range(3)]
    for name, source in zip(names, ("a.png", "blank.png"), strict=False):
        Path(name).write_bytes((images / source).read_bytes())
    assert main(["line", *names, f"--weights={weights}"]) == 2
    captured = capsys.readouterr()
    escaped = [name.replace("\n", "\\n") for name in names]
    assert captured.out == f"{escaped[0]}: {TEXT}\n{escaped[1]}: \n"
    assert escaped[2] in captured.err and captured.err.count("\n") == 1
    assert main(["line", names[0], "-n2", f"--weights={weights}"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == escaped[0]


def test_json(weights: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(images / "a.png"), str(images / "blank.png")]
    assert main(["line", *names, "--json", "--candidates=2", f"--weights={weights}"]) == 0
    first, blank = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["image"], first["text"]) == (names[0], TEXT)
    assert all(len(character["candidates"]) == 2 for character in first["characters"])
    line = Line.from_dict(first)
    assert [character.text for character in line.characters] == list(TEXT)
    assert (blank["text"], blank["confidence"], blank["characters"]) == ("", 1.0, [])


def test_bad_files_are_reported_and_the_others_are_read(
    weights: str, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [str(images / name) for name in ("cut.png", "text.png", "folder", "none.png")]
    argv = ["line", bad[0], str(images / "a.png"), *bad[1:], f"--weights={weights}"]
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == f"{images / 'a.png'}: {TEXT}\n"
    assert captured.err.count("koocr: ") == captured.err.count("\n") == 4
    assert main([*argv, "--json"]) == 2
    rows = list(map(json.loads, capsys.readouterr().out.splitlines()))
    assert [("error" in row, row["image"]) for row in rows] == [
        (name in bad, name) for name in (bad[0], str(images / "a.png"), *bad[1:])
    ]


def test_standard_input(
    weights: str, images: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.TextIOWrapper(io.BytesIO((images / "a.png").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert main(["line", "-", f"--weights={weights}"]) == 0
    assert capsys.readouterr().out == f"{TEXT}\n"


def test_several_readings(weights: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(images / "a.png")
    assert main(["line", name, "-n", "3", f"--weights={weights}"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == name and len(rows) == 3
    confidences = [float(row.split(maxsplit=1)[0]) for row in rows]
    assert confidences == sorted(confidences, reverse=True)
    assert rows[0].split(maxsplit=1)[1] == TEXT
    assert main(["line", name, "-n3", "--json", f"--weights={weights}"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["text"] == TEXT and len(row["others"]) == 2


def test_a_prior(weights: str, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    NGram.train(["를 를를 를"] * 50, line_charset(), order=2).save(tmp_path / "prior.npz")
    prior, options = f"--prior={tmp_path / 'prior.npz'}", ["--beam=8", f"--weights={weights}"]
    name = str(images / "a.png")
    for some in (["--prior=false"], ["--prior=no"], ["--prior=true"], [prior]):
        assert main(["line", name, *options, *some]) == 0
        assert capsys.readouterr().out == f"{TEXT}\n", "a clear image counts more; own weights have no prior"
    assert main(["line", name, *options, prior, "--prior_weight=30"]) == 0
    assert capsys.readouterr().out != f"{TEXT}\n"


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["--prior_weight=0.7"], 2, "--prior_weight is given, but there is no prior; name one"),
        (["--prior=false", "--prior_weight=0.7"], 2, "but there is no prior"),
        (["--prior=none.npz"], 3, "there is no n-gram model none.npz; train one"),
        (["--weights=none.onnx"], 3, "there is no weight file 'none.onnx'"),
        (["--weights=small"], 3, "the model 'small' reads a character, not a line"),
        (["--beams=3"], 2, "there is no option '--beams'; did you mean '--beam'?"),
        (["--candidates=0"], 2, "takes a whole number of at least 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    weights: str, argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["line", "a.png", f"--weights={weights}", *argv]) == code
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""
