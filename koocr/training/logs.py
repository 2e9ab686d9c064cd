"""What a run leaves behind while it goes on: settings, a CSV row an epoch, TensorBoard, Weights & Biases."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from koocr.errors import DataError, missing_dependency


class Log(Protocol):
    """Takes one row of figures an epoch."""

    def begin(self, step: int) -> None:
        """Starts, or goes on after `step` steps; what was recorded after that step belongs to a lost end."""

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Records figures after `step` steps."""

    def close(self) -> None:
        """Finishes."""


class CsvLog:
    """Rows in `folder`/log.csv; a run that goes on adds to those up to its step."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "log.csv"
        self._rows: list[dict[str, Any]] = []

    def begin(self, step: int) -> None:
        """See `Log`.

        Raises:
            DataError: the file is there, and is not what this class writes.
        """
        self._rows = []
        if not step or not self._path.exists():
            return
        try:
            with open(self._path, encoding="utf-8", newline="") as file:
                self._rows = [row for row in csv.DictReader(file, strict=True) if int(row["step"]) <= step]
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise DataError(f"it is no log of koocr ({error!r}); move it away", file=self._path) from error

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Adds a row."""
        self._rows.append({"step": step, **{name: f"{value:.6g}" for name, value in row.items()}})
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        partial = self._path.with_suffix(".partial")
        with open(partial, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self._rows)
        partial.replace(self._path)

    def close(self) -> None:
        """Nothing is open."""


class TensorBoardLog:
    """Scalars for TensorBoard in `folder`/tensorboard, written by tensorboardX, which needs no TensorFlow."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise missing_dependency("tensorboardX", "logs") from error
        self._folder = str(folder / "tensorboard")
        self._open: Callable[..., Any] = SummaryWriter
        self._writer: Any = None

    def begin(self, step: int) -> None:
        """See `Log`."""
        self._writer = self._open(self._folder, purge_step=step + 1 if step else None)

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Adds a point to every curve."""
        for name, value in row.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Closes the event file."""
        if self._writer is not None:
            self._writer.close()


class WandbLog:
    """Figures for Weights & Biases, where that package is installed."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise missing_dependency("wandb", "logs") from error
        self._run = wandb.init(project="koocr", dir=str(folder), config=dict(settings))

    def begin(self, step: int) -> None:
        """Every session is a run of its own there."""

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Sends a row."""
        self._run.log(dict(row), step=step)

    def close(self) -> None:
        """Ends the run."""
        self._run.finish()


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Writes `folder`/settings.json, whole or not at all."""
    partial = folder / "settings.json.partial"
    partial.write_text(json.dumps(dict(settings), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    partial.replace(folder / "settings.json")


def read_settings(folder: Path) -> dict[str, Any]:
    """Reads what `write_settings` wrote; empty where that is missing or damaged."""
    try:
        stored = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
