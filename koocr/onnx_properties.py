"""What an ONNX file says of itself, read without loading its network: a file is a protobuf message."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

__all__ = ["WEIGHT_BITS_KEY", "stored_properties"]

WEIGHT_BITS_KEY = "koocr_weight_bits"
"""The property that says how many bits the weights of an int8 network have."""
_PROPERTIES = 14
"""Number of the field `metadata_props` in `ModelProto`; of an entry, 1 is the key and 2 the value."""
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_MOST_BYTES = 1 << 20
"""Of one property; metadata of a network is some kilobytes."""


def stored_properties(model: str | Path | bytes) -> dict[str, str]:
    """The properties of an ONNX file, `metadata_props`; the graph is skipped.

    Args:
        model: path of the file, or its bytes.

    Returns:
        Values by key. Of what is no ONNX file, or can't be opened, as many as are there, mostly none: whoever
        loads it says what is wrong with it.
    """
    try:
        with io.BytesIO(model) if isinstance(model, bytes) else Path(model).open("rb") as file:
            return _properties(file)
    except (OSError, ValueError):
        return {}


def _properties(file: BinaryIO) -> dict[str, str]:
    found: dict[str, str] = {}
    while (field := _next_field(file)) is not None:
        number, length = field
        if number == _PROPERTIES and length <= _MOST_BYTES:
            key, value = _entry(io.BytesIO(file.read(length)))
            found[key] = value
        else:
            file.seek(length, io.SEEK_CUR)
    return found


def _entry(file: BinaryIO) -> tuple[str, str]:
    parts = {1: "", 2: ""}
    while (field := _next_field(file)) is not None:
        number, length = field
        parts[number] = file.read(length).decode("utf-8", "replace")
    return parts[1], parts[2]


def _next_field(file: BinaryIO) -> tuple[int, int] | None:
    """Number and length of the next field, whose bytes come next; None at the end, or where nothing fits."""
    tag = _varint(file)
    if tag is None:
        return None
    number, kind = tag >> 3, tag & 7
    if kind == _VARINT:
        return None if _varint(file) is None else (number, 0)
    length = {_FIXED_64: 8, _FIXED_32: 4}.get(kind)
    if kind == _BYTES:
        length = _varint(file)
    return None if length is None or not number else (number, length)


def _varint(file: BinaryIO) -> int | None:
    """Seven bits a byte, the lowest first, the highest bit set on all but the last."""
    value = 0
    for place in range(_LONGEST_VARINT):
        byte = file.read(1)
        if not byte:
            return None
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return value
    return None
