"""The order of reading, on pages laid out in the order in which they are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koocr.errors import ConfigError
from koocr.page.order import ORDERS, reading_order
from tests.page.layouts import KINDS, Layout, share_in_order

SEEDS = 30


def flat(order):
    return [row for block in order for row in block]


def boxes(*edges):
    """Quads of (x0, y0, x1, y1)."""
    x0, y0, x1, y1 = np.array(edges, np.float32).T
    return np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1).reshape(-1, 4, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_page_is_read_in_its_order(kind):
    shares = []
    for seed in range(SEEDS):  # nine kinds: 270 pages
        rng = np.random.default_rng([seed, 1])
        quads, rules, places = KINDS[kind](rng).page(skew=float(rng.uniform(-3, 3)), jitter=1.0)
        order = flat(reading_order(quads, rules=rules))
        assert sorted(order) == list(range(len(quads)))
        shares.append(share_in_order(order, places))
    assert np.mean(shares) >= 0.98, np.round(shares, 2)


@pytest.mark.parametrize("kind", ["one column", "two columns", "three columns", "exam", "receipt", "list"])
def test_rules_are_a_help_and_not_needed(kind):
    shares = []
    for seed in range(10):
        rng = np.random.default_rng([seed, 2])
        quads, _, places = KINDS[kind](rng).page(skew=float(rng.uniform(-3, 3)), jitter=1.0)
        shares.append(share_in_order(flat(reading_order(quads)), places))
    assert np.mean(shares) >= 0.98, np.round(shares, 2)


def two_columns_level_with_each_other(num_lines=8):
    left = [(100, 100 + 30 * row, 480, 120 + 30 * row) for row in range(num_lines)]
    right = [(530, 100 + 30 * row, 910, 120 + 30 * row) for row in range(num_lines)]
    return boxes(*left, *right)


def test_columns_with_level_lines_are_read_one_after_the_other():
    assert flat(reading_order(two_columns_level_with_each_other())) == list(range(16))


def test_cells_in_the_same_places_are_read_row_by_row():
    rng = np.random.default_rng(3)
    cells = []
    for row in range(8):
        y = 100 + 44 * row
        cells += [(100, y, 100 + rng.uniform(60, 300), y + 20), (530, y, 530 + rng.uniform(60, 300), y + 20)]
    assert flat(reading_order(boxes(*cells))) == list(range(16))


def test_the_order_can_be_asked_for():
    quads = two_columns_level_with_each_other()
    by_row = [place for row in range(8) for place in (row, row + 8)]
    assert flat(reading_order(quads, order="rows")) == by_row
    rng = np.random.default_rng(3)
    left = [(100, 100 + 44 * row, 200 + rng.uniform(0, 200), 120 + 44 * row) for row in range(8)]
    right = [(530, 100 + 44 * row, 630 + rng.uniform(0, 200), 120 + 44 * row) for row in range(8)]
    assert flat(reading_order(boxes(*left, *right), order="columns")) == list(range(16))
    with pytest.raises(ConfigError, match="order is 'column'; give one of auto, columns, rows"):
        reading_order(quads, order="column")


def test_a_heading_across_columns_parts_what_is_above_from_what_is_below():
    upper, lower = two_columns_level_with_each_other(), two_columns_level_with_each_other()
    quads = np.concatenate([upper, boxes((100, 380, 800, 410)), lower + np.float32([0, 350])])
    assert flat(reading_order(quads)) == list(range(33))


def test_a_rule_between_them_makes_columns_of_short_lines():
    rng = np.random.default_rng(0)
    sides = [
        [(x, 100 + 32 * row, x + rng.uniform(200, 380), 120 + 32 * row) for row in range(10)]
        for x in (100, 530)
    ]
    rules = np.array([[[505, 90], [505, 430]]], np.float32)
    assert flat(reading_order(boxes(*sides[0], *sides[1]), rules=rules)) == list(range(20))


def test_cells_that_rules_enclose_keep_their_lines_together():
    #  a a | c
    #  b b |      and the second row
    quads = boxes(
        (110, 110, 300, 130),
        (110, 136, 280, 156),
        (420, 122, 500, 142),
        (110, 180, 200, 200),
        (420, 180, 520, 200),
    )
    lines = [[(100, y), (600, y)] for y in (100, 166, 214)] + [[(x, 100), (x, 214)] for x in (100, 400, 600)]
    assert reading_order(quads, rules=np.array(lines, np.float32)) == [[0, 1, 2], [3, 4]]


def narrow_columns(lefts, tops, num_lines, seed=0):
    """Columns of 150 px with ragged lines, level with each other."""
    rng = np.random.default_rng(seed)
    units = []
    for left, count in zip(lefts, num_lines, strict=True):
        units += [
            (left, tops + 32 * n, left + rng.uniform(80, 150), tops + 32 * n + 20) for n in range(count)
        ]
    return units


def test_columns_like_others_of_the_page_are_columns():
    wide = [(x, 100 + 32 * n, x + 150, 120 + 32 * n) for x in (100, 285, 470) for n in range(12)]
    ragged = narrow_columns((100, 285, 470), 600, (8, 8, 6))
    alone = flat(reading_order(boxes(*ragged)))
    assert alone != list(range(22))  # they might be cells
    heading = (100, 540, 500, 566)
    assert flat(reading_order(boxes(*wide, heading, *ragged))) == list(range(36 + 1 + 22))


def test_narrow_columns_of_many_ragged_lines_are_no_table():
    rng = np.random.default_rng(1)
    columns = [
        [(left, 100 + 36 * row, left + 220 * rng.uniform(0.5, 1), 120 + 36 * row) for row in range(20)]
        for left in (100, 345, 590)
    ]
    assert flat(reading_order(boxes(*columns[0], *columns[1], *columns[2]))) == list(range(60))
    cells = [
        (left, top, left + (right - left) * 0.5, bottom)
        for left, top, right, bottom in (cell for column in columns for cell in column)
    ]
    by_row = [row + 20 * column for row in range(20) for column in range(3)]
    assert flat(reading_order(boxes(*cells))) == by_row


def test_rules_between_columns_that_end_part_what_is_above_from_what_is_below():
    upper, lower = two_columns_level_with_each_other(), two_columns_level_with_each_other()
    quads = np.concatenate([upper, lower + np.float32([0, 300])])
    rules = np.array([[[505, 90], [505, 340]], [[505, 395], [505, 640]]], np.float32)
    assert flat(reading_order(quads, rules=rules)) == list(range(32))
    assert flat(reading_order(quads)) != list(range(32))


def test_a_dash_belongs_to_its_row():
    cells = [(100, 100, 200, 120), (300, 108, 312, 111), (500, 100, 600, 120)]
    second = [(100, 144, 200, 164), (300, 157, 306, 163), (500, 144, 600, 164)]
    assert flat(reading_order(boxes(*cells, *second))) == list(range(6))


def test_the_foot_of_a_page_is_read_last():
    columns = two_columns_level_with_each_other(20)
    columns = columns[:30]  # the left column is the longer one
    quads = np.concatenate([columns, boxes((100, 760, 120, 774))])
    assert flat(reading_order(quads))[-1] == 30


def test_the_last_line_of_a_column_beside_its_rule_is_no_foot():
    left = [(100, 100 + 30 * row, 480, 120 + 30 * row) for row in range(16)]
    last = (130, 640, 300, 660)  # a short paragraph of its own
    right = [(530, 100 + 30 * row, 910, 120 + 30 * row) for row in range(12)]
    rules = np.array([[[505, 95], [505, 680]]], np.float32)
    quads = boxes(*left, last, *right)
    assert flat(reading_order(quads, rules=rules)) == list(range(29))
    assert flat(reading_order(quads))[-1] == 16  # without a rule it is a foot


def test_paragraphs_are_blocks():
    first = [(100, 100 + 30 * row, 500, 120 + 30 * row) for row in range(3)]
    second = [(100, 230 + 30 * row, 500, 250 + 30 * row) for row in range(3)]
    quads = boxes((100, 30, 300, 64), *first, *second)
    assert reading_order(quads) == [[0], [1, 2, 3], [4, 5, 6]]


def lines(*spans):
    """Lines of one type in equal distances, each from its left to its right edge."""
    return boxes(*((left, 100 + 30 * row, right, 120 + 30 * row) for row, (left, right) in enumerate(spans)))


def test_an_indent_below_a_short_line_begins_a_block():
    quads = lines(
        (120, 500), (100, 500), (100, 300), (120, 500), (100, 500), (100, 400), (120, 500), (100, 200)
    )
    assert reading_order(quads) == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_what_hangs_below_an_item_is_of_its_block():
    quads = lines((100, 500), (130, 480), (100, 500), (130, 300), (100, 490), (130, 500), (130, 240))
    assert reading_order(quads) == [[0, 1, 2, 3, 4, 5, 6]]


def test_centred_lines_are_one_block():
    assert len(reading_order(lines((200, 400), (150, 450), (180, 420), (120, 480), (220, 380)))) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_and_one_unit(order):
    assert reading_order(np.zeros((0, 4, 2), np.float32), order=order) == []
    assert reading_order(boxes((5, 5, 50, 20)), order=order) == [[0]]
    assert flat(reading_order(boxes((5, 5, 50, 20), (5, 40, 50, 55)), order=order)) == [0, 1]


@given(
    st.lists(
        st.tuples(*[st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 300), st.floats(0, 40)]), max_size=40
    ),
    st.lists(st.tuples(*[st.floats(-50, 1050)] * 4), max_size=8),
    st.sampled_from(ORDERS),
)
def test_any_units_are_there_once(units, rules, order):
    quads = boxes(*((x, y, x + w, y + h) for x, y, w, h in units)) if units else np.zeros((0, 4, 2))
    found = reading_order(quads, rules=np.array(rules, np.float32).reshape(-1, 2, 2), order=order)
    assert sorted(flat(found)) == list(range(len(units)))
    assert all(found)


def test_the_order_of_the_units_given_does_not_matter():
    made = Layout(np.random.default_rng(5))
    made.questions(100, 100, 470, 900)
    quads, rules, _ = made.page()
    rng = np.random.default_rng(0)
    first = flat(reading_order(quads, rules=rules))
    for _ in range(3):
        places = rng.permutation(len(quads))
        assert places[flat(reading_order(quads[places], rules=rules))].tolist() == first


def contents_beside_prose():
    """Titles, leaders and page numbers in a left column, level with the lines of a right one."""
    titles = [(100, 100 + 30 * row, 250 + 20 * (row % 3), 120 + 30 * row) for row in range(6)]
    numbers = [(450, 100 + 30 * row, 475, 120 + 30 * row) for row in range(6)]
    prose = [(530, 101 + 30 * row, 910, 121 + 30 * row) for row in range(6)]
    leaders = [((title[2] + 12, title[3] - 3), (440, title[3] - 3)) for title in titles]
    return boxes(*titles, *numbers, *prose), np.array(leaders, np.float32)


def test_a_title_is_read_with_the_page_that_its_leader_points_to():
    quads, leaders = contents_beside_prose()
    expected = [unit for row in range(6) for unit in (row, 6 + row)] + list(range(12, 18))
    assert flat(reading_order(quads, rules=leaders)) == expected


def test_a_blank_to_be_filled_points_to_no_short_line():
    """The last line of a paragraph is short, and stands behind a blank of the column beside it."""
    left = [(100, 100 + 30 * row, 480, 120 + 30 * row) for row in range(10)]
    left[4] = (100, 220, 300, 240)
    right = [(530, 100 + 30 * row, 910, 120 + 30 * row) for row in range(10)]
    right[4] = (530, 220, 580, 240)
    blank = np.array([[(310, 238), (505, 238)]], np.float32)
    texts = ["글자가 많은 줄"] * 14 + ["한다"] + ["글자가 많은 줄"] * 5
    order = flat(reading_order(boxes(*left, *right), rules=blank, texts=texts))
    assert order == list(range(20))


def test_a_paragraph_with_a_wide_gap_is_one():
    """Its first line is as wide as the text and in its middle, but heads no columns."""
    lines = [(100, 140 + 30 * row, 900, 160 + 30 * row) for row in range(6)]
    lines[1:2] = [(100, 170, 400, 190), (480, 170, 900, 190)]
    heading = (100, 80, 340, 106)
    assert reading_order(boxes(heading, *lines)) == [[0], [1, 2, 3, 4, 5, 6, 7]]


@pytest.mark.parametrize("text", ["총 3명", "1,234원", "가나다 12", "civil", "끝. 12개"])
def test_a_last_line_that_is_no_page_number_stays_in_its_column(text):
    left = [(80, 80 + 30 * row, 440, 100 + 30 * row) for row in range(8)]
    right = [(500, 80 + 30 * row, 860, 100 + 30 * row) for row in range(8)]
    last = (80, 320, 150, 340)
    texts = ["글"] * 16 + [text]
    order = flat(reading_order(boxes(*left, *right, last), texts=texts))
    assert order == [*range(8), 16, *range(8, 16)]


def test_blanks_to_be_filled_do_not_tie_columns():
    left = [(100, 100 + 30 * row, 300, 120 + 30 * row) for row in range(6)]
    right = [(530, 100 + 30 * row, 910, 120 + 30 * row) for row in range(6)]
    blanks = [((310, 118 + 30 * row), (510, 118 + 30 * row)) for row in range(6)]
    order = flat(reading_order(boxes(*left, *right), rules=np.array(blanks, np.float32), order="columns"))
    assert order == list(range(12))


@pytest.mark.parametrize("centre", [500, 508])
def test_a_short_line_under_a_title_is_read_before_the_columns(centre):
    """It crosses no gutter, and would be the first line of the column in the middle."""
    columns = [
        (left, 200 + 30 * row, left + 260, 220 + 30 * row) for left in (80, 370, 660) for row in range(8)
    ]
    title, below = (250, 80, 750, 120), (centre - 80, 150, centre + 80, 170)
    assert flat(reading_order(boxes(*columns, title, below))) == [24, 25, *range(24)]


def test_a_heading_over_three_columns_starts_a_part_of_its_own():
    """It stands in the first column, and all columns end above it and begin below it."""
    above = [(left, 80 + 30 * row, left + 260, 100 + 30 * row) for left in (80, 370, 660) for row in range(5)]
    heading = (80, 300, 320, 328)
    below = [
        (left, 360 + 30 * row + 5 * (left == 80), left + 260, 380 + 30 * row + 5 * (left == 80))
        for left in (80, 370, 660)
        for row in range(5)
    ]
    assert flat(reading_order(boxes(*above, heading, *below))) == list(range(31))


def test_a_rule_past_a_heading_keeps_it_in_its_column():
    left = [(80, 80 + 30 * row, 440, 100 + 30 * row) for row in range(5)]
    heading = (80, 260, 320, 288)
    rest = [(80, 320 + 30 * row, 440, 340 + 30 * row) for row in range(5)]
    right = [(500, 80 + 30 * row, 860, 100 + 30 * row) for row in (*range(5), *range(8, 13))]
    rule = np.array([[(470, 70), (470, 480)]], np.float32)
    quads = boxes(*left, heading, *rest, *right)
    assert flat(reading_order(quads, rules=rule)) == list(range(21))


def test_the_text_tells_a_page_number_from_a_last_line():
    columns = [(left, 80 + 30 * row, left + 360, 100 + 30 * row) for left in (80, 500) for row in range(8)]
    number = (445, 330, 495, 346)
    quads = boxes(*columns, number)
    for text in ("- 12 -", "3 / 10", "12쪽", "xii"):
        texts = ["글"] * 16 + [text]
        assert flat(reading_order(quads, texts=texts)) == list(range(17)), text


def test_a_small_table_has_no_sides_but_a_rule_between_its_cells():
    cells = [
        (90 + 100 * (n % 2), 100 + 40 * (n // 2), 150 + 100 * (n % 2), 120 + 40 * (n // 2)) for n in range(10)
    ]
    prose = [(330, 100 + 30 * row, 600, 120 + 30 * row) for row in range(7)]
    across = [((80, 90 + 40 * row), (280, 90 + 40 * row)) for row in range(6)]
    rules = np.array([*across, ((180, 90), (180, 290))], np.float32)
    assert flat(reading_order(boxes(*cells, *prose), rules=rules)) == list(range(17))


def test_boxes_below_each_other_are_no_table():
    """What stands between two frames is not enclosed, though the sides of one were not found."""
    left = [(100, 100 + 30 * row, 480, 120 + 30 * row) for row in range(12)]
    right = [(530, 100 + 30 * row, 910, 120 + 30 * row) for row in range(12)]
    frames = [((90, y), (490, y)) for y in (125, 155, 365, 455)] + [((x, 365), (x, 455)) for x in (90, 490)]
    order = flat(reading_order(boxes(*left, *right), rules=np.array(frames, np.float32)))
    assert order == list(range(24))
