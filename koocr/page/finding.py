"""Paths, folders, globs, bytes, pictures → the documents that they stand for."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from koocr.errors import InputError, KoocrError
from koocr.hangul import nfc
from koocr.image import ImageSource, existing_form

__all__ = ["SUFFIXES", "Failure", "Input", "Source", "find_sources", "natural_key"]

SUFFIXES: Final = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".j2k", ".jp2", ".jpeg", ".jpg", ".pbm", ".pdf", ".pgm"}
    | {".png", ".ppm", ".tif", ".tiff", ".webp"}
)
"""What is taken from a folder; a file that is named is read whatever its name."""


@dataclass(frozen=True)
class Source:
    """One document that can be opened.

    Attributes:
        name: what it is called in messages and results: its path, or a name for data that has none.
        data: a path, bytes of a file, a Pillow image or an array.
        place: its path below the folder that was given, without the suffix; for names of outputs.
    """

    name: str
    data: ImageSource = field(repr=False)
    place: Path

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        return Path(self.data) if isinstance(self.data, (str, os.PathLike)) else None


@dataclass(frozen=True)
class Failure:
    """What could not be read.

    Attributes:
        name: of the source.
        error: why, in one sentence.
        number: of the page; None if it is the whole document.
    """

    name: str
    error: KoocrError
    number: int | None = None


Input: TypeAlias = "str | os.PathLike[str] | bytes | Source | Any"
"""A path, a folder, a glob, the bytes of a file, an open file, a Pillow image, an array, or a source."""


def find_sources(inputs: Iterable[Input]) -> Iterator[Source | Failure]:
    """Finds the documents that inputs stand for.

    Args:
        inputs: paths of files; folders, of which all files below with one of `SUFFIXES` are taken in natural
            order (2 before 10), hidden ones left out; globs (`scans/*.png`, `**` for all folders below);
            bytes, open files, Pillow images, arrays.

    Yields:
        Documents in the order given, and failures for paths that don't exist and folders that can't be
        listed or hold nothing to read. Whether a document can be read, opening it shows.
    """
    for number, given in enumerate(inputs, 1):
        if isinstance(given, (str, os.PathLike)):
            yield from _from_name(os.fsdecode(given))
        elif isinstance(given, Source):
            yield given
        elif hasattr(given, "read"):
            yield Source(f"input {number}", given.read(), Path(f"input-{number}"))
        else:
            yield Source(f"input {number}", given, Path(f"input-{number}"))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts names as people do: page 2 before page 10; composed and decomposed Hangul alike."""
    parts = re.findall(r"[0-9]+|[^0-9]+", nfc(name).casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]


def _from_name(name: str) -> Iterator[Source | Failure]:
    path = Path(existing_form(name)) if name and "\0" not in name else None
    if path is not None and path.is_dir():
        yield from _from_folder(path)
    elif path is not None and not os.path.lexists(path) and glob.has_magic(name):
        yield from _from_glob(name)
    else:
        stem = Path(name).stem if path is None else path.stem
        yield Source(name, name if path is None else str(path), Path(stem))


def _from_folder(folder: Path) -> Iterator[Source | Failure]:
    found = 0
    for path, error in _walk(folder):
        found += 1
        if error is not None:
            reason = error.strerror or error
            yield Failure(str(path), InputError(f"the folder {str(path)!r} can't be listed ({reason})"))
        else:
            yield Source(str(path), str(path), path.relative_to(folder).with_suffix(""))
    if not found:
        yield Failure(
            str(folder), InputError(f"the folder {str(folder)!r} holds no image and no PDF; name another")
        )


def _walk(folder: Path) -> Iterator[tuple[Path, OSError | None]]:
    """Files to read below a folder, each folder's own before those of the folders in it.

    Links to folders are not followed, which may go round in circles.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: natural_key(entry.name))
    except OSError as error:
        yield folder, error
        return
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    for entry in shown:
        if not entry.is_dir() and Path(entry.name).suffix.lower() in SUFFIXES:
            yield Path(entry.path), None
    for entry in shown:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))


def _from_glob(pattern: str) -> Iterator[Source | Failure]:
    names = sorted(glob.glob(pattern, recursive=True), key=natural_key)
    files = [name for name in names if os.path.isfile(name)]
    if not files:
        yield Failure(pattern, InputError(f"no file is called {pattern!r}; check the path"))
    yield from (Source(name, name, Path(Path(name).stem)) for name in files)
