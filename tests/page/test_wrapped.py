"""Cells whose text goes on in further lines, in tables without rules."""

import numpy as np

from koocr.page.level import Boxes
from koocr.page.order import reading_order
from koocr.page.wrapped import is_wrapped_table, wrapped_rows

COLUMNS = (100, 340, 580)
PITCH, ROW, SIZE = 28, 44, 20


def table(*rows, middle=False):
    """Boxes of rows of cells, each given by its widths of lines; in the order in which they are read."""
    units, y = [], 100.0
    for row in rows:
        most = max(map(len, row))
        for left, widths in zip(COLUMNS, row, strict=True):
            top = y + (most - len(widths)) * PITCH / 2 * middle
            units += [
                (left, top + PITCH * n, left + wide, top + PITCH * n + SIZE) for n, wide in enumerate(widths)
            ]
        y += (most - 1) * PITCH + ROW
    return Boxes(*np.array(units, np.float64).T)


def quads(boxes):
    x0, y0, x1, y1 = boxes.left, boxes.top, boxes.right, boxes.bottom
    return np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=1).reshape(-1, 4, 2).astype(np.float32)


def flat(rows):
    return [int(unit) for row in rows for unit in row]


WRAPPED = (
    ([120], [150], [90]),
    ([150, 160, 80], [120], [170, 60]),
    ([60], [160, 140], [100]),
    ([150, 90], [170, 60], [160, 120]),
)


def test_each_cell_is_read_to_its_end():
    made = table(*WRAPPED)
    assert flat(wrapped_rows(made)) == list(range(len(made)))
    assert [row for block in reading_order(quads(made)) for row in block] == list(range(len(made)))


def test_cells_may_stand_in_the_middle_of_their_row():
    made = table(*WRAPPED, middle=True)
    assert flat(wrapped_rows(made)) == list(range(len(made)))


def test_a_low_syllable_may_end_a_cell():
    made = table(([90], [110, 150, 140], [150, 160, 20]), *WRAPPED)
    last = 6
    made.top[last], made.bottom[last] = made.top[last] + 3, made.bottom[last] - 3
    assert flat(wrapped_rows(made)) == list(range(len(made)))


def test_rows_that_stand_as_close_as_lines_are_read_across():
    rows = [([120], [150], [90])] * 3
    made = table(*rows)
    dense = Boxes(made.left, made.top * PITCH / ROW, made.right, made.top * PITCH / ROW + SIZE)
    assert flat(wrapped_rows(dense)) == list(range(9))


def test_choices_put_down_row_by_row_are_no_cells():
    #  1 2
    #  3 4
    #  5       below a question of two lines
    question = [(100, 20, 600, 40), (100, 60, 500, 80)]
    choices = [
        (100 + 240 * (n % 2), 104 + PITCH * (n // 2), 240 + 240 * (n % 2), 124 + PITCH * (n // 2))
        for n in range(5)
    ]
    made = Boxes(*np.array(question + choices, np.float64).T)
    assert flat(wrapped_rows(made)) == list(range(7))


def test_numbers_before_the_items_of_a_list_stay_with_them():
    units = []
    for item, lines in enumerate((1, 1, 3, 2)):
        y = 100.0 + sum((28, 28, 84, 56)[n] for n in range(item)) + 16 * (item > 2)
        units.append((100, y, 122, y + SIZE))
        units += [(170, y + PITCH * n, 800, y + PITCH * n + SIZE) for n in range(lines)]
    made = Boxes(*np.array(units, np.float64).T)
    assert flat(wrapped_rows(made)) == list(range(len(made)))


def test_prose_in_columns_is_no_table():
    sides = [
        [(x, 100 + 28 * n, x + 380, 120 + 28 * n) for n in range(count)]
        for x, count in ((100, 20), (530, 17))
    ]
    assert is_wrapped_table(table(*WRAPPED))
    assert not is_wrapped_table(Boxes(*np.array(sides[0] + sides[1], np.float64).T))
