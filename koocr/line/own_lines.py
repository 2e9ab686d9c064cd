"""Labelled lines of a user's own among the lines that a reader is measured on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from koocr.data.line_sets import OnProblem, read_lines
from koocr.data.line_sources import open_lines, set_names
from koocr.errors import DataError
from koocr.evaluation.line_readings import CONDITION, FACE, LineReadings
from koocr.evaluation.line_report_sections import SCORE_HEADER, score_cells
from koocr.evaluation.report import Table
from koocr.evaluation.text_metrics import count_errors, line_scores_by
from koocr.line.evaluation import LABELLED, OWN, LineSamples

__all__ = ["add_own_lines", "own_table"]

_NAMED = 5  # problems of a set that are told in full


def add_own_lines(
    samples: LineSamples, paths: Sequence[Path], *, progress: Callable[[str], None] = lambda line: None
) -> list[str]:
    """Adds the lines of label files, folders of them and archives, under the condition `OWN`.

    Each set counts as a face, under its name: where several are given, their rates stand side by side.

    Args:
        samples: gets the lines.
        paths: see `koocr.data.line_sources.open_lines`.
        progress: is told a line per set, and of the first lines that can't be used.

    Returns:
        A sentence for each set of which lines had to be left out.

    Raises:
        DataError: a set can't be opened, or none of its lines can be read.
    """
    notes = []
    for path, name in zip(paths, set_names(paths), strict=True):
        progress(f"reading the lines of {name}")
        problems: list[DataError] = []
        _add_set(samples, path, name, problems.append)
        for problem in problems[:_NAMED]:
            progress(str(problem))
        if problems:
            notes.append(f"Of {name} was left out what can't be read: {_counted(len(problems))}.")
    return notes


def own_table(readings: LineReadings) -> Table:
    """The rates of each set of own lines; no rows where there is none."""
    own = readings.where(readings.groups[CONDITION] == OWN)
    scores = line_scores_by(own, count_errors(own), FACE)
    return Table((OWN, *SCORE_HEADER), tuple((name, *score_cells(score)) for name, score in scores.items()))


def _add_set(samples: LineSamples, path: Path, name: str, on_problem: OnProblem) -> None:
    before = len(samples)
    for line in read_lines(open_lines(path, on_problem=on_problem), on_problem=on_problem):
        samples.add(line.image, line.text, name, LABELLED, OWN, LABELLED)
    if len(samples) == before:
        raise DataError("none of its lines can be read; look at the first of them", file=path)


def _counted(number: int) -> str:
    return "1 line" if number == 1 else f"{number:,} lines"
