"""`koocr compare lines`: trains line recognisers under one equal budget, and writes their table and plots."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.command_line import print_table, written_command
from koocr.cli.options import (
    add_flag,
    did_you_mean,
    need_keras,
    non_negative_int,
    positive_int,
    positive_number,
)
from koocr.cli.training_run import character_trunk
from koocr.errors import ConfigError, TrainingError, missing_dependency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from koocr.line.comparison import ComparisonSettings, Result
    from koocr.line.comparison_data import ComparisonData

NAME = "compare"
HELP = "train line recognisers, the 24 of the family and koocr's own, under one equal budget"

_ON_THIS_MACHINE = ("out", "threads", "silent_mode", "what")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("what", nargs="?", default="lines", choices=("lines",), help="what is compared")
    parser.add_argument(
        "--recognisers",
        default="family",
        help="names with commas between, such as TPS-VGG-BiLSTM-Attn,koocr-jamo; family: the 24; own: "
        "koocr's; all (family)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("./comparison"), help="folder for all that is written (./comparison)"
    )
    _add_data(parser.add_argument_group("lines"))
    _add_training(parser.add_argument_group("training"))


def _add_data(group: Any) -> None:
    group.add_argument(
        "--fonts", type=Path, required=True, help="folder with faces.csv, coverage.tsv.gz and the fonts"
    )
    group.add_argument("--text", type=Path, required=True, help="folder with dictionary_words.txt and texts")
    group.add_argument(
        "--lines", default="words", choices=("words", "training"),
        help="dictionary words under named conditions, or what koocr's own is trained on (words)",
    )  # fmt: skip
    group.add_argument("--conditions", default="basic,skew", help="of words, to learn from (basic,skew)")
    group.add_argument("--symbols", type=non_negative_int, default=300, help="of words; 0: all (300)")
    group.add_argument("--words", type=positive_int, default=3, help="of a line (3)")
    group.add_argument(
        "--split", default="val", choices=("val", "test"), help="faces and words that are read (val)"
    )
    group.add_argument("--num_test", type=positive_int, default=100, help="lines of each test (100)")
    group.add_argument("--handwriting", type=Path, help="real hands, with --lines=training")


def _add_training(group: Any) -> None:
    group.add_argument("--steps", type=positive_int, help="budget: so many steps for each")
    group.add_argument("--minutes", type=positive_number, help="or: as many steps as take so long")
    group.add_argument("--batch_size", type=positive_int, default=32)
    group.add_argument("--channels", type=positive_int, default=512, help="of the family (512)")
    group.add_argument("--hidden", type=positive_int, default=256, help="recurrent units of the family (256)")
    group.add_argument("--width", type=positive_number, default=1.0, help="factor on koocr's channels (1)")
    group.add_argument(
        "--character_weights",
        metavar="WEIGHTS",
        default="",
        help="for koocr's own to begin with: an .h5 file of a character network, or a name of `koocr models`",
    )
    group.add_argument("--optimizer", default="adamw", help="sgd, adam, adamw, adabound or muon")
    group.add_argument("--learning_rate", type=positive_number, default=0.001)
    group.add_argument("--seed", type=non_negative_int, default=0)
    group.add_argument("--threads", type=non_negative_int, default=0, help="for the backend; 0: it decides")
    add_flag(group, "--silent_mode", help="no progress bar, and no word from TensorFlow")


def run(args: argparse.Namespace) -> int:
    """Compares, or goes on with the comparison in --out; writes the report anew after each recogniser."""
    need_keras()
    try:
        import matplotlib  # noqa: F401  (before hours of training, not after)
    except ImportError as error:
        raise missing_dependency("matplotlib", "train") from error
    from koocr.training.threads import limit_threads, start_silently

    limit_threads(args.threads)
    if args.silent_mode:
        start_silently()
    from koocr.line.comparison import compare
    from koocr.line.comparison_report import comparison_table

    names, settings = _names(args.recognisers), _settings(args)
    data = _data(args)

    def write(results: Sequence[Result]) -> None:
        _write(results, data, settings, args)

    results = compare(
        names,
        data,
        settings,
        folder=args.out,
        start=character_trunk(args.character_weights),
        on_result=write,
        is_silent=args.silent_mode,
    )
    if results:
        print_table(comparison_table(sorted(results, key=lambda result: -result.mean_exact)))
        print(f"the report is in {args.out / 'report.html'}")
    return 0 if len(results) == len(names) else TrainingError.exit_code


def _names(text: str) -> list[str]:
    from koocr.line.recognisers import OWN, names
    from koocr.line.stages.settings import stage_names

    groups = {"family": stage_names(), "own": OWN, "all": names()}
    chosen: dict[str, None] = {}
    for word in filter(None, text.split(",")):
        if word not in groups and word not in names():
            hint = did_you_mean(word, (*groups, *names())) or f"there are {', '.join(names())}"
            raise ConfigError(f"there is no recogniser {word!r}; {hint}")
        chosen.update(dict.fromkeys(groups.get(word, (word,))))
    if not chosen:
        raise ConfigError("no recogniser is named; give some to --recognisers")
    return list(chosen)


def _settings(args: argparse.Namespace) -> ComparisonSettings:
    from koocr.line.comparison import Budget, ComparisonSettings
    from koocr.line.recognisers import Sizes

    return ComparisonSettings(
        budget=Budget(steps=args.steps or 0, minutes=args.minutes or 0.0),
        sizes=Sizes(channels=args.channels, hidden=args.hidden, width=args.width),
        optimizer=args.optimizer,
        learning_rate=args.learning_rate,
        seed=args.seed,
        trunk=Path(args.character_weights).name,
    )


def _data(args: argparse.Namespace) -> ComparisonData:
    from koocr.line.comparison_data import ConditionSettings, condition_data, training_data

    if args.lines == "training":
        from koocr.line.drawn import LineDrawing, LineSources

        sources = LineSources(fonts=args.fonts, text=args.text, handwriting=args.handwriting)
        drawing = LineDrawing(batch_size=args.batch_size, seed=args.seed, num_validation=args.num_test)
        return training_data(sources, drawing)
    settings = ConditionSettings(
        conditions=tuple(filter(None, args.conditions.split(","))),
        num_symbols=args.symbols,
        num_words=args.words,
        num_test=args.num_test,
        split=args.split,
        batch_size=args.batch_size,
        seed=args.seed,
    )
    return condition_data(args.fonts, args.text, settings)


def _write(
    results: Sequence[Result], data: ComparisonData, settings: ComparisonSettings, args: argparse.Namespace
) -> None:
    from koocr.evaluation.report import write_report
    from koocr.line.comparison_report import build_comparison_report

    command = written_command("compare lines", args, add_arguments, left_out=_ON_THIS_MACHINE)
    report = build_comparison_report(results, data, settings, folder=args.out, command=command)
    write_report(report, args.out)
