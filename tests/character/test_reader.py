"""`KoOCR` with a tiny network: every kind of source, batches, counts, and what it refuses."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import koocr
from koocr import weights as weights_module
from koocr.character.reader import KoOCR
from koocr.character.symbols import NUM_SYMBOLS, symbol
from koocr.errors import (
    ConfigError,
    DataError,
    InputError,
    WeightsCorruptError,
    WeightsError,
    WeightsMissingError,
)
from koocr.hangul import FINALS, INITIALS, JAMO, MEDIALS, decompose, nfd
from tests.drawing import draw_character
from tests.trained import SETTINGS, TEXT

if TYPE_CHECKING:
    import keras

BLANK = np.full((50, 50), 255, np.uint8)


@pytest.fixture(scope="module")
def reader(onnx_file: Path) -> KoOCR:
    return KoOCR(weights=onnx_file)


@pytest.fixture(scope="module")
def weight_file(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from koocr.character.metadata import ModelMetadata
    from koocr.training.weights_file import save_weights

    path = tmp_path_factory.mktemp("weights") / "weights.h5"
    save_weights(path, network, ModelMetadata(SETTINGS).to_dict())
    return path


@pytest.mark.parametrize("text", [*TEXT, "ㄱ", "ㅏ", "ㄳ", "ㅎ"])
def test_it_reads_what_it_learnt(reader: KoOCR, text: str) -> None:
    for picture in (
        draw_character(text),
        draw_character(text, ink=240, ground=30),
        draw_character(text, size_px=300, margin=3),
        draw_character(text, size_px=60, margin=90, ink=90, ground=160),
    ):
        assert reader.predict(picture) == [text]


def sources(folder: Path) -> dict[str, Any]:
    grey = draw_character("각")
    rgb = np.dstack([grey] * 3)
    path = folder / f"{nfd('각')} 😀.png"
    Image.fromarray(grey).save(path)
    data = path.read_bytes()
    return {
        "path": path,
        "text of the path": str(path),
        "composed name": str(folder / "각 😀.png"),
        "bytes": data,
        "file": io.BytesIO(data),
        "Pillow": Image.fromarray(grey),
        "Pillow RGB": Image.fromarray(rgb),
        "grey": grey,
        "one channel": grey[..., None],
        "RGB": rgb,
        "RGBA": np.dstack([grey] * 3 + [np.full_like(grey, 255)]),
        "16 bit": grey.astype(np.uint16) * 257,
        "float": grey / 255,
        "float to 255": grey.astype(np.float32),
        "bool": grey > 128,
        "not contiguous": np.asfortranarray(grey),
    }


def test_every_source_is_read(reader: KoOCR, tmp_path: Path) -> None:
    for name, source in sources(tmp_path).items():
        assert reader.predict(source) == ["각"], name


@pytest.mark.parametrize("n", [1, 2, 5, 12, 13, 100, NUM_SYMBOLS])
def test_exactly_n_candidates_best_first(reader: KoOCR, n: int) -> None:
    found = reader.predict(draw_character("닥"), n)
    assert len(found) == n == len(set(found))
    assert found[0] == "닥"
    character = reader.candidates(draw_character("닥"), n)
    assert [candidate.text for candidate in character.candidates] == found
    probabilities = [candidate.probability for candidate in character.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 <= probability <= 1 for probability in probabilities)
    if n == NUM_SYMBOLS:
        assert sum(probabilities) == pytest.approx(1, abs=1e-4)
        assert set(found) == {symbol(index) for index in range(NUM_SYMBOLS)}


def test_candidates_carry_their_jamo(reader: KoOCR) -> None:
    character = reader.candidates(draw_character("눅"), 60)
    assert character.text == "눅" and character.confidence > 0.5
    initial: dict[str, set[float]] = {}
    for candidate in character.candidates:
        if candidate.text in JAMO:
            assert [score.jamo for score in candidate.jamo] == [candidate.text]
            assert candidate.jamo[0].probability == candidate.probability
            continue
        parts = (
            names[i] for names, i in zip((INITIALS, MEDIALS, FINALS), decompose(candidate.text), strict=True)
        )
        assert [score.jamo for score in candidate.jamo] == list(parts)
        product = math.prod(score.probability for score in candidate.jamo)
        assert candidate.probability <= product * (1 + 1e-4), "times that of a whole syllable"
        initial.setdefault(candidate.jamo[0].jamo, set()).add(round(candidate.jamo[0].probability, 6))
    assert all(len(found) == 1 for found in initial.values()), "whatever the other jamo are"


def test_a_blank_image_gives_nothing(reader: KoOCR) -> None:
    assert reader.predict(BLANK) == [] == reader.predict(BLANK, 5)
    character = reader.candidates(BLANK, 5)
    assert (character.candidates, character.text, character.confidence) == ((), "", 0.0)
    assert reader.predict([BLANK, draw_character("가"), BLANK]) == [[], ["가"], []]
    assert reader.predict([BLANK]) == [[]]


def batch(size: int = 5) -> list[np.ndarray]:
    return [draw_character((TEXT * 20)[number], margin=8 + number % 9) for number in range(size)]


@pytest.mark.parametrize("make", [list, tuple, iter], ids=["list", "tuple", "iterator"])
def test_several_images_give_a_list_of_lists(reader: KoOCR, make: Any) -> None:
    assert reader.predict(make(batch()), 2) == [reader.predict(image, 2) for image in batch()]
    assert reader.predict(make([batch()[0]])) == [["가"]]
    assert reader.predict(make([])) == []


def test_arrays_of_several_images(reader: KoOCR) -> None:
    squares = [np.asarray(Image.fromarray(draw_character(text)).resize((80, 80))) for text in "가구"]
    grey = np.stack(squares)
    expected = [["가"], ["구"]]
    assert reader.predict(grey) == expected
    assert reader.predict(grey[..., None]) == expected
    assert reader.predict(np.stack([grey] * 3, axis=-1)) == expected
    assert (
        reader.predict(np.concatenate([np.stack([grey] * 3, -1), np.full_like(grey, 255)[..., None]], -1))
        == expected
    )


def test_a_large_batch_is_read_as_its_images_are(reader: KoOCR, onnx_file: Path) -> None:
    images = [*batch(140), BLANK]
    one_by_one = [reader.candidates(image, 3) for image in images]
    for num_threads in (1, 2, 3):
        found = KoOCR(weights=onnx_file, num_threads=num_threads).candidates(images, 3)
        assert [c.text for c in found] == [c.text for c in one_by_one]
        for one, other in zip(found, one_by_one, strict=True):
            first = [candidate.probability for candidate in one.candidates]
            assert first == pytest.approx([candidate.probability for candidate in other.candidates], abs=1e-5)


@pytest.mark.parametrize("n", [0, -1, 11224, 20_000, True, 1.5, "2", None])
def test_counts_that_cannot_be_given(reader: KoOCR, n: Any) -> None:
    with pytest.raises(ConfigError, match=r"n is .*; give a whole number from 1 to 11223"):
        reader.predict(draw_character("가"), n)


def test_bad_images_are_named(reader: KoOCR, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no file"):
        reader.predict(tmp_path / "none.png")
    with pytest.raises(
        InputError, match=r"image 2 of the batch, counted from 0: there is no file .*none\.png"
    ):
        reader.predict([*batch(2), tmp_path / "none.png"])
    with pytest.raises(InputError, match="image 70 of the batch, counted from 0: the array holds NaN"):
        reader.predict([*batch(70), np.full((9, 9), np.nan)])


@pytest.mark.parametrize("num_threads", [0, -1, True, 1.5, "2"])
def test_thread_counts_that_are_none(num_threads: Any) -> None:
    with pytest.raises(ConfigError, match=r"num_threads is .*; give a whole number of at least 1"):
        KoOCR(num_threads=num_threads)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"netwrok": "small"}, "unknown setting 'netwrok'; did you mean 'network'"),
        ({"network": "VGG17"}, "network is 'VGG17'; did you mean 'VGG16'"),
        ({"image_size": 1}, "image_size is 1"),
        ({"fc_link": "GAPP"}, "fc_link is 'GAPP'"),
    ],
)
def test_unknown_options(onnx_file: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        KoOCR(**options)
    with pytest.raises(ConfigError, match=message):
        KoOCR(weights=onnx_file, **options)


def test_options_beside_weights_must_be_theirs(onnx_file: Path) -> None:
    assert KoOCR(weights=onnx_file, image_size=32, network="small").settings == SETTINGS
    with pytest.raises(
        WeightsError, match=r"belong to another network \(image_size=32, joint=False\); leave"
    ):
        KoOCR(weights=onnx_file, image_size=64, joint=True, width=0.25)


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    for name in ("none.onnx", "none.h5"):
        with pytest.raises(WeightsMissingError, match=f"there is no weight file .*{name}"):
            KoOCR(weights=tmp_path / name)
    (tmp_path / "model.keras").write_bytes(b"zip")
    for path in (tmp_path / "model.keras", tmp_path):
        with pytest.raises(WeightsError, match=r"is no weight file of koocr; give an \.onnx or an \.h5 file"):
            KoOCR(weights=path)


@pytest.mark.parametrize("name", ["broken.onnx", "broken.h5"])
@pytest.mark.parametrize("content", [b"", b"broken", None])
def test_damaged_weights(
    onnx_file: Path, weight_file: Path, tmp_path: Path, name: str, content: bytes | None
) -> None:
    whole = (onnx_file if name.endswith("onnx") else weight_file).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(WeightsCorruptError, match=name.replace(".", r"\.")):
        KoOCR(weights=tmp_path / name)


def test_a_network_that_is_still_to_be_trained() -> None:
    reader = KoOCR(image_size=32, width=0.25)
    assert reader.settings == SETTINGS
    with pytest.raises(
        WeightsError, match=r"this network has not been trained; call train\(\), or give weights"
    ):
        reader.predict(draw_character("가"))
    assert reader.model.input_shape == (None, 32, 32, 1)
    assert reader.model is reader.model


def test_keras_weights_read_as_onnx_does(weight_file: Path, reader: KoOCR) -> None:
    by_keras = KoOCR(weights=weight_file)
    for image in batch(12):
        one, other = by_keras.candidates(image, 2), reader.candidates(image, 2)
        assert one.text == other.text
        assert one.confidence == pytest.approx(other.confidence, abs=1e-4)
    assert by_keras.model is by_keras.model
    images = batch(130)
    assert KoOCR(weights=weight_file, num_threads=2).predict(images) == by_keras.predict(images)


def test_an_onnx_file_has_no_keras_model(reader: KoOCR) -> None:
    with pytest.raises(WeightsMissingError, match=r"holds no Keras weights; give the \.h5 file"):
        reader.model  # noqa: B018


def shipped(
    folder: Path, onnx_file: Path, weight_file: Path, monkeypatch: pytest.MonkeyPatch, *formats: str
) -> None:
    """Makes a manifest whose default model is the tiny one."""
    import hashlib

    files = {}
    for kind, path in (("onnx", onnx_file), ("keras", weight_file)):
        if kind in formats:
            (folder / f"tiny.{kind}").write_bytes(path.read_bytes())
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            files[kind] = {"file": f"tiny.{kind}", "sha256": sha256, "bytes": path.stat().st_size}
    entry = {"task": "character", "summary": "tiny", "licence": "Apache-2.0", "default": True}
    manifest = {"models": {"tiny": {**entry, "reads_with": formats[0], "files": files}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(weights_module, "_pretrained_folder", lambda: folder)


@pytest.mark.parametrize("formats", [("onnx", "keras"), ("keras",), ("keras", "onnx")])
@pytest.mark.parametrize("weights", [None, "tiny"])
def test_shipped_models(
    formats: tuple[str, ...],
    weights: str | None,
    tmp_path: Path,
    onnx_file: Path,
    weight_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped(tmp_path, onnx_file, weight_file, monkeypatch, *formats)
    reader = KoOCR(weights=weights)
    assert reader.predict(draw_character("각")) == ["각"]
    (tmp_path / "tiny.keras").write_bytes(b"damaged")
    if formats[0] == "keras":
        assert reader.model.count_params() > 0
        with pytest.raises(WeightsCorruptError, match=r"tiny\.keras is damaged"):
            KoOCR(weights=weights)
    else:
        with pytest.raises(WeightsCorruptError, match=r"tiny\.keras is damaged"):
            reader.model  # noqa: B018


def test_a_shipped_model_without_keras_weights(
    tmp_path: Path, onnx_file: Path, weight_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped(tmp_path, onnx_file, weight_file, monkeypatch, "onnx")
    with pytest.raises(WeightsMissingError, match="the model tiny comes without Keras weights"):
        KoOCR().model  # noqa: B018
    with pytest.raises(WeightsMissingError, match="no shipped model 'tini'; did you mean 'tiny'"):
        KoOCR(weights="tini")


def test_training_options_that_are_none(weight_file: Path, tmp_path: Path) -> None:
    reader = KoOCR(weights=weight_file)
    with pytest.raises(ConfigError, match="training has no option 'epoch'; did you mean 'epochs'"):
        reader.train(epoch=2)
    with pytest.raises(ConfigError, match="epochs is 0; give a whole number of at least 1"):
        reader.train(epochs=0)
    with pytest.raises(DataError, match="there is no such folder of patches; make it with"):
        reader.train(data=tmp_path / "none", logs=tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


def test_reading_never_loads_keras(onnx_file: Path, tmp_path: Path) -> None:
    Image.fromarray(draw_character("각")).save(tmp_path / "x.png")
    program = (
        "import sys, koocr\n"
        f"print(*koocr.KoOCR({str(onnx_file)!r}).predict({str(tmp_path / 'x.png')!r}))\n"
        "print(*sorted({'tensorflow', 'keras', 'matplotlib', 'fontTools', 'onnx'} & {*sys.modules}))"
    )
    root = Path(koocr.__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], capture_output=True, text=True, cwd=root
    )
    assert run.stdout == "각\n\n", run.stderr
