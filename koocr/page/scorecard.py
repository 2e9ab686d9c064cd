"""What reading pages must show, what we want of it, and what was measured: one table."""

from __future__ import annotations

import math
from collections.abc import Mapping

from koocr.evaluation.limits import Limit, lowest_verdict, unit
from koocr.evaluation.page_metrics import PageCounts
from koocr.evaluation.page_samples import (
    COLUMNS,
    CONDITIONS,
    PHOTOGRAPHED,
    SCANNED,
    SCANS,
    drawn_name,
)
from koocr.evaluation.report import Table
from koocr.page.pdf_samples import PDFS

__all__ = ["LIMITS", "ROWS", "compared_cer", "figures_of", "groups_worse", "scorecard_table"]

_ORDER = Limit(0.98, 0.998)


def _at_most(must: float, want: float, template: str = "") -> Limit:
    return (
        Limit(must, want, unit(template), is_least=False) if template else Limit(must, want, is_least=False)
    )


LIMITS: dict[str, Limit] = {
    "scan_cer": _at_most(0.08, 0.02),
    "scan_cer_solid": _at_most(math.nan, math.nan),  # reported beside it, nothing is asked of it
    "pdf_found": Limit(0.98, 0.995),
    "pdf_found_cer": _at_most(0.02, 0.007),
    "printed_cer": _at_most(0.06, 0.02),
    "photo_cer": _at_most(0.06, 0.02),
    **{f"order_{columns}": _ORDER for columns in COLUMNS},
    **{f"order_{condition}_{columns}": _ORDER for condition in CONDITIONS for columns in COLUMNS},
    "worse_than_tesseract": _at_most(0, 0, "{:.0f}"),
    "worse_than_paddle": _at_most(0, 0, "{:.0f}"),
    "upright_turned": _at_most(0, 0, "{:.0f}"),
    "righted": Limit(math.nan, math.nan),  # reported beside it
    "times_faster": Limit(1, 3, unit("{:.2f} times")),
    "memory_mb": _at_most(600, 300, "{:.0f} MB"),
    "detector_mb": _at_most(5, 1.7, "{:.2f} MB"),
}

ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("real scans, page CER with / without spaces", ("scan_cer", "scan_cer_solid")),
    ("PDFs at 150 dpi, lines found / CER of the found lines", ("pdf_found", "pdf_found_cer")),
    ("the same, printed and scanned (drawn), CER of the found lines", ("printed_cer",)),
    ("the same, photographed (drawn), CER of the found lines", ("photo_cer",)),
    ("drawn pages: order with one / two / three columns", tuple(f"order_{columns}" for columns in COLUMNS)),
    *(
        (
            f"of these, {condition}: order with one / two / three columns",
            tuple(f"order_{condition}_{columns}" for columns in COLUMNS),
        )
        for condition in CONDITIONS
    ),
    ("kinds of pages on which a Tesseract has a lower CER", ("worse_than_tesseract",)),
    ("kinds of pages on which RapidOCR or PP-OCR has a lower CER", ("worse_than_paddle",)),
    ("upright pages (drawn) that are turned / turned ones that come back", ("upright_turned", "righted")),
    ("one A4 page at 150 dpi, two threads, end to end, against Tesseract psm 3", ("times_faster",)),
    ("peak memory for an A4 page at 300 dpi", ("memory_mb",)),
    ("size of the detector, ONNX", ("detector_mb",)),
)


def figures_of(counts: Mapping[str, PageCounts]) -> dict[str, float]:
    """Every figure that comes from reading pages.

    Args:
        counts: name of a group, as `koocr.evaluation.page_samples` and `koocr.page.pdf_samples` name them →
            counts of its pages.

    Returns:
        By the names of `LIMITS`; NaN for groups that are not there.
    """

    def of(group: str) -> PageCounts:
        return counts.get(group, PageCounts())

    figures = {
        "scan_cer": of(SCANS).cer,
        "scan_cer_solid": of(SCANS).cer_solid,
        "pdf_found": of(PDFS).recall,
        "pdf_found_cer": of(PDFS).found_cer,
        # Of the found lines: a table of Korean lines says nothing of listings and formulas between them.
        "printed_cer": of(f"{PDFS}, {SCANNED}").found_cer,
        "photo_cer": of(f"{PDFS}, {PHOTOGRAPHED}").found_cer,
    }
    for columns in COLUMNS:
        drawn = [of(drawn_name(condition, columns)) for condition in CONDITIONS]
        figures[f"order_{columns}"] = sum(drawn, PageCounts()).order
        for condition in CONDITIONS:
            figures[f"order_{condition}_{columns}"] = of(drawn_name(condition, columns)).order
    return figures


def compared_cer(group: str, counts: PageCounts) -> float:
    """The error rate by which programs are compared on a group of pages.

    Of PDFs, however they were taken, that of all true lines, lines not found included: their truth names the
    Korean lines only, so the CER of the page counts listings and formulas that were read as errors. Of other
    pages that of the page.

    Args:
        group: its name.
        counts: what a program made of it.
    """
    is_pdf = group == PDFS or group.startswith(f"{PDFS}, ")
    return counts.lines_cer if is_pdf else counts.cer


def groups_worse(counts: Mapping[str, Mapping[str, PageCounts]], *programs: str) -> float:
    """On how many groups of pages one of some programs has a lower `compared_cer` than the reader.

    Args:
        counts: program, "" for the reader → group → counts.
        programs: how the names of the others begin.

    Returns:
        Their number; NaN without such a program.
    """
    others = [of for name, of in counts.items() if name.startswith(programs)]
    if not others:
        return math.nan
    ours = {group: compared_cer(group, of) for group, of in counts[""].items()}
    return float(
        sum(any(compared_cer(group, of[group]) < cer for of in others) for group, cer in ours.items())
    )


def scorecard_table(figures: Mapping[str, float], programs: Mapping[str, Mapping[str, float]]) -> Table:
    """The rows of which something was measured: must, want, measured, and what other programs reach.

    Args:
        figures: by the names of `LIMITS`; NaN, or missing, for what was not measured.
        programs: name → their figures.
    """
    rows = []
    for what, names in ROWS:
        values = [figures.get(name, math.nan) for name in names]
        if all(map(math.isnan, values)):
            continue
        limits = [LIMITS[name] for name in names]
        others = [[of.get(name, math.nan) for name in names] for of in programs.values()]
        asked = [
            limit.verdict(value)
            for limit, value in zip(limits, values, strict=True)
            if not math.isnan(limit.must)
        ]
        rows.append(
            (
                what,
                _joined(limits, [limit.must for limit in limits]),
                _joined(limits, [limit.want for limit in limits]),
                _joined(limits, values),
                lowest_verdict(asked) if asked else "",
                *(_joined(limits, of_other) for of_other in others),
            )
        )
    return Table(("", "must", "want", "measured", "reaches", *programs), tuple(rows))


def _joined(limits: list[Limit], values: list[float]) -> str:
    if all(map(math.isnan, values)):
        return ""
    return " / ".join(limit.show(value) for limit, value in zip(limits, values, strict=True))
