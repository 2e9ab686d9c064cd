"""The table of what is asked: figures by hand, verdicts, and other readers beside."""

from __future__ import annotations

import math

import pytest

from koocr.evaluation.line_readings import LineReadings
from koocr.line.scorecard import (
    COMPARED,
    HAND_FACES,
    LIMITS,
    TEXT_FACES,
    figures_of,
    scorecard_table,
    times_worse,
)

Row = tuple[str, str, str, str, str, str]  # truth, read, face, class, condition, kind


def readings(rows: list[Row]) -> LineReadings:
    truth, read, *groups = zip(*rows, strict=True)
    return LineReadings.of_texts(
        truth, read, groups=dict(zip(("face", "class", "condition", "kind"), groups, strict=True))
    )


def all_rows(wrong: str = "가나 다라") -> list[Row]:
    """One line of every kind; those of the first face are read as `wrong`."""
    rows: list[Row] = []
    for number, face in enumerate(TEXT_FACES):
        read = wrong if not number else "가나 다라"
        rows += [
            ("가나 다라", read, face, "serif", condition, "sentences") for condition in ("clean", "degraded")
        ]
        rows.append(("가나 다라", read, face, "serif", "rare syllables", "syllables"))
        rows += [
            ("가나 다라", read, face, "serif", condition, "words")
            for condition in ("basic", "skew", "distortion", "blur", "background")
        ]
        rows.append(("A", "B", face, "serif", "clean", "forms"))  # which no figure counts
    rows += [("가나", "가다", face, "handwriting", "clean", "sentences") for face in HAND_FACES]
    rows.append(("가나", "다나", "hhr-005", "writer", "scanned", "words"))
    return rows


def test_figures_are_means_over_faces_and_spaces_are_counted_along_the_edits() -> None:
    figures = figures_of(readings(all_rows(wrong="가나다라")))
    assert set(figures) == set(COMPARED)
    assert figures["text_clean"] == figures["text_degraded"] == figures["syllables"] == 0.2 / 4
    assert figures["hands"] == figures["writer"] == 0.5
    assert (figures["space_precision"], figures["space_recall"]) == (1, 0.75)
    assert figures["conditions"] == 0.75
    assert math.isnan(figures["dohyeon_clean"])


def test_a_figure_needs_all_of_its_faces() -> None:
    figures = figures_of(readings([row for row in all_rows() if row[2] != TEXT_FACES[0]]))
    assert math.isnan(figures["text_clean"]) and math.isnan(figures["conditions"]) and figures["hands"] == 0.5


def test_the_table_shows_limits_verdicts_and_others() -> None:
    figures = {**figures_of(readings(all_rows())), "fp32_mb": 8.0, "int8_mb": 4.0}
    table = scorecard_table(figures, {"Tesseract, kor": {"text_clean": 0.03}})
    rows = {row[0]: row[1:] for row in table.rows}
    assert table.header == ("", "must", "want", "measured", "reaches", "Tesseract, kor")
    clean = rows["four printed text faces, clean, CER"]
    assert clean == ("1.00 %", "0.30 %", "0.00 %", "want", "3.00 %")
    sizes = rows["size of the weights, ONNX float32 / int8"]
    assert sizes == ("10.00 MB / 3.50 MB", "6.00 MB / 2.00 MB", "8.00 MB / 4.00 MB", "missed", "")
    assert not any(name.startswith("bm-dohyeon") for name in rows), "not measured"


def test_what_is_reported_beside_has_no_limit() -> None:
    (row,) = scorecard_table({"dohyeon_clean": 0.5, "galmuri_clean": 0.25}, {}).rows
    assert row[1:] == ("", "", "50.00 % / 25.00 %", "")


def test_others_that_are_better_are_counted_figure_by_figure() -> None:
    ours = figures_of(readings(all_rows()))
    same = dict(ours)
    better = {**ours, "hands": 0.25, "writer": 0.25}
    worse = {**ours, "conditions": 0.5}
    assert math.isnan(times_worse(ours, []))
    assert math.isnan(times_worse(dict.fromkeys(ours, math.nan), [ours]))
    assert times_worse(ours, [same, worse]) == 0
    assert times_worse(ours, [worse, better]) == 2
    assert times_worse({**ours, "space_f1": 0.5}, [better]) == 3
    assert times_worse({**ours, "space_precision": 0.5}, [better]) == 2, "half of a figure"


@pytest.mark.parametrize("name", [name for name, limit in LIMITS.items() if not math.isnan(limit.must)])
def test_what_we_want_is_no_less_than_what_must_be(name: str) -> None:
    limit = LIMITS[name]
    assert limit.verdict(limit.want) == "want" and limit.verdict(limit.must) in ("must", "want")
