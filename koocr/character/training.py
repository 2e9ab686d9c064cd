"""Training a character network: from settings to weights."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from koocr.character.losses import SoftmaxCrossEntropy
from koocr.character.metadata import ModelMetadata
from koocr.character.network import build_network
from koocr.character.network.heads import head_of
from koocr.character.settings import CharacterSettings
from koocr.character.symbols import encode, split_targets, symbol
from koocr.character.validation import ValidationSet, validate
from koocr.data.synthesis import GlyphBatch
from koocr.errors import ConfigError
from koocr.hangul import NUM_SYLLABLES
from koocr.training.logs import Log
from koocr.training.loop import TrainingBatch, TrainingLoop
from koocr.training.precision import precision
from koocr.training.settings import OptimizationSettings
from koocr.training.weights_file import save_weights

Batches = Callable[[int], GlyphBatch]


@dataclass(frozen=True)
class TrainingData:
    """What a network learns from.

    Attributes:
        batches: numbered batches.
        steps_per_epoch: how many make an epoch.
        validation: what it is validated on after each.
        never_shown: symbols that no batch has; they take no part in a softmax over syllables, which would
            else learn that they don't exist.
    """

    batches: Batches
    steps_per_epoch: int
    validation: ValidationSet | None
    never_shown: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TrainingSettings(OptimizationSettings):
    """How a character network is trained; the network itself is `CharacterSettings`.

    Attributes:
        label_smoothing: of every output but "kind".
        single_weight: of the loss of "single", an easy output that would else dull the others.
        kind_weight: of the loss of "kind", the discriminator.
        fit_discriminator: train the discriminator too; if not, the trunk learns against it as it is.
        early_weight: of the loss of refinement steps before the last.
    """

    learning_rate: float = 0.001
    schedule: str = "cosine"
    label_smoothing: float = 0.02
    single_weight: float = 0.5
    kind_weight: float = 0.1
    fit_discriminator: bool = True
    early_weight: float = 0.3

    def __post_init__(self) -> None:
        """Raises ConfigError on an option that is unknown or out of range."""
        super().__post_init__()
        if not 0 <= self.label_smoothing < 1:
            raise ConfigError(f"label_smoothing is {self.label_smoothing}; give a number from 0 to below 1")


def train_network(
    network: CharacterSettings,
    training: TrainingSettings,
    data: TrainingData,
    *,
    folder: Path,
    logs: tuple[Log, ...] = (),
    start: keras.Model | None = None,
    zip_weights: bool = False,
) -> keras.Model:
    """Trains a network on numbered batches, or goes on with the run in `folder`.

    Args:
        network: what is trained.
        training: how.
        data: what it learns from, and what it is validated on.
        folder: gets the checkpoint and, after every epoch, `weights.h5`, the average weights.
        logs: each gets a row an epoch.
        start: a model whose weights to begin with. A run in `folder` that came to its end is then left, and a
            new one begun; one that was stopped goes on all the same.
        zip_weights: also keep the weights of every epoch, zipped.

    Returns:
        The trained model, float32, with the average weights.

    Raises:
        TrainingError: the loss became NaN or infinite; `folder` keeps the last good weights.
        WeightsError: the run in `folder` is another network's or another optimiser's, or damaged.
    """
    if training.seed is not None:
        keras.utils.set_random_seed(training.seed)
    with precision(training.precision):
        model = build_network(network)
        if start is not None:
            model.set_weights(start.get_weights())
        compile_network(model, training, never_shown=data.never_shown)
    loop = TrainingLoop(
        model,
        lambda step: to_training_batch(data.batches(step), network, tuple(model.output_names)),
        schedule=training.make_schedule(),
        settings=training.loop,
        folder=folder,
    )
    loop.resume(unless_finished=start is not None)

    def figures() -> dict[str, float]:
        if data.validation is None:
            return {}
        return validate(model, data.validation, charset=network.charset)

    def keep(epoch: int, row: Mapping[str, float]) -> None:
        save_weights(folder / "weights.h5", model, ModelMetadata(network).to_dict())
        if zip_weights:
            _zip(folder / "weights.h5", folder / f"weights_{epoch:04d}.zip")

    loop.run(validate=figures, logs=logs, on_epoch=keep)
    final = build_network(network)
    final.set_weights(loop.best_weights())
    return final


def _zip(source: Path, target: Path) -> None:
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, source.name)
    partial.replace(target)


def compile_network(
    model: keras.Model, training: TrainingSettings, *, never_shown: frozenset[int] = frozenset()
) -> None:
    """Gives a model its losses, one for each output, and its optimiser; see `TrainingData.never_shown`."""
    if not training.fit_discriminator:
        for layer in model.layers:
            if head_of(layer.name) == "kind":
                layer.trainable = False
    losses = {name: _loss(name, training, never_shown) for name in model.output_names}
    weights = {name: _loss_weight(name, training) for name in model.output_names}
    model.compile(optimizer=training.make_optimizer(), loss=losses, loss_weights=weights)


def _loss(output: str, training: TrainingSettings, never_shown: frozenset[int]) -> keras.losses.Loss:
    if output == "kind":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    left_out = [symbol for symbol in never_shown if symbol < NUM_SYLLABLES] if output == "syllable" else []
    return SoftmaxCrossEntropy(training.label_smoothing, left_out)


def _loss_weight(output: str, training: TrainingSettings) -> float:
    if output == "kind":
        return training.kind_weight
    if output == "single":
        return training.single_weight
    return 1.0 if head_of(output) == output else training.early_weight


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
    if batch.weights is not None:
        weights = {name: values * batch.weights for name, values in weights.items()}
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
