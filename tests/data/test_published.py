"""The manifest of published faces, and the checksum of outlines."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from koocr.data.crawl.outlines import OUTLINE_TEXT, outline_sha256
from koocr.data.crawl.published import load_publications, write_face_list
from koocr.data.faces import MANIFEST, load_faces
from koocr.errors import DataError
from koocr.fonts import korean_face
from tests.data.made_faces import make_face

PUBLISHED = load_publications()
TEST_FACES = {
    *("nanum-pen", "gamja-flower", "bm-kirang", "east-sea-dokdo", "hi-melody", "single-day"),
    *("gowun-batang", "ibm-plex-sans-kr", "song-myung", "baekmuk-gulim", "bm-dohyeon", "galmuri"),
}


def test_the_splits() -> None:
    assert Counter(item.face.split for item in PUBLISHED) == {"train": 306, "val": 28, "test": 12}
    assert {item.face.id for item in PUBLISHED if item.face.split == "test"} == TEST_FACES


def test_the_weights_of_a_family_share_its_split() -> None:
    split = {item.face.id: item.face.split for item in PUBLISHED}
    for item in PUBLISHED:
        if item.face.weight_of:
            assert item.face.split == split[item.face.weight_of], item.face.id


def test_every_face_says_where_it_is_and_how_to_know_it() -> None:
    for item in PUBLISHED:
        face = item.face
        assert face.licence and face.source_file and face.version, face.id
        assert re.fullmatch(r"[0-9a-f]{64}", item.outline_sha256), face.id
        assert Path(face.file).suffix == Path(face.source_file).suffix.lower(), face.id
        if item.channel == "github":
            assert item.urls and all(url.startswith("https://") for url in item.urls), face.id
            assert face.version in item.urls[0]
            assert not face.sha256 and not item.package_sha256, "nobody has measured it"
        else:
            assert not item.urls
            assert re.fullmatch(r"[0-9a-f]{64}", face.sha256), face.id
            assert re.fullmatch(r"[0-9a-f]{64}", item.package_sha256), face.id
            assert (item.channel == "deb") == bool(item.suite), face.id


def test_no_two_faces_are_the_same() -> None:
    for values in (
        [item.face.id for item in PUBLISHED],
        [item.face.file for item in PUBLISHED],
        [item.outline_sha256 for item in PUBLISHED],
    ):
        assert len(set(values)) == len(PUBLISHED)


def test_the_list_of_a_folder_has_what_lies_in_it(tmp_path: Path) -> None:
    chosen = [item for item in PUBLISHED if item.face.id in ("nanum-pen", "uhbeeann", "noto-sans-kr")]
    for item in chosen[:2]:
        (tmp_path / item.face.file).write_bytes(b"")
    write_face_list(tmp_path)
    faces = load_faces(tmp_path)
    assert {face.id for face in faces} == {item.face.id for item in chosen[:2]}
    assert faces[0].folder == tmp_path
    assert faces[0].licence == chosen[0].face.licence


def test_an_unknown_source_is_named(tmp_path: Path) -> None:
    rows = MANIFEST.read_text(encoding="utf-8").splitlines()[:2]
    (tmp_path / "faces.csv").write_text("\n".join(rows).replace("deb:", "ftp:"))
    with pytest.raises(DataError, match="'ftp:fonts"):
        load_publications(tmp_path / "faces.csv")


def test_the_outlines_are_the_same_in_every_container(tmp_path: Path) -> None:
    face = make_face(tmp_path / "face.ttf", OUTLINE_TEXT + "뷁")
    expected = outline_sha256(face)
    for flavor in ("woff", "woff2"):
        with TTFont(face) as font:
            font.flavor = flavor
            font.save(tmp_path / f"face.{flavor}")
        assert outline_sha256(tmp_path / f"face.{flavor}") == expected
    assert outline_sha256(make_face(tmp_path / "less.ttf", OUTLINE_TEXT)) == expected, "a subset"
    moved = make_face(tmp_path / "moved.ttf", OUTLINE_TEXT, pictures={"가": [(0, 0, 500, 501)]})
    assert outline_sha256(moved) != expected


def test_what_has_no_outlines_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="font"):
        outline_sha256(make_face(tmp_path / "face.ttf", "가각"))
    (tmp_path / "text.ttf").write_bytes(b"no font at all")
    with pytest.raises(DataError, match="font"):
        outline_sha256(tmp_path / "text.ttf")
    with pytest.raises(DataError, match="font"):
        outline_sha256(tmp_path / "absent.ttf")
    whole = korean_face().read_bytes()
    (tmp_path / "cut.otf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="font"):
        outline_sha256(tmp_path / "cut.otf")
