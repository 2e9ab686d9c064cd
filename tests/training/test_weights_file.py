"""Weight files: what comes back, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")

import h5py  # noqa: E402

from koocr.errors import WeightsCorruptError, WeightsError, WeightsMissingError  # noqa: E402
from koocr.training.weights_file import (  # noqa: E402
    average_weights,
    load_weights,
    read_settings,
    save_weights,
)


def network(units: int = 4, *, name: str = "hidden") -> "keras.Model":
    image = keras.Input((6,))
    x = keras.layers.Dense(units, name=name)(image)
    return keras.Model(image, keras.layers.BatchNormalization(name="norm")(x))


def filled(model: "keras.Model", seed: int = 0) -> "keras.Model":
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 1, value.shape) for value in model.get_weights()])
    return model


def is_equal(one: "keras.Model", other: "keras.Model") -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_weights_and_settings_come_back(tmp_path: Path) -> None:
    path, model, again = tmp_path / "새 폴더" / "weights.h5", filled(network()), filled(network(), 1)
    save_weights(path, model, {"charset": "가각", "width": 0.5})
    load_weights(path, again)
    assert is_equal(model, again)
    assert read_settings(path) == {"charset": "가각", "width": 0.5}
    assert [file.name for file in path.parent.iterdir()] == ["weights.h5"]


def test_settings_may_name_every_symbol(tmp_path: Path) -> None:
    charset = "".join(map(chr, (*range(0xAC00, 0xD7A4), *range(0x3131, 0x3164))))
    save_weights(tmp_path / "weights.h5", network(), {"settings": {"charset": charset}})
    assert read_settings(tmp_path / "weights.h5") == {"settings": {"charset": charset}}


def test_half_precision(tmp_path: Path) -> None:
    model, again = filled(network()), network()
    save_weights(tmp_path / "half.h5", model, {}, half=True)
    load_weights(tmp_path / "half.h5", again)
    for exact, value in zip(model.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(value, exact.astype(np.float16).astype(np.float32))
        assert value.dtype == np.float32
    with h5py.File(tmp_path / "half.h5") as file:
        assert file["hidden/kernel"].dtype == np.float16


def test_half_precision_loses_no_large_value(tmp_path: Path) -> None:
    model, again = filled(network()), network()
    gamma, beta, mean, variance = model.get_layer("norm").get_weights()
    model.get_layer("norm").set_weights([gamma, beta, mean, variance * 1e6])
    save_weights(tmp_path / "half.h5", model, {}, half=True)
    load_weights(tmp_path / "half.h5", again)
    assert np.array_equal(again.get_layer("norm").get_weights()[3], model.get_layer("norm").get_weights()[3])


def test_a_model_of_half_precision_is_kept_in_full(tmp_path: Path) -> None:
    image = keras.Input((6,))
    model = keras.Model(image, keras.layers.Dense(2, dtype="bfloat16", name="hidden")(image))
    save_weights(tmp_path / "weights.h5", model, {})
    with h5py.File(tmp_path / "weights.h5") as file:
        assert file["hidden/kernel"].dtype == np.float32


@pytest.mark.parametrize("other", [network(5), network(name="other")], ids=["shape", "name"])
def test_another_networks_weights(tmp_path: Path, other: "keras.Model") -> None:
    save_weights(tmp_path / "weights.h5", network(), {})
    before = other.get_weights()
    with pytest.raises(
        WeightsError, match=r"weights\.h5' holds another network .*is missing or of another shape"
    ):
        load_weights(tmp_path / "weights.h5", other)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))


def test_the_mean_of_several_runs(tmp_path: Path) -> None:
    models = [filled(network(), seed) for seed in range(3)]
    for number, model in enumerate(models[1:], start=1):
        save_weights(tmp_path / f"{number}.h5", model, {})
    mean = [
        np.mean(values, axis=0) for values in zip(*(model.get_weights() for model in models), strict=True)
    ]
    average_weights(models[0], [tmp_path / "1.h5", tmp_path / "2.h5"])
    for found, expected in zip(models[0].get_weights(), mean, strict=True):
        assert np.allclose(found, expected, atol=1e-6)
    average_weights(models[1], [])
    assert is_equal(models[1], filled(network(), 1))
    with pytest.raises(WeightsError, match="holds another network"):
        average_weights(network(5), [tmp_path / "1.h5"])


def test_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.h5", tmp_path):
        with pytest.raises(WeightsMissingError, match=r"there is no weight file .*check the path"):
            load_weights(path, network())


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_truncated_file(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "weights.h5"
    save_weights(path, network(64), {"width": 1})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(
        WeightsCorruptError, match=r"weights\.h5' can't be read as weights .*download or train"
    ):
        load_weights(path, network(64))


def test_damaged_values(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    save_weights(path, filled(network(400)), {"width": 1})
    with h5py.File(path) as file:
        offset = file["hidden/kernel"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    assert read_settings(path) == {"width": 1}
    with pytest.raises(WeightsCorruptError, match="can't be read as weights"):
        load_weights(path, network(400))


@pytest.mark.parametrize("settings", ["{", "3", "[1]"])
def test_damaged_settings(tmp_path: Path, settings: str) -> None:
    path = tmp_path / "weights.h5"
    save_weights(path, network(), {})
    with h5py.File(path, "a") as file:
        file.attrs["settings"] = settings
    with pytest.raises(WeightsCorruptError, match="can't be read as weights"):
        read_settings(path)


def test_files_of_others(tmp_path: Path) -> None:
    network().save_weights(tmp_path / "keras.weights.h5")
    (tmp_path / "text.h5").write_text("가나다")
    for name in ("keras.weights.h5", "text.h5"):
        with pytest.raises(WeightsCorruptError, match="can't be read as weights"):
            read_settings(tmp_path / name)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, model = tmp_path / "weights.h5", filled(network())
    save_weights(path, model, {"run": 1})

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(h5py.File, "create_dataset", fail)
    with pytest.raises(OSError, match="the disk is full"):
        save_weights(path, filled(network(), 1), {"run": 2})
    monkeypatch.undo()
    again = network()
    load_weights(path, again)
    assert is_equal(model, again)
    assert read_settings(path) == {"run": 1}
