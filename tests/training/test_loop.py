"""The loop: a resumed run ends as an uninterrupted one, and what goes wrong leaves the last good state."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")

from koocr.errors import ConfigError, TrainingError, WeightsCorruptError, WeightsError  # noqa: E402
from koocr.training.checkpoint import CHECKPOINT, Checkpoint  # noqa: E402
from koocr.training.loop import LoopSettings, TrainingBatch, TrainingLoop  # noqa: E402
from koocr.training.optimizers import make_optimizer  # noqa: E402
from koocr.training.schedules import Schedule  # noqa: E402

SETTINGS = LoopSettings(
    num_steps=12,
    steps_per_epoch=5,
    average_decay=0.9,
    average_every=2,
    checkpoint_minutes=0.0,
    is_silent=True,
)
PLAN = Schedule("cosine", 0.05, 12, 3)


def network(
    units: int = 6, optimizer: str = "adamw", seed: int = 0, is_traced: bool = False
) -> "keras.Model":
    """With all that has a state: dropout, normalisation, momentum. Untraced, since that takes seconds."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((4,))
    x = keras.layers.Dense(units, activation="relu")(image)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.Dropout(0.3)(x)
    model = keras.Model(image, {"out": keras.layers.Dense(1, name="out")(x)})
    rule = make_optimizer(optimizer, 0.01, weight_decay=0.01)
    model.compile(optimizer=rule, loss={"out": "mse"}, run_eagerly=not is_traced)
    return model


def batch(step: int) -> TrainingBatch:
    rng = np.random.default_rng(step)
    images = rng.normal(0, 1, (8, 4)).astype(np.float32)
    return TrainingBatch(images, {"out": images.sum(1, keepdims=True)}, {"out": np.ones(8, np.float32)})


def loop(
    folder: Path, model: Any = None, make: Callable[[int], TrainingBatch] = batch, **changes: Any
) -> TrainingLoop:
    settings = LoopSettings(**{**vars(SETTINGS), **changes})
    return TrainingLoop(model or network(), make, schedule=PLAN, settings=settings, folder=folder)


def no_figures() -> dict[str, float]:
    return {}


class Crash(BaseException):
    """A killed process, as far as a test can."""


def crash_at(step: int) -> Callable[[int], TrainingBatch]:
    def make(number: int) -> TrainingBatch:
        if number == step:
            raise Crash
        return batch(number)

    return make


def equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("whole")
    run = loop(folder)
    assert not run.resume()
    run.run(validate=no_figures)
    found = Checkpoint.load(folder)
    assert found is not None
    return found


@pytest.mark.parametrize("crashes", [(3,), (5,), (1, 7, 11), (10, 10)])
def test_a_resumed_run_ends_with_the_same_bits(
    tmp_path: Path, uninterrupted: Checkpoint, crashes: tuple[int, ...]
) -> None:
    for number, step in enumerate(crashes):
        run = loop(tmp_path, network(seed=number), crash_at(step))
        run.resume()
        with pytest.raises(Crash):
            run.run(validate=no_figures)
    run = loop(tmp_path, network(seed=99))
    assert run.resume()
    assert run.step == crashes[-1]
    run.run(validate=no_figures)
    ended = Checkpoint.load(tmp_path)
    assert ended is not None and ended.step == 12 and ended.is_finished
    assert_same(ended, uninterrupted)
    assert equal(run.best_weights(), uninterrupted.average)


def assert_same(one: Checkpoint, other: Checkpoint) -> None:
    for name in ("weights", "average", "optimizer", "seeds"):
        assert equal(getattr(one, name), getattr(other, name)), name
    assert len(one.seeds) == 2


def test_a_resumed_run_of_traced_steps_ends_with_the_same_bits(tmp_path: Path) -> None:
    loop(tmp_path / "whole", network(is_traced=True)).run(validate=no_figures)
    with pytest.raises(Crash):
        loop(tmp_path / "parts", network(is_traced=True), crash_at(6)).run(validate=no_figures)
    run = loop(tmp_path / "parts", network(seed=5, is_traced=True))
    assert run.resume() and run.step == 6
    run.run(validate=no_figures)
    whole, parts = Checkpoint.load(tmp_path / "whole"), Checkpoint.load(tmp_path / "parts")
    assert whole is not None and parts is not None
    assert_same(parts, whole)


def test_the_state_of_dropout_matters(tmp_path: Path, uninterrupted: Checkpoint) -> None:
    """Without it the weights would differ, so the test above can fail."""
    run = loop(tmp_path, make=crash_at(5))
    run.resume()
    with pytest.raises(Crash):
        run.run(validate=no_figures)
    saved = Checkpoint.load(tmp_path)
    assert saved is not None
    Checkpoint(**{**vars(saved), "seeds": [seed + 1 for seed in saved.seeds]}).save(tmp_path)
    run = loop(tmp_path, network(seed=1))
    run.resume()
    run.run(validate=no_figures)
    ended = Checkpoint.load(tmp_path)
    assert ended is not None and not equal(ended.weights, uninterrupted.weights)


