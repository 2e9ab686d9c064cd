"""`koocr train` from patches: stopped and started again, with the ancestor's flags."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from koocr.character.reader import KoOCR
from koocr.cli import main, train
from koocr.cli.options import Parser
from koocr.data.synthesis import AugmentationSettings
from koocr.data.synthesis.settings import PLAIN
from tests.cli.train.runs import TINY, equal, rows, square, weights

pytest.importorskip("keras", reason="training needs the train extra")


def test_a_run_on_patches_leaves_all_that_it_should(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs=2", *TINY, "--zip_weights"]) == 0
    assert {path.name for path in Path("logs").iterdir()} == {
        "checkpoint.npz",
        "log.csv",
        "settings.json",
        "weights.h5",
        "weights_0001.zip",
        "weights_0002.zip",
    }
    found = rows()
    assert [row["step"] for row in found] == ["2", "4"], "12 images in batches of 8"
    assert all(float(row["loss"]) > 0 and 0 <= float(row["val_clean"]) <= 100 for row in found)
    settings = json.loads(Path("logs/settings.json").read_text(encoding="utf-8"))
    assert settings["network"]["width"] == 0.25
    assert settings["training"]["loop"]["num_steps"] == 4
    assert settings["command"]["epochs"] == "2"
    captured = capsys.readouterr()
    assert captured.out == f"the weights are in {Path('logs/weights.h5')}\n"
    assert captured.err == "", "it is silent"
    assert len(KoOCR(weights="logs/weights.h5").predict(square("가"), 3)) == 3


def test_a_stopped_run_goes_on_and_ends_as_one_that_was_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--epochs=3", "--dropout=0.3", *TINY]
    assert main([*command, "--logs=whole"]) == 0
    stopping = [*command, "--logs=parts", "--stop_after_minutes=0.000001"]
    for step in (2, 4):
        assert main(stopping) == 0
        assert f"stopped after step {step} of 6; the same command goes on" in capsys.readouterr().out
    assert main(stopping) == 0
    assert f"going on with the run in {Path('parts')} after step 4\n" in capsys.readouterr().out
    assert equal(weights("whole"), weights("parts"))
    assert [row["loss"] for row in rows("whole")] == [row["loss"] for row in rows("parts")]


def test_a_finished_run_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs=1", *TINY]) == 0
    before = Path("logs/weights.h5").read_bytes()
    capsys.readouterr()
    assert main(["train", "--epochs=1", *TINY]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        f"the run in {Path('logs')} has had its 2 steps; give more --epochs to go on, --weights"
    )
    assert Path("logs/weights.h5").read_bytes() == before
    assert main(["train", "--epochs=2", *TINY]) == 0
    assert "going on with the run in logs after step 2" in capsys.readouterr().out
    assert [row["step"] for row in rows()] == ["2", "4"]


ANCESTOR = [
    "--learning_rate=0.00003", "--optimizer=adabound", "--image_size=96", "--weights=./logs/weights.h5",
    "--fc_link=GWAP", "--batch_size=128", "--epochs=2", "--patch_size=20",
]  # fmt: skip


def test_the_ancestors_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It begins anew with the weights of a finished run; stopped, it goes on, with weights of its own."""
    network = ["--image_size=96", "--width=0.25", "--silent_mode", "--batch_size=128"]
    assert main(["train", "--epochs=3", *network]) == 0
    first = weights()
    assert [row["step"] for row in rows()] == ["1", "2", "3"]
    capsys.readouterr()
    copytree("logs", "parts/logs")
    assert main(["train", *ANCESTOR, "--silent_mode"]) == 0
    out = capsys.readouterr().out
    assert "the run in logs came to its end; a new one begins with ./logs/weights.h5" in out
    assert [row["step"] for row in rows()] == ["1", "2"]
    whole = weights()
    assert not equal(first, whole)
    assert all(np.allclose(a, b, atol=0.02) for a, b in zip(first, whole, strict=True) if a.ndim == 4)
    os.chdir("parts")
    data = ["--data=../data", "--val_data=../val_data", "--silent_mode"]
    assert main(["train", *ANCESTOR, *data, "--stop_after_minutes=0.000001"]) == 0
    capsys.readouterr()
    assert main(["train", *ANCESTOR, *data]) == 0
    assert "after step 1; it was stopped, so --weights is not used" in capsys.readouterr().out
    assert equal(weights(), whole)


