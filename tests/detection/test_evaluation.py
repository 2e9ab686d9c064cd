import numpy as np
import pytest

from koocr.detection.evaluation import DetectionCounts, count_page, match, total
from tests.detection.pages import rectangle


def row(*xs, width=20, height=10):
    return np.array([rectangle((x, 50), (width, height)) for x in xs], np.float32).reshape(-1, 4, 2)


@pytest.mark.parametrize(
    "found, true, ignored, expected",  # expected: true, found, matched
    [
        (row(10, 50), row(10, 50), [False, False], (2, 2, 2)),
        (row(10), row(10, 50), [False, False], (2, 1, 1)),
        (row(10, 50, 90), row(10), [False], (1, 3, 1)),
        (row(), row(10), [False], (1, 0, 0)),
        (row(10), row(), [], (0, 1, 0)),
        (row(10, 12), row(11), [False], (1, 2, 1)),  # one partner each
        (row(10), row(18), [False], (1, 1, 0)),  # IoU 12 / 28
        (row(10, 50), row(10, 50), [False, True], (1, 1, 1)),  # the ignored is neither
        (row(10), row(10, 50), [False, True], (1, 1, 1)),  # nor if it isn't found
        (row(45, 55, width=10), row(50, width=20), [True], (0, 0, 0)),  # pieces of an ignored one
        (row(50, width=90), row(50, width=20), [True], (0, 1, 0)),  # mostly outside it
    ],
)
def test_counts(found, true, ignored, expected):
    counts = count_page(found, true, ignored)
    assert (counts.num_true, counts.num_found, counts.num_matched) == expected


def test_the_best_overlaps_are_paired_first():
    matched = match(row(10, 16), row(15, 9), [False, False], min_iou=0.3)
    assert sorted(matched.pairs.tolist()) == [[0, 1], [1, 0]]


def test_the_limit_counts():
    found, true = row(10), row(14)  # IoU 16 / 24
    assert count_page(found, true, [False], min_iou=0.5).num_matched == 1
    assert count_page(found, true, [False], min_iou=0.7).num_matched == 0


def test_rows_of_what_is_missed_and_what_is_not_there():
    matched = match(row(50, 200), row(10, 50, 90), [False, False, True])
    assert matched.missed.tolist() == [0]
    assert matched.spurious.tolist() == [1]


def test_shares():
    counts = total([DetectionCounts(6, 3, 3), DetectionCounts(2, 3, 1)])
    assert counts == DetectionCounts(8, 6, 4)
    assert (counts.precision, counts.recall) == (4 / 6, 0.5)
    assert counts.f1 == pytest.approx(2 * (4 / 6) * 0.5 / (4 / 6 + 0.5))


def test_nothing_to_find_and_nothing_found():
    assert total([]) == DetectionCounts()
    assert (DetectionCounts().precision, DetectionCounts().recall, DetectionCounts().f1) == (1, 1, 1)
    assert DetectionCounts(0, 2, 0).precision == 0