def test_epochs_are_validated_kept_and_logged(tmp_path: Path) -> None:
    seen: list[tuple[Any, ...]] = []

    class Log:
        def begin(self, step: int) -> None:
            seen.append(("begin", step))

        def write(self, step: int, row: Mapping[str, float]) -> None:
            seen.append(("write", step, sorted(row), row["learning_rate"]))

        def close(self) -> None:
            raise AssertionError("who opened it closes it")

    model = network()
    run = loop(tmp_path, model)

    def validate() -> dict[str, float]:
        assert equal(model.get_weights(), run.best_weights()), "the average weights are in the model"
        return {"val": 1.0}

    def keep(epoch: int, row: Mapping[str, float]) -> None:
        assert equal(model.get_weights(), run.best_weights())
        seen.append(("epoch", epoch, row["val"]))

    run.run(validate=validate, logs=[Log()], on_epoch=keep)
    names = ["images_per_second", "learning_rate", "loss", "val"]
    expected: list[tuple[Any, ...]] = [("begin", 0)]
    for epoch, step in enumerate((5, 10, 12), start=1):
        expected += [("epoch", epoch, 1.0), ("write", step, names, PLAN.rate(step - 1))]
    assert seen == expected
    assert not equal(model.get_weights(), run.best_weights())


@pytest.mark.parametrize("where", ["validate", "keep", "log"])
def test_a_run_killed_at_an_epochs_end_does_that_end_again(
    tmp_path: Path, uninterrupted: Checkpoint, where: str
) -> None:
    """Otherwise the weights file of the last epoch might never be written."""
    kept: list[int] = []

    def attempt(fails: bool) -> None:
        def fail(here: str) -> None:
            if fails and here == where:
                raise Crash

        class Log:
            def begin(self, step: int) -> None: ...

            def write(self, step: int, row: Mapping[str, float]) -> None:
                fail("log")

            def close(self) -> None: ...

        def validate() -> dict[str, float]:
            fail("validate")
            return {}

        def keep(epoch: int, row: Mapping[str, float]) -> None:
            fail("keep")
            kept.append(epoch)

        run = loop(tmp_path, checkpoint_minutes=1e9)
        run.resume()
        run.run(validate=validate, logs=[Log()], on_epoch=keep)

    with pytest.raises(Crash):
        attempt(True)
    kept.clear()
    attempt(False)
    assert kept == [1, 2, 3]
    ended = Checkpoint.load(tmp_path)
    assert ended is not None and equal(ended.weights, uninterrupted.weights)


def test_without_an_average_the_weights_are_the_best(tmp_path: Path) -> None:
    model = network()
    run = loop(tmp_path, model, average_decay=0.0)
    run.run(validate=no_figures)
    assert equal(run.best_weights(), model.get_weights())


def test_a_session_may_end_early(tmp_path: Path, uninterrupted: Checkpoint) -> None:
    for expected in (5, 10, 12):
        run = loop(tmp_path, stop_after_minutes=1e-9)
        run.resume()
        run.run(validate=no_figures)
        assert run.step == expected
    ended = Checkpoint.load(tmp_path)
    assert ended is not None and equal(ended.weights, uninterrupted.weights)


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    loop(tmp_path).run(validate=no_figures)
    before = (tmp_path / CHECKPOINT).read_bytes()
    run = loop(tmp_path, make=crash_at(12))
    assert run.resume()
    run.run(validate=no_figures)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_a_finished_run_can_be_left_for_a_new_one(tmp_path: Path) -> None:
    loop(tmp_path).run(validate=no_figures)
    run = loop(tmp_path, num_steps=30)
    assert not run.resume(unless_finished=True)
    assert run.step == 0
    longer = loop(tmp_path, num_steps=30)
    assert longer.resume(), "or it can be lengthened"
    assert longer.step == 12


def test_an_unfinished_run_is_not_left(tmp_path: Path) -> None:
    run = loop(tmp_path, make=crash_at(7))
    with pytest.raises(Crash):
        run.run(validate=no_figures)
    run = loop(tmp_path)
    assert run.resume(unless_finished=True)
    assert run.step == 7


def bad_batch(step: int, value: float) -> TrainingBatch:
    good = batch(step)
    return good if step < 7 else TrainingBatch(good.images, {"out": good.labels["out"] * value}, good.weights)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path, value: float) -> None:
    kept: list[int] = []
    run = loop(tmp_path, make=lambda step: bad_batch(step, value))
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step 7 .*lower the learning rate"):
        run.run(validate=no_figures, on_epoch=lambda epoch, row: kept.append(epoch))
    saved = Checkpoint.load(tmp_path)
    assert saved is not None and saved.step == 7 and kept == [1]
    assert all(np.isfinite(value).all() for value in (*saved.weights, *saved.average, *saved.optimizer))


