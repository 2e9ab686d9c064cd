"""`koocr train`: trains a network, on patches or on faces and hands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import add_flag, boolean, fraction, need_keras, positive_int, positive_number
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
    from koocr.character.importance import Choice
    from koocr.character.settings import CharacterSettings
    from koocr.character.training import TrainingData, TrainingSettings
    from koocr.data.synthesis import AugmentationSettings

NAME = "train"
HELP = "train a character network, from patches in ./data or from faces and hands"

_NETWORK_OPTIONS = (
    "network", "image_size", "fc_link", "split_components", "joint", "joint_rank", "direct_map",
    "iterative_refinement", "refinement_t", "adversarial_ratio", "dropout", "width",
)  # fmt: skip
_DATA_OPTIONS = (
    "data", "fonts", "handwriting", "words", "leave_out", "real_share", "written_share", "hide_share",
    "data_augmentation", "stroke_warp", "batch_size", "seed", "choose_by", "choose_of",
    "choose_legible", "judge_sha256",
)  # fmt: skip
"""What decides which images a run learns from, and in which order."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("task", nargs="?", default="character", choices=("character",), help="what to train")
    _add_network(parser.add_argument_group("network (default: koocr's own, or that of --weights)"))
    _add_data(parser.add_argument_group("data"))
    training = parser.add_argument_group("training (--steps_per_epoch: with --fonts)")
    add_training(
        training,
        steps_per_epoch=1000,
        batch_size=128,
        learning_rate=0.001,
        optimizer="adamw",
        schedule="cosine",
    )
    training.add_argument("--label_smoothing", type=fraction, default=0.02)
    group = parser.add_argument_group("run")
    add_run(group)
    add_flag(group, "--zip_weights", help="zip the weights of each epoch")


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
    group.add_argument("--words", type=Path, help="words with frequencies: half of the syllables come by it")
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
    group.add_argument(
        "--choose_by",
        metavar="WEIGHTS",
        help="train mostly on what this network (a name or an ONNX file) reads badly",
    )
    group.add_argument(
        "--choose_of", type=positive_int, metavar="N", help="with --choose_by: take one image of N (6)"
    )
    group.add_argument(
        "--choose_legible",
        type=fraction,
        metavar="P",
        help="with --choose_by: count images less whose label has a probability below P (0.02)",
    )
    group.add_argument("--hide_share", type=fraction, default=0.0, help="share of the syllables never shown")
    add_flag(group, "--data_augmentation", default=True, help="change each image anew each time")
    add_flag(group, "--stroke_warp", default=True, help="bend strokes, beside moving the whole")


def run(args: argparse.Namespace) -> int:
    """Trains, or goes on with the run in --logs."""
    need_keras()
    from koocr.training.threads import limit_threads, start_silently

    limit_threads(args.threads)
    if args.silent_mode:
        start_silently()
    from koocr.character.training import train_network

    settings, start = _network(args)
    _choice(args)
    args.judge_sha256 = _judge_sha256(args)
    _training(args, steps_per_epoch=1)  # a wrong option shows before anything is drawn
    check_same_run(args, settings.to_dict(), data=_DATA_OPTIONS, has_start=start is not None)
    logs = open_logs(args, settings.to_dict())
    data = _font_data(args, settings) if args.fonts else _patch_data(args, settings)
    training = _training(args, data.steps_per_epoch)
    if is_done(args, training.loop.num_steps, has_start=start is not None):
        return 0
    write_run_settings(args, settings.to_dict(), training.to_dict())
    try:
        train_network(
            settings, training, data, folder=args.logs, logs=logs, start=start, zip_weights=args.zip_weights
        )
    finally:
        for log in logs:
            log.close()
    say_how_it_ended(args)
    return 0


def _network(args: argparse.Namespace) -> tuple[CharacterSettings, Any]:
    from koocr.character.keras_model import load_model, stored_metadata
    from koocr.character.settings import CharacterSettings
    from koocr.weights import keras_file

    options = {name: getattr(args, name) for name in _NETWORK_OPTIONS if getattr(args, name) is not None}
    if args.adversarial_learning is not None:
        options["adversarial"] = args.adversarial_learning
    if args.weights is None:
        return CharacterSettings.from_dict(options), None
    path = keras_file(args.weights, task="character")
    stored = stored_metadata(path).settings
    settings = CharacterSettings.from_dict({**stored.to_dict(), **options})
    if settings != stored:
        changed = [name for name in options if getattr(settings, name) != getattr(stored, name)]
        found = ", ".join(f"{name}={getattr(stored, name)!r}" for name in changed)
        raise ConfigError(f"the weights {args.weights} were made with {found}; leave those options out")
    return settings, load_model(path)


def _patch_data(args: argparse.Namespace, settings: CharacterSettings) -> TrainingData:
    from koocr.character.patch_training import patch_data

    for name in ("handwriting", "words", "choose_by"):
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
        choice=_choice(args),
    )
    return glyph_data(
        glyphs,
        batch_size=args.batch_size,
        steps_per_epoch=args.steps_per_epoch,
        size=settings.image_size,
        seed=args.seed,
        augmentation=_augmentation(args),
    )


def _choice(args: argparse.Namespace) -> Choice | None:
    """Which images are trained on; raises ConfigError on an option that goes with others."""
    options = {"one_of": args.choose_of, "legible": args.choose_legible}
    given = {name: value for name, value in options.items() if value is not None}
    if args.choose_by is None:
        if given:
            raise ConfigError(
                "--choose_of and --choose_legible go with --choose_by; name a network that reads"
            )
        return None
    from koocr.character.importance import Choice

    return Choice(args.choose_by, **given)


def _judge_sha256(args: argparse.Namespace) -> str:
    """Of the file that chooses: another one of the same name would choose other images."""
    if args.choose_by is None:
        return ""
    from koocr.character.importance import load_judge
    from koocr.data.files import sha256_of
    from koocr.weights import reading_file

    load_judge(args.choose_by)  # a wrong one is told here, before anything is drawn
    return sha256_of(reading_file(args.choose_by, task="character")[0])


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

    return TrainingSettings(
        loop=loop_settings(args, steps_per_epoch),
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
