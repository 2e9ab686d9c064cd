"""`koocr train`: trains a network, on patches or on faces and hands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import add_flag, boolean, fraction, non_negative_int, positive_int, positive_number
from koocr.errors import ConfigError

if TYPE_CHECKING:
    from koocr.character.settings import CharacterSettings
    from koocr.character.training import Batches
    from koocr.character.validation import ValidationSet
    from koocr.data.glyphs import GlyphSource

NAME = "train"
HELP = "train a character network, from patches in ./data or from faces and hands"

_NETWORK_OPTIONS = (
    "network", "image_size", "fc_link", "split_components", "joint", "joint_rank", "direct_map",
    "iterative_refinement", "refinement_t", "adversarial_ratio", "dropout", "width",
)  # fmt: skip


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
    group.add_argument("--weights", type=Path, help="an .h5 file to begin with")


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
    group.add_argument("--words", type=Path, help="word list with frequencies: half the syllables come by it")
    group.add_argument(
        "--glyph_store", type=Path, default=Path("./data/glyphs"), help="where drawn glyphs are kept"
    )
    group.add_argument(
        "--leave_out", default="", help="sources whose names begin so (comma between) are not used"
    )
    group.add_argument("--real_share", type=fraction, default=0.12, help="share of crops of real hands")
    group.add_argument("--hide_share", type=fraction, default=0.0, help="share of the syllables never shown")
    add_flag(group, "--data_augmentation", default=True, help="change each image anew each time")
    add_flag(group, "--stroke_warp", default=True, help="bend strokes, beside moving the whole")


def _add_training(group: Any) -> None:
    group.add_argument("--epochs", type=positive_int, default=1)
    group.add_argument("--steps_per_epoch", type=positive_int, default=1000, help="with --fonts")
    group.add_argument("--batch_size", type=positive_int, default=128)
    group.add_argument("--learning_rate", type=positive_number, default=0.001)
    group.add_argument("--optimizer", default="adamw", help="sgd, adam, adamw, adabound or muon")
    group.add_argument("--weight_decay", type=float, default=0.01)
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
    add_flag(group, "--silent_mode", help="no progress bar")
    add_flag(group, "--zip_weights", help="zip the weights of each epoch")
    add_flag(group, "--log_tensorboard", help="curves for TensorBoard in LOGS/tensorboard")
    add_flag(group, "--log_wandb", help="figures to Weights & Biases")


def run(args: argparse.Namespace) -> int:
    """Trains, or goes on with the run in --logs."""
    from koocr.training.threads import limit_threads

    limit_threads(args.threads)
    from koocr.character.training import train_network

    settings, start = _network(args)
    batches, steps, validation = _font_data(args, settings) if args.fonts else _patch_data(args, settings)
    training = _training(args, steps)
    args.logs.mkdir(parents=True, exist_ok=True)
    logs = _logs(args, settings, training)
    try:
        train_network(
            settings, training, batches, folder=args.logs, validation=validation, logs=logs, start=start,
            zip_weights=args.zip_weights,
        )  # fmt: skip
    finally:
        for log in logs:
            log.close()
    print(f"the weights are in {args.logs / 'weights.h5'}")
    return 0


def _network(args: argparse.Namespace) -> tuple[CharacterSettings, Any]:
    from koocr.character.keras_model import load_model, stored_metadata
    from koocr.character.settings import CharacterSettings

    options = {name: getattr(args, name) for name in _NETWORK_OPTIONS if getattr(args, name) is not None}
    if args.adversarial_learning is not None:
        options["adversarial"] = args.adversarial_learning
    if args.weights is None:
        return CharacterSettings.from_dict(options), None
    stored = stored_metadata(args.weights)["settings"]
    settings = CharacterSettings.from_dict({**stored, **options})
    if settings != CharacterSettings.from_dict(stored):
        raise ConfigError(
            f"{args.weights} belongs to another network ({stored}); leave the network's options out"
        )
    return settings, load_model(args.weights)


def _patch_data(
    args: argparse.Namespace, settings: CharacterSettings
) -> tuple[Batches, int, ValidationSet | None]:
    from koocr.character.patch_training import PatchBatches, store_of
    from koocr.character.validation import make_validation_set
    from koocr.data.patches import list_patches, read_patch

    batches = PatchBatches(
        args.data,
        patch_size=args.patch_size,
        batch_size=args.batch_size,
        size=settings.image_size,
        seed=args.seed,
        augmentation=_augmentation(args),
    )
    validation = None
    if args.val_data.is_dir() and list_patches(args.val_data):
        store = store_of([read_patch(file) for file in list_patches(args.val_data)])
        validation = make_validation_set(store, per_source=200, size=settings.image_size)
    return batches.batch, batches.steps_per_epoch, validation


def _font_data(
    args: argparse.Namespace, settings: CharacterSettings
) -> tuple[Batches, int, ValidationSet | None]:
    from koocr.character.validation import make_validation_set
    from koocr.data.frequencies import syllable_frequencies
    from koocr.data.glyphs import build_store
    from koocr.data.synthesis import GlyphSampler, GlyphStream, SamplingSettings

    store = build_store(args.glyph_store / "train", _sources(args, "train"))
    validation = build_store(args.glyph_store / "val", _sources(args, "val"))
    sampling = SamplingSettings(real=args.real_share, hidden_symbols=hidden_symbols(args.hide_share))
    frequencies = None if args.words is None else syllable_frequencies(args.words)
    leave_out = tuple(prefix for prefix in args.leave_out.split(",") if prefix)
    sampler = GlyphSampler(store, sampling, frequencies=frequencies, leave_out=leave_out)
    stream = GlyphStream(
        store,
        sampler,
        batch_size=args.batch_size,
        size=settings.image_size,
        seed=args.seed,
        augmentation=_augmentation(args),
    )
    return (
        stream.batch,
        args.steps_per_epoch,
        make_validation_set(validation, per_source=100, size=settings.image_size),
    )


def _sources(args: argparse.Namespace, split: str) -> list[GlyphSource]:
    from koocr.data.sources import face_sources, writer_sources

    sources = face_sources(args.fonts, split=split)
    return sources + (writer_sources(args.handwriting, split=split) if args.handwriting else [])


def hidden_symbols(share: float) -> frozenset[int]:
    """The syllables that are never shown, the same for the same share."""
    import numpy as np

    from koocr.hangul import NUM_SYLLABLES

    order = np.random.default_rng(11172).permutation(NUM_SYLLABLES)
    return frozenset(order[: round(share * NUM_SYLLABLES)].tolist())


def _augmentation(args: argparse.Namespace) -> Any:
    from dataclasses import replace

    from koocr.data.synthesis import AugmentationSettings
    from koocr.data.synthesis.settings import PLAIN

    if not args.data_augmentation:
        return PLAIN
    return replace(AugmentationSettings(), stroke_warp=args.stroke_warp)


def _training(args: argparse.Namespace, steps_per_epoch: int) -> Any:
    from koocr.character.training import TrainingSettings
    from koocr.training.loop import LoopSettings

    num_steps = args.epochs * steps_per_epoch
    return TrainingSettings(
        loop=LoopSettings(
            num_steps=num_steps,
            steps_per_epoch=steps_per_epoch,
            average_decay=args.average_decay,
            stop_after_minutes=args.stop_after_minutes,
            is_silent=args.silent_mode,
        ),
        learning_rate=args.learning_rate,
        optimizer=args.optimizer,
        weight_decay=args.weight_decay,
        schedule=args.schedule,
        warmup_steps=min(args.warmup_steps, num_steps // 4),
        label_smoothing=args.label_smoothing,
        kind_weight=0.1 if args.fit_discriminator else 0.0,
        precision=args.precision,
    )


def _logs(args: argparse.Namespace, settings: CharacterSettings, training: Any) -> tuple[Any, ...]:
    from koocr.training.checkpoint import Checkpoint
    from koocr.training.logs import CsvLog, TensorBoardLog, WandbLog, write_settings

    described = {"network": settings.to_dict(), "training": training.to_dict(), "command": vars(args)}
    described["command"] = {name: str(value) for name, value in vars(args).items() if not callable(value)}
    write_settings(args.logs, described)
    saved = Checkpoint.load(args.logs)
    logs: list[Any] = [CsvLog(args.logs, resume_step=saved.step if saved else 0)]
    if args.log_tensorboard:
        logs.append(TensorBoardLog(args.logs))
    if args.log_wandb:
        logs.append(WandbLog(args.logs, described))
    return tuple(logs)
