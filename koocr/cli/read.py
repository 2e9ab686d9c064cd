"""`koocr read`: pages of images and PDFs, as text or as files of many formats."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from importlib import import_module
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from koocr.cli.images import standard_input
from koocr.cli.options import add_flag, did_you_mean, positive_int, positive_number
from koocr.errors import ConfigError, InputError, KoocrError

if TYPE_CHECKING:
    from koocr.cli.read_files import DocumentFiles, Output
    from koocr.cli.read_jobs import Job, Outcome, Reads
    from koocr.cli.read_pictures import PictureFiles
    from koocr.cli.read_plan import PlannedDocument
    from koocr.cli.read_progress import Report
    from koocr.page.finding import Input
    from koocr.page.sources import SourceSettings

NAME = "read"
HELP = "read pages: images, PDFs, folders of them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    add = parser.add_argument
    add("inputs", nargs="+", metavar="INPUT", help="images, PDFs, folders, globs; - for standard input")
    add("-o", "--output", metavar="PATH", help="a folder, or a file whose suffix says the format (terminal)")
    add("--format", metavar="NAMES", help="txt, json, jsonl, tsv, md, hocr, alto, page, pdf; or a,b,c (txt)")
    add("--picture", metavar="PATH", help="also draw what was read: a .png file, or a folder")
    add("--pages", metavar="1-3,7", help="which pages of PDF and TIFF files (all)")
    add("--dpi", type=positive_number, default=200.0, help="at which pages of PDFs are drawn (200)")
    add("--order", choices=("auto", "columns", "rows"), default="auto", help="of reading (auto)")
    add("--jobs", type=positive_int, default=1, help="processes that read beside each other (1)")
    add("--threads", type=positive_int, help="of each process (as there are cores, at most 4)")
    add("--detector", help="finds text: a shipped model's name or a file (koocr's default)")
    add("--weights", help="reads lines: a shipped model's name or a file (koocr's default)")
    add_flag(parser, "--use_text_layer", help="take the text that pages of a PDF hold, where they hold any")
    add_flag(parser, "--resume", help="leave out documents whose outputs are there and no older")


def run(args: argparse.Namespace) -> int:
    """Reads every page; what can't be read is reported, and the exit code says so."""
    reader = make_reader(args)
    if args.jobs == 1 and not args.resume and not args.use_text_layer:  # or there may be nothing to read
        reader = _begun(reader)
    from koocr.cli.read_files import target_of
    from koocr.cli.read_plan import files_of, plan_documents
    from koocr.cli.read_progress import Report

    target = target_of(args.output, _formats(args.format))
    if args.resume and target.path is None:
        raise ConfigError("--resume looks for files; name their place with -o")
    if args.picture == "-":
        raise ConfigError("pictures can't go to standard output; name a .png file or a folder with --picture")
    settings = _settings(args)
    report = Report(is_at_end=target.path is not None)
    with ExitStack() as stack:
        inputs = _inputs(args.inputs, stack, is_shared=args.jobs > 1)
        documents = plan_documents(inputs, settings, report.add)
        files = files_of(documents, target)
        if args.resume:
            report.num_left_out, documents, files = _left_to_do(documents, files, is_one=target.is_file)
        _read(args, reader, documents, files, settings, report)
    return report.finish()


