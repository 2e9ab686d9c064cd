"""Drawn pages: the same for a seed, truth that holds the ink, the order of reading, texts of the split."""

import re
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from koocr.data.synthesis.pages import KindShares, PageSettings
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.folder import write_pages
from koocr.data.synthesis.pages.kinds import KINDS
from koocr.data.synthesis.pages.painting import paint
from koocr.data.synthesis.pages.sizes import blank_sheet
from koocr.errors import ConfigError
from tests.drawn_pages import numbers_of, pool, stream, texts

SMALL = replace(PageSettings(), dpi=((70, 100, 1.0),))


def drawn_sheet(kind, seed, **settings):
    """A sheet of a kind, as laid out and not yet painted, black on white."""
    rng = np.random.default_rng([seed, 1])
    sheet = blank_sheet(rng, kind, 100.0, replace(PageSettings(), dark=0.0), is_screen=False)
    desk = Desk(sheet, rng, pool=pool(), text=texts(), dpi=100.0, **settings)
    KINDS[kind](desk)
    return sheet


def covered(quads, shape, *, grown=0):
    mask = np.zeros(shape, np.uint8)
    for quad in quads:
        cv2.fillPoly(mask, [np.rint(quad - 0.5).astype(np.int32)], 255)
    return cv2.dilate(mask, np.ones((2 * grown + 1,) * 2, np.uint8)) if grown else mask


def test_a_page_is_a_function_of_the_seed_and_its_number():
    first = stream(SMALL)
    pages = [first.page(index) for index in (3, 0, 1)]
    again = stream(SMALL)
    for page, index in zip(reversed(pages), (1, 0, 3), strict=True):
        other = again.page(index)
        assert page.image.tobytes() == other.image.tobytes()
        assert (page.kind, page.dpi, page.condition) == (other.kind, other.dpi, other.condition)
        for unit, twin in zip(page.units, other.units, strict=True):
            assert (unit.text, unit.block, unit.is_ignored) == (twin.text, twin.block, twin.is_ignored)
            assert np.array_equal(unit.quad, twin.quad)
    assert stream(SMALL, seed=1).page(0).image.tobytes() != pages[1].image.tobytes()
    assert pages[1].image.tobytes() != pages[2].image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_all_ink_of_text_lies_in_quads_and_all_quads_hold_ink(kind):
    num_runs = 0
    for seed in range(3):
        sheet = drawn_sheet(kind, seed)
        sheet.marks.clear()
        sheet.stamps.clear()
        sheet.runs = [replace(run, halo=None, tone=sheet.ink) for run in sheet.runs]
        image, quads, runs = paint(sheet)
        assert len(quads) == len(runs)
        num_runs += len(runs)
        is_ink = image != round(sheet.ground)
        assert not is_ink[covered(quads, image.shape, grown=1) == 0].any()
        for quad in quads:
            (left, top), (right, bottom) = quad[0].astype(int), quad[2].astype(int)
            held = is_ink[max(0, top) : bottom, max(0, left) : right]
            assert held.any()
            if left >= 0 and right <= sheet.width:  # tight at both ends
                assert held[:, 0].any() and held[:, -1].any()
    assert num_runs > 0 or kind == "clutter"


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_documents_are_read_column_by_column(columns):
    """Each text stands below the one before in its column, to the right of it, or below all."""
    for seed in range(6):
        sheet = drawn_sheet("document", seed, columns=(columns,))
        _, quads, runs = paint(sheet)
        boxes = np.concatenate([quads[:, 0], quads[:, 2]], 1)  # left, top, right, bottom
        for place in range(1, len(runs)):
            before, here = boxes[place - 1], boxes[place]
            own = [int((box[0] + box[2]) / 2 / sheet.width * columns) for box in (before, here)]
            is_below = here[1] > before[1] and own[0] == own[1]
            is_beside = here[0] >= before[2] - 1
            is_below_all = here[3] > boxes[:place, 3].max()
            assert is_below or is_beside or is_below_all, runs[place].text


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_documents_have_as_many_columns_as_asked_for(columns):
    starts = []
    for seed in range(6):
        sheet = drawn_sheet("document", seed, columns=(columns,))
        _, quads, runs = paint(sheet)
        lines = quads[[run.type.size_px == runs[len(runs) // 2].type.size_px for run in runs]]
        middle = lines[:, :, 0].mean(1) / sheet.width
        starts.append(len(set(np.clip((middle * columns).astype(int), 0, columns - 1).tolist())))
        widest = (lines[:, 1, 0] - lines[:, 0, 0]).max() / sheet.width
        assert widest < 0.95 / columns
    assert max(starts) == columns


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"clutter"}))
def test_blocks_are_read_one_after_the_other(kind):
    for seed in range(3):
        blocks = [run.block for run in drawn_sheet(kind, seed).runs]
        begun = [here for before, here in pairwise([-1, *blocks]) if here != before]
        assert len(begun) == len(set(begun))


