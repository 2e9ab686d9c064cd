"""Training a character network: it learns, what its outputs are taught, what it refuses."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")

from koocr.character.metadata import ModelMetadata  # noqa: E402
from koocr.character.network import build_network  # noqa: E402
from koocr.character.settings import CharacterSettings  # noqa: E402
from koocr.character.symbols import NUM_SYMBOLS, encode  # noqa: E402
from koocr.character.training import (  # noqa: E402
    TrainingData,
    TrainingSettings,
    charset_positions,
    compile_network,
    to_training_batch,
    train_network,
)
from koocr.character.validation import ValidationSet, make_validation_set, validate  # noqa: E402
from koocr.data.glyphs import GlyphStore  # noqa: E402
from koocr.data.synthesis import GlyphBatch  # noqa: E402
from koocr.errors import ConfigError, WeightsError  # noqa: E402
from koocr.hangul import NUM_SYLLABLES  # noqa: E402
from koocr.training.logs import CsvLog  # noqa: E402
from koocr.training.loop import LoopSettings  # noqa: E402
from koocr.training.weights_file import load_weights, read_settings  # noqa: E402
from tests.trained import SETTINGS, small_store  # noqa: E402

TINY = CharacterSettings(image_size=16, width=0.25)


@pytest.fixture(autouse=True)
def untraced(network: keras.Model) -> Iterator[None]:
    """Runs steps one by one: to trace a network takes seconds, and these take few steps."""
    tf = pytest.importorskip("tensorflow", reason="tests run on this backend")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GlyphStore:
    return small_store(tmp_path_factory.mktemp("store"))


def random_batch(
    step: int, *, size: int = 16, symbols: tuple[int, ...] = (0, 5, NUM_SYLLABLES + 3)
) -> GlyphBatch:
    rng = np.random.default_rng(step)
    chosen = rng.choice(symbols, 8).astype(np.int32)
    images = rng.integers(0, 256, (8, size, size), dtype=np.uint8)
    return GlyphBatch(images, chosen, rng.random(8) < 0.5)


def tiny_data(steps: int = 3) -> TrainingData:
    return TrainingData(random_batch, steps, None)


def how(steps: int = 3, **changes: Any) -> TrainingSettings:
    loop = LoopSettings(num_steps=steps, steps_per_epoch=3, average_decay=0.9, is_silent=True)
    return TrainingSettings(**{"loop": loop, "learning_rate": 0.01, "seed": 0, **changes})


def test_a_few_steps_on_a_few_glyphs_learn_them(network: keras.Model, store: GlyphStore) -> None:
    everything = make_validation_set(store, per_source=1000, size=32)
    assert len(everything.groups["clean"][0]) == len(store)
    assert validate(network, everything)["val_clean"] >= 98
    assert validate(build_network(SETTINGS), everything)["val_clean"] < 10


def test_the_loss_falls(tmp_path: Path) -> None:
    import csv

    data = TrainingData(lambda step: random_batch(0), 8, None)
    loop = LoopSettings(num_steps=24, steps_per_epoch=8, is_silent=True)
    train_network(TINY, how(loop=loop), data, folder=tmp_path, logs=(CsvLog(tmp_path),))
    with open(tmp_path / "log.csv", newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert len(losses) == 3 and losses[2] < 0.5 * losses[0]


def test_what_a_run_leaves_is_the_average_with_its_settings(tmp_path: Path) -> None:
    model = train_network(TINY, how(), tiny_data(), folder=tmp_path, zip_weights=True)
    assert {file.name for file in tmp_path.iterdir()} == {"checkpoint.npz", "weights.h5", "weights_0001.zip"}
    assert ModelMetadata.of(read_settings(tmp_path / "weights.h5"), "") == ModelMetadata(TINY)
    again = build_network(TINY)
    load_weights(tmp_path / "weights.h5", again)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
    with zipfile.ZipFile(tmp_path / "weights_0001.zip") as archive:
        assert archive.read("weights.h5") == (tmp_path / "weights.h5").read_bytes()


def test_a_seed_decides_everything(tmp_path: Path) -> None:
    dropping = CharacterSettings(image_size=16, width=0.25, dropout=0.5)
    first, second, other = (
        train_network(dropping, how(seed=seed), tiny_data(), folder=tmp_path / name).get_weights()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_run_begins_with_given_weights_once_the_one_before_is_finished(tmp_path: Path) -> None:
    train_network(TINY, how(), tiny_data(), folder=tmp_path)
    start = build_network(TINY)
    start.set_weights([np.full_like(value, 0.125) for value in start.get_weights()])
    still = how(learning_rate=1e-12, optimizer="sgd", weight_decay=0.0)
    model = train_network(TINY, still, tiny_data(), folder=tmp_path, start=start)
    kernel = model.get_layer("initial").get_weights()[0]
    np.testing.assert_allclose(kernel, 0.125, atol=1e-6)


def test_without_given_weights_a_finished_run_is_only_opened(tmp_path: Path) -> None:
    first = train_network(TINY, how(), tiny_data(), folder=tmp_path).get_weights()
    again = train_network(TINY, how(seed=7), tiny_data(), folder=tmp_path).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_the_run_of_another_network_is_not_gone_on_with(tmp_path: Path) -> None:
    train_network(TINY, how(), tiny_data(), folder=tmp_path)
    with pytest.raises(WeightsError, match="belongs to another network or optimiser"):
        train_network(CharacterSettings(image_size=16, width=0.5), how(6), tiny_data(), folder=tmp_path)


def test_mixed_precision_trains_and_gives_float32_weights(tmp_path: Path) -> None:
    model = train_network(TINY, how(precision="mixed_bfloat16"), tiny_data(), folder=tmp_path)
    assert keras.config.dtype_policy().name == "float32"
    assert model.get_layer("initial").compute_dtype == "float32"
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in model.get_weights())


SPLIT = ("initial", "medial", "final", "single")


def test_single_jamo_teach_the_jamo_heads_nothing() -> None:
    batch = GlyphBatch(
        np.zeros((3, 16, 16), np.uint8), encode("각ㅎ나").astype(np.int32), np.array([True, False, True])
    )
    made = to_training_batch(batch, TINY, (*SPLIT, "kind", "initial_1"))
    assert made.labels["initial"].tolist() == [0, 0, 2]
    assert made.labels["initial_1"].tolist() == made.labels["initial"].tolist()
    assert made.labels["final"].tolist() == [1, 0, 0]
    assert made.labels["single"].tolist() == [0, 30, 0]
    assert made.labels["kind"].tolist() == [[1], [0], [1]]
    for name in ("initial", "medial", "final", "initial_1"):
        assert made.weights[name].tolist() == [1, 0, 1]
    assert made.weights["single"].tolist() == made.weights["kind"].tolist() == [1, 1, 1]


def test_images_that_count_more_do_so_in_every_output() -> None:
    images, symbols = np.zeros((2, 16, 16), np.uint8), encode("가ㅎ").astype(np.int32)
    counted = np.array([0.5, 3.0], np.float32)
    made = to_training_batch(GlyphBatch(images, symbols, np.zeros(2, bool), counted), TINY, SPLIT)
    assert made.weights["initial"].tolist() == [0.5, 0]
    assert made.weights["single"].tolist() == [0.5, 3]


def test_images_are_ink_one_on_ground_zero() -> None:
    images = np.zeros((1, 16, 16), np.uint8)
    images[0, 3, 4] = 255
    made = to_training_batch(GlyphBatch(images, np.zeros(1, np.int32), np.zeros(1, bool)), TINY, SPLIT)
    assert made.images.shape == (1, 16, 16, 1) and made.images.dtype == np.float32
    assert made.images[0, 3, 4, 0] == 1 and made.images.sum() == 1


def test_places_in_a_charset() -> None:
    charset = "나ㅎ가각ㄱ"
    assert charset_positions(charset, encode("가나ㄱㅎ가")).tolist() == [2, 0, 4, 1, 2]
    for unknown in ("힣", "ㅣ", "갂"):
        with pytest.raises(ConfigError, match=f"'{unknown}' is not in the network's charset; add it"):
            charset_positions(charset, encode(f"가{unknown}"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "adaboun"}, "optimizer is 'adaboun'; did you mean 'adabound'"),
        ({"schedule": "linear"}, "unknown schedule 'linear'"),
        ({"learning_rate": 0.0}, "the learning rate is 0.0"),
        ({"learning_rate": float("nan")}, "the learning rate is nan"),
        ({"weight_decay": -1.0}, r"weight_decay is -1\.0"),
        ({"precision": "float8"}, "precision is 'float8'; choose one of float32, mixed_bfloat16"),
        ({"label_smoothing": 1.0}, r"label_smoothing is 1\.0"),
    ],
)
def test_wrong_settings_show_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        how(**changes)


def test_the_warm_up_is_never_longer_than_a_quarter(tmp_path: Path) -> None:
    rates: list[float] = []

    class Log(CsvLog):
        def write(self, step: int, row: Any) -> None:
            rates.append(row["learning_rate"])

    loop = LoopSettings(num_steps=8, steps_per_epoch=1, average_decay=0.0, is_silent=True)
    training = how(loop=loop, schedule="constant", warmup_steps=300)
    train_network(TINY, training, tiny_data(1), folder=tmp_path, logs=(Log(tmp_path),))
    assert rates == pytest.approx([0.005, *[0.01] * 7])


@pytest.mark.parametrize("fits", [True, False])
def test_the_discriminator_learns_unless_it_is_not_to(fits: bool) -> None:
    settings = CharacterSettings(image_size=16, width=0.25, adversarial=True)
    keras.utils.set_random_seed(0)
    model = build_network(settings)
    compile_network(model, how(fit_discriminator=fits, weight_decay=0.0))
    before = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    batch = to_training_batch(random_batch(0), settings, tuple(model.output_names))
    model.train_on_batch(batch.images, dict(batch.labels), sample_weight=dict(batch.weights))
    changed = {
        name
        for name, values in before.items()
        if any(
            not np.array_equal(a, b) for a, b in zip(values, model.get_layer(name).get_weights(), strict=True)
        )
    }
    assert ("kind" in changed) == ("kind_hidden" in changed) == fits
    assert {"stage1_1_conv", "initial"} <= changed


def whole_network(charset: str) -> keras.Model:
    """Reads the symbol that stands in `charset` where the image's brightest column is."""
    image = keras.Input((16, 16, 1))
    columns = keras.layers.Cropping2D(((0, 0), (0, 16 - len(charset))))(image)
    logits = keras.layers.Rescaling(50.0)(
        keras.layers.GlobalMaxPooling1D()(keras.layers.Reshape((16, len(charset)))(columns))
    )
    return keras.Model(image, {"symbol": logits})


