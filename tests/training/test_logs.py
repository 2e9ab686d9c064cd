"""What a run leaves behind: CSV, TensorBoard, settings."""

import csv
import json
import sys
from pathlib import Path

import pytest

from koocr.errors import DataError, MissingDependencyError
from koocr.training.logs import CsvLog, TensorBoardLog, WandbLog, write_settings


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "log.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_an_epoch(tmp_path: Path) -> None:
    log = CsvLog(tmp_path)
    log.begin(0)
    log.write(10, {"loss": 1.5, "val_clean": 99.25})
    log.write(20, {"loss": 0.123456789})
    assert rows(tmp_path) == [
        {"step": "10", "loss": "1.5", "val_clean": "99.25"},
        {"step": "20", "loss": "0.123457", "val_clean": ""},
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_resumed_run_keeps_the_rows_up_to_its_step(tmp_path: Path) -> None:
    log = CsvLog(tmp_path)
    log.begin(0)
    for step in (10, 20, 30):
        log.write(step, {"loss": step / 10})
    log = CsvLog(tmp_path)
    log.begin(20)
    assert [row["step"] for row in rows(tmp_path)] == ["10", "20", "30"], (
        "nothing is lost before it is replaced"
    )
    log.write(30, {"loss": 9.0, "rate": 2.0})
    assert [(row["step"], row["loss"], row["rate"]) for row in rows(tmp_path)] == [
        ("10", "1", ""),
        ("20", "2", ""),
        ("30", "9", "2"),
    ]


def test_a_new_run_begins_a_new_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("step,loss\n10,1\n")
    log = CsvLog(tmp_path)
    log.begin(0)
    log.write(5, {"loss": 2.0})
    assert [row["step"] for row in rows(tmp_path)] == ["5"]


@pytest.mark.parametrize("text", ["name,value\na,b\n", "step,loss\nten,1\n", 'step,loss\n"1'])
def test_another_file_of_that_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(DataError, match=r"log\.csv: it is no log of koocr .*move it away"):
        CsvLog(tmp_path).begin(10)


def test_settings(tmp_path: Path) -> None:
    write_settings(tmp_path, {"charset": "가각", "epochs": 2})
    text = (tmp_path / "settings.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"charset": "가각", "epochs": 2}
    assert "가각" in text
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_tensorboard_gets_a_point_of_every_curve(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="the log needs the logs extra")
    log = TensorBoardLog(tmp_path)
    log.close()  # a run that failed before it began
    log.begin(0)
    log.write(10, {"loss": 0.5, "val_clean": 99.0})
    log.write(20, {"loss": 0.25})
    log.close()
    (file,) = (tmp_path / "tensorboard").iterdir()
    points = [(step, tag, value) for step, tag, value in read_events(file)]
    assert points == [(10, "loss", 0.5), (10, "val_clean", 99.0), (20, "loss", 0.25)]


def read_events(path: Path) -> list[tuple[int, str, float]]:
    """The scalars of an event file: a frame of eight bytes of length and sums around each message."""
    from tensorboardX.proto.event_pb2 import Event

    found, data = [], path.read_bytes()
    while data:
        length = int.from_bytes(data[:8], "little")
        event = Event.FromString(data[12 : 12 + length])
        found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
        data = data[16 + length :]
    return found


@pytest.mark.parametrize("package", ["tensorboardX", "wandb"])
def test_missing_packages_are_named(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingDependencyError, match=rf"{package} is not installed; run: pip install 'koocr\[logs\]'"
    ):
        TensorBoardLog(tmp_path) if package == "tensorboardX" else WandbLog(tmp_path, {})


def test_wandb_gets_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, object]] = []

    class Run:
        def log(self, row: dict[str, float], *, step: int) -> None:
            calls.append(("log", (row, step)))

        def finish(self) -> None:
            calls.append(("finish", None))

    class Wandb:
        @staticmethod
        def init(**options: object) -> Run:
            calls.append(("init", options))
            return Run()

    monkeypatch.setitem(sys.modules, "wandb", Wandb)
    log = WandbLog(tmp_path, {"epochs": 1})
    log.begin(0)
    log.write(10, {"loss": 0.5})
    log.close()
    assert calls == [
        ("init", {"project": "koocr", "dir": str(tmp_path), "config": {"epochs": 1}}),
        ("log", ({"loss": 0.5}, 10)),
        ("finish", None),
    ]
