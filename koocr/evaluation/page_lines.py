"""Pages of any program against a truth that may cut lines elsewhere, and pages whose text alone is known.

A line across a page may be one line of the truth and several units of a reader, which cuts at wide gaps; of a
form it may be the other way round. Neither is wrong, so lines are matched in groups, alike for all programs:

- one true line with all that was read mostly inside it, or
- all true lines that lie mostly inside one thing read, if they stand beside each other in one row.

A group counts as found where the rectangle around its several members overlaps the single one enough; the
best overlaps come first, and nothing is in two groups. All true lines of a found group are found, and their
text is compared with what the group reads, members along the line with spaces between. So a program that
joins what stands side by side in two columns still finds these lines; that the page is then read in the wrong
order shows in the text of the page, which is never regrouped. Rows joined one above the other are not found,
nor are lines that both sides cut, in different places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from koocr.charset import normalise
from koocr.evaluation.alignment import edit_distance
from koocr.evaluation.page_metrics import PageCounts, count_missed, count_page, match_units
from koocr.polygon import Quads, area, iou_matrix, min_area_quad, quad_iou

__all__ = ["PlacedText", "count_lines", "count_text", "group_lines"]

PlacedText = tuple[ArrayLike, str]
"""(4, 2) quad and text of a line."""

_INSIDE = 0.5  # of a line's area: it lies mostly inside
_ONE_ROW = 1.6  # times the height of its highest line that the rectangle around a row may have


@dataclass(frozen=True)
class _Group:
    """Lines of the truth, lines read, one of them a single one, and how well they cover each other."""

    overlap: float
    true: tuple[int, ...]
    read: tuple[int, ...]


def count_text(truth: str, read: str) -> PageCounts:
    """Counts the edits of a page of which only the text is known, a line's end being a space."""
    truth, read = normalise(truth), normalise(read)
    solid, solid_read = truth.replace(" ", ""), read.replace(" ", "")
    return PageCounts(
        characters=len(truth),
        edits=edit_distance(truth, read),
        solid=len(solid),
        solid_edits=edit_distance(solid, solid_read),
    )


def count_lines(
    truth: Sequence[PlacedText],
    read: Sequence[PlacedText],
    *,
    ignored: Sequence[ArrayLike] = (),
    least_iou: float = 0.5,
) -> PageCounts:
    """Counts as `koocr.evaluation.page_metrics.count_page` does, but finds lines in groups.

    The order and the text of the page are counted as there; `found`, `invented` and the text of the lines
    found and missed as the module's docstring says.

    Args:
        truth: each line's quad and text, in the true order.
        read: the same of what was read, in the order it was read in.
        ignored: quads of what can't be asked for.
        least_iou: at which a group counts as found.
    """
    counts = count_page(truth, read, ignored=ignored, least_iou=least_iou)
    passed_over = set(match_units(ignored, [quad for quad, _ in read], least_iou=least_iou).values())
    read = [line for number, line in enumerate(read) if number not in passed_over]
    groups = group_lines([quad for quad, _ in truth], [quad for quad, _ in read], least_iou=least_iou)
    texts = [(_joined(truth, true), _joined(read, column)) for true, column in groups]
    found = {number for true, _ in groups for number in true}
    lost = [normalise(text) for number, (_, text) in enumerate(truth) if number not in found]
    missed, missed_edits = count_missed(lost, normalise(" ".join(text for _, text in read)))
    return replace(
        counts,
        found=len(found),
        invented=len(read) - sum(len(columns) for _, columns in groups),
        found_characters=sum(len(text) for text, _ in texts),
        found_edits=sum(edit_distance(*both) for both in texts),
        missed_characters=missed,
        missed_edits=missed_edits,
    )


def group_lines(
    truth: Sequence[ArrayLike], read: Sequence[ArrayLike], *, least_iou: float = 0.5
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Which lines of the truth are which of those read; see the module's docstring.

    Args:
        truth: N quads.
        read: M quads.
        least_iou: of a group.

    Returns:
        (numbers in the truth, numbers in what was read) of each group found; one of both is a single number.
    """
    if not len(truth) or not len(read):
        return []
    true, found = (np.asarray(quads, np.float32).reshape(-1, 4, 2) for quads in (truth, read))
    overlaps = iou_matrix(true, found)
    rows, columns = np.nonzero(overlaps >= least_iou)
    candidates = [
        _Group(float(overlaps[row, column]), (row,), (column,))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    for row, members in _inside(found, true, overlaps.T).items():
        candidates.append(_Group(_covering(found, members, true[row]), (row,), members))
    for column, members in _inside(true, found, overlaps).items():
        if _is_one_row(true[list(members)]):
            candidates.append(_Group(_covering(true, members, found[column]), members, (column,)))
    chosen = _chosen([group for group in candidates if group.overlap >= least_iou])
    return sorted((group.true, group.read) for group in chosen)


def _inside(small: Quads, large: Quads, overlaps: NDArray[np.float64]) -> dict[int, tuple[int, ...]]:
    """Number of a large one → two or more small ones that lie mostly in it; overlaps are (small, large)."""
    areas = area(small)[:, None], area(large)[None]
    shared = overlaps * (areas[0] + areas[1]) / (1 + overlaps)  # from intersection over union
    shares = np.divide(shared, areas[0], out=np.zeros_like(shared), where=areas[0] > 0)
    homes = shares.argmax(axis=1)
    at_home = shares.max(axis=1) >= _INSIDE
    members = {int(home): np.flatnonzero(at_home & (homes == home)) for home in set(homes[at_home].tolist())}
    return {home: tuple(numbers.tolist()) for home, numbers in members.items() if len(numbers) > 1}


def _covering(small: Quads, members: tuple[int, ...], single: Quads) -> float:
    return quad_iou(min_area_quad(small[list(members)].reshape(-1, 2)), single)


def _is_one_row(quads: Quads) -> bool:
    """Whether lines stand beside each other: what is around them is hardly higher than the highest."""
    around = min_area_quad(quads.reshape(-1, 2))
    highest = max(_height(quad) for quad in quads)
    return _height(around) <= _ONE_ROW * highest


def _height(quad: Quads) -> float:
    return float(np.linalg.norm((quad[2] + quad[3] - quad[0] - quad[1]) / 2))


def _chosen(groups: list[_Group]) -> list[_Group]:
    """The best overlaps first, of equal ones the largest group; nothing twice."""
    true, read = set[int](), set[int]()
    chosen = []
    for group in sorted(groups, key=lambda one: (-round(one.overlap, 6), -len(one.true) - len(one.read))):
        if true.isdisjoint(group.true) and read.isdisjoint(group.read):
            chosen.append(group)
            true.update(group.true)
            read.update(group.read)
    return chosen


def _joined(lines: Sequence[PlacedText], numbers: tuple[int, ...]) -> str:
    """The texts of lines in one row, along it."""
    quads = {number: np.asarray(lines[number][0], np.float64) for number in numbers}
    along = sum(quad[1] + quad[2] - quad[0] - quad[3] for quad in quads.values())
    order = sorted(numbers, key=lambda number: float(quads[number].mean(axis=0) @ along))
    return normalise(" ".join(lines[number][1] for number in order))
