"""Recognisers trained under one equal budget on the same lines and measured on the same lines, resumable."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from koocr.data.files import atomic_file
from koocr.data.synthesis.lines import LineBatch
from koocr.errors import ConfigError, DataError, TrainingError
from koocr.evaluation.line_readings import LineReadings
from koocr.evaluation.text_metrics import count_errors, score_lines
from koocr.line.batches import FittedLines, fit_lines
from koocr.line.comparison_data import ComparisonData
from koocr.line.recognisers import Recogniser, Sizes, make_recogniser
from koocr.line.stored_batches import StoredBatches
from koocr.line.training import warm_start
from koocr.training.average import WeightAverage
from koocr.training.checkpoint import Checkpoint
from koocr.training.logs import CsvLog
from koocr.training.loop import LoopSettings, TrainingLoop
from koocr.training.optimizers import make_optimizer
from koocr.training.schedules import Schedule
from koocr.training.weights_file import save_weights

__all__ = ["Budget", "ComparisonSettings", "Result", "compare", "load_results"]

_SETTINGS, _STEPS, _RESULT, _WEIGHTS = "settings.json", "steps.json", "result.json", "weights.h5"
_LINES = "lines-{height}"
_UNTIMED, _TIMED = 3, 4  # steps: the first ones build the graphs
_ROUNDS = 3  # of reading
_NUM_EPOCHS = 10
_NUM_SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What each recogniser is given: so many steps, or so much time.

    Attributes:
        steps: each sees equally many lines.
        minutes: each computes equally long: it gets as many steps as fit into that, by the processor time of
            its first ones. Other programs, drawing and the building of graphs don't count.
    """

    steps: int = 0
    minutes: float = 0.0

    def __post_init__(self) -> None:
        """Raises ConfigError unless one of the two is given."""
        if (self.steps > 0) == (self.minutes > 0):
            raise ConfigError(
                f"a budget of {self.steps} steps and {self.minutes:g} minutes is none; give one of the two"
            )


