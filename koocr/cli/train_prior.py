"""`koocr train prior`: counts which symbols follow each other, for the beam search of lines."""

from __future__ import annotations

import argparse
from itertools import chain
from pathlib import Path

from koocr.cli.options import positive_int

NAME = "train prior"
HELP = "count which symbols follow each other in texts, for the beam search of lines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("--text", type=Path, required=True, help="folder of text files, a line a line")
    parser.add_argument("--output", type=Path, required=True, help="the .npz file to write")
    parser.add_argument("--order", type=positive_int, default=4, help="symbols looked at together (4)")
    parser.add_argument("--min_count", type=positive_int, default=2, help="rarer groups are left out (2)")


def run(args: argparse.Namespace) -> int:
    """Counts in the lines of the split train, so that what a prior gains can be measured on the others."""
    from koocr.charset import line_charset
    from koocr.data.text import read_texts, text_split
    from koocr.line.ngram import NGram

    lines = (line for line in chain.from_iterable(read_texts(args.text)) if text_split(line) == "train")
    prior = NGram.train(lines, line_charset(), order=args.order, min_count=args.min_count)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    prior.save(args.output)
    print(f"{args.output}  {args.output.stat().st_size / 1e6:.2f} MB")
    return 0
