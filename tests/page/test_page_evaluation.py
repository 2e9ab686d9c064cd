"""Measuring pages: PDFs with known lines, groups of pages, the table of what is asked, speed."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from koocr.errors import DataError, InputError, KoocrError
from koocr.evaluation.page_metrics import PageCounts
from koocr.evaluation.page_samples import SCANNED, drawn_name, scan_group, taken_group
from koocr.page import fresh
from koocr.page.evaluation import OwnPages, PageFindings, measure
from koocr.page.pdf_samples import PDFS, choose_pages, pdf_group, read_pdf_lines
from koocr.page.scorecard import LIMITS, ROWS, compared_cer, figures_of, groups_worse, scorecard_table
from koocr.page.speed import a4, add_speeds, time_in_turns
from tests.page.measured import Knowing, Known, write_pdfs, write_scans


def test_lines_lie_where_the_page_shows_them(tmp_path: Path) -> None:
    group = pdf_group(write_pdfs(tmp_path), num_pages=2)
    assert (group.name, group.num_pages) == (PDFS, 2)
    page = group.page(0)
    assert page.image.shape == pytest.approx((1200, 900), abs=1) and page.dpi == 150
    assert page.lines is not None and page.text.startswith("동해물과 백두산이")
    outside = page.image.copy()
    for quad, _ in page.lines:
        (left, top), _, (right, bottom), _ = np.asarray(quad).round().astype(int)
        assert (page.image[top:bottom, left:right] < 128).any()
        outside[top - 2 : bottom + 10, left - 2 : right + 2] = 255  # strokes hang below the made lines
    assert (outside > 128).all()


def test_pages_are_chosen_by_the_seed_among_those_with_korean(tmp_path: Path) -> None:
    pages = read_pdf_lines(write_pdfs(tmp_path, num_pages=12) / "pdf_lines.tsv")
    assert len(pages) == 13 and pages[3].number == 3
    chosen = [tuple(p.number for p in choose_pages(pages, num_pages=5, seed=seed)) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2] and list(chosen[0]) == sorted(chosen[0])
    assert [p.number for p in choose_pages(pages, num_pages=99, seed=0)] == list(range(12))
    with pytest.raises(DataError, match="Hangul"):
        choose_pages(pages[-1:], num_pages=1, seed=0)


def test_bad_tables_are_named_by_their_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        read_pdf_lines(tmp_path / "pdf_lines.tsv")
    folder = write_pdfs(tmp_path)
    table = folder / "pdf_lines.tsv"
    text = table.read_text("utf-8")
    table.write_text(text + "made.pdf\t1\tx\t2\t3\t4\t가\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"tsv:18: "):
        read_pdf_lines(table)
    table.write_text(text.replace("pdf\tpage", "file\tpage"), encoding="utf-8")
    with pytest.raises(DataError, match="columns"):
        read_pdf_lines(table)
    table.write_text(text.replace("made.pdf", "no.pdf"), encoding="utf-8")
    with pytest.raises(DataError, match=r"no 'no\.pdf'"):
        pdf_group(folder)


class Failing:
    """A program that gives up on its third page."""

    name, is_inside = "Failing 1.0", True

    def __init__(self) -> None:
        self.calls = 0

    def read(self, image: np.ndarray, dpi: float | None = None) -> list[Any]:
        self.calls += 1
        if self.calls == 3:
            raise KoocrError("no more")
        return []


@pytest.fixture
def groups(tmp_path: Path) -> list[Any]:
    pdfs = pdf_group(write_pdfs(tmp_path / "pdfs"))
    return [scan_group(write_scans(tmp_path / "scans")), pdfs, taken_group(pdfs, SCANNED)]


def test_a_reader_that_knows_everything_is_perfect_and_others_stand_beside_it(groups: list[Any]) -> None:
    failing, known = Failing(), Known(groups)
    wrong = OwnPages("wrong", Knowing(known, is_right=False))
    found = measure(Knowing(known), groups, [wrong, failing])
    assert list(found.counts) == ["", "wrong"] and failing.calls == 3
    assert "Failing 1.0 was left out: no more." in found.notes
    for counts in found.counts[""].values():
        assert counts.cer == counts.cer_solid == 0
    assert found.counts[""][PDFS].units == 15 and found.counts[""][PDFS].recall == 1
    assert found.counts[""]["scans"].units == 0
    figures = figures_of(found.counts["wrong"])
    assert figures["pdf_found"] == 1 and figures_of(found.counts[""])["pdf_found_cer"] == 0
    counts = found.counts["wrong"][PDFS]
    assert figures["pdf_found_cer"] == counts.found_cer > 0 and counts.cer == 3 / counts.characters
    assert math.isnan(figures["photo_cer"]) and figures["printed_cer"] > 0
    assert [score.name for score in found.scores["scans"]] == ["scan.png"]
    assert set(found.shown) == {"scans", PDFS, f"{PDFS}, scanned"}


def test_kinds_on_which_another_is_better_are_counted() -> None:
    ours = {"a": PageCounts(characters=10, edits=1), "b": PageCounts(characters=10, edits=2)}
    first = {"a": PageCounts(characters=10, edits=2), "b": PageCounts(characters=10, edits=1)}
    second = {"a": PageCounts(characters=10, edits=1), "b": PageCounts(characters=10, edits=3)}
    assert groups_worse({"": ours, "Tesseract x": second}, "Tesseract") == 0
    assert groups_worse({"": ours, "Tesseract x": second, "Tesseract y": first}, "Tesseract") == 1
    assert math.isnan(groups_worse({"": ours, "PP-OCR": first}, "Tesseract"))
    assert groups_worse({"": ours, "PP-OCR": first, "RapidOCR": second}, "RapidOCR", "PP-OCR") == 1


def test_of_pdfs_the_lines_of_the_truth_are_compared_and_of_other_pages_the_page() -> None:
    counts = PageCounts(
        characters=10, edits=9, found_characters=6, found_edits=1, missed_characters=2, missed_edits=1
    )
    assert [compared_cer(name, counts) for name in (PDFS, f"{PDFS}, {SCANNED}")] == [0.25, 0.25]
    assert [compared_cer(name, counts) for name in ("scans", "drawn, 1 column, clean")] == [0.9, 0.9]
    nothing = PageCounts(characters=10, edits=8, missed_characters=8, missed_edits=8)  # finds no line
    assert groups_worse({"": {PDFS: counts}, "Tesseract": {PDFS: nothing}}, "Tesseract") == 0
    assert groups_worse({"": {PDFS: nothing}, "Tesseract": {PDFS: counts}}, "Tesseract") == 1


def test_the_order_of_drawn_pages_is_that_of_all_conditions_together() -> None:
    counts = {
        drawn_name("clean", 1): PageCounts(pairs=10, right_pairs=7),
        drawn_name("photographed", 1): PageCounts(pairs=30, right_pairs=29),
        drawn_name("scanned", 2): PageCounts(pairs=4, right_pairs=4),
    }
    figures = figures_of(counts)
    assert figures["order_1"] == 0.9 and figures["order_2"] == 1.0 and math.isnan(figures["order_3"])
    assert figures["order_clean_1"] == 0.7 and math.isnan(figures["order_clean_2"])


def test_the_table_shows_what_was_measured() -> None:
    assert {name for _, names in ROWS for name in names} == set(LIMITS)
    figures = {"pdf_found": 0.99, "pdf_found_cer": 0.005, "scan_cer": 0.09, "scan_cer_solid": 0.01}
    figures |= {"memory_mb": 250.0, "times_faster": 0.5, "order_clean_1": 1.0, "order_clean_2": 0.99}
    table = scorecard_table(figures, {"T": {"pdf_found": 0.5, "pdf_found_cer": 0.25}})
    rows = {row[0]: row[1:] for row in table.rows}
    assert len(rows) == 5
    assert rows["real scans, page CER with / without spaces"][2:] == ("9.00 % / 1.00 %", "missed", "")
    assert rows["PDFs at 150 dpi, lines found / CER of the found lines"] == (
        "98.00 % / 2.00 %",
        "99.50 % / 0.70 %",
        "99.00 % / 0.50 %",
        "must",
        "50.00 % / 25.00 %",
    )
    assert rows["of these, clean: order with one / two / three columns"][2:4] == (
        "100.00 % / 99.00 % / –",
        "",
    )
    assert rows["peak memory for an A4 page at 300 dpi"][3] == "want"


@pytest.mark.parametrize(("shape", "sheet"), [((500, 300), (1754, 1240)), ((300, 900), (1240, 1754))])
def test_pages_are_laid_into_a4(shape: tuple[int, int], sheet: tuple[int, int]) -> None:
    page = a4(np.zeros(shape, np.uint8), 150)
    assert page.shape == sheet
    scale = min(sheet[0] / shape[0], sheet[1] / shape[1])
    assert (page < 128).sum() == pytest.approx(scale**2 * shape[0] * shape[1], rel=0.01)


def test_the_fastest_of_the_rounds_counts_after_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([0, 1, 0, 9, 0, 7, 0, 5, 0, 8, 0, 6])
    monkeypatch.setattr("koocr.page.speed.time.perf_counter", lambda: next(ticks))
    assert time_in_turns({"a": lambda: None, "b": lambda: None}, rounds=2) == {"a": 7, "b": 5}


def test_speed_compares_like_with_like(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[int, ...]] = []

    def fresh_run(file: Path, **options: Any) -> fresh.FreshRun:
        from koocr.image import load_image

        runs.append(load_image(str(file)).shape)
        assert options == {"detector": "d", "lines": "", "num_threads": 2}
        return fresh.FreshRun(1.0, 321.0, 5)

    def program(file: Path, **options: Any) -> str:
        return fresh_run(file, **options) and "text"

    class Inside:
        name, is_inside = "Tesseract 5, kor, psm 3", True

        def read(self, image: np.ndarray, dpi: float) -> list[Any]:
            assert image.shape == (1754, 1240) and dpi == 150
            return []

    monkeypatch.setattr("koocr.page.speed.read_in_fresh_process", fresh_run)
    monkeypatch.setattr(
        "koocr.page.speed.time_in_turns",
        lambda readers: {name: [read(), 2.0 + len(name)][1] for name, read in readers.items()},
    )
    monkeypatch.setattr("koocr.page.speed.run_program", program)
    found = PageFindings(counts={"": {}, Inside.name: {}})
    add_speeds(found, np.full((900, 600), 255, np.uint8), lambda file: None, [Inside()], detector="d")  # type: ignore[list-item]
    assert found.figures == {"memory_mb": 321.0, "times_faster": (2 + len(Inside.name)) / 7}
    assert runs == [(1754, 1240), (3508, 2480)]


def test_a_process_of_its_own_says_what_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **options: Any) -> Any:
        assert command[1:] == ["-m", "koocr.page.fresh", "a.png", "", "", "2"]
        return subprocess.CompletedProcess(command, 0, 'noise\n{"num_lines": 3, "peak_bytes": 2000000}\n', "")

    with monkeypatch.context() as patched:
        patched.setattr("koocr.page.fresh.subprocess.run", run)
        found = fresh.read_in_fresh_process(Path("a.png"), num_threads=2)
    assert (found.peak_mb, found.num_lines) == (2.0, 3)
    for read in (fresh.read_in_fresh_process, fresh.run_program):
        with pytest.raises(KoocrError, match="--speed=false"):
            read(Path("no.png"), detector=str(tmp_path / "no.onnx"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say")
def test_memory_is_that_of_the_process() -> None:
    held = np.ones(30_000_000, np.uint8)
    peak = fresh._peak_bytes()
    assert peak is not None and held.nbytes < peak < 20_000_000_000


def test_a_page_that_cannot_be_read_ends_the_measuring(groups: list[Any]) -> None:
    class Broken(Knowing):
        def read(self, image: np.ndarray, *, dpi: float | None = None) -> Any:
            raise InputError("broken")

    with pytest.raises(InputError):
        measure(Broken(Known(groups)), groups)
