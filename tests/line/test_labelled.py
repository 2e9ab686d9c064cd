"""Labelled lines to learn from: their share of each batch, each as often, the same from the same seed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from koocr.charset import Charset
from koocr.data.line_archive import write_line_archive
from koocr.data.line_sets import LabelFile, read_lines
from koocr.errors import DataError
from koocr.line.labelled import LabelledLines, LabelledSettings
from tests.labelled_lines import write_labels

TEXTS = ["가", "나", "다 라", "마", "바", "사", "아"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_labels(tmp_path / "gt.tsv", TEXTS)


def texts(lines: LabelledLines, index: int, size: int = 10) -> list[str]:
    return [line.text for line in lines.of_batch(index, size)[1]]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 1 / 3, 0.77, 1.0])
def test_the_share_holds_over_batches(path: Path, share: float) -> None:
    lines = LabelledLines(LabelledSettings(paths=(path,), share=share))
    counts = [lines.of_batch(index, 10)[0] for index in range(40)]
    assert all(abs(count - 10 * share) < 1 for count in counts)
    assert abs(sum(counts) - 400 * share) < 1
    assert [len(texts(lines, index)) for index in range(40)] == counts


def test_every_line_comes_once_in_each_pass_in_another_order(path: Path) -> None:
    lines = LabelledLines(LabelledSettings(paths=(path,), share=0.3))
    found = [text for index in range(70) for text in texts(lines, index)]
    passes = [tuple(found[start : start + 7]) for start in range(0, 210, 7)]
    assert len(passes) == 30 and all(sorted(one) == sorted(TEXTS) for one in passes)
    assert len(set(passes)) > 20
    few = LabelledLines(LabelledSettings(paths=(path,), share=1.0))
    assert set(Counter(texts(few, 0, 35)).values()) == {5}


def test_a_batch_is_a_function_of_seed_and_number(path: Path) -> None:
    settings = LabelledSettings(paths=(path,), share=0.4, seed=3)
    onwards = LabelledLines(settings)
    expected = [texts(onwards, index) for index in range(30)]
    for numbers in ((29, 0, 7), (12, 3)):
        fresh = LabelledLines(settings)
        assert [texts(fresh, number) for number in numbers] == [expected[number] for number in numbers]
    other = LabelledLines(LabelledSettings(paths=(path,), share=0.4, seed=4))
    assert [texts(other, index) for index in range(30)] != expected


def test_sets_are_taken_together_whatever_their_kind(path: Path, tmp_path: Path) -> None:
    write_line_archive(tmp_path / "archive", read_lines(LabelFile.open(path)))
    more = write_labels(tmp_path / "more" / "gt.tsv", ["하"])
    lines = LabelledLines(LabelledSettings(paths=(tmp_path / "archive", more), share=1.0))
    _, found = lines.of_batch(0, 8)
    assert Counter(line.text for line in found) == Counter([*TEXTS, "하"])
    line = next(line for line in found if line.text == "다 라")
    assert line.image.shape == (24, 56) and line.kind == "labelled"
    assert line.spans.shape == (3, 2) and np.isnan(line.spans).all()


def test_what_the_network_cannot_write_is_left_out_and_counted(path: Path) -> None:
    settings = LabelledSettings(paths=(path,), share=1.0, charset=Charset(tuple("가나다라 ")), max_length=2)
    lines = LabelledLines(settings)
    assert (len(lines), lines.num_uncovered, lines.num_too_long) == (2, 4, 1)
    assert {text for index in range(4) for text in texts(lines, index)} == {"가", "나"}
    with pytest.raises(DataError, match="none of the 7 labelled lines"):
        LabelledLines(LabelledSettings(paths=(path,), charset=Charset(("z",))))


def test_a_picture_that_cannot_be_read_is_told_once(path: Path) -> None:
    path.with_name("gt-1.png").unlink()
    problems: list[DataError] = []
    settings = LabelledSettings(paths=(path,), share=1.0)
    lines = LabelledLines(settings, on_problem=problems.append)
    count, found = lines.of_batch(0, 21)
    assert count == 21 and Counter(line.text for line in found) == {text: 3 for text in TEXTS if text != "나"}
    assert len(problems) == 1 and problems[0].line == 2
    with pytest.raises(DataError, match=r"gt\.tsv:2"):
        LabelledLines(settings).of_batch(0, 21)
