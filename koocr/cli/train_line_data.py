"""What `koocr train line` learns from: its options, and the lines that they ask for."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.command_line import tell
from koocr.cli.options import add_flag, counted, fraction, non_negative_int, positive_int
from koocr.errors import DataError

if TYPE_CHECKING:
    from koocr.charset import Charset
    from koocr.line.data import LineData
    from koocr.line.drawn import LineDrawing, LineSources
    from koocr.line.labelled import LabelledLines, LabelledSettings
    from koocr.line.metadata import LineMetadata

__all__ = ["DATA_OPTIONS", "add_data", "line_data_of"]

_CURLED = 0.4
"""Of the sentences: few texts are typed with the quotation marks that books are printed with."""

DATA_OPTIONS = (
    "fonts", "text", "handwriting", "lines", "lines_share", "leave_out", "max_length", "data_augmentation",
    "batch_size", "seed",
)  # fmt: skip
"""What decides which lines a run learns from, and in which order."""


def add_data(group: Any) -> None:
    """Adds the options that say which lines are drawn, given, and validated on."""
    group.add_argument(
        "--fonts", type=Path, required=True, help="faces to draw: faces.csv, coverage.tsv.gz, files"
    )
    group.add_argument(
        "--text", type=Path, required=True, help="folder of texts and dictionary_words.txt: what lines say"
    )
    group.add_argument(
        "--handwriting", type=Path, help="real hands beside the faces: folder of labelled zips"
    )
    group.add_argument(
        "--lines",
        type=Path,
        action="append",
        default=[],
        help="labelled lines beside the drawn: a label file, a folder of them, or an archive; repeatable",
    )
    group.add_argument(
        "--lines_share", type=fraction, default=0.3, help="of each batch, that --lines fill (0.3)"
    )
    group.add_argument(
        "--leave_out", default="", help="sources whose names begin so (comma between) are not used"
    )
    group.add_argument("--max_length", type=positive_int, default=40, help="symbols of a line at most (40)")
    group.add_argument(
        "--num_validation", type=non_negative_int, default=64, help="lines of each kind to validate on (64)"
    )
    add_flag(group, "--data_augmentation", default=True, help="false: black on white, straight, even")


def line_data_of(args: argparse.Namespace, metadata: LineMetadata, closing: ExitStack) -> LineData:
    """What is learnt from; processes that draw it are ended by `closing`."""
    from koocr.line.data import LineData
    from koocr.line.drawn import fitted_batches, line_data, validation_lines
    from koocr.training.workers import WorkerBatches

    sources, drawing = _sources(args), _drawing(args)
    chosen = _labelled(args, metadata.charset)
    labelled = None if chosen is None else _opened(chosen)
    if not args.workers:
        return line_data(sources, drawing, labelled=labelled)
    validation = validation_lines(sources, drawing) if args.num_validation else None
    make = partial(
        fitted_batches,
        sources,
        replace(drawing, num_validation=0),
        metadata.settings.height,
        labelled=chosen,
        on_problem=_tell_problem,
    )
    batches = closing.enter_context(WorkerBatches(make, num_workers=args.workers))
    return LineData(batches, validation)


def _sources(args: argparse.Namespace) -> LineSources:
    from koocr.line.drawn import LineSources

    return LineSources(
        fonts=args.fonts,
        text=args.text,
        handwriting=args.handwriting,
        leave_out=tuple(prefix for prefix in args.leave_out.split(",") if prefix),
    )


def _drawing(args: argparse.Namespace) -> LineDrawing:
    from koocr.data.synthesis.lines import DrawingSettings
    from koocr.data.text import TextSettings
    from koocr.line.drawn import LineDrawing

    return LineDrawing(
        batch_size=args.batch_size,
        seed=args.seed,
        text=TextSettings(max_length=args.max_length, curled=_CURLED),
        drawing=DrawingSettings() if args.data_augmentation else DrawingSettings.clean(),
        num_validation=args.num_validation,
    )


def _labelled(args: argparse.Namespace, charset: Charset) -> LabelledSettings | None:
    from koocr.line.labelled import LabelledSettings

    if not args.lines:
        return None
    return LabelledSettings(
        paths=tuple(args.lines),
        share=args.lines_share,
        charset=charset,
        max_length=args.max_length,
        seed=args.seed,
    )


def _opened(chosen: LabelledSettings) -> LabelledLines:
    """Labelled lines; says how many there are, and what is left out."""
    from koocr.line.labelled import LabelledLines

    labelled = LabelledLines(chosen, on_problem=_tell_problem)
    left_out = [
        f"{counted(number, 'line')} {why}"
        for number, why in (
            (labelled.num_uncovered, "with symbols that the network does not have"),
            (labelled.num_too_long, f"of more than {chosen.max_length} symbols"),
        )
        if number
    ]
    found = counted(len(labelled), "labelled line")
    tell(f"{found}; left out: {', '.join(left_out)}" if left_out else found)
    return labelled


def _tell_problem(error: DataError) -> None:
    tell(f"left out: {error}")
