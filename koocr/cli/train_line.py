"""`koocr train line`: trains a line recogniser on drawn lines, and on labelled ones beside them."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import fraction, need_keras, non_negative_int, positive_int, positive_number
from koocr.cli.train_line_data import DATA_OPTIONS, add_data, line_data_of
from koocr.cli.training_run import (
    add_run,
    add_training,
    character_trunk,
    check_same_run,
    is_done,
    loop_settings,
    open_logs,
    say_how_it_ended,
    write_run_settings,
)
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.line.metadata import LineMetadata
    from koocr.line.recognisers import Recogniser
    from koocr.line.settings import LineSettings
    from koocr.line.stages.settings import StageSettings
    from koocr.line.training import LineTrainingSettings

NAME = "train line"
HELP = "train a line network on lines drawn from faces, hands and texts, and on labelled ones"

_OWN = ("head", "width", "neck_layers", "neck_units", "neck_heads", "rank", "dropout")
_STAGES = ("transformation", "features", "sequence", "prediction")
_FAMILY = (*_STAGES, "channels", "hidden")
"""Options of the four-stage family, which any of its four stages calls for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    _add_network(parser.add_argument_group("network (default: koocr's own, or that of --weights)"))
    add_data(parser.add_argument_group("data"))
    training = parser.add_argument_group("training")
    add_training(
        training,
        steps_per_epoch=1000,
        batch_size=32,
        learning_rate=0.002,
        optimizer="muon",
        schedule="trapezoid",
    )
    training.add_argument(
        "--clipnorm", type=positive_number, default=0.0, help="largest norm of the gradient (no limit)"
    )
    training.add_argument(
        "--guide",
        type=fraction,
        default=0.0,
        help="weight of the loss of a second reader, by attention (0: none)",
    )
    run = parser.add_argument_group("run")
    add_run(run)
    run.add_argument(
        "--workers", type=non_negative_int, default=0, help="processes that draw lines; 0: a thread does (0)"
    )


def _add_network(group: Any) -> None:
    group.add_argument("--head", help="jamo, plain or jamo-sequence (jamo)")
    group.add_argument(
        "--height", type=positive_int, metavar="PIXELS", help="of the line (48; the family: 32)"
    )
    group.add_argument("--width", type=positive_number, help="factor on the trunk's channels (1)")
    group.add_argument("--neck_layers", type=non_negative_int, help="that mix along the line (2)")
    group.add_argument("--neck_units", type=positive_int, help="channels of a frame (192)")
    group.add_argument("--neck_heads", type=positive_int, help="of attention (6)")
    group.add_argument("--rank", type=positive_int, help="of the terms between jamo (16)")
    group.add_argument("--dropout", type=fraction, help="in the neck (0)")
    group.add_argument("--transformation", help="of the four-stage family: None or TPS")
    group.add_argument("--features", help="of the family: VGG, RCNN or ResNet")
    group.add_argument("--sequence", help="of the family: None or BiLSTM")
    group.add_argument("--prediction", help="of the family: CTC or Attn")
    group.add_argument("--channels", type=positive_int, help="of the family's last maps (512)")
    group.add_argument("--hidden", type=positive_int, help="units of the family's recurrent layers (256)")
    group.add_argument("--weights", type=Path, help="to begin with: an .h5 file of `koocr train line`")
    group.add_argument(
        "--character_weights",
        metavar="WEIGHTS",
        help="begin with the trunk of a character network: an .h5 file, or a name of `koocr models`",
    )


def run(args: argparse.Namespace) -> int:
    """Trains, or goes on with the run in --logs."""
    need_keras()
    from koocr.training.threads import limit_threads, start_silently

    limit_threads(args.threads)
    if args.silent_mode:
        start_silently()
    from koocr.line.recognisers import OwnRecogniser, StageRecogniser
    from koocr.line.stages.settings import StageSettings
    from koocr.line.training import train_line_network

    metadata, start = _network(args)
    settings = metadata.settings

    def make() -> Recogniser:
        if isinstance(settings, StageSettings):
            return StageRecogniser(settings, metadata.charset)
        return OwnRecogniser(settings, guide=args.guide)

    training = _training(args)
    begins_anew = args.weights is not None  # a trunk of --character_weights only helps a run to begin
    check_same_run(args, settings.to_dict(), data=DATA_OPTIONS, has_start=begins_anew)
    logs = open_logs(args, settings.to_dict())
    if is_done(args, training.loop.num_steps, has_start=begins_anew):
        return 0
    with ExitStack() as closing:
        for log in logs:
            closing.callback(log.close)
        data = line_data_of(args, metadata, closing)
        write_run_settings(args, settings.to_dict(), training.to_dict())
        train_line_network(
            make, training, data, folder=args.logs, logs=logs, start=start, begins_anew=begins_anew
        )
    say_how_it_ended(args)
    return 0


def _network(args: argparse.Namespace) -> tuple[LineMetadata, Any]:
    """What is trained, and the weights to begin with or None."""
    from koocr.line.metadata import LineMetadata
    from koocr.training.weights_file import read_settings, read_weights

    options = {name: getattr(args, name) for name in ("height", *_OWN, *_FAMILY)}
    options = {name: value for name, value in options.items() if value is not None}
    if args.weights is None:
        return LineMetadata(_settings(options, args.max_length)), character_trunk(args.character_weights)
    if args.character_weights is not None:
        raise ConfigError("--weights and --character_weights exclude each other; give one of them")
    metadata = LineMetadata.of(read_settings(args.weights), repr(str(args.weights)))
    stored = metadata.settings.to_dict()
    changed = [name for name, value in options.items() if stored.get(name) != value]
    if changed:
        found = ", ".join(f"{name}={stored[name]!r}" if name in stored else f"no {name}" for name in changed)
        raise ConfigError(f"the weights {args.weights} were made with {found}; leave those options out")
    return metadata, read_weights(args.weights)


def _settings(options: dict[str, Any], max_length: int) -> LineSettings | StageSettings:
    from koocr.charset import line_charset
    from koocr.line.settings import LineSettings
    from koocr.line.stages.settings import StageSettings

    is_family = any(name in options for name in _STAGES)
    foreign = [name for name in options if name in (_OWN if is_family else _FAMILY)]
    if foreign:
        whose = "koocr's own network" if is_family else "the four-stage family"
        raise ConfigError(f"--{foreign[0]} belongs to {whose}; leave it out, or the options of the other")
    if is_family:
        options = {"charset_size": len(line_charset()), "max_length": max_length, **options}
        return StageSettings.from_dict(options)
    return LineSettings.from_dict(options)


def _training(args: argparse.Namespace) -> LineTrainingSettings:
    from koocr.line.training import LineTrainingSettings

    return LineTrainingSettings(
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