@dataclass(frozen=True, kw_only=True)
class ComparisonSettings:
    """How recognisers are trained.

    Attributes:
        budget: the same for all.
        sizes: of the networks.
        optimizer, learning_rate, weight_decay: see `koocr.training.optimizers`.
        clipnorm: largest norm of the gradient; the study's 5. Recurrent networks need it.
        warmup_steps: of straight rise; at most a tenth of all.
        average_decay: of the average weights, which are measured.
        seed: of the first weights.
        trunk: name of the character network that koocr's own begin with; "" for none.
    """

    budget: Budget
    sizes: Sizes = field(default_factory=Sizes)
    optimizer: str = "adamw"
    learning_rate: float = 0.001
    weight_decay: float = 0.01
    clipnorm: float = 5.0
    warmup_steps: int = 100
    average_decay: float = 0.99
    seed: int = 0
    trunk: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one recogniser.

    Attributes:
        name: of it.
        num_parameters: weights that are learnt.
        num_steps, num_lines: that it had.
        minutes: of the processor that so many steps take.
        loss: at the end, per symbol.
        exact: name of a test → share of its lines that were read without an error.
        cer: name of a test → character error rate.
        ms_per_line: of the processor to read a line, in batches, Keras, the fastest of some rounds.
        samples: name of a test → what it read of the first few lines.
    """

    name: str
    num_parameters: int
    num_steps: int
    num_lines: int
    minutes: float
    loss: float
    exact: Mapping[str, float]
    cer: Mapping[str, float]
    ms_per_line: float
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def mean_exact(self) -> float:
        """The mean over tests of the lines read without an error."""
        return float(np.mean(list(self.exact.values())))

    @property
    def mean_cer(self) -> float:
        """The mean over tests of the character error rates."""
        return float(np.mean(list(self.cer.values())))


def compare(
    names: Sequence[str],
    data: ComparisonData,
    settings: ComparisonSettings,
    *,
    folder: Path,
    start: Mapping[str, np.ndarray] | None = None,
    tell: Callable[[str], None] = print,
    on_result: Callable[[Sequence[Result]], None] = lambda results: None,
    is_silent: bool = False,
) -> list[Result]:
    """Trains and measures recognisers, one after the other.

    What is finished in the folder isn't done again, and what was begun is gone on with, so that a comparison
    may be stopped at any time and started with the same arguments. Several processes may share a folder if
    each is given other names. Lines are drawn and prepared once, and kept for the recognisers that follow.

    Args:
        names: see `koocr.line.recognisers.names`.
        data: the same for all.
        settings: the same for all.
        folder: gets a folder for each recogniser, and the lines that they learn from.
        start: weights by path to begin with, taken where path and shape agree: those of `settings.trunk`.
        tell: is given a line for each.
        on_result: is given all results so far, after each.
        is_silent: no progress bar.

    Returns:
        One result each, in the order of the names; none of those whose training failed, which `tell` is told.

    Raises:
        ConfigError: a name or a setting is wrong, or the folder holds a comparison with other settings.
    """
    _claim(folder, data, settings)
    results: list[Result] = []
    for name in names:
        found = _load(folder / name)
        if found is None:
            tell(f"{name}: training")
            try:
                found = _run(name, data, settings, folder, start=start, is_silent=is_silent)
            except TrainingError as error:  # of one of many
                tell(f"{name}: {error}")
                continue
        results.append(found)
        tell(f"{name}: {found.mean_exact:.2%} of lines, CER {found.mean_cer:.2%}")
        on_result(results)
    return results


def load_results(folder: Path, names: Sequence[str]) -> list[Result]:
    """The results of those recognisers that are finished, in the order of the names.

    Raises:
        DataError: a result can't be read.
    """
    return [found for name in names if (found := _load(folder / name)) is not None]


def _load(folder: Path) -> Result | None:
    path = folder / _RESULT
    if not path.exists():
        return None
    try:
        return Result(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise DataError(f"this is no result of a comparison ({error}); delete it", file=path) from error


def _write(path: Path, values: Mapping[str, object]) -> None:
    with atomic_file(path) as stream:
        stream.write((json.dumps(values, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))


def _claim(folder: Path, data: ComparisonData, settings: ComparisonSettings) -> None:
    """Notes what the folder's comparison is about; only equal settings may go on with it."""
    described = {"data": data.summary, "training": asdict(settings)}
    path = folder / _SETTINGS
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != described:
        raise ConfigError(
            f"{folder} holds a comparison with other settings; give the options of {path}, or another folder"
        )
    _write(path, described)


