"""`koocr train`: trains a network, on patches or on faces and hands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import (
    add_flag,
    boolean,
    fraction,
    need_keras,
    non_negative_int,
    number,
    positive_int,
    positive_number,
)
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.character.settings import CharacterSettings
    from koocr.character.training import TrainingData, TrainingSettings
    from koocr.data.synthesis import AugmentationSettings
    from koocr.training.logs import Log

NAME = "train"
HELP = "train a character network, from patches in ./data or from faces and hands"

_NETWORK_OPTIONS = (
    "network", "image_size", "fc_link", "split_components", "joint", "joint_rank", "direct_map",
    "iterative_refinement", "refinement_t", "adversarial_ratio", "dropout", "width",
)  # fmt: skip
_DATA_OPTIONS = (
    "data", "fonts", "handwriting", "words", "leave_out", "real_share", "written_share", "hide_share",
    "data_augmentation", "stroke_warp", "batch_size", "seed",
)  # fmt: skip
"""What decides which images a run learns from, and in which order."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("task", nargs="?", default="character", choices=("character",), help="what to train")
    _add_network(parser.add_argument_group("network (default: koocr's own, or that of --weights)"))
    _add_data(parser.add_argument_group("data"))
    _add_training(parser.add_argument_group("training"))
    _add_run(parser.add_argument_group("run"))


def _add_network(group: Any) -> None:
    group.add_argument(
        "--network", help="small, melnyk, VGG16, inception-resnet, mobilenet, efficient-net or afl"
    )
    group.add_argument("--image_size", type=positive_int, metavar="PIXELS", help="side of the input (64)")
    group.add_argument(
        "--fc_link", help="'', GAP, GWAP or GWOAP, or one a head: initial=GWAP,medial=GAP (GWAP)"
    )
    _optional_flag(group, "--split_components", "three jamo heads; false: one softmax (true)")
    _optional_flag(group, "--joint", "one exact softmax over 19·21·28, made of jamo (false)")
    group.add_argument("--joint_rank", type=positive_int, help="rank of its pairwise terms (16)")
    _optional_flag(group, "--direct_map", "eight fixed direction maps as input (false)")
    _optional_flag(group, "--iterative_refinement", "attention and a GRU per jamo (false)")
    group.add_argument("--refinement_t", type=positive_int, help="its steps (4)")
    _optional_flag(group, "--adversarial_learning", "a printed/handwritten discriminator (false)")
    group.add_argument(
        "--adversarial_ratio", type=float, help="how much of its reversed gradient counts (0.15)"
    )
    add_flag(
        group, "--fit_discriminator", default=True, help="train the discriminator too, not only against it"
    )
    group.add_argument("--dropout", type=fraction, help="share of pooled features dropped (0)")
    group.add_argument("--width", type=positive_number, help="factor on all channels (1)")
    group.add_argument(
        "--weights", help="to begin with: an .h5 file, or the name of a model of `koocr models`"
    )


def _optional_flag(group: Any, name: str, help: str) -> None:
    """A flag that was either given, or left to the network's own default (None)."""
    group.add_argument(name, type=boolean, nargs="?", const=True, metavar="true|false", help=help)


def _add_data(group: Any) -> None:
    group.add_argument("--data", type=Path, default=Path("./data"), help="folder of patches")
    group.add_argument(
        "--val_data", type=Path, default=Path("./val_data"), help="folder of patches to validate on"
    )
    group.add_argument("--patch_size", type=positive_int, default=10, help="patch files in memory at a time")
    group.add_argument(
        "--fonts", type=Path, help="faces to draw instead of patches: faces.csv, coverage.tsv.gz, files"
    )
    group.add_argument(
        "--handwriting", type=Path, help="real hands beside the faces: folder of labelled zips"
    )
    group.add_argument("--words", type=Path, help="words with frequencies: two syllables in three come by it")
    group.add_argument(
        "--glyph_store", type=Path, default=Path("./data/glyphs"), help="where drawn glyphs are kept"
    )
    group.add_argument(
        "--leave_out", default="", help="sources whose names begin so (comma between) are not used"
    )
    group.add_argument("--real_share", type=fraction, default=0.12, help="share of crops of real hands")
    group.add_argument(
        "--written_share",
        type=fraction,
        help="of the rest, share written with a moving pen (0.2; without --data_augmentation 0)",
    )
    group.add_argument("--hide_share", type=fraction, default=0.0, help="share of the syllables never shown")
    add_flag(group, "--data_augmentation", default=True, help="change each image anew each time")
    add_flag(group, "--stroke_warp", default=True, help="bend strokes, beside moving the whole")


