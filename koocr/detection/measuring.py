"""Measures detectors side by side on the same pages, and makes the report of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from koocr.detection.crops import LabelledPage
from koocr.detection.evaluation import DetectionCounts, Matched, match
from koocr.detection.reader import Detector
from koocr.evaluation.report import Block, Picture, Report, Section, Table, percent
from koocr.image import GreyImage
from koocr.polygon import Quads

__all__ = ["Figures", "FindsQuads", "Found", "OwnDetector", "counts_table", "measure", "report"]

IOUS = (0.5, 0.7)
_RED, _GREEN, _BLUE = (40, 40, 230), (60, 160, 40), (230, 120, 30)
_WIDEST = 1000  # pixels of a picture in the report


class FindsQuads(Protocol):
    """A detector."""

    name: str

    def quads(self, grey: GreyImage) -> Quads:
        """(N, 4, 2) text units of a page, in its pixels."""


class OwnDetector:
    """One of koocr's.

    Args:
        name: in the report.
        detector: that finds.
    """

    def __init__(self, name: str, detector: Detector) -> None:
        self.name = name
        self._detector = detector

    def quads(self, grey: GreyImage) -> Quads:
        """See `FindsQuads`."""
        found = [region.quad for region in self._detector.detect(grey)]
        return np.array(found, np.float32).reshape(-1, 4, 2)


@dataclass(frozen=True)
class Found:
    """What the first detector made of a page: the report shows the worst.

    Attributes:
        page: what was given.
        quads: what was found.
        matched: which is which, at IoU 0.5.
    """

    page: LabelledPage
    quads: Quads
    matched: Matched


@dataclass
class Figures:
    """What one detector found.

    Attributes:
        counts: by group of pages, then by IoU.
        seconds: of all pages together.
        num_pages: how many.
    """

    counts: dict[str, dict[float, DetectionCounts]] = field(default_factory=dict)
    seconds: float = 0.0
    num_pages: int = 0


def measure(
    detectors: Sequence[FindsQuads],
    groups: Mapping[str, Sequence[LabelledPage]],
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, Figures], list[Found]]:
    """Lets every detector see every page.

    Returns:
        Figures by the detector's name, and what the first one made of each page.
    """
    figures = {detector.name: Figures() for detector in detectors}
    shown: list[Found] = []
    for group, pages in groups.items():
        progress(f"{group}: {len(pages)} pages")
        for page in pages:
            for detector in detectors:
                found, matched = _one(detector, page, figures[detector.name], group)
                if detector is detectors[0]:
                    shown.append(Found(page, found, matched))
    return figures, shown


def _one(detector: FindsQuads, page: LabelledPage, figures: Figures, group: str) -> tuple[Quads, Matched]:
    """Adds what is found on a page to the figures; returns it, and what matches at the first IoU."""
    true = np.array([unit.quad for unit in page.units], np.float32).reshape(-1, 4, 2)
    is_ignored = [unit.is_ignored for unit in page.units]
    began = time.perf_counter()
    found = detector.quads(page.image)
    figures.seconds += time.perf_counter() - began
    figures.num_pages += 1
    matches = {iou: match(found, true, is_ignored, min_iou=iou) for iou in IOUS}
    counts = figures.counts.setdefault(group, dict.fromkeys(IOUS, DetectionCounts()))
    for iou, matched in matches.items():
        counts[iou] += matched.counts
    return found, matches[IOUS[0]]


def counts_table(figures: Mapping[str, Figures]) -> Table:
    """A row for each group and detector."""
    rows = [
        (
            group,
            name,
            f"{counts[IOUS[0]].num_true:,}",
            *(
                percent(value)
                for iou in IOUS
                for value in (counts[iou].precision, counts[iou].recall, counts[iou].f1)
            ),
        )
        for group in next(iter(figures.values())).counts
        for name, one in figures.items()
        for counts in (one.counts[group],)
    ]
    header = [f"{what} {iou}" for iou in IOUS for what in ("precision", "recall", "F1")]
    caption = "Text units found, at intersection over union of at least 0.5 and 0.7."
    return Table(("pages", "detector", "units", *header), tuple(rows), caption)


def report(
    figures: Mapping[str, Figures],
    shown: Sequence[Found],
    folder: Path,
    *,
    command: str,
    num_pictures: int = 8,
) -> Report:
    """The report; writes its pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    worst = sorted(shown, key=lambda found: found.matched.counts.f1)[:num_pictures]
    pictures = [_picture(found, folder, number) for number, found in enumerate(worst, start=1)]
    speed = Table(
        ("detector", "seconds a page"),
        tuple((name, f"{one.seconds / max(1, one.num_pages):.3f}") for name, one in figures.items()),
        "Wall-clock time, one thread, pages as they came.",
    )
    blocks: tuple[Block, ...] = (counts_table(figures), speed)
    sections = [Section("What is found", blocks), Section("The worst pages", tuple(pictures))]
    return Report("Text detection", tuple(sections), {"command": command, "figures": _plain(figures)})


def _picture(found: Found, folder: Path, number: int) -> Picture:
    """Green: found. Red: missed. Blue: nothing is there."""
    picture = cv2.cvtColor(found.page.image, cv2.COLOR_GRAY2BGR)
    scale = min(1.0, _WIDEST / max(picture.shape))
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    true = [unit.quad for unit in found.page.units]
    drawn = [(found.quads[row], _GREEN) for row in found.matched.pairs[:, 0].tolist()]
    drawn += [(found.quads[row], _BLUE) for row in found.matched.spurious.tolist()]
    drawn += [(np.asarray(true[row], np.float32), _RED) for row in found.matched.missed.tolist()]
    for quad, colour in drawn:
        cv2.polylines(picture, [np.rint(quad * scale).astype(np.int32)], True, colour, 1, cv2.LINE_AA)
    name = f"page_{number}.png"
    (folder / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return Picture(name, "Green was found, red was missed, at blue is nothing.")


def _plain(figures: Mapping[str, Figures]) -> dict[str, Any]:
    return {
        name: {
            "seconds_a_page": one.seconds / max(1, one.num_pages),
            "groups": {
                group: {
                    str(iou): {
                        "units": count.num_true,
                        "precision": count.precision,
                        "recall": count.recall,
                        "f1": count.f1,
                    }
                    for iou, count in counts.items()
                }
                for group, counts in one.counts.items()
            },
        }
        for name, one in figures.items()
    }
