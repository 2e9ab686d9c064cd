"""Lists of faces and their coverage: read as written, wrong ones named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.data.faces import Face, load_coverage, load_faces, select_faces, write_coverage
from koocr.errors import DataError
from tests.data.made_faces import make_face

COLUMNS = "id,family,family_ko,klass,split,file,hangul,space_ok,licence,source,version,source_file,weight_of"
LIST = f"""{COLUMNS}
one,One,하나,handwriting,train,one.ttf,3,NO (draws .notdef box),"OFL, with a comma",deb:one,1.0,a/one.ttf,
one-bold,One Bold,,gothic,val,bold.ttc,,yes,OFL,npm:one,2,b.ttc,one
"""


def write(folder: Path, text: str = LIST) -> Path:
    (folder / "faces.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_list_is_read_from_its_folder_or_itself(tmp_path: Path) -> None:
    faces = load_faces(write(tmp_path))
    assert faces == load_faces(tmp_path / "faces.csv")
    first = faces[0]
    assert (first.id, first.family_ko, first.licence) == ("one", "하나", "OFL, with a comma")
    assert (first.path, first.num_syllables, first.space_ok) == (tmp_path / "one.ttf", 3, False)
    assert first.is_handwriting and not faces[1].is_handwriting
    assert (faces[1].weight_of, faces[1].num_syllables, faces[1].space_ok) == ("one", 0, True)


def test_the_package_has_a_list_of_its_own() -> None:
    faces = load_faces()
    assert len(faces) == 346
    assert len(select_faces(faces, splits=["test"])) == 12
    assert len(select_faces(faces, splits=["test"], klasses=["handwriting"])) == 6


def test_a_face_opens_for_drawing(tmp_path: Path) -> None:
    make_face(tmp_path / "one.ttf", "가")
    face = load_faces(write(tmp_path))[0]
    assert face.open(50).getmask("가").getbbox()
    with pytest.raises(DataError, match="does not exist"):
        load_faces(tmp_path)[1].open(50)


WRONG = {
    "no class": ("klass", "hand", "klass is 'handwriting'|no column"),
    "split": (",train,", ",dev,", "split is 'dev'"),
    "class": (",gothic,", ",sans,", "klass is 'sans'"),
    "twice": ("one-bold,", "one,", "occurs twice"),
    "count": (",3,NO", ",x,NO", "not a number"),
    "no id": ("one,One,", ",One,", "must not be empty"),
    "no file": ("bold.ttc", "", "must not be empty"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_list_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        load_faces(write(tmp_path, LIST.replace(old, new, 1)))
    assert caught.value.file == str(tmp_path / "faces.csv")
    assert caught.value.line


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_a_list_that_is_no_text_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "faces.csv").write_bytes(content)
    with pytest.raises(DataError):
        load_faces(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load_faces(tmp_path / "absent")


def test_coverage_comes_back(tmp_path: Path) -> None:
    table = {"one": np.array([0, 11171, 5]), "two": np.array([], np.int32)}
    write_coverage(tmp_path / "coverage.tsv.gz", table)
    loaded = load_coverage(tmp_path)
    assert list(loaded) == ["one", "two"]
    assert loaded["one"].tolist() == [0, 5, 11171]
    assert loaded["two"].size == 0
    first = (tmp_path / "coverage.tsv.gz").read_bytes()
    write_coverage(tmp_path / "coverage.tsv.gz", table)
    assert (tmp_path / "coverage.tsv.gz").read_bytes() == first, "same table, same bytes"


@pytest.mark.parametrize("text", ["one 가각\n", "\t가\n", "one\t가A\n", "one\tㄱ\n"])
def test_a_wrong_coverage_table_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "coverage.tsv").write_text("zero\t가\n" + text, encoding="utf-8")
    with pytest.raises(DataError, match="expected") as caught:
        load_coverage(tmp_path / "coverage.tsv")
    assert caught.value.line == 2


def test_a_damaged_coverage_table_is_named(tmp_path: Path) -> None:
    write_coverage(tmp_path / "coverage.tsv.gz", {"one": np.arange(2000)})
    whole = (tmp_path / "coverage.tsv.gz").read_bytes()
    (tmp_path / "coverage.tsv.gz").write_bytes(whole[:10] + bytes([whole[10] ^ 0xFF]) + whole[11:])
    with pytest.raises(DataError, match="coverage table cannot be read"):
        load_coverage(tmp_path)
    (tmp_path / "coverage.tsv.gz").write_bytes(whole[:-100])
    with pytest.raises(DataError, match="cannot be read"):
        load_coverage(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load_coverage(tmp_path / "absent")


def test_faces_are_values(tmp_path: Path) -> None:
    made = [
        Face(id="a", family="A", klass="serif", split="val", file="a.ttf", licence="OFL", folder=tmp_path)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    with pytest.raises(AttributeError):
        made[0].id = "b"  # type: ignore[misc]
