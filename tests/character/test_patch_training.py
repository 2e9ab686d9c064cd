"""Training on patches: which images come when, and the whole way from a folder to a reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.character.patch_training import PatchBatches, PatchTraining, as_glyph, patch_data, store_of
from koocr.character.reader import KoOCR
from koocr.character.symbols import encode, symbol
from koocr.data.patches import read_patch, write_patch
from koocr.data.synthesis import AugmentationSettings
from koocr.data.synthesis.settings import PLAIN
from koocr.data.synthesis.stream import augment
from koocr.errors import ConfigError, DataError
from koocr.hangul import syllable
from tests.drawing import draw_character

SIDE = 40


def picture(text: str) -> np.ndarray:
    drawn = draw_character(text, size_px=30, margin=0, ink=0, ground=255)[:SIDE, :SIDE]
    image = np.full((SIDE, SIDE), 255, np.uint8)
    image[: drawn.shape[0], : drawn.shape[1]] = drawn
    return image


def write(folder: Path, name: str, text: str, blanks: int = 0) -> Path:
    images = [picture(char) for char in text] + [np.full((SIDE, SIDE), 255, np.uint8)] * blanks
    write_patch(folder / name, np.stack(images), list(text + "가" * blanks))
    return folder / name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of 7, 5 and 3 syllables, all different."""
    texts = [
        "".join(map(syllable, range(start, start + count))) for start, count in ((0, 7), (600, 5), (1200, 3))
    ]
    names = ("printed_1.pickle", "clova_2.npz", "handwritten_10.pickle")
    for name, text in zip(names, texts, strict=True):
        write(tmp_path, name, text)
    return tmp_path


EVERYTHING = sorted([*range(7), *range(600, 605), *range(1200, 1203)])


def epoch(batches: PatchBatches, number: int = 0) -> list[list[int]]:
    first = number * batches.steps_per_epoch
    return [batches.batch(first + step).symbols.tolist() for step in range(batches.steps_per_epoch)]


@pytest.mark.parametrize("patch_size", [1, 2, 3, 20])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 15, 100])
def test_an_epoch_shows_every_image(folder: Path, patch_size: int, batch_size: int) -> None:
    batches = PatchBatches(folder, patch_size=patch_size, batch_size=batch_size, size=16)
    assert batches.num_images == 15
    for number in range(3):
        shown = epoch(batches, number)
        assert all(len(batch) == batch_size for batch in shown)
        assert sorted(set(chain.from_iterable(shown))) == EVERYTHING


def test_an_epoch_of_one_group_that_fits_shows_each_image_once(folder: Path) -> None:
    batches = PatchBatches(folder, patch_size=3, batch_size=5, size=16)
    assert batches.steps_per_epoch == 3
    assert sorted(chain.from_iterable(epoch(batches))) == EVERYTHING
    assert epoch(batches, 0) != epoch(batches, 1), "in another order"


def test_a_group_is_shown_whole_before_the_next(folder: Path) -> None:
    batches = PatchBatches(folder, patch_size=1, batch_size=1, size=16)
    files = [index // 600 for (index,) in epoch(batches)]  # which file each image is of
    assert len(list(groupby(files))) == 3


def test_batches_depend_on_their_number_and_the_seed_alone(folder: Path) -> None:
    def make(seed: int = 0) -> PatchBatches:
        return PatchBatches(
            folder, patch_size=2, batch_size=4, size=24, seed=seed, augmentation=AugmentationSettings()
        )

    one, other = make(), make()
    forwards = [one.batch(number) for number in range(12)]
    for number in reversed(range(12)):
        again = other.batch(number)
        assert np.array_equal(again.images, forwards[number].images)
        assert np.array_equal(again.symbols, forwards[number].symbols)
    assert not np.array_equal(make(1).batch(0).images, forwards[0].images)


def test_kinds_are_those_of_the_files(folder: Path) -> None:
    batches = PatchBatches(folder, patch_size=3, batch_size=15, size=16)
    batch = batches.batch(0)
    expected = {
        symbol_id: symbol_id >= 600 for symbol_id in EVERYTHING
    }  # print, then CLOVA's hands, then real ones
    assert dict(zip(batch.symbols.tolist(), batch.is_handwritten.tolist(), strict=True)) == expected


def test_images_are_as_the_reader_sees_them(folder: Path) -> None:
    batch = PatchBatches(folder, patch_size=3, batch_size=15, size=32).batch(0)
    for image, index in zip(batch.images, batch.symbols.tolist(), strict=True):
        glyph = as_glyph(picture(symbol(index)))
        assert glyph is not None
        expected = augment(glyph[None], np.random.default_rng(0), PLAIN, size=32)[0]
        assert np.array_equal(image, expected)


def test_blank_images_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "printed_1.pickle", "나닭", blanks=3)
    assert store_of([read_patch(path)]).symbols.tolist() == encode("나닭").tolist()
    batches = PatchBatches(tmp_path, batch_size=3, size=16)
    assert set(chain.from_iterable(epoch(batches))) == set(encode("나닭").tolist())


