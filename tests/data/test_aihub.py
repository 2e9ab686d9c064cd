"""AI Hub's set becomes patches: single characters only, split by the seed, bad records as rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.data.crawl.aihub import CHARACTER, PROBLEMS, AIHubResult, convert_aihub, fit_square
from koocr.data.crawl.drawing import Placement
from koocr.data.crawl.faces import CrawlSettings, split_of
from koocr.data.patches import PatchKind, list_patches, read_patch
from koocr.errors import DataError
from koocr.fonts import korean_face
from koocr.hangul import syllable

SETTINGS = CrawlSettings(Placement.of_size(64), pickle_size=8, val_ratio=0.3)


def record(image_id: str, text: str, kind: str = CHARACTER, **attributes: str) -> dict[str, Any]:
    return {"image_id": image_id, "text": text, "attributes": {"type": kind, **attributes}}


class Set:
    """A set in AI Hub's layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.face = ImageFont.truetype(str(korean_face()), 60, layout_engine=ImageFont.Layout.BASIC)
        root.mkdir(parents=True)

    def image(self, folder: str, image_id: str, text: str, size: tuple[int, int] = (120, 90)) -> None:
        picture = Image.new("L", size, 240)
        ImageDraw.Draw(picture).text((30, 5), text, 10, font=self.face)
        (self.root / folder).mkdir(exist_ok=True)
        picture.save(self.root / folder / f"{image_id}.png")

    def labels(self, kind: str, annotations: list[Any]) -> None:
        content = {"info": {}, "images": [], "annotations": annotations}
        path = self.root / f"{kind}_label.json"
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def aihub(tmp_path: Path) -> Set:
    """60 handwritten characters in two folders, 40 printed ones in 8 typefaces, and some words."""
    made = Set(tmp_path / "AIhub")
    handwritten = []
    for number in range(60):
        made.image(f"{number % 2 + 1}_syllable", f"{number:08}", syllable(number * 37))
        handwritten.append(record(f"{number:08}", syllable(number * 37)))
    made.labels("handwritten", [*handwritten, record("word", "단어", "단어(어절)")])
    printed = []
    for number in range(40):
        made.image("syllable", f"9{number:07}", syllable(number * 91))
        printed.append(record(f"9{number:07}", syllable(number * 91), font=f"face {number % 8}"))
    made.labels("printed", printed)
    return made


def convert(aihub: Set, settings: CrawlSettings = SETTINGS) -> AIHubResult:
    folders = {"train": aihub.root.parent / "data", "val": aihub.root.parent / "val_data"}
    return convert_aihub(aihub.root, folders, settings=settings)


def labels_of(folder: Path, kind: str) -> list[str]:
    return ["".join(read_patch(path).labels) for path in list_patches(folder, kinds=[kind])]


def test_every_character_lands_in_one_patch(aihub: Set) -> None:
    result = convert(aihub)
    data, val_data = aihub.root.parent / "data", aihub.root.parent / "val_data"
    train, val = labels_of(data, "handwritten"), labels_of(val_data, "handwritten")
    assert sorted("".join(train + val)) == [syllable(number * 37) for number in range(60)]
    assert all(len(patch) == 8 for patch in train[:-1])
    assert result.num_images[PatchKind.HANDWRITTEN, "train"] == len("".join(train))
    assert result.num_images[PatchKind.HANDWRITTEN, "val"] == len("".join(val)) > 0
    assert result.num_other == 1
    assert result.problems == []
    assert not (data / PROBLEMS).exists()


def test_the_pictures_are_those_of_the_labels(aihub: Set) -> None:
    convert(aihub)
    by_label = {
        str(label): image
        for folder in ("data", "val_data")
        for path in list_patches(aihub.root.parent / folder)
        for label, image in zip(read_patch(path).labels, read_patch(path).images, strict=True)
    }
    picture = np.asarray(Image.open(aihub.root / "2_syllable" / "00000007.png"))
    np.testing.assert_array_equal(by_label[syllable(7 * 37)], fit_square(picture, 64))


