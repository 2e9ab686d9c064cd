"""What commands say alike: the command as it stands in a report, tables, the files of an export."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from koocr.evaluation.report import Table

__all__ = ["print_exported", "print_table", "tell", "written_command"]


def written_command(
    name: str,
    args: argparse.Namespace,
    add_arguments: Callable[[argparse.ArgumentParser], None],
    *,
    left_out: Collection[str] = (),
    files: Collection[str] = (),
) -> str:
    """The command that does the same again, without folders of this machine.

    Args:
        name: of the command.
        args: that it was called with.
        add_arguments: of the command, for the defaults, which are left out.
        left_out: options that are only true on this machine, and arguments that stand in the name.
        files: options that take a name or a path as text; of a path the last part is written.
    """
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["koocr", *name.split()]
    for option, value in vars(args).items():
        if option in left_out or value == parser.get_default(option):
            continue
        for one in value if isinstance(value, list) else [value]:
            is_path = isinstance(one, Path) or option in files
            text = Path(one).name if is_path else str(one).lower() if isinstance(one, bool) else str(one)
            words.append(f"--{option}={text}")
    return shlex.join(words)


def print_table(table: Table) -> None:
    """Prints a table in columns."""
    rows = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()


def tell(line: str) -> None:
    """Prints a line of progress, apart from the results."""
    print(line, file=sys.stderr, flush=True)


def print_exported(written: Iterable[Path], temperatures: Mapping[str, float]) -> None:
    """Says which files an export wrote, how large they are, and the temperatures that are in them."""
    for path in written:
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")
    for name, value in temperatures.items():
        print(f"temperature of {name}: {value:.3f}")
