"""What a detector learns from, and what it is validated on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koocr.data.synthesis.pages.sources import page_stream
from koocr.detection.crops import Crop, LabelledPage, Pages
from koocr.detection.folders import PageFolder

__all__ = [
    "CONDITIONS",
    "DetectorData",
    "PageSources",
    "drawn_pages",
    "mixed_pages",
    "open_folders",
    "validation_pages",
]

VAL_SEED = 20
"""Validation is the same whatever the seed of training is."""
_ORDER = 37
"""Sets the choice among labelled pages apart from all else that a run draws from its seed."""
CONDITIONS = ("clean", "scanned", "photographed")


@dataclass(frozen=True)
class DetectorData:
    """Numbered batches of pieces of one size, and pages to validate on, by group."""

    batches: Callable[[int], Sequence[Crop]]
    validation: Mapping[str, Sequence[LabelledPage]]


@dataclass(frozen=True, kw_only=True)
class PageSources:
    """What pages are drawn from.

    Attributes:
        fonts: folder with `faces.csv`, `coverage.tsv.gz` and the faces.
        text: folder with text files and a word list, see `koocr.data.text`.
        handwriting: folder of labelled crops of real hands; None: faces only.
    """

    fonts: Path
    text: Path
    handwriting: Path | None = None


def drawn_pages(sources: PageSources, *, split: str = "train", seed: int = 0) -> Pages:
    """Drawn pages of one split, endlessly.

    Raises:
        DataError: a file is missing or damaged, or no face of the split is there.
        MissingDependencyError: Faker is not installed.
    """
    return page_stream(sources.fonts, sources.text, sources.handwriting, split=split, seed=seed).page


def validation_pages(
    sources: PageSources, *, num: int, split: str = "val", seed: int = VAL_SEED
) -> dict[str, list[LabelledPage]]:
    """So many drawn pages of each condition: "clean", "scanned" and "photographed".

    Raises:
        DataError, MissingDependencyError: see `drawn_pages`.
    """
    stream = page_stream(sources.fonts, sources.text, sources.handwriting, split=split, seed=seed)
    groups: dict[str, list[LabelledPage]] = {name: [] for name in CONDITIONS}
    number = 0
    while any(len(pages) < num for pages in groups.values()):
        page = stream.page(number)
        number += 1
        if len(groups[page.condition]) < num:
            groups[page.condition].append(page)
    return groups


def open_folders(paths: Sequence[Path]) -> list[PageFolder]:
    """Opens folders of labelled pages.

    Raises:
        DataError: see `koocr.detection.folders.PageFolder`.
    """
    return [PageFolder(path) for path in paths]


def mixed_pages(drawn: Pages | None, folders: Sequence[PageFolder], *, share: float, seed: int = 0) -> Pages:
    """Drawn pages, and among them labelled ones: page i is a function of the seed and i alone.

    Args:
        drawn: None: all pages are labelled ones.
        folders: of which all pages are equally likely.
        share: of the pages that are labelled, in [0, 1].
        seed: another seed, another choice.
    """
    places = [(folder, number) for folder in folders for number in range(len(folder))]

    def page(index: int) -> LabelledPage:
        rng = np.random.default_rng([seed, index, _ORDER])
        if drawn is not None and (not places or rng.random() >= share):
            return drawn(index)
        folder, number = places[int(rng.integers(len(places)))]
        return folder.page(number)

    return page
