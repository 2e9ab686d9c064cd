"""Our own archive of labelled lines, for sets that are drawn once and read often.

A folder of four files: `pixels.bin`, the grey pictures one after the other; `index.npy`, where each of them
lies; `records.jsonl`, what each says; `archive.json`, what it was made with, and checksums of the other
three.

Why not LMDB or Arrow. Pictures of lines are ragged bytes in a fixed order, written once: an offset and a
memory map read any of them without a copy, all processes share the pages, and nothing is needed but NumPy.
LMDB would bring a compiled dependency and keys that we don't need, and rounds each picture up to pages; Arrow
brings forty megabytes of compiled code for columns of fixed width that we don't have.

Written once: an archive takes its name when all of it is on the disk, and is never changed after. Checked:
opening compares sizes and the checksums of everything but the pixels, each picture is compared with its own
checksum as it is read, and `LineArchive.check` goes through all.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from koocr.charset import normalise
from koocr.data.files import sha256_of
from koocr.data.line_sets import LabelledLine
from koocr.errors import DataError
from koocr.image import GreyImage

__all__ = ["LineArchive", "is_line_archive", "write_line_archive"]

_FORMAT, _VERSION = "koocr lines", 1
_PIXELS, _INDEX, _RECORDS, _MANIFEST = "pixels.bin", "index.npy", "records.jsonl", "archive.json"
_MANIFEST_KEYS = ("format", "version", "files", "lines", "info")
_OFFSET, _HEIGHT, _WIDTH, _CRC = range(4)


def is_line_archive(path: str | os.PathLike[str]) -> bool:
    """Whether this is a folder that says it is an archive; opening it checks that."""
    return (Path(path) / _MANIFEST).is_file()


def write_line_archive(
    folder: str | os.PathLike[str], lines: Iterable[LabelledLine], *, info: Mapping[str, Any] | None = None
) -> int:
    """Writes lines, in their order; equal lines and info give equal bytes.

    Args:
        folder: takes its name when all is written; nothing may be there.
        lines: read one at a time.
        info: what the lines were made with (settings, seed, version); plain types.

    Returns:
        The number of lines.

    Raises:
        DataError: something is there already, there is no line, or a line has no picture or no text.
    """
    target = Path(folder)
    if target.exists():
        raise DataError("this is there already, and archives are written once; name another", file=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}."))
    try:
        num_lines = _write(scratch, lines, info or {})
        scratch.chmod(0o755)
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return num_lines


def _write(folder: Path, lines: Iterable[LabelledLine], info: Mapping[str, Any]) -> int:
    rows: list[tuple[int, int, int, int]] = []
    offset = 0
    with open(folder / _PIXELS, "wb") as pixels, open(folder / _RECORDS, "wb") as records:
        for line in lines:
            _check_line(line, len(rows))
            data = np.ascontiguousarray(line.image).tobytes()
            pixels.write(data)
            rows.append((offset, *line.image.shape, zlib.crc32(data)))
            offset += len(data)
            record = {"text": normalise(line.text), "name": line.name, "tags": dict(line.tags)}
            records.write(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        if not rows:
            raise DataError("there is no line to write; an archive has at least one")
        _to_disk(pixels)
        _to_disk(records)
    with open(folder / _INDEX, "wb") as index:
        np.save(index, np.array(rows, np.int64), allow_pickle=False)
        _to_disk(index)
    _write_manifest(folder, len(rows), info)
    return len(rows)


def _check_line(line: LabelledLine, number: int) -> None:
    place = line.name or f"line {number}"
    if line.image.ndim != 2 or line.image.dtype != np.uint8 or not line.image.size:
        shape = f"{line.image.dtype} {line.image.shape}"
        raise DataError(f"the picture of {place} is {shape}; it must be uint8 (H, W), none of them 0")
    if not normalise(line.text):
        raise DataError(f"{place} has no text; leave it out")


def _write_manifest(folder: Path, num_lines: int, info: Mapping[str, Any]) -> None:
    files = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in (_PIXELS, _INDEX, _RECORDS)
    }
    manifest = {"format": _FORMAT, "version": _VERSION, "lines": num_lines, "files": files, "info": info}
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    with open(folder / _MANIFEST, "wb") as stream:
        stream.write(text.encode() + b"\n")
        _to_disk(stream)


def _to_disk(stream: BinaryIO) -> None:
    stream.flush()
    os.fsync(stream.fileno())


@dataclass(frozen=True, eq=False)
class LineArchive:
    """An archive of lines, open for reading; a `koocr.data.line_sets.LineSet`.

    Attributes:
        folder: where it is.
        info: what it was made with.
    """

    folder: Path
    info: Mapping[str, Any]
    _pixels: npt.NDArray[np.uint8]
    _index: npt.NDArray[np.int64]
    _records: tuple[Mapping[str, Any], ...]

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> LineArchive:
        """Opens an archive and checks everything but the pixels, of which only the number is checked.

        Raises:
            DataError: this is no archive, it is of a newer version, or a file of it was changed or cut short.
        """
        root = Path(folder)
        manifest = _manifest(root)
        try:
            index = np.load(root / _INDEX, allow_pickle=False)
            rows = (root / _RECORDS).read_bytes().split(b"\n")[:-1]
            records = tuple(json.loads(row) for row in rows)
            pixels = np.memmap(root / _PIXELS, np.uint8, mode="r")
        except (OSError, ValueError) as error:
            raise DataError(f"the archive is damaged ({error}); write it again", file=root) from error
        if not len(index) == len(records) == manifest["lines"]:
            raise DataError(f"the archive does not have {manifest['lines']} lines as it says", file=root)
        return cls(root, manifest["info"], pixels, index, records)

    def __len__(self) -> int:
        """The number of lines."""
        return len(self._records)

    def text(self, number: int) -> str:
        """What a line says."""
        return str(self._records[number]["text"])

    def tags(self, number: int) -> Mapping[str, str]:
        """What else is known of a line."""
        tags: Mapping[str, str] = self._records[number]["tags"]
        return tags

    def width(self, number: int) -> int:
        """How wide a line's picture is, to batch like with like."""
        return int(self._index[number, _WIDTH])

    def image(self, number: int) -> GreyImage:
        """A line's picture: (H, W), read-only, in the file's own memory.

        Raises:
            DataError: its bytes are not those that were written.
        """
        offset, height, width, checksum = self._index[number].tolist()
        flat = self._pixels[offset : offset + height * width]
        if len(flat) != height * width or zlib.crc32(flat.data) != checksum:
            raise DataError("the picture is damaged; write the archive again", file=self.folder, line=number)
        return np.asarray(flat).reshape(height, width)

    def line(self, number: int) -> LabelledLine:
        """A line with its picture.

        Raises:
            DataError: see `image`.
        """
        name = str(self._records[number]["name"]) or f"{self.folder}#{number}"
        return LabelledLine(self.image(number), self.text(number), name, self.tags(number))

    def check(self) -> None:
        """Reads every picture.

        Raises:
            DataError: one of them is damaged.
        """
        for number in range(len(self)):
            self.image(number)


def _manifest(root: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((root / _MANIFEST).read_text(encoding="utf-8"))
        found, version, files, *_ = (manifest[key] for key in _MANIFEST_KEYS)
        expected = {name: (files[name]["bytes"], files[name]["sha256"]) for name in files}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"this is no archive of lines ({error!r})", file=root) from error
    if found != _FORMAT or version != _VERSION:
        raise DataError(f"the archive is {found!r} version {version}; this koocr reads {_VERSION}", file=root)
    for name in (_PIXELS, _INDEX, _RECORDS):
        _check_file(root / name, *expected.get(name, (-1, "")))
    return dict(manifest)


def _check_file(file: Path, num_bytes: int, checksum: str) -> None:
    if not file.is_file() or file.stat().st_size != num_bytes:
        raise DataError(f"the file is missing, or has not {num_bytes:,} bytes as its archive says", file=file)
    if file.name != _PIXELS and sha256_of(file) != checksum:
        raise DataError("the file is not the one that its archive was written with", file=file)
