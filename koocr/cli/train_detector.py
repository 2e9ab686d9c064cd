"""`koocr train detector`: trains a text detector on drawn pages, and on labelled ones beside them."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.command_line import tell
from koocr.cli.options import (
    counted,
    fraction,
    need_keras,
    non_negative_int,
    positive_int,
    positive_number,
)
from koocr.cli.training_run import (
    add_run,
    add_training,
    check_same_run,
    is_done,
    loop_settings,
    open_logs,
    say_how_it_ended,
    write_run_settings,
)
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.detection.crops import LabelledPage, Pages
    from koocr.detection.data import DetectorData, PageSources
    from koocr.detection.folders import PageFolder
    from koocr.detection.settings import DetectorSettings
    from koocr.detection.training import DetectorTrainingSettings

NAME = "train detector"
HELP = "train a text detector on drawn pages, and on labelled ones"

_NETWORK = ("width", "neck_channels", "head_channels", "shrink_ratio")
_DATA = ("fonts", "text", "handwriting", "pages", "pages_share", "crop", "new_pages", "batch_size", "seed")
"""What decides which pieces of pages a run learns from, and in which order."""
_KEPT_PAGES = 24  # of validation with labelled pages, unless --num_validation says otherwise


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    _add_network(parser.add_argument_group("network (default: koocr's own, or that of --weights)"))
    _add_data(parser.add_argument_group("data"))
    training = parser.add_argument_group("training")
    add_training(
        training,
        steps_per_epoch=500,
        batch_size=8,
        learning_rate=0.002,
        optimizer="adamw",
        schedule="trapezoid",
    )
    training.add_argument(
        "--clipnorm", type=positive_number, default=5.0, help="largest norm of the gradient (5)"
    )
    add_run(parser.add_argument_group("run"))


def _add_network(group: Any) -> None:
    group.add_argument("--width", type=positive_number, help="factor on the trunk's channels (1)")
    group.add_argument("--neck_channels", type=positive_int, help="of the maps where they meet (48)")
    group.add_argument("--head_channels", type=positive_int, help="of the last map (24)")
    group.add_argument("--shrink_ratio", type=fraction, help="of a unit to its core (0.7)")
    group.add_argument("--weights", type=Path, help="to begin with: an .h5 file of `koocr train detector`")


def _add_data(group: Any) -> None:
    group.add_argument("--fonts", type=Path, help="faces to draw: faces.csv, coverage.tsv.gz, files")
    group.add_argument("--text", type=Path, help="folder of texts and dictionary_words.txt: what pages say")
    group.add_argument("--handwriting", type=Path, help="real hands beside the faces")
    group.add_argument(
        "--pages",
        type=Path,
        action="append",
        default=[],
        help="labelled pages beside the drawn, or alone: a folder with images/ and labels/; repeatable",
    )
    group.add_argument("--pages_share", type=fraction, default=0.5, help="of all pages, from --pages (0.5)")
    group.add_argument(
        "--validation_pages",
        type=Path,
        action="append",
        default=[],
        help="labelled pages to validate on, of the same form; repeatable",
    )
    group.add_argument(
        "--num_validation",
        type=non_negative_int,
        default=8,
        help="drawn pages of each condition to validate on (8)",
    )
    group.add_argument("--crop", type=positive_int, default=448, help="sides of a piece of a page (448)")
    group.add_argument(
        "--new_pages", type=positive_int, default=2, help="pages that come new with each batch (2)"
    )


def run(args: argparse.Namespace) -> int:
    """Trains, or goes on with the run in --logs."""
    need_keras()
    _check_sources(args)
    from koocr.training.threads import limit_threads, start_silently

    limit_threads(args.threads)
    if args.silent_mode:
        start_silently()
    from koocr.detection.training import train_detector

    settings, start = _network(args)
    training = _training(args)
    begins_anew = args.weights is not None
    check_same_run(args, settings.to_dict(), data=_DATA, has_start=begins_anew)
    logs = open_logs(args, settings.to_dict())
    if is_done(args, training.loop.num_steps, has_start=begins_anew):
        return 0
    with ExitStack() as closing:
        for log in logs:
            closing.callback(log.close)
        data = _data(args)
        write_run_settings(args, settings.to_dict(), training.to_dict())
        train_detector(
            settings, training, data, folder=args.logs, logs=logs, start=start, begins_anew=begins_anew
        )
    say_how_it_ended(args)
    return 0


def _check_sources(args: argparse.Namespace) -> None:
    if (args.fonts is None) != (args.text is None):
        raise ConfigError(
            "--fonts and --text go together: pages are drawn from both; give the other one, too"
        )
    if args.fonts is None and not args.pages:
        raise ConfigError("there is nothing to learn from; give --fonts and --text, --pages, or all of them")
    if args.fonts is None and args.handwriting is not None:
        raise ConfigError(
            "--handwriting only goes with drawn pages; give --fonts and --text, or leave it out"
        )


def _network(args: argparse.Namespace) -> tuple[DetectorSettings, Any]:
    """What is trained, and the weights to begin with or None."""
    from koocr.detection.metadata import DetectorMetadata
    from koocr.detection.settings import DetectorSettings
    from koocr.training.weights_file import read_settings, read_weights

    options = {name: getattr(args, name) for name in _NETWORK if getattr(args, name) is not None}
    if args.weights is None:
        return DetectorSettings.from_dict(options), None
    settings = DetectorMetadata.of(read_settings(args.weights), repr(str(args.weights))).settings
    stored = settings.to_dict()
    changed = [name for name, value in options.items() if stored[name] != value]
    if changed:
        found = ", ".join(f"{name}={stored[name]!r}" for name in changed)
        raise ConfigError(f"the weights {args.weights} were made with {found}; leave those options out")
    return settings, read_weights(args.weights)


def _training(args: argparse.Namespace) -> DetectorTrainingSettings:
    from koocr.detection.training import DetectorTrainingSettings

    return DetectorTrainingSettings(
        loop=loop_settings(args, args.steps_per_epoch),
        learning_rate=args.learning_rate,
        optimizer=args.optimizer,
        weight_decay=args.weight_decay,
        schedule=args.schedule,
        warmup_steps=args.warmup_steps,
        clipnorm=args.clipnorm,
        precision=args.precision,
        seed=args.seed,
    )


def _data(args: argparse.Namespace) -> DetectorData:
    from koocr.detection.crops import CropSettings, CropStream
    from koocr.detection.data import DetectorData, drawn_pages, mixed_pages, validation_pages

    sources = _sources(args)
    pages: Pages | None = None
    validation: dict[str, list[LabelledPage]] = {}
    if sources is not None:
        pages = drawn_pages(sources, seed=args.seed)
        validation |= validation_pages(sources, num=args.num_validation) if args.num_validation else {}
    stream = CropStream(
        mixed_pages(pages, _opened(args.pages), share=args.pages_share, seed=args.seed),
        batch_size=args.batch_size,
        seed=args.seed,
        settings=CropSettings(size=args.crop, new_pages=args.new_pages),
    )
    for folder in _opened(args.validation_pages):
        kept = range(min(len(folder), 3 * args.num_validation or _KEPT_PAGES))
        validation.setdefault("labelled", []).extend(folder.page(number) for number in kept)
    return DetectorData(stream.batch, validation)


def _sources(args: argparse.Namespace) -> PageSources | None:
    from koocr.detection.data import PageSources

    if args.fonts is None:
        return None
    return PageSources(fonts=args.fonts, text=args.text, handwriting=args.handwriting)


def _opened(paths: list[Path]) -> list[PageFolder]:
    from koocr.detection.data import open_folders

    folders = open_folders(paths)
    if folders:
        tell(counted(sum(map(len, folders)), "labelled page"))
    return folders
