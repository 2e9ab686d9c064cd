"""Measured pages: scans with their texts, drawn pages, and what scanners and phones make of pages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.data.synthesis.pages import PageSettings
from koocr.errors import DataError
from koocr.evaluation.page_samples import (
    PHOTOGRAPHED,
    SCANNED,
    MeasuredPage,
    PageGroup,
    drawn_group,
    drawn_name,
    scan_group,
    taken_group,
)
from tests.drawn_pages import stream


def box(x: float, y: float, width: float, height: float) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


def black_boxes() -> PageGroup:
    """A page on which every line is a black box."""
    quads = [box(100, 100 + 60 * row, 300 + 40 * row, 30) for row in range(8)]
    image = np.full((800, 700), 255, np.uint8)
    for quad in quads:
        (left, top), _, (right, bottom), _ = quad.astype(int)
        image[top:bottom, left:right] = 0
    lines = tuple((quad, f"{row} 줄") for row, quad in enumerate(quads))
    page = MeasuredPage("boxes", image, "\n".join(text for _, text in lines), lines, (), 150.0)
    return PageGroup("boxes", "Black boxes.", 3, lambda number: page)


def test_pictures_with_a_text_beside_them_are_scans(tmp_path: Path) -> None:
    for name in ("a.png", "b.jpg", "c.png"):
        Image.fromarray(np.full((30, 40), 200, np.uint8)).save(tmp_path / name)
    (tmp_path / "a.txt").write_text("\ufeff가나\n다\n", encoding="utf-8")
    (tmp_path / "c.txt").write_text("라", encoding="cp949")
    group = scan_group(tmp_path)
    assert group.num_pages == 2
    page = group.page(0)
    assert (page.name, page.text, page.lines, page.image.shape) == ("a.png", "가나\n다\n", None, (30, 40))
    with pytest.raises(DataError, match="UTF-8"):
        group.page(1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no picture"):
        scan_group(tmp_path / "empty")


@pytest.mark.parametrize("how", [SCANNED, PHOTOGRAPHED])
def test_lines_move_with_the_page(how: str) -> None:
    group = black_boxes()
    taken = taken_group(group, how, seed=1)
    assert (taken.name, taken.num_pages) == (f"boxes, {how}", 3)
    for number in range(3):
        page = taken.page(number)
        assert page.lines is not None and page.dpi == 150.0
        assert page.text == "\n".join(text for _, text in page.lines)
        assert not np.array_equal(page.image, group.page(number).image)
        for quad, _ in page.lines:
            inner = np.asarray(quad).mean(axis=0) + 0.7 * (np.asarray(quad) - np.asarray(quad).mean(axis=0))
            for x, y in np.linspace(inner[[0, 3]], inner[[1, 2]], 9).reshape(-1, 2):
                assert page.image[round(float(y)), round(float(x))] < 128, (how, number)


def test_faults_are_a_function_of_the_seed_the_page_and_the_kind() -> None:
    first, again = (taken_group(black_boxes(), SCANNED, seed=3).page(1) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    others = (
        taken_group(black_boxes(), SCANNED, seed=4).page(1),
        taken_group(black_boxes(), SCANNED, seed=3).page(2),
    )
    for other in others:
        assert not np.array_equal(first.image, other.image)


def test_drawn_pages_are_those_of_the_stream() -> None:
    pages = stream(PageSettings.clean(columns=2), seed=5)
    group = drawn_group("clean", 2, 4, stream(seed=5).with_settings(PageSettings.clean(columns=2)).page)
    assert group.name == drawn_name("clean", 2) == "drawn, 2 columns, clean"
    assert drawn_name(SCANNED, 1) == "drawn, 1 column, scanned"
    page, drawn = group.page(1), pages.page(1)
    assert np.array_equal(page.image, drawn.image)
    asked = [unit for unit in drawn.units if not unit.is_ignored]
    assert page.lines is not None and [text for _, text in page.lines] == [unit.text for unit in asked]
    assert len(page.ignored) == len(drawn.units) - len(asked)
