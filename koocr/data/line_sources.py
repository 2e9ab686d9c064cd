"""Labelled lines from wherever they are: label files, folders of them, archives of ours, AI Hub's ZIPs."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from koocr.data.aihub_lines import AIHubLines
from koocr.data.line_archive import LineArchive, is_line_archive
from koocr.data.line_sets import (
    LabelledLine,
    LineSet,
    OnProblem,
    is_hangul_only,
    label_files_in,
    open_label_files,
    read_lines,
)
from koocr.errors import DataError

__all__ = ["JoinedLines", "open_lines", "read_sources", "set_names"]


class JoinedLines:
    """Sets one after the other; a `koocr.data.line_sets.LineSet` itself.

    Args:
        sets: what is joined.
    """

    def __init__(self, sets: Sequence[LineSet]) -> None:
        self._sets = tuple(sets)
        self._ends = list(accumulate(len(lines) for lines in sets))

    def __len__(self) -> int:
        """The number of lines of all sets."""
        return self._ends[-1] if self._ends else 0

    def text(self, number: int) -> str:
        """What a line says; reads no picture."""
        lines, place = self._place(number)
        return lines.text(place)

    def line(self, number: int) -> LabelledLine:
        """A line with its picture.

        Raises:
            DataError: the picture can't be read.
        """
        lines, place = self._place(number)
        return lines.line(place)

    def _place(self, number: int) -> tuple[LineSet, int]:
        """The set that a line belongs to, and its number there."""
        if not 0 <= number < len(self):
            raise IndexError(f"there is no line {number}; there are {len(self)}")
        which = bisect_right(self._ends, number)
        return self._sets[which], number - (self._ends[which - 1] if which else 0)


def open_lines(path: str | os.PathLike[str], *, on_problem: OnProblem | None = None) -> LineSet:
    """Opens labelled lines, whichever kind they are; pictures are read when they are asked for.

    Args:
        path: a label file, a folder of label files, or the folder of an archive.
        on_problem: is told of a row of a label file, or a file of a folder, that can't be used, which is then
            left out.

    Raises:
        DataError: it is none of them, or damaged.
    """
    if is_line_archive(path):
        return LineArchive.open(path)
    if _holds_zips(Path(path)):
        raise DataError("ZIPs are read once, into an archive; run `koocr load line` on them first", file=path)
    files = open_label_files(path, on_problem=on_problem)
    return files[0] if len(files) == 1 else JoinedLines(files)


def read_sources(
    paths: Sequence[Path], *, hangul_only: bool = False, on_problem: OnProblem | None = None
) -> Iterator[LabelledLine]:
    """Reads all lines of some sources, one at a time; every source is opened before the first is read.

    Args:
        paths: what `open_lines` takes, in this order, and after that AI Hub's ZIPs, or folders of them: they
            are taken together, since labels and pictures lie in different ones.
        hangul_only: leave out every line that has anything but syllables, jamo and spaces.
        on_problem: is told of a record that can't be used, which is then left out.

    Raises:
        DataError: a source can't be opened, or there is such a record and no `on_problem`.
    """
    zips = [path for path in paths if _holds_zips(path)]
    sets = [open_lines(path, on_problem=on_problem) for path in paths if path not in zips]
    from_zips = AIHubLines(zips, hangul_only=hangul_only) if zips else None
    for lines in sets:
        chosen = (n for n in range(len(lines)) if not hangul_only or is_hangul_only(lines.text(n)))
        yield from read_lines(lines, chosen, on_problem=on_problem)
    if from_zips is not None:
        yield from from_zips.lines(on_problem=on_problem)


def _holds_zips(path: Path) -> bool:
    if not path.is_dir():
        return path.suffix.lower() == ".zip"
    if is_line_archive(path) or label_files_in(path):
        return False
    return any(file.suffix.lower() == ".zip" for file in path.rglob("*"))


def set_names(paths: Sequence[Path]) -> list[str]:
    """A short name for each set: the end of its path, of as many parts as tell it from the others."""
    parts = [path.resolve().parts for path in paths]
    names: list[str] = []
    for own in parts:
        size = 1
        while size < len(own) and sum(other[-size:] == own[-size:] for other in set(parts)) > 1:
            size += 1
        names.append("/".join(own[-size:]))
    return names
