"""The training loop of all three tasks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from koocr.errors import ConfigError, TrainingError
from koocr.training.average import WeightAverage
from koocr.training.checkpoint import Checkpoint, optimizer_state, restore_optimizer
from koocr.training.logs import Log
from koocr.training.schedules import Schedule

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class TrainingBatch:
    """One step's input: images, and by output's name its labels and their weights, (N,) each."""

    images: np.ndarray
    labels: Arrays
    weights: Arrays


@dataclass(frozen=True)
class LoopSettings:
    """How long, and what is kept.

    Attributes:
        num_steps: in all, those of earlier sessions of the same run counted in.
        steps_per_epoch: between validations.
        average_decay: of the moving average of the weights; 0 for none.
        average_every: steps between its updates.
        checkpoint_minutes: between checkpoints within an epoch.
        num_prefetched: batches made ahead, beside the step that runs.
        stop_after_minutes: ends this session early, at a checkpoint; None: never.
        is_silent: no progress bar.
    """

    num_steps: int
    steps_per_epoch: int
    average_decay: float = 0.999
    average_every: int = 10
    checkpoint_minutes: float = 4.0
    num_prefetched: int = 2
    stop_after_minutes: float | None = None
    is_silent: bool = False

    def __post_init__(self) -> None:
        """Raises ConfigError on counts below 1."""
        if self.num_steps < 1 or self.steps_per_epoch < 1:
            raise ConfigError("training needs at least one step and one step an epoch; give larger numbers")


class TrainingLoop:
    """Trains a compiled model on numbered batches.

    Batch i depends on nothing but i, the rate on nothing but the step, and the checkpoint holds weights, average
    and optimiser: a run that was stopped ends with the weights of one that was not.

    Args:
        model: compiled with one loss per output.
        batch: makes batch number i; called from another thread.
        schedule: the learning rate.
        settings: how long, and what is kept.
        folder: for the checkpoint.
    """

    def __init__(
        self,
        model: keras.Model,
        batch: Callable[[int], TrainingBatch],
        *,
        schedule: Schedule,
        settings: LoopSettings,
        folder: Path,
    ) -> None:
        self._model = model
        self._batch = batch
        self._schedule = schedule
        self._settings = settings
        self._folder = folder
        self.average = WeightAverage(model, decay=settings.average_decay)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self) -> bool:
        """Goes on from the checkpoint in the folder, if there is one; says whether.

        Raises:
            WeightsCorruptError: the checkpoint is damaged or another network's.
        """
        self._model.optimizer.build(self._model.trainable_variables)
        saved = Checkpoint.load(self._folder)
        if saved is None:
            return False
        restore_optimizer(self._model.optimizer, saved.optimizer)
        self._model.set_weights(saved.weights)
        self.average.restore(saved.average, saved.step)
        self.step = saved.step
        return True

    def run(
        self,
        *,
        validate: Callable[[], Mapping[str, float]],
        logs: Sequence[Log] = (),
        on_epoch: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> None:
        """Trains until `num_steps`, or until the session's time is over.

        Args:
            validate: figures of the model as it is; called with the average weights.
            logs: each gets a row an epoch.
            on_epoch: called after each epoch with its number and row, with the average weights in the model.

        Raises:
            TrainingError: the loss is no longer a number; the checkpoint from before stays.
        """
        began = time.monotonic()
        limit = self._settings.stop_after_minutes
        with self._progress() as bar, ThreadPoolExecutor(1) as maker:
            batches = self._prefetched(maker)
            while self.step < self._settings.num_steps:
                losses = self._epoch(batches, bar)
                self._finish_epoch(losses, validate, logs, on_epoch, bar)
                if limit is not None and time.monotonic() - began > 60 * limit:
                    break

    def _progress(self) -> tqdm[Any]:
        return tqdm(
            total=self._settings.num_steps,
            initial=self.step,
            unit="step",
            disable=self._settings.is_silent,
            dynamic_ncols=True,
            mininterval=1.0,
        )

    def _prefetched(self, maker: ThreadPoolExecutor) -> Iterator[TrainingBatch]:
        queue: list[Future[TrainingBatch]] = []
        step = self.step
        while True:
            while len(queue) <= self._settings.num_prefetched and step < self._settings.num_steps:
                queue.append(maker.submit(self._batch, step))
                step += 1
            if not queue:
                return
            yield queue.pop(0).result()

    def _epoch(self, batches: Iterator[TrainingBatch], bar: tqdm[Any]) -> dict[str, float]:
        """Steps up to the end of the epoch; returns the mean loss and the images a second."""
        per_epoch = self._settings.steps_per_epoch
        end = min(self._settings.num_steps, (self.step // per_epoch + 1) * per_epoch)
        total, images, began, saved = 0.0, 0, time.monotonic(), time.monotonic()
        first = self.step
        while self.step < end:
            batch = next(batches)
            loss = self._train(batch)
            total += loss
            images += len(batch.images)
            bar.update()
            bar.set_postfix(loss=f"{total / (self.step - first):.4f}", refresh=False)
            if time.monotonic() - saved > 60 * self._settings.checkpoint_minutes:
                self._save()
                saved = time.monotonic()
        rate = images / max(1e-9, time.monotonic() - began)
        return {"loss": total / max(1, self.step - first), "images_per_second": rate}

    def _train(self, batch: TrainingBatch) -> float:
        rate = self._schedule.rate(self.step)
        self._model.optimizer.learning_rate.assign(rate)
        losses = self._model.train_on_batch(
            batch.images, dict(batch.labels), sample_weight=dict(batch.weights), return_dict=True
        )
        loss = float(losses["loss"])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {self.step} (learning rate {rate:.3g}); lower the learning rate and start "
                f"again: the last good state is kept in {self._folder}"
            )
        self.step += 1
        if self._settings.average_decay and (
            self.step % self._settings.average_every == 0 or self.step == self._settings.num_steps
        ):
            self.average.update(self.step)
        return loss

    def _finish_epoch(
        self,
        losses: dict[str, float],
        validate: Callable[[], Mapping[str, float]],
        logs: Sequence[Log],
        on_epoch: Callable[[int, Mapping[str, float]], None] | None,
        bar: tqdm[Any],
    ) -> None:
        self._save()
        epoch = math.ceil(self.step / self._settings.steps_per_epoch)
        with self._best_weights():
            row = {**losses, **validate(), "learning_rate": self._schedule.rate(self.step - 1)}
            if on_epoch is not None:
                on_epoch(epoch, row)
        for log in logs:
            log.write(self.step, row)
        if not self._settings.is_silent:
            shown = "  ".join(f"{name} {value:.4g}" for name, value in row.items())
            bar.write(f"epoch {epoch}  step {self.step}  {shown}")

    def _best_weights(self) -> AbstractContextManager[None]:
        return self.average.lent() if self._settings.average_decay else nullcontext()

    def _save(self) -> None:
        Checkpoint(
            step=self.step,
            weights=self._model.get_weights(),
            average=self.average.values,
            optimizer=optimizer_state(self._model.optimizer),
        ).save(self._folder)
