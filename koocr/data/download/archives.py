"""Unpacking archives from the network: nothing leaves the target folder, no link is made, no bomb goes off.

`.zip` and `.7z` are told by their first bytes. All members are looked at before
anything is written; one name that leads out of the folder condemns the whole archive. Each file takes its
name when it is whole.
"""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from koocr.data.download.members import Budget, Member, copy_stream
from koocr.data.download.sevenzip import SevenZip
from koocr.errors import DataError

Choose = Callable[[str], "str | os.PathLike[str] | None"]
"""Given a member's name, says where to write it, or None to leave it out."""

MAX_BYTES = 200 << 30
_MAX_MEMBERS = 1_000_000
_SMALL = 1 << 30  # below this, a high ratio does no harm
_MAX_RATIO = 500  # pictures of characters reach about 60


def unpack(archive: str | os.PathLike[str], choose: Choose, *, max_bytes: int = MAX_BYTES) -> list[Path]:
    """Unpacks chosen members of an archive.

    Args:
        archive: a `.zip` or `.7z` file, whatever it is called.
        choose: asked for every ordinary file.
        max_bytes: an archive that would unpack to more is refused.

    Returns:
        The files written, in the order of the archive.

    Raises:
        DataError: the archive is damaged, encrypted or of another format; a name leads out of the folder; a
            chosen member is a link; two chosen members would become one file; it unpacks to too much.
        MissingDependencyError: a `.7z` file, and py7zr is not installed.
    """
    source = Path(archive)
    with _open(source) as reader:
        members = reader.members()
        _check(members, source, max_bytes)
        chosen = _choose(members, choose, source)
        _check_disk(members, chosen, source)
        budget = Budget(max_bytes, source)
        with _named_errors(source):
            reader.copy(
                {member.name: member.size for member in members if member.name in chosen}, chosen, budget
            )
    return list(chosen.values())


def list_members(archive: str | os.PathLike[str]) -> list[Member]:
    """Lists what is in an archive, without unpacking it.

    Raises:
        DataError: the archive is damaged, or of another format.
    """
    with _open(Path(archive)) as reader:
        return reader.members()


class _Zip:
    def __init__(self, source: Path) -> None:
        self._zip = zipfile.ZipFile(source)

    def members(self) -> list[Member]:
        return [
            Member(
                info.filename,
                info.file_size,
                not info.is_dir(),
                stat.S_ISLNK(info.external_attr >> 16),
            )
            for info in self._zip.infolist()
        ]

    def copy(self, sizes: dict[str, int], chosen: dict[str, Path], budget: Budget) -> None:
        for name, target in chosen.items():
            with self._zip.open(name) as stream:
                copy_stream(stream, target, sizes[name], budget)

    def close(self) -> None:
        self._zip.close()


_Reader = _Zip | SevenZip


@contextmanager
def _open(source: Path) -> Iterator[_Reader]:
    with _named_errors(source):
        reader = _reader(source)
    try:
        yield reader
    finally:
        reader.close()


def _reader(source: Path) -> _Reader:
    with source.open("rb") as stream:
        start = stream.read(6)
    if start.startswith(b"PK"):
        return _Zip(source)
    if start == b"7z\xbc\xaf\x27\x1c":
        return SevenZip(source)
    raise DataError("this is no .zip or .7z archive, or it is damaged", file=source)


@contextmanager
def _named_errors(source: Path) -> Iterator[None]:
    """Turns what the readers raise on damaged archives into one sentence with the file's name."""
    try:
        yield
    except DataError as error:
        raise error if error.file else DataError(str(error), file=source) from error
    except (
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        RuntimeError,
    ) as error:
        raise DataError(f"the archive is damaged or encrypted ({error})", file=source) from error
    except OSError as error:
        if error.errno is not None:
            raise DataError(f"the archive cannot be unpacked ({error.strerror})", file=source) from error
        raise DataError(f"the archive is damaged ({error})", file=source) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "py7zr":
            raise
        problem = str(error) or type(error).__name__
        raise DataError(f"the archive is damaged or encrypted ({problem})", file=source) from error


def _check(members: list[Member], source: Path, max_bytes: int) -> None:
    if len(members) > _MAX_MEMBERS:
        raise DataError(f"the archive has {len(members)} members, more than {_MAX_MEMBERS}", file=source)
    for member in members:
        if not _is_safe(member.name):
            raise DataError(
                f"the archive has a member called {member.name!r}, which leads out of the folder;"
                " nothing was unpacked",
                file=source,
            )
    size = sum(member.size for member in members)
    ratio = size / max(1, source.stat().st_size)
    if size > max_bytes or (size > _SMALL and ratio > _MAX_RATIO):
        raise DataError(
            f"the archive unpacks to {size} bytes, {ratio:.0f} times its size; nothing was unpacked",
            file=source,
        )


def _is_safe(name: str) -> bool:
    path = name.replace("\\", "/")
    drive = len(path) > 1 and path[1] == ":"
    return (
        bool(path)
        and "\0" not in path
        and not path.startswith("/")
        and not drive
        and ".." not in path.split("/")
    )


def _choose(members: list[Member], choose: Choose, source: Path) -> dict[str, Path]:
    chosen: dict[str, Path] = {}
    for member in members:
        target = choose(member.name) if member.is_file or member.is_link else None
        if target is None:
            continue
        if member.is_link:
            raise DataError(f"{member.name} is a link; nothing was unpacked", file=source)
        if member.name in chosen or Path(target) in chosen.values():
            raise DataError(f"the archive has two files that would become {target}", file=source)
        chosen[member.name] = Path(target)
    return chosen


def _check_disk(members: list[Member], chosen: dict[str, Path], source: Path) -> None:
    needed = sum(member.size for member in members if member.name in chosen)
    for folder in {target.parent for target in chosen.values()}:
        folder.mkdir(parents=True, exist_ok=True)
        if needed > (free := shutil.disk_usage(folder).free):
            raise DataError(f"it unpacks to {needed} bytes, and the disk has {free} free", file=source)