def _run(
    name: str,
    data: ComparisonData,
    settings: ComparisonSettings,
    whole: Path,
    *,
    start: Mapping[str, np.ndarray] | None,
    is_silent: bool,
) -> Result:
    recogniser, learner = _fresh(name, data, settings, start)
    batches = _stored(data, recogniser.metadata.settings.height, whole)
    folder = whole / name
    num_steps, seconds = _steps(recogniser, learner, batches, settings, folder)
    loop = TrainingLoop(
        learner,
        lambda step: recogniser.batch(batches(step)),
        schedule=_schedule(settings, num_steps),
        settings=LoopSettings(
            num_steps=num_steps,
            steps_per_epoch=max(1, num_steps // _NUM_EPOCHS),
            average_decay=settings.average_decay,
            average_every=1,
            is_silent=is_silent,
        ),
        folder=folder,
    )
    loop.resume()
    loop.run(validate=dict, logs=[CsvLog(folder)])
    learner.set_weights(loop.best_weights())
    save_weights(folder / _WEIGHTS, recogniser.model, recogniser.metadata.to_dict())
    result = _measured(
        name, recogniser, data, num_steps=num_steps, minutes=num_steps * seconds / 60, loss=_last_loss(folder)
    )
    _write(folder / _RESULT, asdict(result))
    return result


def _stored(data: ComparisonData, height: int, folder: Path) -> StoredBatches:
    """The lines to learn from, prepared for networks of a height."""

    def make(index: int) -> FittedLines:
        lines = data.batches(index)
        return fit_lines(lines.images, lines.texts, height=height)

    return StoredBatches(make, folder / _LINES.format(height=height))


def _fresh(
    name: str, data: ComparisonData, settings: ComparisonSettings, start: Mapping[str, np.ndarray] | None
) -> tuple[Recogniser, keras.Model]:
    """A recogniser with the weights that the seed and `start` give, and the compiled model that trains it."""
    keras.backend.clear_session(free_memory=True)  # two dozen networks in one process
    keras.utils.set_random_seed(settings.seed)
    recogniser = make_recogniser(name, data.charset, replace(settings.sizes, max_length=data.max_length))
    if start is not None:
        warm_start(recogniser.model, start)
    optimizer = make_optimizer(
        settings.optimizer,
        settings.learning_rate,
        weight_decay=settings.weight_decay,
        clipnorm=settings.clipnorm or None,
    )
    return recogniser, recogniser.compile(optimizer)


def _schedule(settings: ComparisonSettings, num_steps: int) -> Schedule:
    return Schedule(
        "cosine",
        peak=settings.learning_rate,
        num_steps=num_steps,
        num_warmup=min(settings.warmup_steps, num_steps // 10),
    )


def _steps(
    recogniser: Recogniser,
    learner: keras.Model,
    batches: StoredBatches,
    settings: ComparisonSettings,
    folder: Path,
) -> tuple[int, float]:
    """The budget in steps, and the processor's seconds for one.

    What was worked out once stays, so that a run that goes on has the same.
    """
    path = folder / _STEPS
    if not path.exists():
        seconds = _seconds_a_step(recogniser, learner, batches)
        fitting = max(_NUM_EPOCHS, round(60 * settings.budget.minutes / seconds))
        _write(path, {"num_steps": settings.budget.steps or fitting, "seconds_a_step": seconds})
    stored = json.loads(path.read_text(encoding="utf-8"))
    return int(stored["num_steps"]), float(stored["seconds_a_step"])


def _seconds_a_step(recogniser: Recogniser, learner: keras.Model, batches: StoredBatches) -> float:
    """The median of some steps that leave no trace."""
    learner.optimizer.build(learner.trainable_variables)
    before = Checkpoint.of(learner, WeightAverage(learner, decay=0.0), step=0, num_steps=0)
    seconds = []
    for number in range(_UNTIMED + _TIMED):
        batch = recogniser.batch(batches(number))
        start = time.process_time()
        learner.train_on_batch(dict(batch.images), dict(batch.labels), sample_weight=dict(batch.weights))
        seconds.append(time.process_time() - start)
    before.restore(learner)
    return float(np.median(seconds[_UNTIMED:]))


def _last_loss(folder: Path) -> float:
    with open(folder / "log.csv", encoding="utf-8", newline="") as file:
        return float(list(csv.DictReader(file))[-1]["loss"])


def _measured(
    name: str, recogniser: Recogniser, data: ComparisonData, *, num_steps: int, minutes: float, loss: float
) -> Result:
    exact, cer, samples = {}, {}, {}
    for test, lines in data.tests.items():
        texts = recogniser.read(lines)
        readings = LineReadings.of_texts(lines.texts, texts, groups={})
        samples[test] = texts[:_NUM_SAMPLES]
        score = score_lines(count_errors(readings))
        exact[test], cer[test] = score.exact, score.cer
    timed = next(iter(data.tests.values()))
    return Result(
        name=name,
        num_parameters=sum(int(np.prod(weight.shape)) for weight in recogniser.model.trainable_weights),
        num_steps=num_steps,
        num_lines=num_steps * data.batch_size,
        minutes=minutes,
        loss=loss,
        exact=exact,
        cer=cer,
        ms_per_line=1000 * min(_seconds_to_read(recogniser, timed) for _ in range(_ROUNDS)) / len(timed),
        samples=samples,
    )


def _seconds_to_read(recogniser: Recogniser, lines: LineBatch) -> float:
    start = time.process_time()
    recogniser.read(lines)
    return time.process_time() - start
