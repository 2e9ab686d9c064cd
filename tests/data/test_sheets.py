"""Sheets drawn with a known grid are cut where the grid is, askew, noisy and half empty."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from koocr.data.download.sheets import cut_headed, cut_ruled, headed_labels, is_written, ruled_labels
from koocr.errors import DataError
from koocr.fonts import korean_face

UInt8Array = npt.NDArray[np.uint8]
LABELS = ruled_labels()


def ruled_sheet(*, degrees: float = 0.0, filled: int = 126, noise: float = 0.0) -> UInt8Array:
    """An A4 scan at 200 dpi: a heading, then 9 × 14 cells of 178 × 158 pixels with a syllable in each."""
    page = Image.new("L", (1654, 2339), 250)
    draw = ImageDraw.Draw(page)
    face = ImageFont.truetype(str(korean_face()), 70, layout_engine=ImageFont.Layout.BASIC)
    draw.line((300, 30, 1300, 30), 0, 3)
    for column in range(10):
        draw.line((26 + column * 178, 70, 26 + column * 178, 70 + 14 * 158), 90, 2)
    for row in range(15):
        draw.line((26, 70 + row * 158, 26 + 9 * 178, 70 + row * 158), 90, 2)
    for number in range(filled):
        place = 26 + number % 9 * 178 + 50, 70 + number // 9 * 158 + 35
        draw.text(place, LABELS[number], 20, font=face)
    grey = np.asarray(page)
    matrix = cv2.getRotationMatrix2D((827, 1170), degrees, 1)
    grey = cv2.warpAffine(grey, matrix, (1654, 2339), borderValue=(250,))
    random = np.random.default_rng(0).normal(0, noise, grey.shape) if noise else 0
    return np.clip(grey + random, 0, 255).astype(np.uint8)


def ink_box(cell: UInt8Array) -> tuple[int, int, int, int]:
    return cv2.boundingRect((cell < 130).astype(np.uint8))


@pytest.mark.parametrize(("degrees", "noise"), [(0, 0), (0.8, 4), (-1.5, 0), (0.3, 10)])
def test_a_ruled_sheet_is_cut_at_its_lines(degrees: float, noise: float) -> None:
    cells = cut_ruled(ruled_sheet(degrees=degrees, noise=noise))
    level = cut_ruled(ruled_sheet())
    assert len(cells) == len(level) == 126
    for cell, reference in zip(cells, level, strict=True):
        assert 160 <= cell.shape[1] <= 172
        assert 142 <= cell.shape[0] <= 154
        edges = np.concatenate([cell[0], cell[-1], cell[:, 0], cell[:, -1]])
        assert edges.min() > 150, "no part of a line is left"
        assert np.abs(np.subtract(ink_box(cell), ink_box(reference))).max() <= 4, (
            "the character lies where it was"
        )


def test_the_characters_are_whole_and_in_order() -> None:
    face = ImageFont.truetype(str(korean_face()), 70, layout_engine=ImageFont.Layout.BASIC)
    for cell, label in zip(cut_ruled(ruled_sheet()), LABELS[:126], strict=True):
        _, _, width, height = ink_box(cell)
        mask = np.frombuffer(bytes(face.getmask(label)), np.uint8)
        _, _, w, h = cv2.boundingRect((mask.reshape(face.getmask(label).size[::-1]) > 130).astype(np.uint8))
        assert abs(width - w) <= 2 and abs(height - h) <= 2, label


def test_empty_cells_are_told_from_written_ones() -> None:
    cells = cut_ruled(ruled_sheet(filled=82, noise=4))
    assert [is_written(cell) for cell in cells] == [True] * 82 + [False] * 44


@pytest.mark.parametrize("page", [np.full((2339, 1654), 255, np.uint8), np.zeros((300, 200), np.uint8)])
def test_a_page_without_a_grid_is_a_data_error(page: UInt8Array) -> None:
    with pytest.raises(DataError, match="no grid"):
        cut_ruled(page)


def test_text_alone_is_no_grid() -> None:
    page = Image.new("L", (1000, 1400), 255)
    face = ImageFont.truetype(str(korean_face()), 30, layout_engine=ImageFont.Layout.BASIC)
    for line in range(40):
        ImageDraw.Draw(page).text(
            (40, 30 + line * 34), "".join(LABELS[line * 28 : line * 28 + 28]), 0, font=face
        )
    with pytest.raises(DataError, match="no grid"):
        cut_ruled(np.asarray(page))


def test_a_headed_page_is_cut_below_its_headers() -> None:
    page = Image.new("L", (12 * 43, 12 * 58), 255)
    draw = ImageDraw.Draw(page)
    face = ImageFont.truetype(str(korean_face()), 26, layout_engine=ImageFont.Layout.BASIC)
    for number in range(144):
        x, y = number % 12 * 43, number // 12 * 58
        draw.rectangle((x, y, x + 43, y + 16), 0)  # the strip with the printed syllable
        draw.text((x + 9, y + 18), headed_labels()[number], 0, font=face)
    cells = cut_headed(np.asarray(page))
    assert len(cells) == 144
    for cell in cells:
        assert is_written(cell)
        x, y, w, h = ink_box(cell)
        assert x > 0 and y > 0 and x + w < cell.shape[1] and y + h < cell.shape[0]


def test_the_labels_of_the_forms() -> None:
    assert len(LABELS) == 2350
    assert LABELS[:5] == list("가각간갇갈")
    assert LABELS[-1] == "힝"
    assert len(headed_labels()) == 399
    assert "".join(headed_labels()[:10]) == "가객갺걗건겑겮곋골괅"