def _add_training(group: Any) -> None:
    group.add_argument("--epochs", type=positive_int, default=1)
    group.add_argument("--steps_per_epoch", type=positive_int, default=1000, help="with --fonts")
    group.add_argument("--batch_size", type=positive_int, default=128)
    group.add_argument("--learning_rate", type=positive_number, default=0.001)
    group.add_argument("--optimizer", default="adamw", help="sgd, adam, adamw, adabound or muon")
    group.add_argument("--weight_decay", type=number, default=0.01)
    group.add_argument("--schedule", default="cosine", help="constant, cosine or trapezoid")
    group.add_argument("--warmup_steps", type=non_negative_int, default=300)
    group.add_argument("--label_smoothing", type=fraction, default=0.02)
    group.add_argument(
        "--average_decay", type=fraction, default=0.999, help="of the average weights; 0: none"
    )
    group.add_argument("--precision", default="float32", choices=("float32", "mixed_bfloat16"))
    group.add_argument("--seed", type=non_negative_int, default=0)


def _add_run(group: Any) -> None:
    group.add_argument("--logs", type=Path, default=Path("./logs"), help="folder for all that the run writes")
    group.add_argument("--threads", type=non_negative_int, default=0, help="for the backend; 0: it decides")
    group.add_argument(
        "--stop_after_minutes", type=positive_number, help="stop at an epoch's end; run again to go on"
    )
    add_flag(group, "--silent_mode", help="no progress bar, and no word from TensorFlow")
    add_flag(group, "--zip_weights", help="zip the weights of each epoch")
    add_flag(group, "--log_tensorboard", help="curves for TensorBoard in LOGS/tensorboard")
    add_flag(group, "--log_wandb", help="figures to Weights & Biases")


def run(args: argparse.Namespace) -> int:
    """Trains, or goes on with the run in --logs."""
    need_keras()
    from koocr.training.threads import limit_threads, start_silently

    limit_threads(args.threads)
    if args.silent_mode:
        start_silently()
    from koocr.character.training import train_network

    settings, start = _network(args)
    _training(args, steps_per_epoch=1)  # a wrong option shows before anything is drawn
    _check_same_run(args, settings, has_start=start is not None)
    logs = _logs(args, settings)
    data = _font_data(args, settings) if args.fonts else _patch_data(args, settings)
    training = _training(args, data.steps_per_epoch)
    if _is_done(args, training.loop.num_steps, has_start=start is not None):
        return 0
    args.logs.mkdir(parents=True, exist_ok=True)
    _write_settings(args, settings, training)
    try:
        train_network(
            settings, training, data, folder=args.logs, logs=logs, start=start, zip_weights=args.zip_weights
        )
    finally:
        for log in logs:
            log.close()
    _say_how_it_ended(args)
    return 0


def _network(args: argparse.Namespace) -> tuple[CharacterSettings, Any]:
    from koocr.character.keras_model import find_weights, load_model, stored_metadata
    from koocr.character.settings import CharacterSettings

    options = {name: getattr(args, name) for name in _NETWORK_OPTIONS if getattr(args, name) is not None}
    if args.adversarial_learning is not None:
        options["adversarial"] = args.adversarial_learning
    if args.weights is None:
        return CharacterSettings.from_dict(options), None
    path = find_weights(args.weights)
    stored = stored_metadata(path).settings
    settings = CharacterSettings.from_dict({**stored.to_dict(), **options})
    if settings != stored:
        changed = [name for name in options if getattr(settings, name) != getattr(stored, name)]
        found = ", ".join(f"{name}={getattr(stored, name)!r}" for name in changed)
        raise ConfigError(f"the weights {args.weights} were made with {found}; leave those options out")
    return settings, load_model(path)


def _patch_data(args: argparse.Namespace, settings: CharacterSettings) -> TrainingData:
    from koocr.character.patch_training import patch_data

    for name in ("handwriting", "words"):
        if getattr(args, name) is not None:
            raise ConfigError(f"--{name} goes with --fonts; name the folder of faces, or leave it out")
    return patch_data(
        args.data,
        args.val_data,
        patch_size=args.patch_size,
        batch_size=args.batch_size,
        size=settings.image_size,
        seed=args.seed,
        augmentation=_augmentation(args),
    )


def _font_data(args: argparse.Namespace, settings: CharacterSettings) -> TrainingData:
    from koocr.character.glyph_training import GlyphTraining, glyph_data
    from koocr.data.synthesis import SamplingSettings
    from koocr.data.synthesis.sampling import syllables_to_hide

    sampling = SamplingSettings(
        real=args.real_share,
        written=_written_share(args),
        hidden_symbols=syllables_to_hide(args.hide_share),
    )
    glyphs = GlyphTraining(
        fonts=args.fonts,
        store=args.glyph_store,
        handwriting=args.handwriting,
        words=args.words,
        sampling=sampling,
        leave_out=tuple(prefix for prefix in args.leave_out.split(",") if prefix),
    )
    return glyph_data(
        glyphs,
        batch_size=args.batch_size,
        steps_per_epoch=args.steps_per_epoch,
        size=settings.image_size,
        seed=args.seed,
        augmentation=_augmentation(args),
    )


