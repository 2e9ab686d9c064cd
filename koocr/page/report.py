"""The report on reading pages: what is asked and what was measured, by kind of page, beside others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from koocr.evaluation.page_metrics import PageCounts
from koocr.evaluation.report import Block, Paragraph, Picture, Report, Section, Table, percent
from koocr.page.evaluation import PageFindings, Shown
from koocr.page.exporters.picture import draw_page
from koocr.page.scorecard import compared_cer, figures_of, scorecard_table

__all__ = ["PageReportOptions", "build_report", "compared_table", "groups_table", "scorecard"]

_HOW = (
    "Page CER: edits of the whole page's text in NFC, a line's end being a space, by the characters of the "
    "truth. Lines found: at intersection over union of at least 0.5; where truth and reader cut a row at "
    "other gaps, pieces are put together first, for all programs alike (see koocr.evaluation.page_lines). "
    "Order: of neighbouring lines that were both found, the share that is read one straight after the other."
)
_COMPARED = (
    "Errors by which programs are compared: of PDFs those in all true lines, of other pages those in their "
    "text. The truth of a PDF names its Korean lines only; a line that was not found counts with the "
    "least edits that make it of anything that the program read on the page, at most all of it."
)
_RATES = ("recall", "precision", "found_cer", "lines_cer", "order", "cer", "cer_solid")


@dataclass(frozen=True)
class PageReportOptions:
    """What stands in a report beside the findings.

    Attributes:
        name: of the weights.
        command: that makes it again.
        num_samples: pages that are drawn.
    """

    name: str
    command: str
    num_samples: int = 8


def build_report(found: PageFindings, folder: Path, options: PageReportOptions) -> Report:
    """The report; writes its pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = [
        Section("What is asked, and what was measured", (scorecard(found), Paragraph(_HOW))),
        Section("By kind of page", (groups_table(found), *_beside(found))),
    ]
    if found.turns:
        sections.append(Section("Which way up", (_turns_table(found),)))
    if found.seconds:
        sections.append(Section("Speed", (_speed_table(found),)))
    shown = list(found.shown.values())[: options.num_samples]
    pictures = tuple(_picture(one, folder, number) for number, one in enumerate(shown, start=1))
    if pictures:
        sections.append(Section("The worst page of each kind", pictures))
    if found.notes:
        sections.append(Section("Notes", tuple(map(Paragraph, found.notes))))
    sections.append(Section("The command", (Paragraph(options.command),)))
    return Report(f"Reading pages: {options.name}", tuple(sections), _data(found, options))


def scorecard(found: PageFindings) -> Table:
    """Must, want, measured; beside it what other programs reach."""
    others = {name: figures_of(counts) for name, counts in found.counts.items() if name}
    return scorecard_table(found.figures, others)


def groups_table(found: PageFindings) -> Table:
    """A row for each kind of page: what the reader makes of it."""
    rows = []
    for group, counts in found.counts[""].items():
        rates = [percent(getattr(counts, rate)) for rate in _RATES]
        rows.append(
            (
                group,
                f"{found.groups[group].num_pages:,}",
                f"{counts.units:,}" if counts.units else "–",
                *rates,
            )
        )
    header = (
        "lines found",
        "of what was found",
        "CER of these",
        "of all lines",
        "order",
        "page CER",
        "without spaces",
    )
    return Table(("pages", "number", "lines", *header), tuple(rows))


def compared_table(found: PageFindings) -> Table:
    """A row for each kind of page: the errors of all programs, side by side."""
    return _side_by_side(found, compared_cer, _COMPARED)


def _beside(found: PageFindings) -> list[Block]:
    """Errors and lines found of all programs, side by side."""
    if len(found.counts) < 2:
        return []
    cer = _side_by_side(found, lambda _, counts: counts.cer, "Page CER, spaces included.")
    recall = _side_by_side(found, lambda _, counts: counts.recall, "Lines found.")
    return [compared_table(found), cer, recall]


def _side_by_side(found: PageFindings, rate: Callable[[str, PageCounts], float], caption: str) -> Table:
    names = list(found.counts)
    rows = [
        (group, *(percent(rate(group, found.counts[name][group])) for name in names))
        for group in found.counts[""]
    ]
    return Table(("pages", *(name or "koocr" for name in names)), tuple(rows), caption)


def _turns_table(found: PageFindings) -> Table:
    rows = tuple(
        (name, *(f"{number:,}" for number in (of.upright, of.turned, of.lying, of.righted)))
        for name, of in found.turns.items()
    )
    caption = (
        "Drawn pages of all kinds, by what they went through: upright, of which none may be turned, and "
        "others turned by 90, 180 and 270 degrees. The reader decides as it does before it reads a page."
    )
    return Table(("", "upright", "turned all the same", "on their side or head", "put right"), rows, caption)


def _speed_table(found: PageFindings) -> Table:
    rows = tuple((name, f"{seconds:.2f}") for name, seconds in found.seconds.items())
    caption = (
        "One A4 page at 150 dpi from its file to its text, two threads; they took turns, the fastest "
        "of seven rounds counts. Tesseract's program is compared with ours, `koocr read`, its package with a "
        "loaded reader."
    )
    return Table(("", "seconds"), rows, caption)


def _picture(shown: Shown, folder: Path, number: int) -> Picture:
    name = f"page_{number}.png"
    draw_page(shown.image, shown.page).save(folder / name)
    score = shown.score
    caption = (
        f"{shown.group}: {score.name}; page CER {percent(score.counts.cer)}. Left the page with its blocks "
        "in green and its words in blue, right what was read, unsure words in red."
    )
    return Picture(name, caption)


def _data(found: PageFindings, options: PageReportOptions) -> dict[str, Any]:
    return {
        "command": options.command,
        "weights": options.name,
        "figures": found.figures,
        "groups": {
            name: {"about": group.about, "pages": group.num_pages} for name, group in found.groups.items()
        },
        "programs": {
            name or "koocr": {group: _plain(of) for group, of in counts.items()}
            for name, counts in found.counts.items()
        },
        "pages": {
            group: [{"name": score.name, **_plain(score.counts)} for score in scores]
            for group, scores in found.scores.items()
        },
        "turns": {name: asdict(of) for name, of in found.turns.items()},
        "seconds": found.seconds,
        "notes": found.notes,
    }


def _plain(counts: PageCounts) -> dict[str, float]:
    rates = {name: getattr(counts, name) for name in _RATES}
    return {**asdict(counts), **{name: rate for name, rate in rates.items() if not math.isnan(rate)}}