def test_neighbouring_texts_of_a_row_are_parted_by_a_wide_gap():
    """In one block, a row holds one text: what is parted by less would have to be read as one."""
    for kind in sorted(set(KINDS) - {"clutter"}):
        sheet = drawn_sheet(kind, 5)
        rows = [(run.block, round(run.baseline)) for run in sheet.runs]
        assert len(rows) == len(set(rows)), kind


@pytest.mark.parametrize("split", ["train", "val"])
def test_texts_are_those_of_the_split(split):
    settings = replace(SMALL, kinds=KindShares.only("document", "exam"), clean_share=1.0, scan_share=0.0,
                       photo_share=0.0)  # fmt: skip
    drawn = stream(settings, split=split)
    others = {"train": "val", "val": "train"}[split]
    said = set()
    for index in range(3):
        by_block = {}
        for unit in drawn.page(index).units:
            by_block.setdefault(unit.block, []).append(unit.text.replace(" ", ""))
        for block in by_block.values():
            said.update(re.findall(r"[가-사](\d{4})", "".join(block)))
    assert said & numbers_of(split)
    assert not said & numbers_of(others)


def test_presets_draw_what_they_say():
    for name in ("clean", "scanned", "photographed"):
        settings = getattr(PageSettings, name)(columns=2, dpi=80)
        page = stream(settings).page(0)
        assert (page.kind, page.condition, round(page.dpi)) == ("document-2", name, 80)
        assert page.units


def test_unknown_kinds_and_chances_are_refused():
    with pytest.raises(ConfigError, match="poster"):
        KindShares.only("poster")
    with pytest.raises(ConfigError, match="dark"):
        PageSettings(dark=1.5)
    with pytest.raises(ConfigError, match="shares"):
        stream(replace(PageSettings(), kinds=KindShares.only())).page(0)


def test_folders_hold_pictures_and_labels(tmp_path):
    drawn = stream(
        replace(SMALL, kinds=KindShares.only("receipt"), scan_share=1.0, clean_share=0.0, photo_share=0.0)
    )
    write_pages(tmp_path, drawn, 2, first=4)
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == ["000004.png", "000005.png"]
    page = drawn.page(5)
    assert np.array_equal(
        cv2.imread(str(tmp_path / "images" / "000005.png"), cv2.IMREAD_GRAYSCALE), page.image
    )
    rows = (tmp_path / "labels" / "000005.txt").read_text(encoding="utf-8").splitlines()
    for row, unit in zip(rows, page.units, strict=True):
        *corners, text = row.split(",", 8)
        assert np.allclose(np.array(corners, float).reshape(4, 2), unit.quad, atol=0.051)
        assert text == ("###" if unit.is_ignored else unit.text)


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 4), (2, 2), (3, 1)])
def test_the_smallest_ink_is_cut_too(shape: tuple[int, int]) -> None:
    from koocr.data.synthesis.pages.types import Inked, _cut

    found = _cut(Inked(np.full(shape, 200, np.uint8), 5, 7))
    assert found is not None and found.ink.shape == shape and (found.left, found.top) == (5, 7)
    assert _cut(Inked(np.full(shape, 3, np.uint8), 5, 7)) is None