def make_reader(args: argparse.Namespace) -> Callable[[], Reads]:
    """What makes the reader, in each process its own."""
    from koocr.page.reader import PageReader

    import_module("koocr.detection.reader")  # which the reader would import, perhaps in another thread

    num_threads = args.threads or max(1, min(4, (os.cpu_count() or 1) // args.jobs))
    return partial(PageReader, args.detector, args.weights, order=args.order, num_threads=num_threads)


def _begun(make: Callable[[], Reads]) -> Callable[[], Reads]:
    """Begins to make a reader at once, beside what else there is to do before the first page."""
    pool = ThreadPoolExecutor(1)
    making = pool.submit(make)
    pool.shutdown(wait=False)
    return making.result


def _read(
    args: argparse.Namespace,
    reader: Callable[[], Reads],
    documents: list[PlannedDocument],
    files: list[DocumentFiles],
    settings: SourceSettings,
    report: Report,
) -> None:
    from koocr.cli.read_jobs import PageWork, read_jobs
    from koocr.cli.read_plan import jobs_of
    from koocr.cli.read_progress import progress
    from koocr.cli.read_terminal import Terminal

    if not documents:
        return
    num_pages = sum(len(document.numbers) for document in documents)
    outputs: Sequence[Output] = files
    if not files:
        outputs = [Terminal(_formats(args.format), len(documents))] * len(documents)
    pictures = None
    if args.picture:
        from koocr.cli.read_pictures import PictureFiles

        pictures = PictureFiles(args.picture, documents, settings)
    work = PageWork(reader, settings, order=args.order)
    read = read_jobs(jobs_of(documents), work, num_processes=min(args.jobs, num_pages))
    with closing(read), progress(num_pages, is_shown=bool(files)) as advance:
        # Documents that share their output, one file for all or the terminal, are one group.
        for _, group in groupby(read, key=lambda result: id(outputs[result[0].index])):
            _write(group, outputs, pictures, report, advance)


def _write(
    group: Iterator[tuple[Job, Outcome]],
    outputs: Sequence[Output],
    pictures: PictureFiles | None,
    report: Report,
    advance: Callable[[], object],
) -> None:
    """Writes the pages of one output; an error that ends it ends no other."""
    first = next(group)
    job = first[0]
    try:
        with outputs[job.index] as output:
            for job, outcome in chain([first], group):
                if isinstance(outcome, KoocrError):
                    report.add(job.source.name, outcome)
                    output.skip(job.number, job.source)
                else:
                    output.add(outcome, job.source)
                    if pictures is not None:
                        pictures.add(outcome, job)
                    report.num_pages += 1
                advance()
    except InputError as error:  # what was read can't be shown, say, as the file has changed
        report.add(job.source.name, error)


def _left_to_do(
    documents: list[PlannedDocument], files: list[DocumentFiles], *, is_one: bool
) -> tuple[int, list[PlannedDocument], list[DocumentFiles]]:
    """How many documents are done, and the others with their files."""
    pairs = list(zip(documents, files, strict=True))
    done = [found.is_done(document.numbers, document.source) for document, found in pairs]
    if is_one and not all(done):
        done = [False] * len(done)
    left = [pair for pair, is_done in zip(pairs, done, strict=True) if not is_done]
    return sum(done), [document for document, _ in left], [found for _, found in left]


def _formats(names: str | None) -> tuple[str, ...]:
    """The formats that are asked for, each once."""
    from koocr.page.exporters import FORMATS

    given = tuple(dict.fromkeys(name.strip().lower() for name in (names or "").split(",") if name.strip()))
    for name in given:
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS) or f"the formats are {', '.join(FORMATS)}"
            raise ConfigError(f"there is no format {name!r}; {hint}")
    return given


def _settings(args: argparse.Namespace) -> SourceSettings:
    from koocr.page.page_numbers import PageNumbers
    from koocr.page.sources import SourceSettings

    pages = None if args.pages is None else PageNumbers.parse(args.pages)
    return SourceSettings(dpi=args.dpi, pages=pages, use_text_layer=args.use_text_layer)


def _inputs(names: list[str], stack: ExitStack, *, is_shared: bool) -> Iterator[Input]:
    """The names, and in place of - what standard input holds: a file of it for several processes."""
    from koocr.page.finding import Source

    for name in names:
        if name != "-":
            yield name
        elif not is_shared:
            yield Source("standard input", standard_input(), Path("stdin"))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="koocr-"))
            path = Path(folder) / "stdin"
            path.write_bytes(standard_input())
            yield Source("standard input", str(path), Path("stdin"))
