"""Training the line recogniser: from drawn lines to weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers, ops

from koocr.charset import line_charset
from koocr.data.synthesis.lines import LineBatch
from koocr.errors import DataError
from koocr.line.batches import FittedLines, fit_lines, pad, to_labels
from koocr.line.ctc import ctc_loss
from koocr.line.data import LineData
from koocr.line.guide import guide_loss
from koocr.line.settings import LineSettings
from koocr.line.spelling import spell
from koocr.line.validation import validate
from koocr.training.logs import Log
from koocr.training.loop import TrainingBatch, TrainingLoop
from koocr.training.precision import precision
from koocr.training.settings import OptimizationSettings
from koocr.training.weights_file import save_weights

if TYPE_CHECKING:
    from koocr.line.recognisers import Recogniser


@dataclass(frozen=True)
class LineTrainingSettings(OptimizationSettings):
    """How a line network is trained; the network itself is `LineSettings`."""

    optimizer: str = "muon"


@keras.saving.register_keras_serializable(package="koocr")
class CtcLoss(layers.Layer):
    """-log p(text) of each line, per symbol of its text, (N,): short lines count as much as long ones."""

    def call(self, inputs: dict[str, Any]) -> keras.KerasTensor:
        """From a network's outputs by name, with "num_frames", "labels" and "num_labels"."""
        outputs = dict(inputs)
        num_frames, labels, num_labels = (
            outputs.pop(name) for name in ("num_frames", "labels", "num_labels")
        )
        losses = ctc_loss(outputs, labels, num_frames=num_frames, num_labels=num_labels)
        return losses / ops.cast(ops.maximum(num_labels, 1), "float32")

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """(N,)."""
        return (input_shape["labels"][0],)


def train_line_network(
    make: Callable[[], Recogniser],
    training: LineTrainingSettings,
    data: LineData,
    *,
    folder: Path,
    logs: tuple[Log, ...] = (),
    start: Mapping[str, np.ndarray] | None = None,
    begins_anew: bool = False,
) -> keras.Model:
    """Trains a line network on numbered batches, or goes on with the run in `folder`.

    Args:
        make: makes what is trained, each time the same; see `koocr.line.recognisers`.
        training: how.
        data: what it learns from, and what it is validated on after each epoch.
        folder: gets the checkpoint and, after every epoch, `weights.h5`, the average weights.
        logs: each gets a row an epoch.
        start: weights by path for a run to begin with, e.g. those of a character network; they are taken
            where path and shape agree.
        begins_anew: a run in `folder` that came to its end is left, and a new one begun; one that was stopped
            goes on all the same.

    Returns:
        The trained model, float32, with the average weights.

    Raises:
        TrainingError: the loss became NaN or infinite; `folder` keeps the last good weights.
        WeightsError: the run in `folder` is another network's or another optimiser's, or damaged.
    """
    if training.seed is not None:
        keras.utils.set_random_seed(training.seed)
    with precision(training.precision):
        recogniser = make()
        if start is not None:
            warm_start(recogniser.model, start)
        learner = recogniser.compile(training.make_optimizer())
    loop = TrainingLoop(
        learner,
        lambda step: recogniser.batch(data.batches(step)),
        schedule=training.make_schedule(),
        settings=training.loop,
        folder=folder,
    )
    loop.resume(unless_finished=begins_anew)

    def keep(epoch: int, row: Mapping[str, float]) -> None:
        save_weights(folder / "weights.h5", recogniser.model, recogniser.metadata.to_dict())

    loop.run(
        validate=lambda: {} if data.validation is None else validate(recogniser.read, data.validation),
        logs=logs,
        on_epoch=keep,
    )
    final = make()
    final.compile(training.make_optimizer()).set_weights(loop.best_weights())
    return final.model


def with_loss(model: keras.Model, settings: LineSettings, *, guide: float = 0.0) -> keras.Model:
    """A model from a network's inputs and the labels to the loss of each line; it shares the weights.

    Args:
        model: the network.
        settings: of it.
        guide: weight of the loss of a second reader, see `koocr.line.guide`; 0 for none.

    Raises:
        ConfigError: the network can't be guided.
    """
    labels = keras.Input((None,), dtype="int32", name="labels")
    num_labels = keras.Input((), dtype="int32", name="num_labels")
    inputs = {**model.input, "labels": labels, "num_labels": num_labels}
    parts = {
        **model.output,
        "num_frames": model.input["num_frames"],
        "labels": labels,
        "num_labels": num_labels,
    }
    loss = CtcLoss(dtype="float32", name="loss")(parts)
    if guide:
        guided = guide_loss(model, labels, num_labels, settings)
        loss = loss + guide * guided
    return keras.Model(inputs, {"loss": loss}, name="line_learner")


def warm_start(model: keras.Model, weights: Mapping[str, np.ndarray]) -> int:
    """Takes over weights where path and shape agree; returns how many."""
    taken = 0
    for variable in model.weights:
        value = weights.get(variable.path)
        if value is not None and tuple(value.shape) == tuple(variable.shape):
            variable.assign(value)
            taken += 1
    return taken


def to_training_batch(lines: LineBatch | FittedLines, network: LineSettings) -> TrainingBatch:
    """Pads lines, and spells their texts out as the network's head needs.

    Raises:
        DataError: no line of the batch can be learnt from.
    """
    fitted = as_fitted(lines, height=network.height)
    strips = pad(fitted.strips)
    labels, num_labels = _labels(fitted.texts, network)
    count = len(fitted.texts)
    return TrainingBatch(
        images={**strips.as_input(), "labels": labels, "num_labels": num_labels},
        labels={"loss": np.zeros(count, np.float32)},
        weights={"loss": np.ones(count, np.float32)},
    )


def as_fitted(lines: LineBatch | FittedLines, *, height: int) -> FittedLines:
    """Lines prepared, if they aren't yet.

    Raises:
        DataError: none of them can be learnt from.
    """
    fitted = lines if isinstance(lines, FittedLines) else fit_lines(lines.images, lines.texts, height=height)
    if not fitted.texts:
        raise DataError("no line of a batch has ink and is short enough; draw other lines, or more at a time")
    return fitted


def _labels(texts: list[str], network: LineSettings) -> tuple[np.ndarray, np.ndarray]:
    charset = line_charset()
    if network.head != "jamo-sequence":
        return to_labels(texts, charset)
    spelled = [spell(charset.encode(text)) for text in texts]
    counts = np.array([len(row) for row in spelled], np.int32)
    labels = np.zeros((len(spelled), max(1, int(counts.max(initial=0)))), np.int32)
    for row, values in zip(labels, spelled, strict=True):
        row[: len(values)] = values
    return labels, counts


__all__ = ["LineData", "LineTrainingSettings", "train_line_network", "warm_start", "with_loss"]
