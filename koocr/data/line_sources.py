"""Labelled lines from wherever they are, as one set: a label file, a folder of them, an archive of ours."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from koocr.data.line_archive import LineArchive, is_line_archive
from koocr.data.line_sets import LabelledLine, LineSet, OnProblem, open_label_files

__all__ = ["JoinedLines", "open_lines", "set_names"]


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
    files = open_label_files(path, on_problem=on_problem)
    return files[0] if len(files) == 1 else JoinedLines(files)


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
