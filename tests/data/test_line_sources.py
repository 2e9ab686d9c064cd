"""Labelled lines are opened whichever kind they are, and stand one after the other when joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from koocr.data.line_archive import write_line_archive
from koocr.data.line_sets import read_lines
from koocr.data.line_sources import JoinedLines, open_lines, set_names
from koocr.errors import DataError
from tests.labelled_lines import write_labels


def texts(path: Path) -> list[str]:
    return [line.text for line in read_lines(open_lines(path))]


def test_every_kind_is_opened(tmp_path: Path) -> None:
    file = write_labels(tmp_path / "set" / "b.tsv", ["가", "나 다"])
    assert texts(file) == ["가", "나 다"]
    write_labels(tmp_path / "set" / "a" / "gt.txt", ["라"])
    assert texts(tmp_path / "set") == ["라", "가", "나 다"]
    write_line_archive(tmp_path / "archive", read_lines(open_lines(file)))
    assert texts(tmp_path / "archive") == ["가", "나 다"]


def test_joined_lines_are_found_by_one_number(tmp_path: Path) -> None:
    parts = [["가", "나"], [], ["다"], ["라", "마", "바"]]
    sets = [
        open_lines(write_labels(tmp_path / str(number) / "labels.tsv", part))
        for number, part in enumerate(parts)
    ]
    joined = JoinedLines(sets)
    assert [joined.text(number) for number in range(len(joined))] == list("가나다라마바")
    assert [joined.line(number).text for number in (5, 0, 2)] == ["바", "가", "다"]
    for number in (-1, 6):
        with pytest.raises(IndexError, match="there are 6"):
            joined.text(number)
    assert len(JoinedLines([])) == 0


def test_bad_rows_and_files_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    write_labels(tmp_path / "good.tsv", ["가", "나"])
    with (tmp_path / "good.tsv").open("a", encoding="utf-8") as file:
        file.write("no tab\n")
    (tmp_path / "latin.tsv").write_bytes(b"a.png\t\xff\n")
    problems: list[DataError] = []
    lines = open_lines(tmp_path, on_problem=problems.append)
    assert [line.text for line in read_lines(lines)] == ["가", "나"]
    assert [Path(problem.file or "").name for problem in problems] == ["good.tsv", "latin.tsv"]
    assert problems[0].line == 3
    with pytest.raises(DataError, match=r"good\.tsv:3"):
        open_lines(tmp_path)
    with pytest.raises(DataError, match="UTF-8"):
        open_lines(tmp_path / "latin.tsv", on_problem=problems.append)


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no label file"):
        open_lines(tmp_path)
    (tmp_path / "set.zip").write_bytes(b"")
    for path in (tmp_path, tmp_path / "set.zip"):
        with pytest.raises(DataError, match="koocr load line"):
            open_lines(path)
    (tmp_path / "archive.json").write_text("{}")
    with pytest.raises(DataError, match="no archive of lines"):
        open_lines(tmp_path)


def test_names_are_as_short_as_they_can_be(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "gt.tsv", tmp_path / "b" / "gt.tsv", tmp_path / "c.tsv"]
    assert set_names(paths) == ["a/gt.tsv", "b/gt.tsv", "c.tsv"]
    assert set_names(paths[:1]) == ["gt.tsv"]
    assert set_names([paths[2], paths[2]]) == ["c.tsv", "c.tsv"]
