"""What the readers of both archive formats share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from koocr.data.files import atomic_file
from koocr.errors import DataError

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """One entry of an archive: its name, its unpacked size in bytes, and whether it is an ordinary file."""

    name: str
    size: int
    is_file: bool
    is_link: bool = False


class Budget:
    """Counts what is written; the sizes in an archive's list may lie."""

    def __init__(self, max_bytes: int, source: Path) -> None:
        self._left = max_bytes
        self._source = source

    def spend(self, amount: int) -> None:
        """Takes note of `amount` bytes written.

        Raises:
            DataError: that is more than allowed.
        """
        self._left -= amount
        if self._left < 0:
            raise DataError(
                "the archive unpacks to more than it says; it is damaged or hostile", file=self._source
            )


def copy_stream(stream: IO[bytes], target: Path, size: int, budget: Budget) -> None:
    """Writes a member, whole or not at all.

    Raises:
        DataError: it has another size than the archive says.
    """
    written = 0
    with atomic_file(target) as output:
        while chunk := stream.read(_CHUNK):
            written += len(chunk)
            budget.spend(len(chunk))
            if written > size:
                raise DataError(f"{target.name} unpacks to more than the archive says")
            output.write(chunk)
        if written != size:
            raise DataError(f"{target.name} unpacks to {written} bytes, not {size}")
