"""`koocr predict`: the most likely symbols of images of single characters."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.images import image_source, in_one_line, report
from koocr.cli.options import add_flag, positive_int
from koocr.errors import ConfigError, InputError

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR
    from koocr.document import Candidate, Character

NAME = "predict"
HELP = "read single characters: the most likely syllables with their probabilities and jamo"

_PICTURED = 200
"""A picture of more images can hardly be looked at."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", help="image files, one character each; - for standard input"
    )
    parser.add_argument("-n", "--top_n", type=positive_int, default=5, help="candidates of each image (5)")
    parser.add_argument("--weights", help="a shipped model's name, an .onnx or an .h5 file (koocr's default)")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="also write a picture of the readings")
    add_flag(parser, "--json", help="print JSON, one object a line")
    add_flag(
        parser, "--explain", help="in the picture, show what each jamo was read from (needs koocr[train])"
    )


def run(args: argparse.Namespace) -> int:
    """Reads every image; one that can't be read is reported, and the exit code says so."""
    from koocr.character.decode import check_count
    from koocr.character.reader import KoOCR

    check_count(args.top_n)
    if args.explain and args.picture is None:
        raise ConfigError("--explain draws a picture; name it with --picture FILE.png")
    reader = KoOCR(weights=args.weights)
    exit_code, read = 0, []
    for name in args.images:
        try:
            source = image_source(name)
            character = reader.candidates(source, args.top_n)
        except InputError as error:
            exit_code = error.exit_code
            report(name, error, as_json=args.json)
            continue
        print(_json(name, character) if args.json else _text(name, character))
        if args.picture is not None:
            read.append((name, source, character))
    if args.picture is not None:
        _draw(args.picture, reader, read[:_PICTURED], explain=args.explain)
        if len(read) > _PICTURED:
            print(f"koocr: {args.picture} shows the first {_PICTURED} images", file=sys.stderr)
    return exit_code


def _json(name: str, character: Character) -> str:
    return json.dumps({"image": name, **character.to_dict()}, ensure_ascii=False)


def _text(name: str, character: Character) -> str:
    shown = in_one_line(name)
    if not character.candidates:
        return f"{shown}: blank"
    return "\n".join([shown, *(f"  {_line(candidate)}" for candidate in character.candidates)])


def _line(candidate: Candidate) -> str:
    jamo = "  ".join(f"{score.jamo or '–'} {score.probability:.3f}" for score in candidate.jamo)
    return f"{candidate.text}  {candidate.probability:8.4f}   {jamo}"


def _draw(path: Path, reader: KoOCR, read: list[tuple[str, Any, Character]], *, explain: bool) -> None:
    """Writes the picture, if there is anything to show."""
    from koocr.character.picture import draw_explanations, draw_readings
    from koocr.image import load_image

    shown = [reading for reading in read if reading[2].candidates] if explain else read
    if not shown:
        print(f"koocr: there is nothing to show, so {path} was not written", file=sys.stderr)
        return
    if explain:
        picture = draw_explanations(reader, [source for _, source, _ in shown])
    else:
        picture = draw_readings(
            [(Path(name).name, load_image(source), found) for name, source, found in shown]
        )
    try:
        picture.save(path)
    except (OSError, ValueError) as error:
        raise InputError(f"the picture {str(path)!r} can't be written ({error}); name a .png file") from error
