"""`koocr line`: the text of images of single lines."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.images import image_source, in_one_line, report
from koocr.cli.options import add_flag, positive_int, positive_number
from koocr.errors import ConfigError, InputError

if TYPE_CHECKING:
    from koocr.document import Line
    from koocr.line.reader import LineReader

NAME = "line"
HELP = "read single lines of text"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="image files, one line each; - for standard input"
    )
    parser.add_argument("--weights", help="a shipped model's name, an .onnx or an .h5 file (koocr's default)")
    parser.add_argument("-n", "--n_best", type=positive_int, default=1, help="readings of each line (1)")
    parser.add_argument(
        "--beam", type=positive_int, metavar="WIDTH", help="search for the likeliest text (the best path)"
    )
    parser.add_argument(
        "--prior", type=Path, metavar="FILE", help="of texts, from `koocr train prior`; needs --beam"
    )
    parser.add_argument("--prior_weight", type=positive_number, default=0.3, help="how much it counts (0.3)")
    parser.add_argument(
        "--candidates", type=positive_int, default=5, help="alternatives of each character, with --json (5)"
    )
    add_flag(parser, "--json", help="print JSON, one object a line: places, confidences, alternatives")


def run(args: argparse.Namespace) -> int:
    """Reads every image; one that can't be read is reported, and the exit code says so."""
    reader = _reader(args)
    exit_code = 0
    for name in args.images:
        try:
            source = image_source(name)
            lines = reader.n_best(source, args.n_best) if args.n_best > 1 else [reader.read(source)]
        except InputError as error:
            exit_code = error.exit_code
            report(name, error, as_json=args.json)
            continue
        print(_json(name, lines) if args.json else _text(name, lines, is_alone=len(args.images) == 1))
    return exit_code


def _reader(args: argparse.Namespace) -> LineReader:
    from koocr.line.beam import BeamSettings
    from koocr.line.reader import LineReader

    if args.prior is not None and args.beam is None:
        raise ConfigError("--prior needs a beam search; add --beam 10, or leave it out")
    beam = None
    if args.beam is not None:
        weight = 0.0 if args.prior is None else args.prior_weight
        beam = BeamSettings(width=args.beam, prior_weight=weight)
    return LineReader(args.weights, num_candidates=args.candidates, beam=beam, prior=args.prior)


def _json(name: str, lines: list[Line]) -> str:
    best, *others = lines
    described = {"image": name, **best.to_dict()}
    if others:
        described["others"] = [{"text": line.text, "confidence": line.confidence} for line in others]
    return json.dumps(described, ensure_ascii=False)


def _text(name: str, lines: list[Line], *, is_alone: bool) -> str:
    """The text alone for one image; with its name for several."""
    shown = in_one_line(name)
    if len(lines) == 1:
        return lines[0].text if is_alone else f"{shown}: {lines[0].text}"
    return "\n".join([shown, *(f"  {line.confidence:8.4f}  {line.text}" for line in lines)])
