"""Page scores against tables counted by hand."""

import math

import numpy as np
import pytest

from koocr.evaluation.page_metrics import PageCounts, count_missed, count_page, match_units, order_pairs


def box(x, y, width=100.0, height=20.0):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


LINES = [(box(0, 0), "가나 다"), (box(0, 40), "라마"), (box(0, 80), "바 사"), (box(0, 120), "아")]


def test_a_page_read_right():
    counts = count_page(LINES, LINES)
    assert counts == PageCounts(4, 4, 0, 10, 0, 3, 3, 13, 0, 8, 0)
    assert (counts.recall, counts.precision, counts.order, counts.cer, counts.found_cer) == (1, 1, 1, 0, 0)


def test_lines_in_another_order_lose_the_pairs_they_broke():
    read = [LINES[row] for row in (0, 2, 1, 3)]
    counts = count_page(LINES, read)
    assert (counts.pairs, counts.right_pairs) == (3, 0)
    read = [LINES[row] for row in (2, 3, 0, 1)]
    assert count_page(LINES, read).right_pairs == 2
    assert count_page(LINES, read).found_cer == 0


def test_a_lost_line_takes_its_pairs_out_and_an_invented_one_is_in_nobodys_way():
    read = [LINES[0], (box(300, 0), "잡음"), LINES[1], LINES[3]]
    counts = count_page(LINES, read)
    assert (counts.units, counts.found, counts.invented) == (4, 3, 1)
    assert (counts.pairs, counts.right_pairs) == (1, 1)
    assert counts.recall == 0.75 and counts.precision == 0.75
    # 가나 다 라마 바 사 아 (13) against 가나 다 잡음 라마 아: 잡음 and a space more, 바 사 and a space less
    assert (counts.characters, counts.edits) == (13, 5)
    assert (counts.solid, counts.solid_edits) == (8, 4)


def test_spaces_and_unicode_forms():
    read = [(quad, text) for quad, text in LINES]
    read[0] = (read[0][0], "가나다")  # the first syllable in two parts; a space lost
    counts = count_page(LINES, read)
    assert (counts.edits, counts.solid_edits, counts.found_edits) == (1, 0, 1)


def test_quads_that_overlap_too_little_are_not_found():
    read = [(box(0, 11), "가나 다"), (box(0, 43), "라마")]
    counts = count_page(LINES, read)
    assert counts.found == 1  # 9/31 and 17/23
    assert count_page(LINES, read, least_iou=0.2).found == 2


def test_each_quad_matches_once_and_the_best_overlap_first():
    assert match_units([box(0, 0), box(0, 4)], [box(0, 3)]) == {1: 0}
    assert match_units([], [box(0, 0)]) == {} and match_units([box(0, 0)], []) == {}


def test_what_is_ignored_counts_neither_way():
    read = [*LINES, (box(500, 500), "???")]
    assert count_page(LINES, read, ignored=[box(500, 500)]) == count_page(LINES, LINES)


def test_pairs():
    assert order_pairs({0: 0, 1: 1, 2: 2}) == (2, 2)
    assert order_pairs({0: 5, 1: 9, 3: 2}) == (1, 1)
    assert order_pairs({}) == (0, 0)


def test_pages_together_and_rates_of_nothing():
    one = count_page(LINES, LINES)
    assert (one + one).characters == 26 and (one + PageCounts()) == one
    assert all(math.isnan(rate) for rate in (PageCounts().cer, PageCounts().order, PageCounts().recall))
    assert one.cer_solid == pytest.approx(0)


def test_lines_that_were_missed_count_with_what_is_most_like_them():
    # 가나 다 is read elsewhere with one slip, 라마 nowhere (라 stands alone: one edit), 바 사 and 아 rightly
    read = [(box(300, 0), "가너 다"), (box(300, 40), "라"), LINES[2], LINES[3]]
    counts = count_page(LINES, read)
    assert (counts.found_characters, counts.missed_characters, counts.missed_edits) == (4, 6, 2)
    assert counts.lines_cer == 2 / 10
    assert count_missed(["가나 다", "라마"], "") == (6, 6)


def test_who_finds_nothing_makes_every_error_and_who_reads_more_makes_none():
    assert count_page(LINES, []).lines_cer == 1
    more = [*LINES, (box(300, 0), "int main(void)")]
    assert count_page(LINES, more).lines_cer == 0 and count_page(LINES, more).cer > 1
