"""`koocr load line`: labelled lines, from label files or AI Hub's ZIPs, into an archive."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import koocr
from koocr.cli.command_line import tell
from koocr.cli.options import add_flag, counted
from koocr.errors import DataError

if TYPE_CHECKING:
    from koocr.data.line_sets import LabelledLine

NAME = "load line"
HELP = "put labelled lines, from label files or AI Hub's handwriting set, into an archive"

_TOLD_EVERY = 10_000  # lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="SOURCE",
        help="a label file (rows of picture, tab, text), a folder of them, an archive, AI Hub's ZIPs or a "
        "folder of those",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="ARCHIVE", help="folder to make; nothing may be there"
    )
    add_flag(parser, "--hangul_only", help="leave out lines that have more than Hangul and spaces")
    parser.add_argument("--vocabulary", type=Path, metavar="FILE", help="where to write symbols with counts")


def run(args: argparse.Namespace) -> int:
    """Writes the archive; what can't be used is told, left out, and counted in the exit code."""
    from koocr.data.line_archive import LineArchive, write_line_archive
    from koocr.data.line_sets import write_vocabulary
    from koocr.data.line_sources import set_names

    problems: list[DataError] = []
    info = {
        "koocr": koocr.__version__,
        "sources": set_names(args.sources),
        "hangul_only": args.hangul_only,
    }
    num_lines = write_line_archive(args.output, _lines(args, problems), info=info)
    left_out = f"; {counted(len(problems), 'record')} left out" if problems else ""
    print(f"{args.output}: {counted(num_lines, 'line')}{left_out}")
    if args.vocabulary is not None:
        archive = LineArchive.open(args.output)
        counts = write_vocabulary(args.vocabulary, map(archive.text, range(len(archive))))
        print(f"{args.vocabulary}: {counted(len(counts), 'symbol')}")
    return DataError.exit_code if problems else 0


def _lines(args: argparse.Namespace, problems: list[DataError]) -> Iterator[LabelledLine]:
    """The lines, one at a time; sources are opened when the first is asked for."""
    from koocr.data.line_sources import read_sources

    def on_problem(error: DataError) -> None:
        problems.append(error)
        print(f"koocr: {error}", file=sys.stderr, flush=True)

    lines = read_sources(args.sources, hangul_only=args.hangul_only, on_problem=on_problem)
    for number, line in enumerate(lines, start=1):
        yield line
        if number % _TOLD_EVERY == 0:
            tell(f"{counted(number, 'line')} read")
