"""Folders of faces become patches: the right pictures, in the right folder, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.data.crawl.drawing import Placement, draw_face
from koocr.data.crawl.faces import Crawled, CrawlSettings, contact_sheet, crawl_faces, find_faces, split_of
from koocr.data.patches import list_patches, read_patch
from koocr.errors import ConfigError, DataError
from tests.data.made_faces import make_face

TEXT = "가각간갂뷁쀍힣"
LIST = """id,klass,split,file,licence
hand,handwriting,train,hand.ttf,OFL
print,serif,val,print.ttf,OFL
secret,gothic,test,secret.ttf,OFL
absent,gothic,train,absent.ttf,OFL
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("hand", "print", "secret"):
        make_face(tmp_path / "fonts" / f"{name}.ttf", TEXT, family=name)
    (tmp_path / "fonts" / "faces.csv").write_text(LIST)
    return tmp_path / "fonts"


def crawl(folder: Path, settings: CrawlSettings | None = None) -> list[Crawled]:
    settings = settings or CrawlSettings()
    places = {"train": folder.parent / "data", "val": folder.parent / "val_data"}
    return crawl_faces(find_faces(folder, settings=settings), places, settings=settings)


def test_faces_go_where_their_split_says(folder: Path) -> None:
    results = crawl(folder)
    assert [(r.face_id, r.split, r.num_images) for r in results] == [
        ("hand", "train", 7),
        ("print", "val", 7),
    ]
    assert [path.name for path in list_patches(folder.parent / "data")] == ["clova_hand_0.pickle"]
    assert [path.name for path in list_patches(folder.parent / "val_data")] == ["printed_print_0.pickle"]
    patch = read_patch(folder.parent / "data" / "clova_hand_0.pickle")
    assert "".join(patch.labels) == "".join(sorted(TEXT))
    expected = draw_face(folder / "hand.ttf", sorted(TEXT), placement=Placement())
    np.testing.assert_array_equal(patch.images, expected)


def test_settings_decide_what_is_drawn(folder: Path) -> None:
    make_face(folder / "hand.ttf", TEXT + "ㄱㅏㄳ")
    settings = CrawlSettings(
        Placement.of_size(64), charset="ks1001", has_jamo=True, pickle_size=4, suffix=".npz"
    )
    crawl(folder, settings)
    patches = [read_patch(path) for path in list_patches(folder.parent / "data")]
    assert [patch.path.name for patch in patches] == ["clova_hand_0.npz", "clova_hand_1.npz"]
    assert [len(patch) for patch in patches] == [4, 2]
    assert "".join("".join(patch.labels) for patch in patches) == "가각간ㄱㄳㅏ"
    assert patches[0].images.shape == (4, 64, 64)


def test_a_second_run_draws_only_what_is_missing(folder: Path) -> None:
    crawl(folder)
    before = (folder.parent / "data" / "clova_hand_0.pickle").stat().st_mtime_ns
    (folder.parent / "val_data" / "printed_print_0.pickle").unlink()
    assert [result.is_new for result in crawl(folder)] == [False, True]
    assert (folder.parent / "data" / "clova_hand_0.pickle").stat().st_mtime_ns == before
    assert [result.is_new for result in crawl(folder, CrawlSettings(overwrite=True))] == [True, True]


def test_patches_of_another_size_are_not_taken_for_these(folder: Path) -> None:
    crawl(folder)
    results = crawl(folder, CrawlSettings(Placement.of_size(64)))
    assert all("96 pixels instead of 64" in result.problem for result in results)


def test_a_bad_face_is_a_row_and_the_others_are_drawn(folder: Path) -> None:
    (folder / "hand.ttf").write_bytes(b"damaged")
    results = crawl(folder)
    assert "not a font" in results[0].problem
    assert results[1].num_images == 7


def test_a_face_without_hangul_is_a_row(folder: Path) -> None:
    make_face(folder / "hand.ttf", "ABC")
    assert "draws nothing" in crawl(folder)[0].problem


def test_a_folder_without_a_list_is_split_by_families(tmp_path: Path) -> None:
    for number in range(40):
        make_face(tmp_path / "fonts" / f"{number}" / "나눔 글씨.ttf", "가", family=f"Family {number // 2}")
    settings = CrawlSettings(val_ratio=0.3, seed=7)
    faces = find_faces(tmp_path / "fonts", settings=settings)
    assert len({face.id for face in faces}) == 40
    assert all(face.klass == "handwriting" for face in faces)
    splits = {face.file: face.split for face in faces}
    for number in range(0, 40, 2):
        assert splits[f"{number}/나눔 글씨.ttf"] == splits[f"{number + 1}/나눔 글씨.ttf"], (
            "weights stay together"
        )
    assert 4 <= sum(split == "val" for split in splits.values()) <= 22
    result = crawl_faces(faces[:1], {"train": tmp_path / "d", "val": tmp_path / "d"}, settings=settings)[0]
    assert (result.problem, result.num_images) == ("", 1)


def test_the_split_is_stable_and_has_the_wanted_share() -> None:
    splits = [split_of(f"name {i}", val_ratio=0.1, seed=42) for i in range(5000)]
    assert splits == [split_of(f"name {i}", val_ratio=0.1, seed=42) for i in range(5000)]
    assert splits.count("val") == pytest.approx(500, abs=70)
    assert {split_of(f"{i}", val_ratio=0, seed=1) for i in range(100)} == {"train"}
    assert {split_of(f"{i}", val_ratio=1, seed=1) for i in range(100)} == {"val"}


@pytest.mark.parametrize(
    "values",
    [{"charset": "utf8"}, {"suffix": ".zip"}, {"pickle_size": 0}, {"val_ratio": 1.5}, {"val_ratio": -1}],
)
def test_impossible_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        CrawlSettings(**values)  # type: ignore[arg-type]


def test_folders_without_faces_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no face"):
        find_faces(tmp_path, settings=CrawlSettings())
    with pytest.raises(DataError, match="no such folder"):
        find_faces(tmp_path / "absent", settings=CrawlSettings())


def test_a_contact_sheet_leaves_white_what_a_face_does_not_draw(folder: Path) -> None:
    faces = find_faces(folder, settings=CrawlSettings())
    sheet, names = contact_sheet(faces, "가낳힣", placement=Placement())
    assert names == ["hand", "print", "secret"]
    assert sheet.shape == (3 * 96, 3 * 96)
    assert sheet[:, 96:192].min() == 255
    assert sheet[:, :96].min() == sheet[:, 192:].min() == 0
