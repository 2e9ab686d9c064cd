"""Lines matched in groups, against cases counted by hand."""

import cv2
import numpy as np
import pytest

from koocr.evaluation.page_lines import count_lines, count_text, group_lines
from koocr.evaluation.page_metrics import count_page


def box(x, y, width=100.0, height=20.0):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32)


TRUTH = [(box(0, 0, 300), "가나다 라마"), (box(0, 40, 300), "바사 아자"), (box(0, 80), "차카")]


def test_lines_that_are_cut_alike_are_counted_as_count_page_does():
    assert count_lines(TRUTH, TRUTH) == count_page(TRUTH, TRUTH)
    moved = [(quad + np.float32(7), text) for quad, text in TRUTH[:2]]
    assert count_lines(TRUTH, moved) == count_page(TRUTH, moved)


def test_units_of_one_line_are_put_together_along_it():
    read = [TRUTH[1], (box(200, 1, 99), "라마"), (box(0, 1, 130), "가나다"), TRUTH[2]]
    counts = count_lines(TRUTH, read)
    assert (counts.found, counts.invented, counts.found_edits, counts.found_characters) == (3, 0, 0, 13)
    assert counts.edits == count_page(TRUTH, read).edits > 0  # the page was read in the wrong order


def test_a_unit_across_several_true_lines_of_one_row_finds_them_all():
    truth = [(box(0, 0), "이름"), (box(200, 0), "홍길동"), (box(0, 60), "끝")]
    read = [(box(0, 0, 300), "이름 홍길돈"), (box(0, 60), "끝")]
    counts = count_lines(truth, read)
    assert (counts.found, counts.invented) == (3, 0)
    assert (counts.found_characters, counts.found_edits) == (7, 1)


def test_rows_joined_one_above_the_other_are_not_found():
    truth = [(box(0, 0), "가"), (box(0, 22), "나")]
    assert count_lines(truth, [(box(0, 0, 100, 42), "가 나")]).found == 0


def test_what_lies_in_a_line_but_covers_too_little_of_it_finds_nothing():
    counts = count_lines(TRUTH[:1], [(box(0, 0, 60), "가나"), (box(240, 0, 60), "마")])
    assert counts.found == 1  # what is around both covers it: a gap is no error, its text is
    assert (counts.found_characters, counts.found_edits) == (6, 2)
    assert count_lines(TRUTH[:1], [(box(0, 0, 60), "가나"), (box(70, 0, 60), "마")]).found == 0


def test_nothing_is_in_two_groups():
    truth = [box(0, 0, 300), box(0, 2, 300)]
    groups = group_lines(truth, [box(0, 0, 140), box(160, 0, 140)])
    assert groups == [((0,), (0, 1))]
    assert group_lines([], truth) == group_lines(truth, []) == []


def test_ignored_lines_count_neither_way():
    read = [*TRUTH, (box(0, 200), "잘린")]
    assert count_lines(TRUTH, read).invented == 1
    counts = count_lines(TRUTH, read, ignored=[box(0, 201)])
    assert (counts.invented, counts.edits) == (0, 0)


@pytest.mark.parametrize("angle", [0, 30, 90, 180])
def test_turned_pages_are_counted_alike(angle):
    read = [(box(160, 1, 140), "라마"), (box(0, 1, 130), "가나다"), *TRUTH[1:]]
    matrix = cv2.getRotationMatrix2D((150, 50), angle, 1.0)

    def turned(lines):
        return [(quad @ matrix[:, :2].T + matrix[:, 2], text) for quad, text in lines]

    assert count_lines(turned(TRUTH), turned(read)) == count_lines(TRUTH, read)


def test_text_alone_is_counted_with_line_ends_as_spaces():
    counts = count_text("가나\n다  라\n", "가나 다라")
    assert (counts.characters, counts.edits, counts.solid, counts.solid_edits) == (6, 1, 4, 0)
    assert counts.cer == pytest.approx(1 / 6) and counts.cer_solid == 0


def test_lines_that_no_group_finds_count_with_what_is_most_like_them():
    read = [(box(0, 0, 130), "가나다 라"), (box(0, 42, 300), "바사 아자"), (box(0, 44, 300), "차가")]
    counts = count_lines(TRUTH, read)  # the first is cut short, the last was read in another's place
    assert (counts.found, counts.found_edits, counts.found_characters) == (1, 0, 5)
    assert (counts.missed_edits, counts.missed_characters) == (1 + 1, 6 + 2)
    assert counts.lines_cer == 2 / 13
