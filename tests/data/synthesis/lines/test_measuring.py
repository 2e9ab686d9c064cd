"""Test lines: drawn by their own code, in a face or of a writer's crops, clean and degraded."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.data.faces import Face
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.measuring import FacePen, WriterPen
from koocr.errors import DataError


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def pens(faces: list[Face], coverage: dict[str, np.ndarray]) -> dict[str, FacePen]:
    return {face.klass: FacePen(face, coverage[face.id]) for face in faces}


def test_clean_lines_are_black_on_white_and_degraded_ones_are_not(pens: dict[str, FacePen]) -> None:
    pen = pens["serif"]
    clean = pen.line("가나 다라", rng())
    assert clean.max() == 255 and clean.min() < 30 and (clean[0] == 255).all() and (clean[:, -1] == 255).all()
    worse = pen.line("가나 다라", rng(), degraded=True)
    assert worse.shape[0] < 80 and not np.array_equal(worse, clean) and 150 < np.median(worse) < 256
    assert np.array_equal(worse, pen.line("가나 다라", rng(), degraded=True))


def test_sizes_differ_from_line_to_line(pens: dict[str, FacePen]) -> None:
    heights = {pens["serif"].line("가", rng(seed)).shape[0] for seed in range(30)}
    assert len(heights) == 6


def test_a_box_for_the_space_is_not_drawn(pens: dict[str, FacePen]) -> None:
    line = pens["gothic"].line("가 가", rng()) < 128
    columns = np.flatnonzero(line.any(0))
    gaps = np.diff(columns)
    assert gaps.max() >= 0.25 * 30, "a word space"
    letters = np.split(columns, np.flatnonzero(gaps == gaps.max()) + 1)
    assert len(letters) == 2 and abs(len(letters[0]) - len(letters[1])) <= 2


def test_a_repertoire_knows_coverage_and_missing_pictures(pens: dict[str, FacePen]) -> None:
    repertoire = pens["serif"].repertoire
    assert repertoire.draws("가 뷁 A!")
    assert not any(map(repertoire.draws, ("\\", "힣", "Z", "○")))
    assert not pens["gothic"].repertoire.draws("A")
    with pytest.raises(DataError, match="draws nothing"):
        pens["serif"].line(" ", rng())


def test_writers_lines_hold_their_crops_side_by_side(writer: Handwriting) -> None:
    pen = WriterPen(writer)
    assert pen.repertoire.draws("가나 다") and not pen.repertoire.draws("가 1")
    line = pen.line("가나 다", rng()) < 128
    flags = line.any(0)
    widths = [len(run) for run in np.split(flags, np.flatnonzero(np.diff(flags.astype(int))) + 1)[1::2]]
    assert widths == [40, 40, 40], "frames of 40 columns"
    assert pen.line("가나 다", rng(), degraded=True).shape[0] < line.shape[0] + 20
    with pytest.raises(DataError, match="no '뷁'"):
        pen.line("가뷁", rng())