def test_another_seed_gives_other_weights(folder: Path) -> None:
    for logs, seed in (("a", 1), ("b", 2)):
        assert main(["train", "--epochs=1", *TINY, f"--seed={seed}", f"--logs={logs}"]) == 0
    assert not equal(weights("a"), weights("b"))


def test_curves_for_tensorboard(folder: Path) -> None:
    pytest.importorskip("tensorboardX", reason="the log needs the logs extra")
    assert main(["train", "--epochs=1", *TINY, "--log_tensorboard"]) == 0
    (file,) = Path("logs/tensorboard").iterdir()
    assert b"val_clean" in file.read_bytes()


@pytest.mark.parametrize("package", ["tensorboard", "wandb"])
def test_logs_whose_package_is_missing(
    folder: Path, package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX" if package == "tensorboard" else package, None)
    assert main(["train", *TINY, f"--log_{package}"]) == 4
    assert "run: pip install 'koocr[logs]'" in capsys.readouterr().err
    assert not Path("logs").exists()


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (
            ["--data=none"],
            5,
            "none: there is no such folder of patches; make it with crawl_data.py or load_data.py",
        ),
        (["--optimizer=adaboun"], 2, "optimizer is 'adaboun'; did you mean 'adabound'"),
        (["--schedule=linear"], 2, "unknown schedule 'linear'; choose one of constant, cosine, trapezoid"),
        (["--network=VGG17"], 2, "network is 'VGG17'; did you mean 'VGG16'"),
        (["--fc_link=GAPP"], 2, "fc_link is 'GAPP'; did you mean 'GAP'"),
        (["--learning_rate=-1"], 2, "argument --learning_rate: takes a number above 0, not '-1'"),
        (["--weight_decay=-1"], 2, "weight_decay is -1.0"),
        (["--average_decay=1"], 2, "average_decay is 1.0"),
        (["--epochs=0"], 2, "argument --epochs: takes a whole number of at least 1, not '0'"),
        (["--precision=float8"], 2, "--precision: invalid choice: 'float8'"),
        (["--joint", "--split_components=false"], 2, "joint=True needs split_components=True"),
        (["--learning_rat=1"], 2, "there is no option '--learning_rat'; did you mean '--learning_rate'?"),
        (["--weights=none.h5"], 3, "there is no weight file 'none.h5'"),
        (["--weights=net.onnx"], 3, "'net.onnx' holds no Keras weights; give the .h5 file"),
        (["--handwriting=hands"], 2, "--handwriting goes with --fonts"),
        (["--words=words.tsv"], 2, "--words goes with --fonts"),
        (["--fonts=none"], 5, "none: the list of faces cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    folder: Path, argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *TINY, *argv]) == code
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert not Path("logs").exists()


def test_every_option_of_the_network_and_of_training_is_heard() -> None:
    def parsed(*argv: str) -> tuple[dict[str, Any], dict[str, Any], AugmentationSettings]:
        parser = Parser(prog="koocr train")
        train.add_arguments(parser)
        args = parser.parse_args(list(argv))
        network, start = train._network(args)
        assert start is None
        return network.to_dict(), train._training(args, 5).to_dict(), train._augmentation(args)

    network = {
        "network": "afl", "image_size": 32, "fc_link": "initial=GAP,medial=GWAP,final=GWAP,single=GWAP",
        "direct_map": True, "iterative_refinement": True, "refinement_t": 3, "adversarial": True,
        "adversarial_ratio": 0.3, "dropout": 0.1, "width": 0.5,
    }  # fmt: skip
    training = {
        "learning_rate": 0.5, "optimizer": "adabound", "weight_decay": 0.25, "schedule": "trapezoid",
        "warmup_steps": 7, "label_smoothing": 0.3, "fit_discriminator": False, "precision": "mixed_bfloat16",
        "seed": 9,
    }  # fmt: skip
    loop = {"num_steps": 15, "steps_per_epoch": 5, "average_decay": 0.5, "stop_after_minutes": 2.0,
            "is_silent": True}  # fmt: skip
    flags = {"adversarial": "adversarial_learning", "is_silent": "silent_mode"}
    given = {**network, **training, **{name: loop[name] for name in list(loop)[2:]}}
    argv = [f"--{flags.get(name, name)}={value}" for name, value in given.items()]
    found = parsed(*argv, "--epochs=3", "--stroke_warp=false")
    plain = parsed()
    for part, expected in ((0, network), (1, training)):
        assert {name: found[part][name] for name in expected} == expected
        assert not [name for name in expected if plain[part][name] == expected[name]], "it says nothing else"
    assert {name: found[1]["loop"][name] for name in loop} == loop
    assert (found[2].stroke_warp, plain[2].stroke_warp) == (False, True)
    assert parsed("--data_augmentation=false")[2] == PLAIN
    joint, _, _ = parsed("--joint", "--joint_rank=3")
    assert (joint["joint"], joint["joint_rank"]) == (True, 3)
    assert parsed("--split_components=false")[0]["split_components"] is False


def test_there_are_no_patches_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", *TINY]) == 5
    assert capsys.readouterr().err == (
        "koocr: data: there is no such folder of patches; make it with crawl_data.py or load_data.py\n"
    )


def test_weights_of_another_network(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs=1", *TINY]) == 0
    capsys.readouterr()
    assert main(["train", *TINY, "--image_size=24", "--joint", "--weights=logs/weights.h5"]) == 2
    message = "the weights logs/weights.h5 were made with image_size=16, joint=False; leave those options out"
    assert capsys.readouterr().err == f"koocr: {message}\n"
    assert main(["train", *TINY, "--optimizer=sgd", "--epochs=2"]) == 3
    assert "the checkpoint belongs to another network or optimiser" in capsys.readouterr().err
    Path("logs/settings.json").write_text("{")
    assert main(["train", *TINY, "--width=0.5", "--epochs=2"]) == 3
    assert "the checkpoint belongs to another network or optimiser" in capsys.readouterr().err


@pytest.mark.parametrize("epochs", [1, 2])
@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--width=0.5"], "width=0.25"),
        (["--joint", "--image_size=24"], "image_size=16, joint=False"),
        (["--seed=5", "--batch_size=4"], "batch_size=8, seed=0"),
        (["--data=other"], "data=data"),
        (["--data_augmentation=false"], "data_augmentation=True"),
    ],
)
def test_a_folder_that_holds_another_run(
    folder: Path, options: list[str], found: str, epochs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--epochs=1", *TINY]) == 0
    before = {path.name: path.read_bytes() for path in Path("logs").iterdir()}
    copytree("data", "other")
    capsys.readouterr()
    assert main(["train", f"--epochs={epochs}", *TINY, *options]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        f"koocr: logs holds another run, with {found}; give the same to go on with it, or name another "
        "folder as --logs\n"
    )
    assert captured.out == ""
    assert {path.name: path.read_bytes() for path in Path("logs").iterdir()} == before


def test_a_finished_run_of_other_data_makes_way_for_one_that_begins_with_its_weights(folder: Path) -> None:
    assert main(["train", "--epochs=1", *TINY]) == 0
    copytree("data", "other")
    assert main(["train", *TINY, "--data=other", "--seed=3", "--weights=logs/weights.h5"]) == 0
    assert json.loads(Path("logs/settings.json").read_text())["command"]["seed"] == "3"


def test_a_run_goes_on_with_data_that_moved_and_another_rate(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--epochs=1", *TINY]) == 0
    Path("far").mkdir()
    Path("data").rename("far/data")
    assert main(["train", "--epochs=2", *TINY, "--data=far/data", "--learning_rate=0.01"]) == 0
    assert "going on with the run in logs after step 2" in capsys.readouterr().out


def test_a_damaged_checkpoint(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("logs").mkdir()
    Path("logs/checkpoint.npz").write_bytes(b"PK")
    assert main(["train", *TINY]) == 3
    assert "checkpoint.npz is damaged" in capsys.readouterr().err


def test_a_loss_that_is_no_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TINY, "--optimizer=sgd", "--learning_rate=1e30", "--warmup_steps=0"]) == 7
    error = capsys.readouterr().err
    assert "lower the learning rate" in error and error.count("\n") == 1
    assert not Path("logs/weights.h5").exists() and not Path("logs/checkpoint.npz").exists()