def test_validation_reads_with_the_networks_charset() -> None:
    charset = "나ㅎ가"
    images = np.zeros((4, 16, 16), np.uint8)
    images[range(4), 0, [0, 1, 2, 2]] = 255
    groups = {"clean": (images, encode("나ㅎ가나")), "hands": (images[:2], encode("ㅎㅎ"))}
    found = validate(whole_network(charset), ValidationSet(groups), charset=charset, batch_size=3)
    assert found == {"val_clean": 75.0, "val_hands": 50.0}


def test_validation_sets_are_drawn_alike_and_leave_out_nothing(store: GlyphStore) -> None:
    first, again = (make_validation_set(store, per_source=20, size=24) for _ in range(2))
    assert set(first.groups) == {"clean", "degraded"}
    for name, (images, symbols) in first.groups.items():
        assert images.shape == (20, 24, 24) and np.array_equal(images, again.groups[name][0])
        assert len(set(symbols.tolist())) == 20
    clean, degraded = first.groups["clean"], first.groups["degraded"]
    assert np.array_equal(clean[1], degraded[1]) and not np.array_equal(clean[0], degraded[0])


def test_real_hands_are_a_group_of_their_own(store: GlyphStore) -> None:
    hand = GlyphStore(store.images, store.symbols, store.sources, ("writer",), ("handwritten",), (True,))
    groups = make_validation_set(hand, per_source=2, size=24).groups
    assert list(groups) == ["hands"] and len(groups["hands"][0]) == 20
    empty = GlyphStore(
        store.images[:0], store.symbols[:0], store.sources[:0], ("none",), ("printed",), (False,)
    )
    assert make_validation_set(empty, per_source=2, size=24).groups == {}


def test_a_network_over_all_symbols_trains(tmp_path: Path) -> None:
    settings = CharacterSettings(image_size=16, width=0.25, split_components=False, fc_link="GAP")
    model = train_network(settings, how(), tiny_data(), folder=tmp_path)
    assert model.predict_on_batch(np.zeros((2, 16, 16, 1), np.float32))["symbol"].shape == (2, NUM_SYMBOLS)
