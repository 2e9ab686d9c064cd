"""`koocr train line`: from drawn lines to weights, stopped and started again, ours and the family's."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from koocr.cli import main
from koocr.line.reader import LineReader
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings
from koocr.training.weights_file import read_weights
from tests.cli.train.runs import rows
from tests.drawn_lines import make_sources
from tests.labelled_lines import write_labels
from tests.trained_lines import WEIGHTS, draw_line

pytest.importorskip("keras", reason="training needs the train extra")
pytest.importorskip("faker", reason="forms are made up by Faker")

RUN = ["--steps_per_epoch=2", "--batch_size=3", "--max_length=3", "--num_validation=2", "--silent_mode"]
TINY = ["--height=16", "--width=0.1", "--neck_layers=1", "--neck_units=8", "--neck_heads=2", "--rank=2"]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    made = make_sources(tmp_path_factory.mktemp("sources"))
    return [f"--fonts={made.fonts}", f"--text={made.text}"]


@pytest.fixture(scope="module")
def finished(sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that came to its end."""
    logs = tmp_path_factory.mktemp("finished") / "logs"
    assert main(["train", "line", *sources, *RUN, *TINY, f"--logs={logs}"]) == 0
    return logs


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


def equal(one: str | Path, other: str | Path) -> bool:
    left, right = (read_weights(Path(logs, "weights.h5")) for logs in (one, other))
    return left.keys() == right.keys() and all(np.array_equal(left[path], right[path]) for path in left)


def test_a_run_leaves_all_that_it_should(sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "line", *sources, *RUN, *TINY, "--epochs=1"]) == 0
    files = {path.name for path in Path("logs").iterdir()}
    assert files == {"checkpoint.npz", "log.csv", "settings.json", "weights.h5"}
    (row,) = rows()
    assert {"val_clean", "val_hands", "val_degraded"} <= row.keys() and row["step"] == "2"
    settings = json.loads(Path("logs/settings.json").read_text(encoding="utf-8"))
    assert settings["network"]["neck_units"] == 8 and settings["training"]["loop"]["num_steps"] == 2
    captured = capsys.readouterr()
    assert captured.out == f"the weights are in {Path('logs/weights.h5')}\n" and captured.err == ""
    reader = LineReader("logs/weights.h5")
    assert reader.settings == LineSettings.from_dict(settings["network"])
    assert isinstance(reader.read(draw_line("가")).text, str)


def test_a_stopped_run_goes_on_and_ends_as_one_that_was_not(
    sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "line", *sources, *RUN, *TINY, "--epochs=2", "--dropout=0.3"]
    assert main([*command, "--logs=whole"]) == 0
    stopping = [*command, "--logs=parts", "--stop_after_minutes=0.000001"]
    assert main(stopping) == 0
    assert "stopped after step 2 of 4; the same command goes on" in capsys.readouterr().out
    assert main(stopping) == 0
    assert f"going on with the run in {Path('parts')} after step 2\n" in capsys.readouterr().out
    assert equal("whole", "parts")
    assert [row["loss"] for row in rows("whole")] == [row["loss"] for row in rows("parts")]
    assert main(stopping) == 0
    assert f"the run in {Path('parts')} has had its 4 steps" in capsys.readouterr().out


def test_lines_drawn_by_other_processes_are_the_same(finished: Path, sources: list[str]) -> None:
    assert main(["train", "line", *sources, *RUN, *TINY, "--logs=helped", "--workers=2"]) == 0
    assert equal(finished, "helped")


