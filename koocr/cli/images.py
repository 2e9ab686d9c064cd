"""What the commands that read images share: standard input, names of files, images that can't be read."""

from __future__ import annotations

import json
import sys
import unicodedata

from koocr.errors import InputError, KoocrError


def image_source(name: str) -> str | bytes:
    """What a name on the command line stands for: a file, or "-" for standard input.

    Raises:
        InputError: there is no standard input, or too much.
    """
    return standard_input() if name == "-" else name


def standard_input() -> bytes:
    """All of it, up to what the largest image may have.

    Raises:
        InputError: there is none, or too much.
    """
    from koocr.image import MAX_PIXELS

    if sys.stdin is None:
        raise InputError("there is no standard input; name a file, or pipe an image in")
    most = 8 * MAX_PIXELS  # 16-bit RGBA
    data = sys.stdin.buffer.read(most + 1)
    if len(data) > most:
        raise InputError(f"standard input goes on after {most:,} bytes; give a smaller image")
    return data


def in_one_line(name: str) -> str:
    r"""A file name with line breaks, tabs and other control characters written as in Python: \n, \t."""
    return "".join(
        repr(char)[1:-1] if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in name
    )


def report(name: str, error: KoocrError, *, as_json: bool) -> None:
    """Says what is wrong with an image; the others are read all the same."""
    if as_json:
        print(json.dumps({"image": name, "error": str(error)}, ensure_ascii=False))
    print(f"koocr: {error}", file=sys.stderr)
