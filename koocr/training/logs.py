"""What a run leaves behind while it goes on: settings, a CSV row an epoch, TensorBoard, Weights & Biases."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from koocr.errors import missing_dependency


class Log(Protocol):
    """Takes one row of figures."""

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Records figures after `step` steps."""

    def close(self) -> None:
        """Finishes."""


class CsvLog:
    """Rows in `folder`/log.csv; a resumed run adds to it, and drops rows after the step it resumes from."""

    def __init__(self, folder: Path, *, resume_step: int = 0) -> None:
        self._path = folder / "log.csv"
        self._rows: list[dict[str, Any]] = []
        if resume_step and self._path.exists():
            with open(self._path, encoding="utf-8", newline="") as file:
                self._rows = [row for row in csv.DictReader(file) if int(row["step"]) <= resume_step]

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
    """Scalars for TensorBoard in `folder`/tensorboard."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise missing_dependency("tensorboardX", "logs") from error
        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def write(self, step: int, row: Mapping[str, float]) -> None:
        """Adds a point to every curve."""
        for name, value in row.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Closes the event file."""
        self._writer.close()


class WandbLog:
    """Figures for Weights & Biases, where that package is installed."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise missing_dependency("wandb", "logs") from error
        self._run = wandb.init(project="koocr", dir=str(folder), config=dict(settings))

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