def _written_share(args: argparse.Namespace) -> float:
    from koocr.data.synthesis import SamplingSettings

    if args.written_share is None:
        return SamplingSettings.written if args.data_augmentation else 0.0
    return float(args.written_share)


def _augmentation(args: argparse.Namespace) -> AugmentationSettings:
    from dataclasses import replace

    from koocr.data.synthesis import AugmentationSettings
    from koocr.data.synthesis.settings import PLAIN

    if not args.data_augmentation:
        return PLAIN
    return replace(AugmentationSettings(), stroke_warp=args.stroke_warp)


def _training(args: argparse.Namespace, steps_per_epoch: int) -> TrainingSettings:
    from koocr.character.training import TrainingSettings
    from koocr.training.loop import LoopSettings

    loop = LoopSettings(
        num_steps=args.epochs * steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
        average_decay=args.average_decay,
        stop_after_minutes=args.stop_after_minutes,
        is_silent=args.silent_mode,
    )
    return TrainingSettings(
        loop=loop,
        learning_rate=args.learning_rate,
        optimizer=args.optimizer,
        weight_decay=args.weight_decay,
        schedule=args.schedule,
        warmup_steps=args.warmup_steps,
        label_smoothing=args.label_smoothing,
        fit_discriminator=args.fit_discriminator,
        precision=args.precision,
        seed=args.seed,
    )


def _logs(args: argparse.Namespace, settings: CharacterSettings) -> tuple[Log, ...]:
    from koocr.training.logs import CsvLog, TensorBoardLog, WandbLog

    logs: list[Log] = [CsvLog(args.logs)]
    if args.log_tensorboard:
        logs.append(TensorBoardLog(args.logs))
    if args.log_wandb:
        logs.append(WandbLog(args.logs, {"network": settings.to_dict(), "command": _command(args)}))
    return tuple(logs)


def _write_settings(
    args: argparse.Namespace, settings: CharacterSettings, training: TrainingSettings
) -> None:
    from koocr.training.logs import write_settings

    described = {"network": settings.to_dict(), "training": training.to_dict(), "command": _command(args)}
    write_settings(args.logs, described)


def _command(args: argparse.Namespace) -> dict[str, str]:
    return {name: str(value) for name, value in vars(args).items()}


def _is_done(args: argparse.Namespace, num_steps: int, *, has_start: bool) -> bool:
    """Says what becomes of a run that is in the folder already; whether nothing is left to do."""
    from koocr.training.checkpoint import Checkpoint

    saved = Checkpoint.load(args.logs)
    if saved is None:
        return False
    if saved.is_finished and has_start:
        print(f"the run in {args.logs} came to its end; a new one begins with {args.weights}", flush=True)
        return False
    if saved.step >= num_steps:
        print(
            f"the run in {args.logs} has had its {saved.step} steps; give more --epochs to go on, --weights "
            "to begin a new run with those, or another folder as --logs"
        )
        return True
    unused = "; it was stopped, so --weights is not used" if has_start else ""
    print(f"going on with the run in {args.logs} after step {saved.step}{unused}", flush=True)
    return False


def _check_same_run(args: argparse.Namespace, settings: CharacterSettings, *, has_start: bool) -> None:
    """Raises ConfigError where the run to go on with in the folder has another network or other data.

    A folder of data may have moved, so only its name counts.
    """
    from koocr.training.checkpoint import Checkpoint
    from koocr.training.logs import read_settings

    stored = read_settings(args.logs)
    network, command, given = stored.get("network", {}), stored.get("command", {}), _command(args)
    changed = [name for name, value in settings.to_dict().items() if network.get(name, value) != value]
    found = [f"{name}={network[name]}" for name in changed]
    for name in _DATA_OPTIONS:
        if Path(command.get(name, given[name])).name != Path(given[name]).name:
            found.append(f"{name}={command[name]}")
    saved = Checkpoint.load(args.logs) if found else None
    if saved is not None and not (saved.is_finished and has_start):
        raise ConfigError(
            f"{args.logs} holds another run, with {', '.join(found)}; give the same to go on with it, or "
            "name another folder as --logs"
        )


def _say_how_it_ended(args: argparse.Namespace) -> None:
    from koocr.training.checkpoint import Checkpoint

    saved = Checkpoint.load(args.logs)
    if saved is not None and not saved.is_finished:
        print(f"stopped after step {saved.step} of {saved.num_steps}; the same command goes on")
    print(f"the weights are in {args.logs / 'weights.h5'}")
