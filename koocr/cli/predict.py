"""`koocr predict`: the most likely symbols of images of single characters."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import add_flag, positive_int
from koocr.errors import InputError, KoocrError

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR
    from koocr.document import Candidate, Character

NAME = "predict"
HELP = "read single characters: the most likely syllables with their probabilities and jamo"


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
    reader = KoOCR(weights=args.weights)
    worst, read = 0, []
    for name in args.images:
        try:
            source = sys.stdin.buffer.read() if name == "-" else name
            character = reader.candidates(source, args.top_n)
        except InputError as error:
            worst = error.exit_code
            _report(name, error, as_json=args.json)
            continue
        read.append((name, source, character))
        print(
            json.dumps({"image": name, **character.to_dict()}, ensure_ascii=False)
            if args.json
            else _text(name, character)
        )
    if args.picture and read:
        _draw(args.picture, reader, read, explain=args.explain)
    return worst


def _report(name: str, error: KoocrError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"image": name, "error": str(error)}, ensure_ascii=False))
    print(f"koocr: {error}", file=sys.stderr)


def _text(name: str, character: Character) -> str:
    if not character.candidates:
        return f"{name}: blank"
    return "\n".join([name, *(f"  {_line(candidate)}" for candidate in character.candidates)])


def _line(candidate: Candidate) -> str:
    jamo = "  ".join(f"{score.jamo or '–'} {score.probability:.3f}" for score in candidate.jamo)
    return f"{candidate.text}  {candidate.probability:8.4f}   {jamo}"


def _draw(path: Path, reader: KoOCR, read: list[tuple[str, Any, Character]], *, explain: bool) -> None:
    from koocr.character.picture import draw_explanations, draw_readings
    from koocr.image import load_image

    if explain:
        picture = draw_explanations(reader, [source for _, source, _ in read])
    else:
        picture = draw_readings(
            [(Path(name).name, load_image(source), character) for name, source, character in read]
        )
    try:
        picture.save(path)
    except (OSError, ValueError) as error:
        raise InputError(f"the picture {str(path)!r} can't be written ({error}); name a .png file") from error
