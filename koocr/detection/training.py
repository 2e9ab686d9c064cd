"""Training the detector: from pieces of pages to weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from koocr.detection.crops import Crop
from koocr.detection.data import DetectorData
from koocr.detection.losses import LABELS, DetectorLoss
from koocr.detection.metadata import DetectorMetadata
from koocr.detection.network import OUTPUTS, build_network
from koocr.detection.prepare import to_input
from koocr.detection.settings import DetectorSettings
from koocr.detection.targets import draw_targets
from koocr.detection.validation import validate
from koocr.training.logs import Log
from koocr.training.loop import TrainingBatch, TrainingLoop
from koocr.training.precision import precision
from koocr.training.settings import OptimizationSettings
from koocr.training.weights_file import save_weights

__all__ = ["DetectorData", "DetectorTrainingSettings", "to_training_batch", "train_detector", "with_loss"]


@dataclass(frozen=True)
class DetectorTrainingSettings(OptimizationSettings):
    """How a detector is trained; the network itself is `DetectorSettings`."""

    clipnorm: float = 5.0


def train_detector(
    settings: DetectorSettings,
    training: DetectorTrainingSettings,
    data: DetectorData,
    *,
    folder: Path,
    logs: tuple[Log, ...] = (),
    start: Mapping[str, np.ndarray] | None = None,
    begins_anew: bool = False,
) -> keras.Model:
    """Trains a detector on numbered batches, or goes on with the run in `folder`.

    Args:
        settings: of the network.
        training: how.
        data: what it learns from, and what it is validated on after each epoch.
        folder: gets the checkpoint and, after every epoch, `weights.h5`, the average weights.
        logs: each gets a row an epoch.
        start: weights by path for a run to begin with, taken where path and shape agree.
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
        model = build_network(settings)
        if start is not None:
            _take(model, start)
        learner = _compiled(model, settings, training)
    loop = TrainingLoop(
        learner,
        lambda step: to_training_batch(data.batches(step), settings),
        schedule=training.make_schedule(),
        settings=training.loop,
        folder=folder,
    )
    loop.resume(unless_finished=begins_anew)
    metadata = DetectorMetadata(settings).to_dict()
    loop.run(
        validate=lambda: validate(model, data.validation, settings),
        logs=logs,
        on_epoch=lambda epoch, row: save_weights(folder / "weights.h5", model, metadata),
    )
    final = build_network(settings)
    final.set_weights(loop.best_weights())
    return final


def with_loss(model: keras.Model, settings: DetectorSettings) -> keras.Model:
    """A model from a network's input and the target maps to the loss of each piece; it shares the weights."""
    labels = {name: keras.Input((None, None), dtype="uint8", name=name) for name in LABELS}
    outputs = {name: model.output[name] for name in OUTPUTS}
    loss = DetectorLoss(settings.sharpness, dtype="float32", name="loss")({**outputs, **labels})
    return keras.Model({**model.input, **labels}, {"loss": loss}, name="detector_learner")


def to_training_batch(crops: Sequence[Crop], settings: DetectorSettings) -> TrainingBatch:
    """Pictures and the maps that belong to them."""
    images = np.stack([crop.image for crop in crops])
    targets = [
        draw_targets(list(crop.quads), crop.is_ignored.tolist(), size=crop.image.shape[:2], settings=settings)
        for crop in crops
    ]
    maps = {name: np.stack([getattr(target, name) for target in targets]) for name in LABELS}
    return TrainingBatch(
        images={"image": to_input(images), **maps},
        labels={"loss": np.zeros(len(crops), np.float32)},
        weights={"loss": np.ones(len(crops), np.float32)},
    )


def _compiled(
    model: keras.Model, settings: DetectorSettings, training: DetectorTrainingSettings
) -> keras.Model:
    learner = with_loss(model, settings)
    learner.compile(optimizer=training.make_optimizer(), loss={"loss": lambda label, loss: loss})
    return learner


def _take(model: keras.Model, weights: Mapping[str, np.ndarray]) -> None:
    for variable in model.weights:
        value = weights.get(variable.path)
        if value is not None and tuple(value.shape) == tuple(variable.shape):
            variable.assign(value)
