"""Exported networks against Keras, in float32 and int8."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="exporting needs the train extra")

import onnx  # noqa: E402

from koocr.character import export as export_module  # noqa: E402
from koocr.character.calibration import calibration_images, logits_of  # noqa: E402
from koocr.character.export import agreement, as_input, export_onnx, quantise  # noqa: E402
from koocr.character.network import build_network  # noqa: E402
from koocr.character.settings import CharacterSettings  # noqa: E402
from koocr.data.glyphs import GlyphStore  # noqa: E402
from koocr.engine import OnnxEngine  # noqa: E402
from koocr.errors import ConfigError, WeightsError  # noqa: E402
from tests.trained import SETTINGS, TEXT, small_store  # noqa: E402


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GlyphStore:
    return small_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def images(store: GlyphStore) -> np.ndarray:
    return calibration_images(store, 60, size=32)[0]


@pytest.fixture(scope="module")
def int8_file(onnx_file: Path, images: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return quantise(onnx_file, tmp_path_factory.mktemp("int8") / "int8.onnx", images)


def test_float32_computes_what_keras_does(network: keras.Model, onnx_file: Path, images: np.ndarray) -> None:
    expected = logits_of(network, images)
    found = OnnxEngine(onnx_file).run(as_input(images))
    assert set(found) == {"initial", "medial", "final", "single"}
    for name, logits in found.items():
        np.testing.assert_allclose(logits, expected[name], atol=1e-4 * max(1, np.abs(expected[name]).max()))


def test_the_file_says_what_it_is(network: keras.Model, tmp_path: Path) -> None:
    path = export_onnx(network, SETTINGS, tmp_path / "새" / "a.onnx", temperatures={"initial": 1.5})
    metadata = OnnxEngine(path).metadata
    assert CharacterSettings.from_dict(metadata["settings"]) == SETTINGS
    assert metadata["temperatures"] == {"initial": 1.5}
    assert [file.name for file in path.parent.iterdir()] == ["a.onnx"], "nothing else is left there"


def test_only_what_reading_needs_is_exported(tmp_path: Path) -> None:
    settings = CharacterSettings(
        image_size=16, width=0.25, adversarial=True, iterative_refinement=True, refinement_t=2
    )
    model = build_network(settings)
    path = export_onnx(model, settings, tmp_path / "a.onnx")
    assert set(OnnxEngine(path).run(np.zeros((1, 16, 16, 1), np.float32))) == {
        "initial",
        "medial",
        "final",
        "single",
    }


def test_a_network_with_a_charset_of_its_own_is_exported(tmp_path: Path) -> None:
    settings = CharacterSettings(image_size=16, width=0.25, split_components=False, charset="가나ㄱ")
    model = build_network(settings)
    path = export_onnx(model, settings, tmp_path / "a.onnx")
    batch = np.random.default_rng(0).random((3, 16, 16, 1), dtype=np.float32)
    np.testing.assert_allclose(
        OnnxEngine(path).run(batch)["symbol"], model.predict_on_batch(batch)["symbol"], atol=1e-4
    )


def test_a_network_of_mixed_precision_is_exported_in_float32(tmp_path: Path) -> None:
    settings = CharacterSettings(image_size=16, width=0.25)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_network(settings)
    finally:
        keras.config.set_dtype_policy("float32")
    exact = build_network(settings)
    exact.set_weights(model.get_weights())
    batch = np.random.default_rng(0).random((3, 16, 16, 1), dtype=np.float32)
    found = OnnxEngine(export_onnx(model, settings, tmp_path / "a.onnx")).run(batch)
    for name, logits in exact.predict_on_batch(batch).items():
        np.testing.assert_allclose(found[name], logits, atol=1e-4)


def test_int8_reads_as_float32_does(onnx_file: Path, int8_file: Path, images: np.ndarray) -> None:
    assert agreement(int8_file, onnx_file, images) >= 0.9
    exact, rough = (OnnxEngine(file).run(as_input(images))["initial"] for file in (onnx_file, int8_file))
    difference = np.abs(exact - rough)
    assert difference.max() > 0, "it is quantised"
    assert difference.mean() < 0.05 * np.ptp(exact)
    assert OnnxEngine(int8_file).metadata == OnnxEngine(onnx_file).metadata
    assert int8_file.stat().st_size < 0.6 * onnx_file.stat().st_size


def test_the_first_convolution_and_the_heads_stay_in_float(int8_file: Path) -> None:
    graph = onnx.load(str(int8_file)).graph
    types = [node.op_type for node in graph.node]
    convolutions = [name for name in types if name in ("Conv", "QLinearConv")]
    assert convolutions == ["Conv"] + ["QLinearConv"] * (len(convolutions) - 1)
    assert len(convolutions) > 1 and not {"Tile", "Resize", "Shape"} & set(types), (
        "nothing is stretched or measured"
    )


def test_agreement_counts_images_that_are_read_alike(
    onnx_file: Path, images: np.ndarray, tmp_path: Path
) -> None:
    assert agreement(onnx_file, onnx_file, images) == 1.0
    fresh = export_onnx(build_network(SETTINGS), SETTINGS, tmp_path / "fresh.onnx")
    assert agreement(fresh, onnx_file, images, batch_size=7) < 0.5


def test_converters_are_quiet_and_logging_stays_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    settings = CharacterSettings(
        network="mobilenet", image_size=16, width=0.125
    )  # of which one step complains
    path = export_onnx(build_network(settings), settings, tmp_path / "a.onnx")
    quantise(path, tmp_path / "int8.onnx", np.zeros((4, 16, 16), np.uint8))
    assert not caplog.records
    assert not [warning for warning in recwarn if issubclass(warning.category, FutureWarning)]
    logging.getLogger("koocr").error("heard")
    assert len(caplog.records) == 1
    assert {file.name for file in tmp_path.iterdir()} == {"a.onnx", "int8.onnx"}


def test_no_images_to_calibrate_with(onnx_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="an int8 network needs images to calibrate it with"):
        quantise(onnx_file, tmp_path / "int8.onnx", np.zeros((0, 32, 32), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_file_that_computes_something_else_is_not_kept(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.onnx").write_bytes(b"the file from before")
    other = build_network(SETTINGS)
    monkeypatch.setattr(export_module, "folded", lambda model, settings: other)
    with pytest.raises(
        WeightsError, match=r"the exported network's output '\w+' is off by .* was not written"
    ):
        export_onnx(network, SETTINGS, tmp_path / "a.onnx")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("a.onnx", b"the file from before")
    ]


def test_other_backends_cannot_export(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(
        ConfigError, match="export needs the TensorFlow backend; set KERAS_BACKEND=tensorflow"
    ):
        export_onnx(network, SETTINGS, tmp_path / "a.onnx")


def test_calibration_images_are_of_every_kind_and_always_the_same(store: GlyphStore) -> None:
    images, symbols = calibration_images(store, 40, size=48)
    assert images.shape == (40, 48, 48) and symbols.shape == (40,)
    again, _ = calibration_images(store, 40, size=48)
    assert np.array_equal(images, again)
    assert set(symbols.tolist()) <= set(store.symbols.tolist())
    everything, _ = calibration_images(store, 10**6, size=16)
    assert len(everything) == 2 * (len(TEXT) + 51), "clean and degraded"


@pytest.mark.parametrize("count", [50, 53])
def test_print_counts_as_much_as_hands(store: GlyphStore, count: int) -> None:
    """One printed face, three like handwriting and a writer, each with symbols of its own."""
    sources = (np.arange(len(store)) % 5).astype(np.int32)
    sources[5:] = np.where(sources[5:] == 0, 1, sources[5:])  # print has but one glyph
    kinds = ("printed", *["handwritten"] * 4)
    mixed = GlyphStore(store.images, store.symbols, sources, tuple("abcde"), kinds, (False,) * 4 + (True,))
    _, symbols = calibration_images(mixed, count, size=16)
    source_of = dict(zip(store.symbols.tolist(), sources.tolist(), strict=True))
    found = np.bincount([source_of[symbol] for symbol in symbols.tolist()], minlength=5)
    assert found[0] == 20, "clean and degraded"
    assert found[1:4].sum() == 20 and found[4] == 10


def test_a_store_without_glyphs_gives_no_images(store: GlyphStore) -> None:
    empty = GlyphStore(
        store.images[:0], store.symbols[:0], store.sources[:0], ("none",), ("printed",), (False,)
    )
    images, symbols = calibration_images(empty, 10, size=16)
    assert images.shape == (0, 16, 16) and symbols.shape == (0,)


def test_logits_are_those_of_one_batch(network: keras.Model) -> None:
    images = np.random.default_rng(0).integers(0, 256, (130, 32, 32), dtype=np.uint8)
    expected = network.predict_on_batch(as_input(images))
    for name, logits in logits_of(network, images).items():
        np.testing.assert_allclose(logits, expected[name], atol=1e-4)
