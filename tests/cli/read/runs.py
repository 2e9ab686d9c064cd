"""What the tests of `koocr read` share."""

from __future__ import annotations

import sys
from pathlib import Path

from koocr.cli import read


def main(*args) -> int:
    """Runs the command by itself: that it is among the commands, `koocr.cli` says."""
    from koocr.cli import _run_command
    from koocr.errors import KoocrError

    try:
        return _run_command(read, [str(arg) for arg in args])
    except KoocrError as error:
        print(f"koocr: {error}", file=sys.stderr)
        return error.exit_code


def text_of(width: int) -> str:
    return f"폭 {width}\n"


def all_files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
