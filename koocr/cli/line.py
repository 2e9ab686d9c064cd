"""`koocr line`: the text of images of single lines."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.images import image_source, in_one_line, report
from koocr.cli.options import add_flag, boolean, positive_int, positive_number
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
        "--beam",
        type=positive_int,
        metavar="WIDTH",
        help="readings kept in hand (10; with no prior none)",
    )
    add_prior(parser)
    parser.add_argument("--prior_weight", type=positive_number, help="how much it counts (0.5)")
    parser.add_argument(
        "--candidates", type=positive_int, default=5, help="alternatives of each character, with --json (5)"
    )
    add_flag(parser, "--json", help="print JSON, one object a line: places, confidences, alternatives")


def add_prior(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Adds `--prior`: true, false or a file, as `LineReader` takes it."""
    parser.add_argument(
        "--prior",
        type=_prior,
        default=True,
        metavar="true|false|FILE",
        help="what is known of texts: the model's own, nothing, or from `koocr train prior` (true)",
    )


def _prior(text: str) -> bool | Path:
    try:
        return boolean(text)
    except argparse.ArgumentTypeError:
        return Path(text)


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
    from koocr.line.beam import BeamSettings, with_prior
    from koocr.line.reader import LineReader

    beam = None
    if args.beam is not None or args.prior_weight is not None:
        weight = with_prior().prior_weight if args.prior_weight is None else args.prior_weight
        beam = with_prior(weight, width=args.beam or BeamSettings.width)
    reader = LineReader(args.weights, num_candidates=args.candidates, beam=beam, prior=args.prior)
    if args.prior_weight is not None and reader.prior is None:
        raise ConfigError("--prior_weight is given, but there is no prior; name one with --prior FILE")
    return reader


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
