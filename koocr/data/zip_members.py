"""Files in ZIPs, read where they are, under the names that were meant."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType

from koocr.errors import DataError
from koocr.hangul import nfc

__all__ = ["ZipMember", "ZipReader", "members_of"]

_UTF_8_NAME = 0x800  # general purpose bit 11 (APPNOTE.TXT 4.4.4): the name is UTF-8
_MAX_OPEN = 32  # files that a process may hold open are few, and sets come in hundreds of ZIPs


@dataclass(frozen=True)
class ZipMember:
    """A file in a ZIP.

    Attributes:
        archive: the ZIP.
        stored: its name there as Python reads it.
        name: the name that was meant, NFC.
    """

    archive: Path
    stored: str
    name: PurePosixPath

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.archive}!{self.name}"


def members_of(archive: Path) -> list[ZipMember]:
    """The files of a ZIP, sorted by name; names in CP949 (Windows) or decomposed (macOS) are understood.

    Raises:
        DataError: the ZIP is missing or damaged.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = [info for info in opened.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"the ZIP can't be opened ({error}); download it again", file=archive) from error
    found = [ZipMember(archive, info.filename, PurePosixPath(_meant(info))) for info in infos]
    return sorted(found, key=lambda member: str(member.name))


def _meant(info: zipfile.ZipInfo) -> str:
    """The name that was meant; without the UTF-8 flag Python takes the bytes for CP437, which is undone."""
    if info.flag_bits & _UTF_8_NAME:
        return nfc(info.filename)
    raw = info.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "cp949"):
        try:
            return nfc(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return info.filename


class ZipReader:
    """Reads files out of many ZIPs, which stay open between readings; a context manager that closes them."""

    def __init__(self) -> None:
        self._open: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> ZipReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for opened in self._open.values():
            opened.close()
        self._open.clear()

    def read(self, member: ZipMember, *, max_bytes: int) -> bytes:
        """Unpacks one file into memory.

        Raises:
            DataError: it has more than `max_bytes`, is damaged or locked, or its ZIP can't be read.
        """
        try:
            opened = self._opened(member.archive)
            size = opened.getinfo(member.stored).file_size
            if size > max_bytes:
                raise DataError(f"the file has {size:,} bytes, more than {max_bytes:,}", file=member.place)
            return opened.read(member.stored)
        except (OSError, KeyError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise DataError(f"the file can't be read from its ZIP ({error})", file=member.place) from error

    def _opened(self, archive: Path) -> zipfile.ZipFile:
        if archive not in self._open:
            if len(self._open) >= _MAX_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[archive] = zipfile.ZipFile(archive)
        return self._open[archive]
