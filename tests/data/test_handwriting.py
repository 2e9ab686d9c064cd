"""Handwriting sets: read from zips and folders, made from the archives that their authors publish."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from koocr.data.download.handwriting import Prepared, fetch_handwriting
from koocr.data.download.sheets import headed_labels, ruled_labels
from koocr.data.download.sources import HandwritingArchive, load_handwriting_archives, load_patch_archives
from koocr.data.handwriting import WRITER_SPLITS, load_handwriting, load_writers, writer_split
from koocr.errors import DataError
from koocr.hangul import INITIALS, MEDIALS
from tests.data.server import Server, serving
from tests.data.test_sheets import ruled_sheet


def png(value: int, size: tuple[int, int] = (9, 7)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, value).save(buffer, "PNG")
    return buffer.getvalue()


def make_set(path: Path, rows: list[tuple[str, str, bytes | None]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.tsv", "".join(f"{name}\t{label}\n" for name, label, _ in rows))
        for name, _, content in rows:
            if content is not None:
                archive.writestr(name, content)
    return path


GOOD: list[tuple[str, str, bytes | None]] = [
    ("0.png", "가", png(10)),
    ("한글.png", "각", png(20)),
    ("2.png", "ㄱ", png(30)),
]


def test_a_zip_and_its_folder_are_the_same(tmp_path: Path) -> None:
    path = make_set(tmp_path / "hhr-005.zip", GOOD)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "hhr-005")
    for source in (path, tmp_path / "hhr-005"):
        handwriting = load_handwriting(source)
        assert handwriting.labels == ["가", "각", "ㄱ"]
        assert [image[0, 0] for image in handwriting.images] == [10, 20, 30]
        assert handwriting.images[0].shape == (7, 9) and handwriting.images[0].dtype == np.uint8
        assert (handwriting.writer, handwriting.split, len(handwriting)) == ("hhr-005", "test", 3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("1.png", "가나", png(1)), "가나"),
        (("1.png", "A", png(1)), "'A'"),
        (("1.png", "", png(1)), "''"),
        (("../1.png", "가", png(1)), "leads out"),
        (("", "가", None), "leads out"),
        (("1.png", "가", None), "cannot be read"),
        (("1.png", "가", b"no image"), "cannot be read"),
    ],
)
def test_a_bad_record_is_named(tmp_path: Path, row: tuple[str, str, bytes | None], message: str) -> None:
    path = make_set(tmp_path / "hhr-001.zip", [GOOD[0], row])
    with pytest.raises(DataError, match=message) as caught:
        load_handwriting(path)
    assert (caught.value.file, caught.value.line) == (str(path), 2)


def test_what_is_no_set_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_bytes(b"no zip")
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "text.zip", tmp_path / "empty", tmp_path / "absent"):
        with pytest.raises(DataError) as caught:
            load_handwriting(path)
        assert caught.value.file == str(path)


def test_the_split_is_by_whole_writers(tmp_path: Path) -> None:
    assert writer_split("hhr-004") == "val" and writer_split("hhr-005") == "test"
    assert sum(split == "train" for split in WRITER_SPLITS.values()) == 7
    with pytest.raises(DataError, match="'me'"):
        writer_split("me")
    for name in ("hhr-001", "hhr-003", "hhr-005"):
        make_set(tmp_path / f"{name}.zip", GOOD)
    assert [item.writer for item in load_writers(tmp_path, split="train")] == ["hhr-001", "hhr-003"]
    with pytest.raises(DataError, match="none of the val writers"):
        load_writers(tmp_path, split="val")


def test_the_lists_of_downloads_are_whole() -> None:
    archives = load_handwriting_archives()
    assert sorted(name for archive in archives for name in archive.writers) == sorted(WRITER_SPLITS)
    assert all(archive.url.startswith("https://") for archive in archives)
    for kind in ("7z", "zip"):
        assert [archive.target for archive in load_patch_archives(kind)] == ["data", "val"]


def package(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def image_bytes(picture: np.ndarray, suffix: str) -> bytes:  # type: ignore[type-arg]
    return bytes(cv2.imencode(suffix, picture)[1])


@pytest.fixture
def server() -> Iterator[Server]:
    headed = np.full((12 * 58, 12 * 43), 255, np.uint8)
    headed[30::58, 10::43] = 0
    headed = np.minimum(headed, cv2.erode(headed, np.ones((9, 9), np.uint8)))
    blots = png(0, (105, 105))
    with serving(Server()) as running:
        running.files["/hhr.zip"] = package({
            "HangulRecog-f1a/scan/001~01.jpg": image_bytes(ruled_sheet(degrees=0.4), ".jpg"),
            "HangulRecog-f1a/scan/001~02.jpg": b"no image",
            "HangulRecog-f1a/scan/001~03.jpg": image_bytes(ruled_sheet(filled=10), ".jpg"),
            "HangulRecog-f1a/scan/002~01.jpg": b"no image",
        })  # fmt: skip
        running.files["/t399.zip"] = package(
            {f"repo/pages/{n}-uniform.png": image_bytes(headed, ".png") for n in (1, 2, 3)}
        )
        running.files["/omniglot.zip"] = package(
            {
                f"images_background/Korean/character{c:02}/05{c}_{d:02}.png": blots
                for c in range(1, 41)
                for d in (1, 2)
            }
        )
        yield running


def archives(server: Server) -> list[HandwritingArchive]:
    def made(
        name: str, layout: str, writers: dict[str, str], sha256: str | None = None
    ) -> HandwritingArchive:
        return HandwritingArchive(name, f"{server.url}/{name}", sha256, None, "MIT", layout, writers)

    ruled = {"hhr-001": "scan/001~{page:02}.jpg", "hhr-002": "scan/002~{page:02}.jpg"}
    omniglot = hashlib.sha256(server.files["/omniglot.zip"]).hexdigest()
    return [
        made("hhr.zip", "ruled", ruled),
        made("t399.zip", "headed", {"t399-kse": "pages/{page}-uniform.png"}),
        made("omniglot.zip", "omniglot", {"omniglot-jamo": "images_background/Korean"}, omniglot),
    ]


def fetch(server: Server, folder: Path, **settings: object) -> dict[str, Prepared]:
    results = fetch_handwriting(folder, archives=archives(server), **settings)  # type: ignore[arg-type]
    return {result.writer: result for result in results}


def test_sheets_become_a_set(server: Server, tmp_path: Path) -> None:
    result = fetch(server, tmp_path)["hhr-001"]
    labels = ruled_labels()
    handwriting = load_handwriting(tmp_path / "hhr-001.zip")
    assert handwriting.labels == labels[:126] + labels[252:262], "a page that can't be used leaves a gap"
    assert result.num_crops == 136
    assert len(result.problems) == 1 and result.problems[0].startswith("page 2:")
    assert all(140 < image.shape[0] < 160 < image.shape[1] < 175 for image in handwriting.images)


def test_a_writer_without_usable_pages_is_a_row(server: Server, tmp_path: Path) -> None:
    result = fetch(server, tmp_path)["hhr-002"]
    assert result.num_crops == 0 and result.problems
    assert not (tmp_path / "hhr-002.zip").exists()


def test_headed_pages_and_single_drawings_become_sets(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    assert load_handwriting(tmp_path / "t399-kse.zip").labels == headed_labels()
    jamo = load_handwriting(tmp_path / "omniglot-jamo.zip")
    assert jamo.labels == [label for label in (*MEDIALS, *INITIALS) for _ in range(2)]
    assert jamo.images[0].shape == (105, 105)


def test_only_the_wanted_writers_are_fetched_and_only_once(server: Server, tmp_path: Path) -> None:
    assert set(fetch(server, tmp_path, writers=["omniglot-jamo"])) == {"omniglot-jamo"}
    assert len(server.ranges_asked) == 1
    assert fetch(server, tmp_path, writers=["omniglot-jamo"]) == {}
    assert len(server.ranges_asked) == 1
    assert [path.name for path in tmp_path.glob("*.zip")] == ["omniglot-jamo.zip"]
    with pytest.raises(DataError, match="no writer me"):
        fetch(server, tmp_path, writers=["me"])


def test_an_archive_that_cannot_be_had_is_a_row_for_each_writer(server: Server, tmp_path: Path) -> None:
    del server.files["/hhr.zip"]
    server.files["/t399.zip"] = b"no zip"
    server.files["/omniglot.zip"] += b"changed"
    wanted = archives(server)
    wanted[2] = HandwritingArchive(**{**vars(wanted[2]), "sha256": "0" * 64})
    results = {result.writer: result for result in fetch_handwriting(tmp_path, archives=wanted)}
    assert "404" in results["hhr-001"].problems[0] and "404" in results["hhr-002"].problems[0]
    assert "not a zip" in results["t399-kse"].problems[0]
    assert "SHA-256" in results["omniglot-jamo"].problems[0]
    assert not list(tmp_path.glob("*.zip"))