def test_nothing_but_blank_images(tmp_path: Path) -> None:
    path = write(tmp_path, "printed_1.pickle", "", blanks=3)
    with pytest.raises(DataError, match="the patches hold nothing but blank images"):
        store_of([read_patch(path)])


def test_folders_and_sizes_that_are_wrong(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: the folder has no patches; make some with crawl_data\.py"):
        PatchBatches(tmp_path / "empty")
    with pytest.raises(
        DataError, match=r"none: there is no such folder of patches; make it with crawl_data\.py"
    ):
        PatchBatches(tmp_path / "none")
    for sizes in ({"patch_size": 0}, {"batch_size": 0}):
        with pytest.raises(ConfigError, match=r"patch_size is .* and batch_size .*; give 1 or more"):
            PatchBatches(folder, **sizes)


def test_only_one_group_is_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from koocr.character import patch_training

    read: Counter[str] = Counter()

    def counted(path: Path) -> Any:
        read[Path(path).name] += 1
        return read_patch(path)

    batches = PatchBatches(folder, patch_size=1, batch_size=2, size=16)
    monkeypatch.setattr(patch_training, "read_patch", counted)
    epoch(batches)
    assert set(read.values()) == {1} and len(read) == 3
    store = batches._group
    assert store is not None and len(store[1].names) == 1


def data(folder: Path, val_folder: Path | None) -> Any:
    pytest.importorskip("keras", reason="training needs the train extra")
    return patch_data(folder, val_folder, patch_size=3, batch_size=4, size=16, seed=0, augmentation=None)


def test_validation_is_on_its_own_folder_if_there_is_one(folder: Path, tmp_path: Path) -> None:
    val_folder = tmp_path / "val"
    write(val_folder, "printed_1.pickle", "가나")
    write(val_folder, "handwritten_1.pickle", "닭")
    found = data(folder, val_folder)
    assert found.steps_per_epoch == 4
    assert {name: len(images) for name, (images, _) in found.validation.groups.items()} == {
        "clean": 2,
        "degraded": 2,
        "hands": 1,
    }
    (tmp_path / "empty").mkdir()
    for nothing in (None, tmp_path / "none", tmp_path / "empty"):
        assert data(folder, nothing).validation is None


@pytest.fixture
def untraced() -> Iterator[None]:
    tf = pytest.importorskip("tensorflow", reason="training needs the train extra")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("untraced")
def test_a_reader_trains_on_patches_and_reads(tmp_path: Path) -> None:
    write(tmp_path / "data", "printed_1.npz", "가나다라" * 4)
    reader = KoOCR(image_size=16, width=0.25)
    options = {"data": tmp_path / "data", "val_data": None, "logs": tmp_path / "logs", "silent_mode": True}
    reader.train(epochs=12, lr=0.01, batch_size=16, data_augmentation=False, optimizer="adam", **options)
    assert {file.name for file in (tmp_path / "logs").iterdir()} == {
        "checkpoint.npz",
        "log.csv",
        "weights.h5",
    }
    assert len(reader.predict(picture("가"), 5)) == 5
    again = KoOCR(weights=tmp_path / "logs" / "weights.h5")
    for text in "가나다라":
        one, other = reader.candidates(picture(text), 3), again.candidates(picture(text), 3)
        assert one.text == other.text and one.confidence == pytest.approx(other.confidence, abs=1e-4)
    before = reader.model.get_weights()
    reader.train(epochs=1, lr=1e-9, **options)
    after = reader.model.get_weights()
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True)), "trained on, not opened"
    kernels = [(a, b) for a, b in zip(before, after, strict=True) if a.ndim == 4]
    assert all(np.allclose(a, b, atol=1e-4) for a, b in kernels), "from where it was"


def test_options_have_the_types_that_they_need() -> None:
    assert PatchTraining.of({"epochs": 3, "lr": 0.1}) == PatchTraining(epochs=3, lr=0.1)
    for name in ("epochs", "batch_size", "patch_size"):
        for value in (0, -1, True, 1.5, "2"):
            with pytest.raises(ConfigError, match=f"{name} is {value!r}; give a whole number of at least 1"):
                PatchTraining.of({name: value})
    with pytest.raises(ConfigError, match="training has no option 'zzz'; the options are epochs, lr, data"):
        PatchTraining.of({"zzz": 1})
