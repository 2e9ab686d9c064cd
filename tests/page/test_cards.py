"""Captions side by side below pictures, and choices that only look like some."""

import numpy as np

from koocr.page.cards import rows_and_cards
from koocr.page.level import Boxes

EM = 20.0


def captions(*cards, top=300.0):
    """A title of 20 px and texts of 17 px each, every card given by its lines; the last may be a price."""
    units = []
    for place, (lines, has_price) in enumerate(cards):
        left = 100 + 240 * place
        units.append((left, top, left + 150, top + 20))
        units += [(left, top + 28 + 24 * n, left + 190, top + 45 + 24 * n) for n in range(lines)]
        if has_price:
            units.append((left, top + 160, left + 80, top + 180))
    return units


def boxes(units):
    return Boxes(*np.array(units, np.float64).T)


def order(units, **options):
    return [int(unit) for row in rows_and_cards(boxes(units), EM, **options) for unit in row]


HEAD = [(100.0, 40.0, 400.0, 60.0)]
CARDS = captions((2, True), (1, False), (3, True))


def test_each_card_is_read_to_its_price():
    units = HEAD + CARDS
    assert order(units) == list(range(len(units)))


def test_cards_may_be_the_first_things_below_a_blank():
    assert order(CARDS, blank_above=100.0) == list(range(len(CARDS)))
    assert order(CARDS, blank_above=0.0) != list(range(len(CARDS)))


def test_what_follows_the_cards_is_read_after_them():
    units = HEAD + CARDS + [(100.0, 510.0, 400.0, 545.0), (100.0, 560.0, 800.0, 580.0)]
    assert order(units) == list(range(len(units)))


def test_choices_below_a_picture_are_read_row_by_row():
    choices = [
        (100 + 200 * (n % 3), 300 + 28 * (n // 3), 190 + 200 * (n % 3), 320 + 28 * (n // 3)) for n in range(5)
    ]
    units = HEAD + choices
    assert order(units) == list(range(6))
