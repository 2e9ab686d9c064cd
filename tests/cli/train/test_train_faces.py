"""`koocr train --fonts`: from typefaces and real hands."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest

from koocr.character.reader import KoOCR
from koocr.cli import main, train
from koocr.cli.options import Parser
from tests.cli.train.runs import TINY, rows, square
from tests.data.made_faces import make_face
from tests.data.test_handwriting import make_set

pytest.importorskip("keras", reason="training needs the train extra")


@pytest.fixture
def faces(folder: Path) -> Path:
    """Two faces to train on, one to validate on, and a writer."""
    for name in ("serif", "hand", "other"):
        make_face(folder / "fonts" / f"{name}.ttf", "가나다ㄱㅏ", family=name)
    Path("fonts/faces.csv").write_text(
        "id,klass,split,file,licence\nserif,serif,train,serif.ttf,OFL\n"
        "clova-1,handwriting,train,hand.ttf,OFL\nother,gothic,val,other.ttf,OFL\n"
    )
    Path("hands").mkdir()
    import io

    from PIL import Image

    def png(text: str) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(square(text)).save(buffer, "PNG")
        return buffer.getvalue()

    for writer in ("hhr-001", "hhr-004"):
        make_set(Path("hands", f"{writer}.zip"), [("0.png", "가", png("가")), ("1.png", "나", png("나"))])
    Path("words.tsv").write_text("가나\t-1\n", encoding="utf-8")
    return folder


def train_on_faces(*argv: str) -> int:
    options = ["--fonts=fonts", "--steps_per_epoch=2", "--epochs=1", *TINY]
    return main(["train", *options, *argv])


def test_a_run_on_faces_and_hands(faces: Path) -> None:
    argv = [
        "--handwriting=hands",
        "--words=words.tsv",
        "--real_share=0.5",
        "--joint",
        "--adversarial_learning",
    ]
    assert train_on_faces(*argv, "--leave_out=clova-", "--hide_share=0.3") == 0
    (row,) = rows()
    assert {"val_clean", "val_degraded", "val_hands"} <= set(row)
    assert {path.name for path in Path("data/glyphs").iterdir()} == {"train", "val"}
    assert KoOCR(weights="logs/weights.h5").settings.joint


def test_a_run_on_what_a_trained_network_reads_badly(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--choose_by=small", "--choose_of=3"]
    assert train_on_faces(*argv) == 0
    assert float(rows()[0]["loss"]) > 0
    assert train_on_faces("--choose_by=small", "--choose_of=4", "--epochs=2") == 2
    assert "holds another run, with choose_of=3" in capsys.readouterr().err
    assert main(["train", "--choose_by=small", "--logs=other"]) == 2
    assert "--choose_by goes with --fonts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "share"),
    [
        ([], 0.2),
        (["--data_augmentation=false"], 0.0),
        (["--data_augmentation=false", "--written_share=0.3"], 0.3),
        (["--written_share=0.1"], 0.1),
    ],
)
def test_the_share_of_written_syllables(argv: list[str], share: float) -> None:
    parser = Parser(prog="koocr train")
    train.add_arguments(parser)
    assert train._written_share(parser.parse_args(argv)) == share


def test_faces_without_a_validation_split(faces: Path) -> None:
    text = Path("fonts/faces.csv").read_text()
    Path("fonts/faces.csv").write_text(text.replace(",val,", ",test,"))
    assert train_on_faces() == 0
    assert not [name for name in rows()[0] if name.startswith("val_")]


def test_faces_without_a_training_split(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("fonts/faces.csv").read_text()
    Path("fonts/faces.csv").write_text(text.replace(",train,", ",test,"))
    assert train_on_faces() == 5
    assert "no face of the split train is in the list; add some" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["--words=none.tsv"], 5, "none.tsv: the word list can't be read"),
        (["--handwriting=none"], 5, "none: none of the train writers"),
        (["--leave_out=serif,clova"], 2, "no face draws any of the syllables to be shown"),
        (["--hide_share=1"], 2, "no face draws any of the syllables to be shown"),
        (["--choose_by=none.onnx"], 3, "none.onnx"),
        (["--choose_by=fonts/serif.onnx"], 3, "fonts/serif.onnx"),
        (["--choose_of=3"], 2, "--choose_of and --choose_legible go with --choose_by"),
        (["--choose_by=small", "--choose_of=1"], 2, "choose_of is 1; give a whole number of at least 2"),
        (["--real_share=2"], 2, "argument --real_share: takes a number from 0 to 1"),
    ],
)
def test_what_is_wrong_with_faces_is_said_too(
    faces: Path, argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_on_faces(*argv) == code
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_missing_font_file(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("fonts/hand.ttf").unlink()
    assert train_on_faces() == 5
    assert "hand.ttf: the font file does not exist" in capsys.readouterr().err
    make_face(Path("fonts/hand.ttf"), "가나다")
    assert train_on_faces() == 0, "the half-written store does no harm"


def test_other_faces_need_another_store(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train_on_faces() == 0
    assert train_on_faces("--handwriting=hands", "--logs=other") == 5
    assert (
        "this glyph store was made of other faces; delete it or name another folder"
        in capsys.readouterr().err
    )


def test_no_patches_are_needed_for_faces(faces: Path) -> None:
    rmtree("data")
    assert train_on_faces("--glyph_store=glyphs") == 0