@pytest.mark.parametrize("minutes", [0.0, 1e9])
def test_weights_that_are_no_numbers_are_never_kept(tmp_path: Path, minutes: float) -> None:
    """The step that breaks the weights still has a finite loss; it may be the last one of an epoch."""
    model, kept = network(), []

    def breaking(step: int) -> TrainingBatch:
        return batch(step)

    run = loop(tmp_path, model, breaking, checkpoint_minutes=minutes)
    train = model.train_on_batch

    def train_and_break(*args: Any, **options: Any) -> Any:
        result = train(*args, **options)
        if run.step == 9:
            model.set_weights([value * np.nan for value in model.get_weights()])
        return result

    model.train_on_batch = train_and_break
    with pytest.raises(TrainingError, match="after step 10 some weights are infinite or no numbers"):
        run.run(validate=no_figures, on_epoch=lambda epoch, row: kept.append(epoch))
    saved = Checkpoint.load(tmp_path)
    assert saved is not None and saved.step == (5 if minutes else 9) and kept == [1]
    assert all(np.isfinite(value).all() for value in (*saved.weights, *saved.average))


def test_a_crash_while_writing_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop(tmp_path).run(validate=no_figures)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def half(file: Any, **arrays: Any) -> None:
        file.write(b"PK half of it")
        raise Crash

    monkeypatch.setattr(np, "savez", half)
    run = loop(tmp_path, num_steps=20)
    run.resume()
    with pytest.raises(Crash):
        run.run(validate=no_figures)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    saved = Checkpoint.load(tmp_path)
    assert saved is not None and saved.step == 12


@pytest.mark.parametrize("damage", ["empty", "half", "text", "no step"])
def test_a_damaged_checkpoint(tmp_path: Path, damage: str) -> None:
    loop(tmp_path).run(validate=no_figures)
    path = tmp_path / CHECKPOINT
    data = path.read_bytes()
    if damage == "no step":
        np.savez(path, weights_000000=np.zeros(3))
    else:
        path.write_bytes({"empty": b"", "half": data[: len(data) // 2], "text": "가나다".encode()}[damage])
    with pytest.raises(WeightsCorruptError, match=r"checkpoint\.npz is damaged .*delete it to start afresh"):
        loop(tmp_path).resume()


@pytest.mark.parametrize(
    "other",
    [{"units": 7}, {"optimizer": "sgd"}, {"optimizer": "adam"}, {"optimizer": "muon"}],
    ids=["network", "fewer variables", "the same shapes", "muon"],
)
def test_the_checkpoint_of_another_network_or_optimizer(tmp_path: Path, other: dict[str, Any]) -> None:
    loop(tmp_path).run(validate=no_figures)
    model = network(**other)
    before = model.get_weights()
    with pytest.raises(WeightsError, match="the checkpoint belongs to another network or optimiser"):
        loop(tmp_path, model).resume()
    assert equal(model.get_weights(), before)


def test_more_than_a_thousand_arrays_come_back(tmp_path: Path) -> None:
    arrays = [np.full(2, number) for number in range(1100)]
    Checkpoint(step=3, weights=arrays, average=arrays[:1], optimizer=arrays[::-1], num_steps=3).save(tmp_path)
    saved = Checkpoint.load(tmp_path)
    assert saved is not None
    assert equal(saved.weights, arrays) and equal(saved.optimizer, arrays[::-1]) and len(saved.average) == 1
    assert saved.is_finished and saved.seeds == []


def test_an_error_in_a_batch_ends_the_run(tmp_path: Path) -> None:
    def broken(step: int) -> TrainingBatch:
        raise ConfigError("no such symbol")

    with pytest.raises(ConfigError, match="no such symbol"):
        loop(tmp_path, make=broken).run(validate=no_figures)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_steps": 0}, "num_steps is 0; give at least 1"),
        ({"steps_per_epoch": 0}, "steps_per_epoch is 0"),
        ({"average_every": 0}, "average_every is 0"),
        ({"average_decay": 1.0}, r"average_decay is 1\.0; give a number from 0 to below 1"),
        ({"average_decay": -0.1}, "average_decay is -0.1"),
    ],
)
def test_wrong_settings(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LoopSettings(**{**vars(SETTINGS), **changes})


def test_progress_is_shown_unless_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loop(tmp_path / "silent").run(validate=no_figures)
    assert capsys.readouterr() == ("", "")
    loop(tmp_path / "loud", is_silent=False).run(validate=lambda: {"val_clean": 97.5})
    captured = capsys.readouterr()
    assert "step 5  loss " in captured.out and "val_clean 97.5" in captured.out
    assert "12/12" in captured.err
