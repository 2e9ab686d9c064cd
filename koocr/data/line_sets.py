"""Sets of labelled lines, and the simplest of them: label files of `path TAB text`.

A set gives its lines in one order, picture by picture when asked, so that it may be larger than memory. Label
files are what most line recognisers are trained from:

    images/0001.png<TAB>동해 물과 백두산이
    images/0002.png<TAB>마르고 닳도록

UTF-8; paths are relative to the label file, or absolute; texts are normalised as they are read.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from koocr.charset import normalise
from koocr.data.files import atomic_file
from koocr.errors import CharsetError, DataError, InputError
from koocr.hangul import is_jamo, is_syllable
from koocr.image import GreyImage, load_image

__all__ = [
    "LABEL_SUFFIXES",
    "LabelFile",
    "LabelledLine",
    "LineSet",
    "is_hangul_only",
    "label_files_in",
    "open_label_files",
    "read_lines",
    "read_vocabulary",
    "write_vocabulary",
]

LABEL_SUFFIXES = (".tsv", ".txt")
"""How label files of a folder end; others in it are passed over."""

OnProblem = Callable[[DataError], None]
"""Is told of a record that can't be used, so that the others go on."""


@dataclass(frozen=True, eq=False)
class LabelledLine:
    """The picture of a line and what it says.

    Attributes:
        image: (H, W) grey, as a user would crop it.
        text: normalised, see `koocr.charset.normalise`.
        name: where it is from: a path, or a file and a number in it.
        tags: what else is known, such as `face` or `kind` → text.
    """

    image: GreyImage
    text: str
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class LineSet(Protocol):
    """Labelled lines in a fixed order, of which single ones can be read."""

    def __len__(self) -> int:
        """The number of lines."""

    def text(self, number: int) -> str:
        """What a line says; reads no picture."""

    def line(self, number: int) -> LabelledLine:
        """A line with its picture.

        Raises:
            DataError: the picture can't be read.
        """


@dataclass(frozen=True)
class LabelFile:
    """The records of one label file.

    Attributes:
        path: of the label file.
        records: of each line its picture, its text and the number of its row, from 1.
    """

    path: Path
    records: tuple[tuple[Path, str, int], ...]

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, on_problem: OnProblem | None = None) -> LabelFile:
        """Reads the label file; pictures are read later, when they are asked for.

        Empty rows are passed over, and so is a byte order mark.

        Args:
            path: of the label file.
            on_problem: is told of a row that has no tab, no path or no text, which is then left out.

        Raises:
            DataError: the file can't be read or isn't UTF-8, or there is such a row and no `on_problem`.
        """
        file = Path(path)
        try:
            rows = file.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"the label file can't be read as UTF-8 ({error}); save it so", file=file
            ) from error
        numbered = [(number, row) for number, row in enumerate(rows, start=1) if row.strip()]
        return cls(file, tuple(_records(numbered, file, on_problem)))

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.records)

    def text(self, number: int) -> str:
        """What a line says."""
        return self.records[number][1]

    def line(self, number: int) -> LabelledLine:
        """A line with its picture.

        Raises:
            DataError: the picture is missing, damaged or too large; it names the row of the label file.
        """
        picture, text, row = self.records[number]
        try:
            return LabelledLine(load_image(picture), text, str(picture))
        except InputError as error:
            raise DataError(str(error), file=self.path, line=row) from error


def _records(
    rows: Iterable[tuple[int, str]], file: Path, on_problem: OnProblem | None
) -> Iterator[tuple[Path, str, int]]:
    for number, row in rows:
        try:
            yield _record(row, file, number)
        except DataError as error:
            if on_problem is None:
                raise
            on_problem(error)


def _record(row: str, file: Path, number: int) -> tuple[Path, str, int]:
    name, tab, label = row.partition("\t")
    name, text = name.strip(), normalise(label)
    if not tab or not name or not text:
        raise DataError(
            f"the row {row.strip()[:60]!r} is not a path, a tab and a text", file=file, line=number
        )
    return file.parent / name, text, number


