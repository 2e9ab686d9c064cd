"""Figures after an epoch."""

import pytest

from koocr.line.validation import LineValidation, validate
from tests.trained_lines import batch_of


def test_the_error_rate_of_each_group() -> None:
    groups = {"clean": batch_of(["가를 볶", "쭈"]), "hands": batch_of(["가"])}
    readings = {("가를 볶", "쭈"): ["가를볶", "볶"], ("가",): ["가"]}
    figures = validate(lambda lines: readings[lines.texts], LineValidation(groups))
    assert figures == {"val_clean": pytest.approx(100 * 2 / 5), "val_hands": 0.0}


def test_what_isnt_read_at_all_is_wrong_by_its_length() -> None:
    lines = batch_of(["가를볶쭈"])
    assert validate(lambda lines: iter([""]), LineValidation({"clean": lines})) == {"val_clean": 100.0}
