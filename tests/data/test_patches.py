"""Patches: what is written comes back, what is wrong is named, and groups hold all files once."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from koocr.data.patches import PatchKind, iter_patches, list_patches, read_patch, write_patch
from koocr.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 6), dtype=np.uint8)
LABELS = ["가", "힣", "ㄳ", "ㅣ", "뷁"]


def dump(path: Path, content: object) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=4))
    return path


@pytest.mark.parametrize("suffix", [".pickle", ".npz"])
def test_a_written_patch_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clova_7{suffix}"
    write_patch(path, IMAGES, LABELS)
    patch = read_patch(path)
    np.testing.assert_array_equal(patch.images, IMAGES)
    assert patch.images.dtype == np.uint8
    assert patch.labels.tolist() == LABELS
    assert patch.labels.dtype == np.dtype("<U1")
    assert (patch.kind, patch.path, len(patch)) == (PatchKind.CLOVA, path, 5)
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "no temporary file is left"


def test_the_ancestors_pickles_are_read_as_plain_pickle_writes_them(tmp_path: Path) -> None:
    plain = {"image": IMAGES, "label": np.array(LABELS)}
    floats = {"image": IMAGES.astype(np.float32), "label": LABELS}
    objects = {"image": IMAGES, "label": np.array(LABELS, dtype=object)}
    for content in (plain, floats, objects):
        patch = read_patch(dump(tmp_path / "handwritten_0.pickle", content))
        np.testing.assert_array_equal(patch.images, IMAGES)
        assert patch.images.dtype == np.uint8
        assert patch.labels.tolist() == LABELS


def test_the_pickle_that_we_write_is_an_ordinary_one(tmp_path: Path) -> None:
    write_patch(tmp_path / "printed_0.pickle", IMAGES, LABELS)
    content = pickle.loads((tmp_path / "printed_0.pickle").read_bytes())
    assert set(content) == {"image", "label"}
    np.testing.assert_array_equal(content["image"], IMAGES)
    assert content["label"].tolist() == LABELS


def test_decomposed_labels_are_put_together(tmp_path: Path) -> None:
    path = dump(tmp_path / "printed_1.pickle", {"image": IMAGES[:1], "label": np.array(["각"])})
    assert read_patch(path).labels.tolist() == ["각"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("handwritten_0.pickle", "handwritten"), ("printed_x.npz", "printed"), ("clova_12.pickle", "clova")],
)
def test_the_name_says_the_kind(name: str, kind: str) -> None:
    assert PatchKind.of(name).value == kind


@pytest.mark.parametrize("name", ["syllable_0.pickle", "Printed_0.pickle", "printed.pickle", "xclova_1.npz"])
def test_a_name_without_a_kind_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="printed_"):
        PatchKind.of(name)


WRONG: list[tuple[object, str, int | None]] = [
    ([IMAGES, LABELS], "dict", None),
    ({"image": IMAGES}, "dict", None),
    ({"image": IMAGES, "label": LABELS[:4]}, "5 pictures and 4 labels", None),
    ({"image": IMAGES[0], "label": LABELS}, "shape", None),
    ({"image": IMAGES[:, :, :0], "label": LABELS}, "shape", None),
    ({"image": IMAGES[:0], "label": []}, "shape", None),
    ({"image": list(IMAGES), "label": LABELS}, "shape", None),
    ({"image": IMAGES > 7, "label": LABELS}, "bool", None),
    ({"image": IMAGES.astype(np.float32) / 255, "label": LABELS}, "whole numbers", 0),
    ({"image": np.where(np.arange(5)[:, None, None] == 3, np.nan, IMAGES), "label": LABELS}, "whole", 3),
    ({"image": IMAGES.astype(np.int16) - 300, "label": LABELS}, "whole numbers", 0),
    ({"image": IMAGES, "label": ["가", "가나", "가", "가", "가"]}, "가나", 1),
    ({"image": IMAGES, "label": ["가", "가", "A", "가", "가"]}, "'A'", 2),
    ({"image": IMAGES, "label": ["가", "가", "가", "", "가"]}, "''", 3),
    ({"image": IMAGES, "label": ["가", "가", "가", "가", "ᆨ"]}, "ᆨ", 4),  # a conjoining jamo
    ({"image": IMAGES, "label": [0, 1, 2, 3, 4]}, "label 0", 0),
    ({"image": IMAGES, "label": np.zeros((5, 1), "<U1")}, "labels", None),
    ({"image": IMAGES, "label": "가나다라마"}, "labels", None),
]


@pytest.mark.parametrize(("content", "message", "record"), WRONG)
def test_a_wrong_record_is_named(tmp_path: Path, content: object, message: str, record: int | None) -> None:
    path = dump(tmp_path / "handwritten_3.pickle", content)
    with pytest.raises(DataError, match=message) as caught:
        read_patch(path)
    assert caught.value.file == str(path)
    assert caught.value.line == record
    assert "handwritten_3.pickle" in str(caught.value)


def test_what_could_not_be_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "printed_0.npz"
    with pytest.raises(DataError, match="labels"):
        write_patch(path, IMAGES, LABELS[:2])
    with pytest.raises(DataError, match="syllable"):
        write_patch(path, IMAGES, ["가", "나", "x", "라", "마"])
    with pytest.raises(DataError, match="kind"):
        write_patch(tmp_path / "mine.npz", IMAGES, LABELS)
    with pytest.raises(DataError, match=r"pickle or \.npz"):
        write_patch(tmp_path / "printed_0.zip", IMAGES, LABELS)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_the_old_patch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "printed_0.pickle"
    write_patch(path, IMAGES, LABELS)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("koocr.data.patches.pickle.dump", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_patch(path, 255 - IMAGES, LABELS)
    np.testing.assert_array_equal(read_patch(path).images, IMAGES)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x80\x04 not a pickle", b"plain text"])
@pytest.mark.parametrize("suffix", [".pickle", ".npz"])
def test_damaged_files_are_data_errors(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"clova_0{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged") as caught:
        read_patch(path)
    assert caught.value.file == str(path)


@pytest.mark.parametrize("suffix", [".pickle", ".npz"])
def test_a_cut_file_is_a_data_error_wherever_it_is_cut(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clova_0{suffix}"
    write_patch(path, IMAGES, LABELS)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError):
            read_patch(path)


def test_missing_files_are_data_errors(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_patch(tmp_path / "clova_0.npz")
    (tmp_path / "clova_1.pickle").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        read_patch(tmp_path / "clova_1.pickle")


def test_an_npz_with_objects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clova_0.npz"
    np.savez(path, image=IMAGES, label=np.array(LABELS, dtype=object))
    with pytest.raises(DataError, match="objects"):
        read_patch(path)


def test_an_npz_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("koocr.data.patches._MAX_BYTES", 100_000)
    path = tmp_path / "clova_0.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("image.npy", b"\0" * 1_000_000)
    with pytest.raises(DataError, match="1000000 bytes"):
        read_patch(path)


def test_groups_hold_every_file_once(tmp_path: Path) -> None:
    for number in range(11):
        write_patch(tmp_path / f"clova_{number}.npz", IMAGES[:1] * 0 + number, ["가"])
    write_patch(tmp_path / "printed_0.pickle", IMAGES, LABELS)
    (tmp_path / "notes.txt").write_text("not a patch")
    groups = list(iter_patches(tmp_path, patch_size=5, kinds=["clova"]))
    assert [len(group) for group in groups] == [5, 5, 1]
    assert [int(patch.images[0, 0, 0]) for group in groups for patch in group] == list(range(11))
    assert len(list_patches(tmp_path)) == 12


def test_the_seed_decides_the_order(tmp_path: Path) -> None:
    for number in range(9):
        write_patch(tmp_path / f"clova_{number}.npz", IMAGES[:1], ["가"])

    def names(seed: int | None) -> list[str]:
        groups = iter_patches(tmp_path, patch_size=2, shuffle_seed=seed)
        return [patch.path.name for group in groups for patch in group]

    assert names(1) == names(1)
    assert names(1) != names(2)
    assert sorted(names(1)) == names(None)


def test_wrong_folders_and_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        next(iter_patches(tmp_path / "absent", patch_size=1))
    with pytest.raises(DataError, match="no patch"):
        next(iter_patches(tmp_path, patch_size=1))
    with pytest.raises(DataError, match="patch_size is 0"):
        next(iter_patches(tmp_path, patch_size=0))
    with pytest.raises(DataError, match="'typed' is unknown"):
        list_patches(tmp_path, kinds=["typed"])