def test_labelled_lines_take_their_share(sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write_labels(Path("set/gt.tsv"), ["가", "나 다", "四", "가나다라", "마"])
    Path("set/gt-4.png").write_bytes(b"no picture")
    command = ["train", "line", *sources, *RUN, *TINY, "--epochs=2"]
    given = ["--lines=set", "--lines_share=0.7"]
    assert main([*command, *given, "--logs=whole"]) == 0
    error = capsys.readouterr().err
    assert (
        "3 labelled lines; left out: 1 line with symbols that the network does not have, 1 line of" in error
    )
    assert error.count("gt.tsv:5: ") == 1
    assert main([*command, *given, "--logs=parts", "--stop_after_minutes=0.000001"]) == 0
    assert main([*command, *given, "--logs=parts", "--workers=1"]) == 0
    assert equal("whole", "parts")
    capsys.readouterr()
    assert main([*command, "--lines=set/gt.tsv", "--lines_share=0.5", "--logs=parts", "--epochs=3"]) == 2
    assert "another run, with lines=set, lines_share=0.7;" in capsys.readouterr().err


@pytest.mark.parametrize("prediction", ["CTC", "Attn"])
def test_the_four_stage_family(prediction: str, sources: list[str]) -> None:
    stages = ["--features=VGG", f"--prediction={prediction}", "--channels=16", "--hidden=4"]
    assert main(["train", "line", *sources, *RUN, *stages, "--steps_per_epoch=1"]) == 0
    settings = LineReader("logs/weights.h5").settings
    assert isinstance(settings, StageSettings)
    assert settings.name == f"None-VGG-None-{prediction}" and settings.max_length == 3
    if prediction == "CTC":
        begun = ["--weights=logs/weights.h5", "--logs=more", "--steps_per_epoch=1"]
        assert main(["train", "line", *sources, *RUN, *begun]) == 0
        assert LineReader("more/weights.h5").settings == settings


def test_a_run_begins_with_weights(sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    still = ["--steps_per_epoch=1", "--learning_rate=1e-12", "--average_decay=0", "--optimizer=sgd"]
    assert main(["train", "line", *sources, *RUN, *still, f"--weights={WEIGHTS}"]) == 0
    found, given = read_weights("logs/weights.h5"), read_weights(WEIGHTS)
    fixed = [path for path in given if "moving" not in path]
    assert all(np.allclose(found[path], given[path], atol=1e-6) for path in fixed)
    assert main(["train", "line", *sources, *RUN, f"--weights={WEIGHTS}", "--rank=9", "--channels=32"]) == 2
    expected = "were made with rank=4, no channels; leave those options out"
    assert expected in capsys.readouterr().err


def test_a_run_begins_with_the_trunk_of_a_character_network(
    sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from koocr.character.metadata import ModelMetadata
    from koocr.character.network import build_network
    from koocr.character.settings import CharacterSettings
    from koocr.training.weights_file import save_weights

    character = CharacterSettings(image_size=16, width=0.1)
    save_weights("character.h5", build_network(character), ModelMetadata(character).to_dict())
    still = ["--steps_per_epoch=1", "--learning_rate=1e-12", "--average_decay=0", "--optimizer=sgd"]
    assert main(["train", "line", *sources, *RUN, *TINY, *still, "--character_weights=character.h5"]) == 0
    found, given = read_weights("logs/weights.h5"), read_weights("character.h5")
    for path in ("stage1_1_conv/kernel", "stage3_4_conv/kernel", "stage4_2_bn/gamma"):
        assert np.allclose(found[path], given[path], atol=1e-6)
    again = [*sources, *RUN, *TINY, *still, "--character_weights=character.h5"]
    assert main(["train", "line", *again]) == 0
    assert "has had its 1 steps" in capsys.readouterr().out
    assert main(["train", "line", *again, "--epochs=2"]) == 0
    assert "going on with the run in logs after step 1" in capsys.readouterr().out


def test_weights_begin_a_new_run_where_one_came_to_its_end(
    finished: Path, sources: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    copytree(finished, "logs")
    capsys.readouterr()
    assert [row["step"] for row in rows()] == ["2"]
    begun = ["--steps_per_epoch=1", "--weights=logs/weights.h5", "--seed=1"]
    assert main(["train", "line", *sources, *RUN, *begun]) == 0
    assert "came to its end; a new one begins with" in capsys.readouterr().out
    assert [row["step"] for row in rows()] == ["1"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--rank=3", "--seed=5"], "rank=2, seed=0"),
        (["--max_length=4", "--data_augmentation=false"], "max_length=3, data_augmentation=True"),
        (["--fonts=other"], "fonts={fonts}"),
    ],
)
def test_a_folder_that_holds_another_run(
    finished: Path, sources: list[str], options: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = found.format(fonts=sources[0].partition("=")[2])
    copytree(finished, "logs")
    capsys.readouterr()
    assert main(["train", "line", *sources, *RUN, *TINY, "--epochs=2", *options]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        f"koocr: logs holds another run, with {found}; give the same to go on with it, or name another "
        "folder as --logs\n"
    )
    assert captured.out == ""
    for file in finished.iterdir():
        assert Path("logs", file.name).read_bytes() == file.read_bytes()


def test_a_loss_that_is_no_number(sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    wild = ["--optimizer=sgd", "--learning_rate=1e30", "--warmup_steps=0"]
    assert main(["train", "line", *sources, *RUN, *TINY, *wild]) == 7
    error = capsys.readouterr().err
    assert "lower the learning rate" in error and error.count("\n") == 1
    assert not Path("logs/weights.h5").exists() and not Path("logs/checkpoint.npz").exists()


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["--head=svtr"], 2, "head is 'svtr'; choose one of jamo, plain, jamo-sequence"),
        (["--features=VGG16"], 2, "features is 'VGG16'; did you mean 'VGG'?"),
        (["--features=VGG", "--neck_layers=3"], 2, "--neck_layers belongs to koocr's own network"),
        (["--hidden=3"], 2, "--hidden belongs to the four-stage family; leave it out"),
        (["--optimizer=adamm"], 2, "did you mean 'adam'?"),
        (["--max_length=0"], 2, "takes a whole number of at least 1"),
        (["--weights=none.h5"], 3, "there is no weight file 'none.h5'"),
        ([f"--weights={WEIGHTS}", "--character_weights=small"], 2, "exclude each other; give one of them"),
        (["--character_weights=none"], 3, "no shipped model 'none'"),
        (["--fonts=none"], 5, "none: the list of faces cannot be read"),
        (["--text=none"], 5, "there are no text files"),
        (["--lines=none.tsv"], 5, "none.tsv: the label file can't be read"),
        (["--lines_share=2"], 2, "takes a number from 0 to 1"),
        (["--batch_sizes=4"], 2, "there is no option '--batch_sizes'; did you mean '--batch_size'?"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    sources: list[str], argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "line", *sources, *RUN, *argv]) == code
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert not Path("logs").exists()


def test_a_prior_is_counted(sources: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from koocr.charset import line_charset
    from koocr.line.ngram import NGram

    assert main(["train", "prior", sources[1], "--output=new/prior.npz", "--order=3"]) == 0
    assert capsys.readouterr().out.startswith(f"{Path('new/prior.npz')}  ")
    prior = NGram.load("new/prior.npz", line_charset())
    assert prior.order == 3
    assert prior.log_probability("가가 가나") > prior.log_probability("뷁쀍 쀍뷁")
