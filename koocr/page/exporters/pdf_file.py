"""A PDF file that is written object by object (ISO 32000-1, 7.5), so that no page of it need be kept."""

from __future__ import annotations

import zlib
from typing import BinaryIO

__all__ = ["PdfFile", "number"]


class PdfFile:
    """Writes the objects of a PDF.

    Args:
        stream: to write to; it need not seek.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._position = stream, 0
        self._offsets: list[int] = []
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")  # four high bytes: this is no text

    def reserve(self) -> int:
        """The number of an object that is written later."""
        self._offsets.append(0)
        return len(self._offsets)

    def add(self, entries: str, data: bytes | None = None, *, at: int | None = None) -> int:
        """Writes an object and returns its number.

        Args:
            entries: of its dictionary, without the brackets around.
            data: of a stream, as its filters say.
            at: the number, if it was reserved.
        """
        key = self.reserve() if at is None else at
        self._offsets[key - 1] = self._position
        if data is None:
            self._write(f"{key} 0 obj\n<< {entries} >>\nendobj\n".encode())
        else:
            self._write(f"{key} 0 obj\n<< {entries} /Length {len(data)} >>\nstream\n".encode())
            self._write(data)
            self._write(b"\nendstream\nendobj\n")
        return key

    def add_packed(self, data: bytes, entries: str = "") -> int:
        """Writes a stream that is compressed here, and returns its number."""
        return self.add(f"{entries} /Filter /FlateDecode", zlib.compress(data, 9))

    def finish(self, root: int) -> None:
        """Writes the table of objects; `root` is the catalogue."""
        start = self._position
        rows = [f"{offset:010d} 00000 n \n" for offset in self._offsets]
        size = len(rows) + 1
        self._write(f"xref\n0 {size}\n0000000000 65535 f \n{''.join(rows)}".encode())
        self._write(f"trailer\n<< /Size {size} /Root {root} 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._position += len(data)


def number(value: float) -> str:
    """A number as PDF takes it: no exponent, four decimals."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 5e-5 else "0"
