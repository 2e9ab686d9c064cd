"""PP-OCR on pages: what stand-ins for its networks find of drawn bars, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import WeightsError, WeightsMissingError
from koocr.evaluation.page_paddle import PaddlePages
from koocr.image import GreyImage
from tests.evaluation.paddles import write_detector, write_recogniser

BARS = ((600, 95, 300, 40), (100, 100, 300, 40), (100, 200, 300, 40), (800, 300, 40, 300))
"""Left, top, width, height."""


@pytest.fixture
def pages(tmp_path: Path) -> PaddlePages:
    return PaddlePages(write_detector(tmp_path / "det.onnx"), write_recogniser(tmp_path / "package"))


def page(*bars: tuple[int, int, int, int]) -> GreyImage:
    image = np.full((736, 960), 250, np.uint8)
    for left, top, width, height in bars:
        image[top : top + height, left : left + width] = 10
    return image


def test_bars_come_back_row_by_row_with_what_they_say(pages: PaddlePages) -> None:
    assert pages.name == "PP-OCR, det, PP-OCRv3 Korean" and pages.is_inside
    found = pages.read(page(*BARS))
    assert [text for _, text in found] == ["가"] * 4  # the one that stands was laid down
    for row, bar in zip(found, (BARS[1], BARS[0], BARS[2], BARS[3]), strict=True):  # 5 px are no row
        left, top, width, height = bar
        grown = 1.6 * width * height / (2 * (width + height))
        low, high = np.asarray(row[0]).min(axis=0), np.asarray(row[0]).max(axis=0)
        assert low == pytest.approx([left - grown, top - grown], abs=2)
        assert high == pytest.approx([left + width + grown, top + height + grown], abs=2)


def test_small_pages_are_enlarged_and_their_places_are_not(pages: PaddlePages) -> None:
    small = page((200, 200, 400, 60))[::2, ::2]
    ((quad, _),) = pages.read(small)
    assert np.asarray(quad).mean(axis=0) == pytest.approx([200, 115], abs=2)


def test_an_empty_page_says_nothing(pages: PaddlePages) -> None:
    assert pages.read(page()) == []


def test_files_that_are_no_networks_are_named(tmp_path: Path) -> None:
    package = write_recogniser(tmp_path / "package")
    with pytest.raises(WeightsMissingError, match=r"det\.onnx"):
        PaddlePages(tmp_path / "det.onnx", package)
    (tmp_path / "det.onnx").write_bytes(b"none")
    with pytest.raises(WeightsError, match="can't be loaded"):
        PaddlePages(tmp_path / "det.onnx", package)
