"""How well pages were read: lines found, their text, their order, and the text of the page as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from koocr.charset import normalise
from koocr.evaluation.alignment import edit_distance, least_edits_within
from koocr.polygon import iou_matrix

__all__ = ["PageCounts", "count_missed", "count_page", "match_units", "order_pairs"]


@dataclass(frozen=True)
class PageCounts:
    """Counts of one page, or of several together; every rate is a quotient of two of them.

    Attributes:
        units: lines of the truth.
        found: of them, those found at the IoU asked for.
        invented: found where there is none.
        found_characters, found_edits: of the lines found, spaces included.
        pairs, right_pairs: neighbours in the true order of which both were found; of them, those that are
            read one straight after the other, lines that match nothing left out.
        characters, edits: of the whole page's text, a line's end being a space.
        solid, solid_edits: the same without any spaces.
        missed_characters, missed_edits: of the lines not found; see `count_missed`.
    """

    units: int = 0
    found: int = 0
    invented: int = 0
    found_characters: int = 0
    found_edits: int = 0
    pairs: int = 0
    right_pairs: int = 0
    characters: int = 0
    edits: int = 0
    solid: int = 0
    solid_edits: int = 0
    missed_characters: int = 0
    missed_edits: int = 0

    def __add__(self, other: PageCounts) -> PageCounts:
        return PageCounts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def recall(self) -> float:
        """Share of the lines that were found; NaN where there are none, as of the other rates."""
        return _share(self.found, self.units)

    @property
    def precision(self) -> float:
        """Share of what was found that is a line."""
        return _share(self.found, self.found + self.invented)

    @property
    def found_cer(self) -> float:
        """Character error rate of the lines found."""
        return _share(self.found_edits, self.found_characters)

    @property
    def lines_cer(self) -> float:
        """Character error rate of all lines of the truth; what is read elsewhere costs nothing.

        It says something where the truth names some of a page's lines only. A line not found counts with its
        edits in whatever was read, all of it if nothing is like it.
        """
        return _share(self.found_edits + self.missed_edits, self.found_characters + self.missed_characters)

    @property
    def order(self) -> float:
        """Share of neighbouring lines in the right order."""
        return _share(self.right_pairs, self.pairs)

    @property
    def cer(self) -> float:
        """Character error rate of the page, spaces included."""
        return _share(self.edits, self.characters)

    @property
    def cer_solid(self) -> float:
        """The same once the spaces of both texts are taken out."""
        return _share(self.solid_edits, self.solid)


def count_page(
    truth: Sequence[tuple[ArrayLike, str]],
    read: Sequence[tuple[ArrayLike, str]],
    *,
    ignored: Sequence[ArrayLike] = (),
    least_iou: float = 0.5,
) -> PageCounts:
    """Counts what is right and wrong on a page.

    Args:
        truth: (4, 2) quad and text of each line, in the true order.
        read: the same of what was read, in the order it was read in.
        ignored: quads of what can't be asked for: what is read there counts neither way.
        least_iou: at which a line counts as found.
    """
    read = _without(read, ignored, least_iou)
    quads, texts = [quad for quad, _ in truth], [normalise(text) for _, text in truth]
    read_quads, read_texts = [quad for quad, _ in read], [normalise(text) for _, text in read]
    matches = match_units(quads, read_quads, least_iou=least_iou)
    pairs, right = order_pairs(matches)
    found = [(texts[row], read_texts[column]) for row, column in matches.items()]
    whole, whole_read = " ".join(filter(None, texts)), " ".join(filter(None, read_texts))
    solid, solid_read = whole.replace(" ", ""), whole_read.replace(" ", "")
    missed, missed_edits = count_missed(
        [text for row, text in enumerate(texts) if row not in matches], whole_read
    )
    return PageCounts(
        units=len(truth),
        found=len(matches),
        invented=len(read) - len(matches),
        found_characters=sum(len(text) for text, _ in found),
        found_edits=sum(edit_distance(*both) for both in found),
        pairs=pairs,
        right_pairs=right,
        characters=len(whole),
        edits=edit_distance(whole, whole_read),
        solid=len(solid),
        solid_edits=edit_distance(solid, solid_read),
        missed_characters=missed,
        missed_edits=missed_edits,
    )


def count_missed(lines: Sequence[str], read: str) -> tuple[int, int]:
    """Characters of lines that were not found where they stand, and the edits of what is most like them.

    A program whose boxes are upright where a photographed line falls, or that cuts lines elsewhere, has read
    them all the same; one that passed them over has not. So each is looked for in everything that was read.

    Args:
        lines: their texts, normalised.
        read: the text of the page, in any order.
    """
    return sum(map(len, lines)), sum(least_edits_within(line, read) for line in lines)


def match_units(
    truth: Sequence[ArrayLike], found: Sequence[ArrayLike], *, least_iou: float = 0.5
) -> dict[int, int]:
    """Which of the quads found is which of the true ones: the best overlaps first, each quad once.

    Args:
        truth: N quads, (4, 2) each.
        found: M quads.
        least_iou: of a match.

    Returns:
        Place in the truth → place in what was found, in the order of the truth.
    """
    if not len(truth) or not len(found):
        return {}
    overlaps = iou_matrix(np.asarray(truth, np.float32), np.asarray(found, np.float32))
    matches: dict[int, int] = {}
    for flat in np.argsort(-overlaps, axis=None, kind="stable").tolist():
        row, column = divmod(flat, overlaps.shape[1])
        if overlaps[row, column] < least_iou:
            break
        if row not in matches and column not in matches.values():
            matches[row] = column
    return dict(sorted(matches.items()))


def order_pairs(matches: dict[int, int]) -> tuple[int, int]:
    """How many neighbours of the truth were both found, and how many are neighbours in this order again.

    Args:
        matches: place in the true order → place in the order read; see `match_units`.
    """
    place = {column: number for number, column in enumerate(sorted(matches.values()))}
    pairs = [(matches[row], matches[row + 1]) for row in matches if row + 1 in matches]
    return len(pairs), sum(place[second] == place[first] + 1 for first, second in pairs)


def _without(
    read: Sequence[tuple[ArrayLike, str]], ignored: Sequence[ArrayLike], least_iou: float
) -> Sequence[tuple[ArrayLike, str]]:
    matched = set(match_units(ignored, [quad for quad, _ in read], least_iou=least_iou).values())
    return [unit for number, unit in enumerate(read) if number not in matched]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
