"""Measures a page reader on groups of pages, and other programs beside it. The story starts at `measure`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from koocr.errors import KoocrError
from koocr.evaluation.page_lines import PlacedText, count_lines, count_text
from koocr.evaluation.page_metrics import PageCounts
from koocr.evaluation.page_samples import MeasuredPage, PageGroup
from koocr.image import GreyImage
from koocr.layout import Page
from koocr.page.upright import TurnCounts

__all__ = ["OwnPages", "PageFindings", "PageScore", "ReadsPage", "ReadsPlaces", "Shown", "count", "measure"]


class ReadsPage(Protocol):
    """What is measured: `koocr.page.reader.PageReader`, or anything that reads a page so."""

    def read(self, image: GreyImage, /, *, dpi: float | None = None) -> Page:
        """What stands on a page."""


class ReadsPlaces(Protocol):
    """Another program."""

    @property
    def name(self) -> str:
        """What it is, with its version."""

    @property
    def is_inside(self) -> bool:
        """Whether it runs in this process."""

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """Quad and text of each line, in the order in which it reads."""


class OwnPages:
    """Another of our readers, as something to compare with.

    Args:
        name: in the report.
        reader: that reads.
    """

    is_inside = True

    def __init__(self, name: str, reader: ReadsPage) -> None:
        self.name = name
        self._reader = reader

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """The lines of a page, in order."""
        return _lines(self._reader.read(image, dpi=dpi))


@dataclass(frozen=True)
class PageScore:
    """What the reader made of one page.

    Attributes:
        name: of the page.
        counts: of it.
    """

    name: str
    counts: PageCounts


@dataclass(frozen=True)
class Shown:
    """A page for the report.

    Attributes:
        group: that it is of.
        score: of the page.
        image: as it was read.
        page: what was read.
    """

    group: str
    score: PageScore
    image: GreyImage = field(repr=False)
    page: Page = field(repr=False)


@dataclass(eq=False)
class PageFindings:
    """What was found out.

    Attributes:
        groups: name → what its pages are.
        counts: program, "" for the reader in question → group → counts of all its pages.
        scores: group → each page.
        shown: the worst page of each group.
        figures: by the names of `koocr.page.scorecard.LIMITS`.
        seconds: what was timed → seconds.
        turns: condition → which way up pages were taken to be.
        notes: sentences on what was left out.
    """

    groups: dict[str, PageGroup] = field(default_factory=dict)
    counts: dict[str, dict[str, PageCounts]] = field(default_factory=dict)
    scores: dict[str, list[PageScore]] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    turns: dict[str, TurnCounts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def measure(
    reader: ReadsPage,
    groups: Sequence[PageGroup],
    programs: Sequence[ReadsPlaces] = (),
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> PageFindings:
    """Lets everybody read every page. A program that fails is left out from then on, with a note.

    Args:
        reader: what is measured.
        groups: of pages, each under a name of its own.
        programs: that stand beside it, likewise.
        progress: is told a line for each page.
    """
    found = PageFindings(groups={group.name: group for group in groups}, counts={"": {}})
    found.counts |= {program.name: {} for program in programs}
    for group in groups:
        for number in range(group.num_pages):
            page = group.page(number)
            progress(f"{group.name}: page {number + 1} of {group.num_pages}")
            _add(found, group.name, page, reader.read(page.image, dpi=page.dpi))
            for program in programs:
                if program.name in found.counts:
                    _add_program(found, group.name, page, program)
    return found


def _add(found: PageFindings, group: str, page: MeasuredPage, read: Page) -> None:
    score = PageScore(page.name, count(page, _lines(read)))
    found.scores.setdefault(group, []).append(score)
    _add_counts(found.counts[""], group, score.counts)
    worst = found.shown.get(group)
    if worst is None or score.counts.cer > worst.score.counts.cer:
        found.shown[group] = Shown(group, score, page.image, read)


def _add_program(found: PageFindings, group: str, page: MeasuredPage, program: ReadsPlaces) -> None:
    try:
        lines = program.read(page.image, page.dpi)
    except KoocrError as error:
        found.notes.append(f"{program.name} was left out: {error}.")
        del found.counts[program.name]  # its figures would be of other pages
        return
    _add_counts(found.counts[program.name], group, count(page, lines))


def _add_counts(counts: dict[str, PageCounts], group: str, more: PageCounts) -> None:
    counts[group] = counts.get(group, PageCounts()) + more


def count(page: MeasuredPage, lines: Sequence[PlacedText]) -> PageCounts:
    """Counts what a program made of a page: its lines, where they are known, and its text."""
    if page.lines is None:
        return count_text(page.text, "\n".join(text for _, text in lines))
    return count_lines(page.lines, lines, ignored=page.ignored)


def _lines(page: Page) -> list[PlacedText]:
    return [(line.quad, line.text) for line in page.lines]
