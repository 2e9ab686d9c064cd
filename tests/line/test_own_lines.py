"""A user's own lines among the test lines: each set is a group, what can't be read is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import DataError
from koocr.evaluation.line_readings import LineReadings
from koocr.line.evaluation import LineSamples, explained
from koocr.line.own_lines import add_own_lines, own_table
from tests.labelled_lines import write_labels


def test_each_set_is_a_group(tmp_path: Path) -> None:
    one = write_labels(tmp_path / "forms" / "gt.tsv", ["가", "나 다"])
    other = write_labels(tmp_path / "notes" / "gt.tsv", ["라"])
    samples, told = LineSamples(), list[str]()
    assert add_own_lines(samples, [one, other], progress=told.append) == []
    assert samples.texts == ["가", "나 다", "라"]
    assert [image.shape for image in samples.images] == [(24, 24), (24, 56), (24, 24)]
    assert samples.groups["face"] == ["forms/gt.tsv", "forms/gt.tsv", "notes/gt.tsv"]
    assert set(samples.groups["condition"]) == {"your lines"}
    assert set(samples.groups["class"]) == set(samples.groups["kind"]) == {"labelled"}
    assert all(explained(samples).values()) and len(told) == 2


def test_what_cannot_be_read_is_left_out_with_a_note(tmp_path: Path) -> None:
    path = write_labels(tmp_path / "gt.tsv", ["가", "나", "다"])
    (tmp_path / "gt-1.png").write_bytes(b"no picture")
    (tmp_path / "gt-2.png").unlink()
    samples, told = LineSamples(), list[str]()
    (note,) = add_own_lines(samples, [path], progress=told.append)
    assert samples.texts == ["가"] and note == "Of gt.tsv was left out what can't be read: 2 lines."
    assert any("gt.tsv:2" in line for line in told) and any("gt.tsv:3" in line for line in told)
    (tmp_path / "gt-0.png").unlink()
    with pytest.raises(DataError, match="none of its lines"):
        add_own_lines(samples, [path])


def test_the_table_has_own_lines_alone() -> None:
    groups = {"face": ["serif", "b", "a", "b"], "condition": ["clean", *["your lines"] * 3]}
    readings = LineReadings.of_texts(["가", "가 나", "다", "라"], ["나", "가 다", "다", "라"], groups=groups)
    table = own_table(readings)
    assert table.header[:3] == ("your lines", "lines", "CER")
    assert [row[:3] for row in table.rows] == [("b", "2", "25.00 %"), ("a", "1", "0.00 %")]
    assert own_table(readings.where(np.array([True, False, False, False]))).rows == ()
