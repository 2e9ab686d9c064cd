"""Training a character network: from settings to weights."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from koocr.character.losses import SoftmaxCrossEntropy
from koocr.character.network import build_network, head_of
from koocr.character.settings import CharacterSettings
from koocr.character.symbols import encode, split_targets, symbol
from koocr.character.validation import ValidationSet, validate
from koocr.data.synthesis import GlyphBatch
from koocr.errors import ConfigError
from koocr.training.logs import Log
from koocr.training.loop import LoopSettings, TrainingBatch, TrainingLoop
from koocr.training.optimizers import make_optimizer
from koocr.training.schedules import Schedule
from koocr.training.weights_file import save_weights

Batches = Callable[[int], GlyphBatch]


@dataclass(frozen=True)
class TrainingSettings:
    """How a character network is trained; the network itself is `CharacterSettings`.

    Attributes:
        learning_rate: the schedule's peak.
        optimizer: see `koocr.training.optimizers`.
        weight_decay: decoupled.
        schedule: see `koocr.training.schedules`.
        warmup_steps: of straight rise.
        label_smoothing: of every output but "kind".
        single_weight: of the loss of "single", an easy output that would else dull the others.
        kind_weight: of the loss of "kind", the discriminator.
        early_weight: of the loss of refinement steps before the last.
        clipnorm: largest norm of the gradient; 0: no limit.
        precision: "float32" or "mixed_bfloat16".
        loop: how long, and what is kept.
    """

    loop: LoopSettings
    learning_rate: float = 0.001
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    schedule: str = "cosine"
    warmup_steps: int = 300
    label_smoothing: float = 0.02
    single_weight: float = 0.5
    kind_weight: float = 0.1
    early_weight: float = 0.3
    clipnorm: float = 0.0
    precision: str = "float32"

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain JSON values."""
        return asdict(self)


def train_network(
    network: CharacterSettings,
    training: TrainingSettings,
    batches: Batches,
    *,
    folder: Path,
    validation: ValidationSet | None = None,
    logs: tuple[Log, ...] = (),
    start: keras.Model | None = None,
    zip_weights: bool = False,
) -> keras.Model:
    """Trains a network on numbered batches, or goes on with the run in `folder`.

    Args:
        network: what is trained.
        training: how.
        batches: makes batch number i.
        folder: gets the checkpoint and, after every epoch, `weights.h5`, the average weights.
        validation: images of faces and hands that are not trained on.
        logs: each gets a row an epoch.
        start: a model whose weights to begin with, for a run that has no checkpoint.
        zip_weights: also keep the weights of every epoch, zipped.

    Returns:
        The trained model, float32, with the average weights.

    Raises:
        TrainingError: the loss became NaN or infinite; `folder` keeps the last good weights.
    """
    with _precision(training.precision):
        model = build_network(network)
        if start is not None:
            model.set_weights(start.get_weights())
        compile_network(model, training)
    loop = TrainingLoop(
        model,
        lambda step: to_training_batch(batches(step), network, tuple(model.output_names)),
        schedule=_schedule(training),
        settings=training.loop,
        folder=folder,
    )
    loop.resume()
    final = build_network(network)

    def figures() -> dict[str, float]:
        return {} if validation is None else validate(model, validation)

    def keep(epoch: int, row: Mapping[str, float]) -> None:
        save_weights(folder / "weights.h5", model, {"settings": network.to_dict()})
        if zip_weights:
            _zip(folder / "weights.h5", folder / f"weights_{epoch:04d}.zip")

    loop.run(validate=figures, logs=logs, on_epoch=keep)
    final.set_weights(loop.average.values if training.loop.average_decay else model.get_weights())
    return final


def _zip(source: Path, target: Path) -> None:
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, source.name)
    partial.replace(target)


class _precision:
    """Keras's global precision within a context; layers remember what they were made with."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self._name)

    def __exit__(self, *_: object) -> None:
        keras.config.set_dtype_policy(self._before)


def compile_network(model: keras.Model, training: TrainingSettings) -> None:
    """Gives a model its losses, one for each output, and its optimiser."""
    optimizer = make_optimizer(
        training.optimizer,
        training.learning_rate,
        weight_decay=training.weight_decay,
        clipnorm=training.clipnorm or None,
    )
    losses = {name: _loss(name, training) for name in model.output_names}
    weights = {name: _loss_weight(name, training) for name in model.output_names}
    model.compile(optimizer=optimizer, loss=losses, loss_weights=weights)


def _loss(output: str, training: TrainingSettings) -> keras.losses.Loss:
    if output == "kind":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return SoftmaxCrossEntropy(training.label_smoothing)


def _loss_weight(output: str, training: TrainingSettings) -> float:
    if output == "kind":
        return training.kind_weight
    if output == "single":
        return training.single_weight
    return 1.0 if head_of(output) == output else training.early_weight


def _schedule(training: TrainingSettings) -> Schedule:
    return Schedule(
        training.schedule,
        peak=training.learning_rate,
        num_steps=training.loop.num_steps,
        num_warmup=training.warmup_steps,
    )


def to_training_batch(
    batch: GlyphBatch, network: CharacterSettings, outputs: tuple[str, ...]
) -> TrainingBatch:
    """Scales images to ink 1 on ground 0 and spells out each output's labels and their weights.

    Raises:
        ConfigError: a symbol is not in the network's charset.
    """
    labels, weights = split_targets(batch.symbols.astype(np.int64))
    if network.charset is not None:
        labels["symbol"] = charset_positions(network.charset, labels["symbol"])
    labels["kind"] = batch.is_handwritten.astype(np.int64)[:, None]
    weights["kind"] = np.ones(len(batch.symbols), np.float32)
    return TrainingBatch(
        images=(batch.images.astype(np.float32) / 255)[..., None],
        labels={name: labels[head_of(name)] for name in outputs},
        weights={name: weights[head_of(name)] for name in outputs},
    )


def charset_positions(charset: str, symbols: np.ndarray) -> np.ndarray:
    """Where each symbol id stands in a charset.

    Raises:
        ConfigError: one doesn't.
    """
    ids = encode(charset)
    order = np.argsort(ids)
    found = np.searchsorted(ids[order], symbols)
    known = (found < len(ids)) & (ids[order][np.minimum(found, len(ids) - 1)] == symbols)
    if not known.all():
        unknown = symbol(int(symbols[~known][0]))
        raise ConfigError(f"{unknown!r} is not in the network's charset; add it, or leave it out of the data")
    return order[found]
