"""`koocr evaluate`: measures a character network and writes a report that anybody can read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.command_line import print_table, tell, written_command
from koocr.cli.options import add_flag, fraction, non_negative_int, positive_int
from koocr.errors import ConfigError, KoocrError, missing_dependency

if TYPE_CHECKING:
    from PIL import Image

    from koocr.character.findings import Findings, TestPlan
    from koocr.character.reader import KoOCR

NAME = "evaluate"
HELP = "measure a character network on faces, handwriting or patches, with a report"

_VAL_DATA = Path("./val_data")
_SMALL_TYPE = 100
"""Syllables of each face that `--small_type` reads at each of eighteen sizes and blurs."""
_ON_THIS_MACHINE, _FILES = ("out", "threads", "task"), ("weights", "against")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "task", nargs="?", default="character", choices=("character",), help="what to measure"
    )
    parser.add_argument(
        "--weights", default="", help="a shipped model's name, an .onnx or an .h5 file (the default model)"
    )
    parser.add_argument("--out", type=Path, help="folder of the report (<weights>_evaluation)")
    parser.add_argument("--threads", type=positive_int, default=1, help="threads that read a batch")
    _add_tests(parser.add_argument_group("what to read (without any: the patches in ./val_data)"))
    _add_figures(parser.add_argument_group("what to report"))


def _add_tests(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--data", type=Path, help="folder of patches")
    group.add_argument("--fonts", type=Path, help="folder with faces.csv, coverage.tsv.gz and the fonts")
    group.add_argument(
        "--split", default="test", choices=("train", "val", "test"), help="which faces and writers"
    )
    group.add_argument(
        "--num_per_face", type=non_negative_int, default=1000, help="syllables of each face; 0: all (1000)"
    )
    add_flag(group, "--degraded", default=True, help="read faces small, skewed, blurred and noisy too")
    group.add_argument(
        "--handwriting",
        type=Path,
        action="append",
        default=[],
        help="a writer's zip, or a folder of them; repeatable",
    )
    group.add_argument("--seed", type=non_negative_int, default=0, help="another seed, other images (0)")
    group.add_argument(
        "--hide_share",
        type=fraction,
        default=0.0,
        help="as in training: how well are the hidden syllables read?",
    )


def _add_figures(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--top_n", type=positive_int, default=5, help="candidates that count for top-n (5)")
    add_flag(group, "--accuracy", default=True, help="by face and writer, calibration, confident mistakes")
    add_flag(group, "--confusion_matrix", default=True, help="of initials, medials and finals")
    add_flag(group, "--class_activation", help="where the network looks (Grad-CAM; needs Keras)")
    group.add_argument("--class_activation_n", type=positive_int, default=10, help="of how many images (10)")
    add_flag(group, "--show_augmentation", help="what training makes of some of the images")
    add_flag(
        group, "--small_type", help="read 100 syllables of each face at 16 to 48 pixels, sharp to blurred"
    )
    add_flag(group, "--speed", help="time reading, and the start of a process")
    add_flag(group, "--tesseract", help="ask Tesseract too, if it is installed")
    group.add_argument(
        "--against", action="append", default=[], help="other weights on the same images; repeatable"
    )


def run(args: argparse.Namespace) -> int:
    """Measures, writes the report, and prints the table of what is asked of the models."""
    try:
        import matplotlib  # noqa: F401  (before an hour of measuring, not after)
    except ImportError as error:
        raise missing_dependency("matplotlib", "train") from error
    from koocr.character.findings import measure
    from koocr.character.reader import KoOCR
    from koocr.character.report import ReportOptions, build_report
    from koocr.character.report_pictures import augmentation_sheet
    from koocr.evaluation.report import Table, write_report

    if args.small_type and args.fonts is None:
        raise ConfigError("--small_type goes with --fonts; name the folder of faces, or leave it out")
    reader = KoOCR(args.weights or None, num_threads=args.threads)
    others = {weights: KoOCR(weights, num_threads=args.threads) for weights in args.against}
    plan, notes = _plan(args)
    findings = measure(reader, plan, progress=tell)
    _extend(findings, reader, others, plan, args)
    name, out = _name(args.weights), args.out or Path(f"{_stem(args.weights)}_evaluation")
    activations = _activations(args, reader, findings, notes)
    options = ReportOptions(
        name=name,
        accuracy=args.accuracy,
        confusion_matrix=args.confusion_matrix,
        notes=tuple(notes),
        command=written_command(NAME, args, add_arguments, left_out=_ON_THIS_MACHINE, files=_FILES),
        activations=activations,
        augmentation=augmentation_sheet(findings) if args.show_augmentation else None,
    )
    report = build_report(findings, out, options)
    page = write_report(report, out)
    for block in report.sections[0].blocks[2:]:
        if isinstance(block, Table):
            print_table(block)
    for note in notes:
        tell(note)
    print(f"the report is in {page}")
    return 0


def _plan(args: argparse.Namespace) -> tuple[TestPlan, list[str]]:
    from koocr.character.findings import TestPlan
    from koocr.evaluation.tesseract import NOT_INSTALLED, find_tesseract

    notes: list[str] = []
    tesseract = find_tesseract() if args.tesseract else None
    if args.tesseract and tesseract is None:
        notes.append(NOT_INSTALLED)
    has_other_data = args.fonts is not None or args.handwriting
    patches = args.data or (None if has_other_data else _VAL_DATA)
    plan = TestPlan(
        fonts=args.fonts,
        split=args.split,
        num_per_face=args.num_per_face,
        degraded=args.degraded,
        handwriting=tuple(args.handwriting),
        patches=patches,
        seed=args.seed,
        top_n=args.top_n,
        tesseract=tesseract,
    )
    return plan, notes


def _extend(
    findings: Findings, reader: KoOCR, others: dict[str, KoOCR], plan: TestPlan, args: argparse.Namespace
) -> None:
    """Adds what is measured beside the readings."""
    from koocr.character.comparison import add_others, add_sizes, add_speeds

    if args.hide_share:
        from koocr.data.synthesis.sampling import syllables_to_hide
        from koocr.hangul import syllable

        findings.held_out = frozenset(map(syllable, syllables_to_hide(args.hide_share)))
    if args.small_type:
        from koocr.character.small_type import measure_small_type

        findings.small_type = measure_small_type(
            reader, args.fonts, split=args.split, num_per_face=_SMALL_TYPE, seed=args.seed, progress=tell
        )
    add_others(findings, others, plan, name=args.weights, progress=tell)
    add_sizes(findings, list(others), weights=args.weights)
    if args.speed:
        tell("speed")
        add_speeds(findings, reader, others, weights=args.weights)


def _activations(
    args: argparse.Namespace, reader: KoOCR, findings: Findings, notes: list[str]
) -> Image.Image | None:
    from koocr.character.report_pictures import activation_sheet

    if not args.class_activation:
        return None
    try:
        return activation_sheet(reader, findings, num=args.class_activation_n)
    except KoocrError as error:
        notes.append(f"Where the network looks was left out: {error}.")
        return None


def _name(weights: str) -> str:
    from koocr.weights import shipped_model

    return Path(weights).name if weights else shipped_model().name


def _stem(weights: str) -> str:
    path = Path(weights or _name(weights))
    return str(path.with_suffix("")) if path.suffix in (".onnx", ".h5") else str(path)
