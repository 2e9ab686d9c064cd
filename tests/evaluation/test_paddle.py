"""PP-OCR's recogniser: a stand-in network, with a dictionary of one symbol."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import WeightsError, WeightsMissingError
from koocr.evaluation.paddle import DICTIONARY, MODEL, PaddleLines
from tests.evaluation.paddles import write_recogniser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_recogniser(tmp_path)


def test_lines_are_trimmed_scaled_and_decoded(folder: Path) -> None:
    reader = PaddleLines(folder)
    image = np.full((120, 400), 230, np.uint8)  # the line is 48 high, in wide margins
    image[30:78, 101:133], image[30:78, 165:213] = 20, 20
    assert reader.read([image, np.full((50, 90), 230, np.uint8)]) == ["가가", ""]
    high = np.pad(image, ((0, 60), (0, 0)), constant_values=230)  # at half its height it is light
    assert PaddleLines(folder, is_trimming=False).read([high]) == [""]
    assert reader.read([high]) == ["가가"]
    assert reader.is_inside and "PP-OCR" in reader.name


def test_files_that_are_missing_or_do_not_fit_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "dist" / DICTIONARY).write_text("가\n나\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="3 classes"):
        PaddleLines(folder)
    (folder / "dist" / MODEL).unlink()
    with pytest.raises(WeightsMissingError, match=MODEL):
        PaddleLines(folder)