def open_label_files(path: str | os.PathLike[str], *, on_problem: OnProblem | None = None) -> list[LabelFile]:
    """Opens one label file, or all of a folder and the folders in it, sorted by path.

    Args:
        path: of the file or folder; of a folder see `label_files_in`.
        on_problem: is told of a row that can't be used, and of a file of a folder that can't be read; they
            are then left out.

    Raises:
        DataError: there is none, the one that is named can't be read, or one is damaged and there is no
            `on_problem`.
    """
    root = Path(path)
    if not root.is_dir():
        return [LabelFile.open(root, on_problem=on_problem)]
    found: list[LabelFile] = []
    for file in label_files_in(root):
        try:
            found.append(LabelFile.open(file, on_problem=on_problem))
        except DataError as error:
            if on_problem is None:
                raise
            on_problem(error)
    if not found:
        raise DataError("no label file (rows of path, tab, text) is in this folder", file=root)
    return found


def label_files_in(folder: Path) -> list[Path]:
    """The label files of a folder and the folders in it: `.tsv` or `.txt`, the first row with a tab."""
    candidates = sorted(file for file in folder.rglob("*") if file.suffix in LABEL_SUFFIXES)
    return [file for file in candidates if file.is_file() and _looks_like_labels(file)]


def _looks_like_labels(file: Path) -> bool:
    with file.open("rb") as stream:
        return b"\t" in next((row for row in stream if row.strip()), b"")


def read_lines(
    lines: LineSet, numbers: Iterable[int] | None = None, *, on_problem: OnProblem | None = None
) -> Iterator[LabelledLine]:
    """Reads lines of a set one after the other.

    Args:
        lines: the set.
        numbers: which, in this order; None reads all.
        on_problem: is told of a line that can't be read, which is then left out.

    Raises:
        DataError: a line can't be read and there is no `on_problem`.
    """
    for number in range(len(lines)) if numbers is None else numbers:
        try:
            yield lines.line(number)
        except DataError as error:
            if on_problem is None:
                raise
            on_problem(error)


def is_hangul_only(text: str) -> bool:
    """Whether a text has syllables, jamo and spaces only, and at least one that is no space."""
    letters = text.replace(" ", "")
    return bool(letters) and all(is_syllable(char) or is_jamo(char) for char in letters)


def write_vocabulary(path: str | os.PathLike[str], texts: Iterable[str]) -> Counter[str]:
    """Counts the symbols of some texts, normalised, and writes them: `symbol TAB count`, in Unicode order.

    `Charset(tuple(counts))` of what comes back, or of what `read_vocabulary` reads, is the charset of the
    texts.

    Returns:
        Symbol → how often, in Unicode order.
    """
    found = Counter(symbol for text in texts for symbol in normalise(text))
    counts = Counter({symbol: found[symbol] for symbol in sorted(found)})
    rows = "".join(f"{symbol}\t{count}\n" for symbol, count in counts.items())
    with atomic_file(path) as stream:
        stream.write(rows.encode("utf-8"))
    return counts


def read_vocabulary(path: str | os.PathLike[str]) -> Counter[str]:
    """Reads what `write_vocabulary` wrote, or a plain file of one symbol a row, which then counts 0.

    Raises:
        CharsetError: a row holds no single symbol, or a symbol comes twice.
        DataError: the file can't be read.
    """
    file = Path(path)
    try:
        rows = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the vocabulary can't be read as UTF-8 ({error}); save it so", file=file) from error
    counts: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        symbol, _, count = row.rstrip("\r").partition("\t")
        if not symbol and not count:
            continue
        if len(symbol) != 1 or symbol in counts or not (count or "0").isdecimal():
            raise CharsetError(f"{file}:{number}: {row!r} is not a new symbol, a tab and a count")
        counts[symbol] = int(count or 0)
    return counts