def test_handwriting_is_split_by_images_and_print_by_typefaces(aihub: Set) -> None:
    convert(aihub)
    val = "".join(labels_of(aihub.root.parent / "val_data", "handwritten"))
    expected = {
        syllable(number * 37)
        for number in range(60)
        if split_of(f"{number:08}", val_ratio=0.3, seed=42) == "val"
    }
    assert set(val) == expected
    printed = set("".join(labels_of(aihub.root.parent / "val_data", "printed")))
    for face in range(8):
        characters = {syllable(number * 91) for number in range(40) if number % 8 == face}
        assert characters <= printed or not characters & printed, "a typeface is whole"


def test_the_same_seed_gives_the_same_bytes(aihub: Set, tmp_path: Path) -> None:
    convert(aihub)
    before = {path.name: path.read_bytes() for path in list_patches(tmp_path / "data")}
    convert(aihub)
    assert {path.name: path.read_bytes() for path in list_patches(tmp_path / "data")} == before


def test_bad_records_are_rows_and_stop_nothing(aihub: Set) -> None:
    (aihub.root / "1_syllable" / "00000000.png").write_bytes(b"no image")
    (aihub.root / "2_syllable" / "00000001.png").unlink()
    good = [record(f"{number:08}", syllable(number * 37)) for number in range(10)]
    bad: list[Any] = [
        record("00000002", "두글"),
        record("00000003", "A"),
        record("../secret", "가"),
        record("", "가"),
        {"image_id": "00000004", "text": "가"},
        {"image_id": "00000004", "attributes": {"type": CHARACTER}},
        "no record",
        None,
    ]
    aihub.labels("handwritten", good + bad)
    result = convert(aihub)
    assert sum(result.num_images[PatchKind.HANDWRITTEN, split] for split in ("train", "val")) == 8
    assert [row.record for row in result.problems] == [0, 1, *range(10, 18)]
    with (aihub.root.parent / "data" / PROBLEMS).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["record"]) for row in rows] == [0, 1, *range(10, 18)]
    assert rows[0]["image_id"] == "00000000"
    assert "there is no 00000001.png" in rows[1]["problem"]
    assert "두글" in rows[2]["problem"]
    assert "no file name" in rows[4]["problem"]
    assert "'attributes'" in rows[6]["problem"]


def test_decomposed_labels_are_put_together(aihub: Set) -> None:
    aihub.labels("handwritten", [record("00000005", "각")])
    convert(aihub)
    folder = "val_data" if split_of("00000005", val_ratio=0.3, seed=42) == "val" else "data"
    assert labels_of(aihub.root.parent / folder, "handwritten") == ["각"]


def test_one_of_the_two_halves_is_enough(aihub: Set) -> None:
    (aihub.root / "handwritten_label.json").unlink()
    result = convert(aihub)
    assert {kind for kind, _ in result.num_images} == {PatchKind.PRINTED}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"annotations": 3}', "\ufeff{]"])
def test_a_damaged_label_file_is_named(aihub: Set, content: str) -> None:
    (aihub.root / "handwritten_label.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="handwritten_label"):
        convert(aihub)


def test_a_folder_without_label_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="neither"):
        convert_aihub(tmp_path, {"train": tmp_path}, settings=SETTINGS)


def test_a_picture_is_fitted_undistorted_on_its_own_ground() -> None:
    picture = np.full((50, 200), 220, np.uint8)
    picture[10:40, 20:180] = 0
    square = fit_square(picture, 100)
    assert square.shape == (100, 100)
    assert square[0, 0] == square[99, 99] == 220
    rows, columns = np.flatnonzero((square < 100).any(1)), np.flatnonzero((square < 100).any(0))
    assert (len(rows), len(columns)) == (pytest.approx(15, abs=1), pytest.approx(80, abs=1))
    assert fit_square(np.zeros((1, 1), np.uint8), 64).shape == (64, 64)
