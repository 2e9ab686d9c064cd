"""Archives of lines: what goes in comes out, equal lines give equal bytes, and damage is found."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koocr.data.line_archive import LineArchive, write_line_archive
from koocr.data.line_sets import LabelledLine, LineSet, read_lines
from koocr.errors import DataError
from koocr.hangul import nfd

FILES = ("archive.json", "index.npy", "pixels.bin", "records.jsonl")


def lines(num: int = 5, seed: int = 0) -> list[LabelledLine]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, size=(num, 2)).tolist()
    images = [rng.integers(0, 256, size=size, dtype=np.uint8) for size in sizes]
    return [
        LabelledLine(image, f"글 {number}", f"face/{number}", {"face": "song", "kind": "말"})
        for number, image in enumerate(images)
    ]


def test_what_goes_in_comes_out_in_order(tmp_path: Path) -> None:
    written = lines()
    assert write_line_archive(tmp_path / "set", iter(written), info={"seed": 3}) == 5
    archive: LineArchive = LineArchive.open(tmp_path / "set")
    assert len(archive) == 5 and archive.info == {"seed": 3}
    for number, (line, read) in enumerate(zip(written, read_lines(archive), strict=True)):
        np.testing.assert_array_equal(read.image, line.image)
        assert (read.text, read.name, read.tags) == (line.text, line.name, line.tags)
        assert archive.text(number) == line.text
        assert archive.width(number) == line.image.shape[1]
    archive.check()
    as_set: LineSet = archive
    np.testing.assert_array_equal(as_set.line(3).image, written[3].image)


@settings(max_examples=8)
@given(st.lists(st.tuples(st.text(min_size=1), st.text(), st.integers(1, 9), st.integers(1, 9)), min_size=1))
def test_any_text_and_name_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int, int]]
) -> None:
    written = [
        LabelledLine(np.full((height, width), 7, np.uint8), f"가{text}", name, {"source": name})
        for text, name, height, width in rows
    ]
    folder = tmp_path_factory.mktemp("any") / "set"
    write_line_archive(folder, written)
    archive = LineArchive.open(folder)
    assert [archive.tags(number)["source"] for number in range(len(archive))] == [row[1] for row in rows]
    assert [archive.image(number).shape for number in range(len(archive))] == [row[2:] for row in rows]


def test_equal_lines_give_equal_bytes_and_others_do_not(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        write_line_archive(tmp_path / name, lines(seed=seed), info={"b": 1, "a": 2})
    first, same, other = ([(tmp_path / name / file).read_bytes() for file in FILES] for name in "abc")
    assert first == same
    assert first[2] != other[2]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(FILES)


def test_texts_are_normalised(tmp_path: Path) -> None:
    line = lines(1)[0]
    write_line_archive(tmp_path / "set", [LabelledLine(line.image, nfd(" 한글\t이다"))])
    archive = LineArchive.open(tmp_path / "set")
    assert archive.text(0) == "한글 이다"
    assert archive.line(0).name.endswith("set#0")


def test_an_archive_is_written_once(tmp_path: Path) -> None:
    write_line_archive(tmp_path / "set", lines())
    with pytest.raises(DataError, match="written once"):
        write_line_archive(tmp_path / "set", lines())


def test_a_writing_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def breaking() -> Iterator[LabelledLine]:
        yield from lines(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_line_archive(tmp_path / "set", breaking())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (LabelledLine(np.zeros((3, 0), np.uint8), "가", "f/1"), r"f/1 is uint8 \(3, 0\)"),
        (LabelledLine(np.zeros((3, 3, 3), np.uint8), "가"), r"line 0 is uint8 \(3, 3, 3\)"),
        (LabelledLine(np.zeros((3, 3), np.float32), "가"), "float32"),
        (LabelledLine(np.zeros((3, 3), np.uint8), " \u200b", "f/1"), "f/1 has no text"),
    ],
)
def test_lines_that_cannot_be_learnt_from_are_refused(
    tmp_path: Path, line: LabelledLine, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        write_line_archive(tmp_path / "set", [line])
    with pytest.raises(DataError, match="at least one"):
        write_line_archive(tmp_path / "set", [])
    assert list(tmp_path.iterdir()) == []


def change(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("file", ["index.npy", "records.jsonl"])
def test_a_changed_byte_is_found_on_opening(tmp_path: Path, file: str) -> None:
    write_line_archive(tmp_path / "set", lines())
    change(tmp_path / "set" / file, -2)
    with pytest.raises(DataError, match="not the one that its archive was written with"):
        LineArchive.open(tmp_path / "set")


def test_a_changed_pixel_is_found_on_reading_that_line(tmp_path: Path) -> None:
    written = lines()
    write_line_archive(tmp_path / "set", written)
    change(tmp_path / "set" / "pixels.bin", written[0].image.size)  # the first of line 1
    archive = LineArchive.open(tmp_path / "set")
    problems: list[DataError] = []
    read = list(read_lines(archive, on_problem=problems.append))
    assert [line.text for line in read] == ["글 0", "글 2", "글 3", "글 4"]
    assert [problem.line for problem in problems] == [1]
    with pytest.raises(DataError, match="set:1: the picture is damaged"):
        archive.check()


def test_pictures_are_read_only(tmp_path: Path) -> None:
    write_line_archive(tmp_path / "set", lines())
    with pytest.raises(ValueError, match="read-only"):
        LineArchive.open(tmp_path / "set").image(0)[0, 0] = 1


@pytest.mark.parametrize("file", FILES)
def test_a_missing_or_short_file_is_found_on_opening(tmp_path: Path, file: str) -> None:
    write_line_archive(tmp_path / "set", lines())
    path = tmp_path / "set" / file
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError):
        LineArchive.open(tmp_path / "set")
    path.unlink()
    with pytest.raises(DataError, match=file if file != "archive.json" else "no archive"):
        LineArchive.open(tmp_path / "set")


def test_archives_of_another_kind_or_version_are_refused(tmp_path: Path) -> None:
    write_line_archive(tmp_path / "set", lines())
    manifest = json.loads((tmp_path / "set" / "archive.json").read_text(encoding="utf-8"))
    for key, value in (("version", 2), ("format", "other"), ("lines", 4)):
        text = json.dumps({**manifest, key: value})
        (tmp_path / "set" / "archive.json").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"version|as it says"):
            LineArchive.open(tmp_path / "set")
    with pytest.raises(DataError, match="no archive"):
        LineArchive.open(tmp_path / "nowhere")


@pytest.mark.parametrize("key", ["lines", "info"])
def test_an_archive_that_does_not_say_what_it_holds_is_refused(tmp_path: Path, key: str) -> None:
    write_line_archive(tmp_path / "set", lines())
    manifest = json.loads((tmp_path / "set" / "archive.json").read_text(encoding="utf-8"))
    del manifest[key]
    (tmp_path / "set" / "archive.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match="no archive of lines"):
        LineArchive.open(tmp_path / "set")
