"""Reading `.7z` archives with py7zr, without letting it write anything by itself."""

from __future__ import annotations

import io
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

from koocr.data.download.members import Budget, Member, copy_stream
from koocr.data.files import atomic_file
from koocr.errors import DataError, missing_dependency


class SevenZip:
    """An open `.7z` archive."""

    def __init__(self, source: Path) -> None:
        try:
            import py7zr
        except ImportError as error:
            raise missing_dependency("py7zr", "data") from error
        self._file = source.open("rb")  # py7zr unpacks an open file in order, one member at a time
        try:
            self._archive: Any = py7zr.SevenZipFile(self._file)
        except BaseException:
            self._file.close()
            raise

    def members(self) -> list[Member]:
        """Lists what is in it."""
        return [
            Member(info.filename, info.uncompressed or 0, info.is_file, info.is_symlink)
            for info in self._archive.list()
        ]

    def copy(self, sizes: dict[str, int], chosen: dict[str, Path], budget: Budget) -> None:
        """Writes the chosen members (name → file), each whole or not at all."""
        with ExitStack() as unfinished:
            factory = _Factory(sizes, chosen, budget, unfinished)
            self._archive.extract(targets=list(chosen), factory=factory)
            factory.finish()

    def close(self) -> None:
        """Closes it."""
        self._archive.close()
        self._file.close()


class _Factory:
    """Gives py7zr something to write each member to."""

    def __init__(
        self, sizes: dict[str, int], chosen: dict[str, Path], budget: Budget, unfinished: ExitStack
    ) -> None:
        self._sizes = {_key(name): size for name, size in sizes.items()}
        self._targets = {_key(name): target for name, target in chosen.items()}
        self._budget = budget
        self._unfinished = unfinished
        self._writers: list[_Writer] = []

    def create(self, filename: str) -> _Writer:
        name = _key(filename)
        if name not in self._targets:
            raise DataError(f"the archive names {filename} twice, or differently in two places")
        writer = _Writer(self._targets.pop(name), self._sizes[name], self._budget)
        self._unfinished.callback(writer.abandon)
        self._writers.append(writer)
        return writer

    def finish(self) -> None:
        for writer in self._writers:
            writer.close()
        for name, target in self._targets.items():  # py7zr asks for no writer where a file is empty
            copy_stream(io.BytesIO(), target, self._sizes[name], self._budget)


class _Writer:
    """A file being unpacked, as py7zr wants it; it takes its name when it is closed and whole."""

    def __init__(self, target: Path, size: int, budget: Budget) -> None:
        self._context = atomic_file(target)
        self._stream: BinaryIO | None = self._context.__enter__()
        self._target, self._expected, self._size, self._budget = target, size, 0, budget

    def write(self, data: bytes | bytearray) -> int:
        self._budget.spend(len(data))
        if self._stream is None or self._size + len(data) > self._expected:
            raise DataError(f"{self._target.name} unpacks to more than the archive says")
        self._size += len(data)
        return self._stream.write(data)

    def close(self) -> None:
        if self._stream is None:
            return
        if self._size != self._expected:
            self.abandon()
            raise DataError(f"{self._target.name} unpacks to {self._size} bytes, not {self._expected}")
        self._stream = None
        self._context.__exit__(None, None, None)

    def abandon(self) -> None:
        if self._stream is not None:
            self._stream = None
            with suppress(InterruptedError):
                self._context.__exit__(InterruptedError, InterruptedError(), None)

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None:
        return None

    def seekable(self) -> bool:
        return False

    def size(self) -> int:
        return self._size


def _key(name: str) -> str:
    """The name by which py7zr, which tidies names and may add the working folder, knows a member."""
    path = Path(name)
    return (path.relative_to(Path.cwd()) if path.is_absolute() else path).as_posix()
