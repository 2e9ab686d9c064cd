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
from koocr.training.checkpoint import Checkpoint, check_finite
from koocr.training.logs import Log
from koocr.training.schedules import Schedule

Arrays = Mapping[str, np.ndarray]
EpochEnd = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class TrainingBatch:
    """One step's input: images, or inputs by name; and by output's name its labels and weights, (N,) each."""

    images: np.ndarray | Arrays
    labels: Arrays
    weights: Arrays

    def __len__(self) -> int:
        images = self.images
        return len(images if isinstance(images, np.ndarray) else next(iter(images.values())))


@dataclass(frozen=True)
class LoopSettings:
    """How long, and what is kept.

    Attributes:
        num_steps: in all, those of earlier sessions of the same run counted in.
        steps_per_epoch: between validations.
        average_decay: of the moving average of the weights, in [0, 1); 0 for none.
        average_every: steps between its updates.
        checkpoint_minutes: between checkpoints within an epoch.
        num_prefetched: batches made ahead, beside the step that runs.
        stop_after_minutes: ends this session at the first end of an epoch after so long; None: never.
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
        """Raises ConfigError on counts below 1, and on a decay that would keep the first weights for ever."""
        for name in ("num_steps", "steps_per_epoch", "average_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give at least 1")
        if not 0 <= self.average_decay < 1:
            raise ConfigError(
                f"average_decay is {self.average_decay}; give a number from 0 to below 1, e.g. 0.999"
            )


class TrainingLoop:
    """Trains a compiled model on numbered batches.

    Batch i depends on nothing but i, the rate on nothing but the step, and the checkpoint holds weights,
    average, optimiser and the state of dropout: a run that was stopped ends with the weights of one that was
    not.

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
        self._average = WeightAverage(model, decay=settings.average_decay)
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)

    def resume(self, *, unless_finished: bool = False) -> bool:
        """Goes on from the checkpoint in the folder, if there is one; says whether.

        Args:
            unless_finished: leave the checkpoint of a run that came to its end alone, and begin a new run.

        Raises:
            WeightsCorruptError: the checkpoint is damaged.
            WeightsError: it is another network's or another optimiser's.
        """
        self._model.optimizer.build(self._model.trainable_variables)
        saved = Checkpoint.load(self._folder)
        if saved is None or (unless_finished and saved.is_finished):
            return False
        saved.restore(self._model)
        self._average.restore(saved.average, saved.average_step)
        self.step = saved.step
        return True

    def run(
        self,
        *,
        validate: Callable[[], Mapping[str, float]],
        logs: Sequence[Log] = (),
        on_epoch: EpochEnd | None = None,
    ) -> None:
        """Trains until `num_steps`, or until the session's time is over.

        Args:
            validate: figures of the model as it is; called with the average weights.
            logs: each gets a row an epoch.
            on_epoch: called after each epoch with its number and row, with the average weights in the model.

        Raises:
            TrainingError: the loss or a weight is no longer a number; the checkpoint from before stays.
        """
        began = time.monotonic()
        limit = self._settings.stop_after_minutes
        for log in logs:
            log.begin(self.step)
        with self._progress() as bar, ThreadPoolExecutor(1) as maker:
            batches = self._prefetched(maker)
            while self.step < self._settings.num_steps:
                figures = self._epoch(batches, bar)
                row = self._finish_epoch(figures, validate, logs, on_epoch)
                if not self._settings.is_silent:
                    bar.write("  ".join([f"step {self.step}", *(f"{name} {row[name]:.4g}" for name in row)]))
                if limit is not None and time.monotonic() - began > 60 * limit:
                    break

    def best_weights(self) -> list[np.ndarray]:
        """The average weights, or those of the model where no average is kept."""
        return self._average.values if self._settings.average_decay else self._model.get_weights()

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
        losses: list[float] = []
        images, began = 0, time.monotonic()
        saved = began
        while self.step < end:
            batch = next(batches)
            losses.append(self._train(batch))
            images += len(batch)
            bar.update()
            bar.set_postfix(loss=f"{np.mean(losses[-100:]):.4f}", refresh=False)
            if self.step < end and time.monotonic() - saved > 60 * self._settings.checkpoint_minutes:
                self._save()
                saved = time.monotonic()
        rate = images / max(1e-9, time.monotonic() - began)
        return {"loss": float(np.mean(losses)), "images_per_second": rate}

    def _train(self, batch: TrainingBatch) -> float:
        rate = self._schedule.rate(self.step)
        self._model.optimizer.learning_rate.assign(rate)
        images = batch.images if isinstance(batch.images, np.ndarray) else dict(batch.images)
        losses = self._model.train_on_batch(
            images, dict(batch.labels), sample_weight=dict(batch.weights), return_dict=True
        )
        loss = float(losses["loss"])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {self.step} (learning rate {rate:.3g}); lower the learning rate "
                f"and start again: the last good state, if there was one, is kept in {self._folder}"
            )
        self.step += 1
        if self._settings.average_decay and (
            self.step % self._settings.average_every == 0 or self.step == self._settings.num_steps
        ):
            self._average.update(self.step)
        return loss

    def _finish_epoch(
        self,
        figures: Mapping[str, float],
        validate: Callable[[], Mapping[str, float]],
        logs: Sequence[Log],
        on_epoch: EpochEnd | None,
    ) -> dict[str, float]:
        """Validates, keeps and logs; the checkpoint comes last: a run killed here does all of it again."""
        check_finite(self._model.get_weights(), self.step)
        epoch = math.ceil(self.step / self._settings.steps_per_epoch)
        with self._best_in_model():
            row = {**figures, **validate(), "learning_rate": self._schedule.rate(self.step - 1)}
            if on_epoch is not None:
                on_epoch(epoch, row)
        for log in logs:
            log.write(self.step, row)
        self._save()
        return row

    def _best_in_model(self) -> AbstractContextManager[None]:
        return self._average.lent() if self._settings.average_decay else nullcontext()

    def _save(self) -> None:
        """Writes the checkpoint, unless a weight is no longer a number."""
        num_steps = self._settings.num_steps
        Checkpoint.of(self._model, self._average, step=self.step, num_steps=num_steps).save(self._folder)
