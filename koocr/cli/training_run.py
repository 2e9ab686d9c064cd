"""What the training commands share: options of the loop and of the run, its logs, and what they say of it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koocr.cli.options import add_flag, fraction, non_negative_int, number, positive_int, positive_number
from koocr.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

    from koocr.training.logs import Log
    from koocr.training.loop import LoopSettings

_BETWEEN = ", "  # the values of an option that is given several times


def add_training(group: Any, **defaults: Any) -> None:
    """Adds the options of the loop and the optimiser.

    Args:
        group: where to.
        defaults: `steps_per_epoch`, `batch_size`, `learning_rate`, `optimizer`, `schedule`.
    """
    group.add_argument("--epochs", type=positive_int, default=1)
    group.add_argument("--steps_per_epoch", type=positive_int, default=defaults["steps_per_epoch"])
    group.add_argument("--batch_size", type=positive_int, default=defaults["batch_size"])
    group.add_argument("--learning_rate", type=positive_number, default=defaults["learning_rate"])
    group.add_argument(
        "--optimizer", default=defaults["optimizer"], help="sgd, adam, adamw, adabound or muon"
    )
    group.add_argument("--weight_decay", type=number, default=0.01)
    group.add_argument("--schedule", default=defaults["schedule"], help="constant, cosine or trapezoid")
    group.add_argument("--warmup_steps", type=non_negative_int, default=300)
    group.add_argument(
        "--average_decay", type=fraction, default=0.999, help="of the average weights; 0: none"
    )
    group.add_argument("--precision", default="float32", choices=("float32", "mixed_bfloat16"))
    group.add_argument("--seed", type=non_negative_int, default=0)


def add_run(group: Any) -> None:
    """Adds where a run writes to, how long it goes on, and what it tells."""
    group.add_argument("--logs", type=Path, default=Path("./logs"), help="folder for all that the run writes")
    group.add_argument("--threads", type=non_negative_int, default=0, help="for the backend; 0: it decides")
    group.add_argument(
        "--stop_after_minutes", type=positive_number, help="stop at an epoch's end; run again to go on"
    )
    add_flag(group, "--silent_mode", help="no progress bar, and no word from TensorFlow")
    add_flag(group, "--log_tensorboard", help="curves for TensorBoard in LOGS/tensorboard")
    add_flag(group, "--log_wandb", help="figures to Weights & Biases")


def loop_settings(args: argparse.Namespace, steps_per_epoch: int) -> LoopSettings:
    """How long, as the options say."""
    from koocr.training.loop import LoopSettings

    return LoopSettings(
        num_steps=args.epochs * steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
        average_decay=args.average_decay,
        stop_after_minutes=args.stop_after_minutes,
        is_silent=args.silent_mode,
    )


def character_trunk(weights: str | None) -> Mapping[str, np.ndarray] | None:
    """The weights of a character network for a line network to begin with, by path; None where none is named.

    Args:
        weights: an .h5 file, or the name of a shipped model.

    Raises:
        WeightsError: there is neither, or it is damaged.
    """
    from koocr.training.weights_file import read_weights
    from koocr.weights import keras_file

    return read_weights(keras_file(weights, task="character")) if weights else None


def open_logs(args: argparse.Namespace, network: Mapping[str, Any]) -> tuple[Log, ...]:
    """The logs that the options ask for."""
    from koocr.training.logs import CsvLog, TensorBoardLog, WandbLog

    logs: list[Log] = [CsvLog(args.logs)]
    if args.log_tensorboard:
        logs.append(TensorBoardLog(args.logs))
    if args.log_wandb:
        logs.append(WandbLog(args.logs, {"network": dict(network), "command": _command(args)}))
    return tuple(logs)


def write_run_settings(
    args: argparse.Namespace, network: Mapping[str, Any], training: Mapping[str, Any]
) -> None:
    """Keeps beside the run what it was started with; makes its folder."""
    from koocr.training.logs import write_settings

    args.logs.mkdir(parents=True, exist_ok=True)
    described = {"network": dict(network), "training": dict(training), "command": _command(args)}
    write_settings(args.logs, described)


def _command(args: argparse.Namespace) -> dict[str, str]:
    return {
        name: _BETWEEN.join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in vars(args).items()
    }


def _names(value: str) -> list[str]:
    """The last parts of one path or of several."""
    return [Path(part).name for part in value.split(_BETWEEN)]


def check_same_run(
    args: argparse.Namespace, network: Mapping[str, Any], *, data: Iterable[str], has_start: bool
) -> None:
    """Raises ConfigError where the run to go on with in the folder has another network or other data.

    A folder of data may have moved, so only its name counts.

    Args:
        args: of the command.
        network: its settings.
        data: names of the options that decide what a run learns from, and in which order.
        has_start: whether a run that came to its end makes room for a new one.
    """
    from koocr.training.checkpoint import Checkpoint
    from koocr.training.logs import read_settings

    stored = read_settings(args.logs)
    had, command, given = stored.get("network", {}), stored.get("command", {}), _command(args)
    changed = [name for name, value in network.items() if had.get(name, value) != value]
    found = [f"{name}={had[name]}" for name in changed]
    for name in data:
        if _names(command.get(name, given[name])) != _names(given[name]):
            found.append(f"{name}={command[name]}")
    saved = Checkpoint.load(args.logs) if found else None
    if saved is not None and not (saved.is_finished and has_start):
        raise ConfigError(
            f"{args.logs} holds another run, with {', '.join(dict.fromkeys(found))}; give the same to go on "
            "with it, or name another folder as --logs"
        )


def is_done(args: argparse.Namespace, num_steps: int, *, has_start: bool) -> bool:
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


def say_how_it_ended(args: argparse.Namespace) -> None:
    """Whether it came to its end, and where the weights are."""
    from koocr.training.checkpoint import Checkpoint

    saved = Checkpoint.load(args.logs)
    if saved is not None and not saved.is_finished:
        print(f"stopped after step {saved.step} of {saved.num_steps}; the same command goes on")
    print(f"the weights are in {args.logs / 'weights.h5'}")
