"""What keeps to a limit and what misses it."""

from __future__ import annotations

import math

import pytest

from koocr.evaluation.limits import Limit, lowest_verdict, unit


@pytest.mark.parametrize(
    ("value", "at_least", "at_most"),
    [(1.0, "missed", "want"), (2.0, "must", "must"), (2.5, "must", "missed"), (3.0, "want", "missed")],
)
def test_a_value_keeps_to_limits_from_either_side(value: float, at_least: str, at_most: str) -> None:
    assert Limit(2, 3).verdict(value) == at_least
    assert Limit(2, 1, is_least=False).verdict(value) == at_most


def test_what_was_not_measured_has_no_verdict() -> None:
    assert Limit(2, 3).verdict(math.nan) == ""
    assert unit("{:.1f} MB")(math.nan) == "–" and unit("{:.1f} MB")(2.25) == "2.2 MB"


def test_the_lowest_of_several_verdicts_counts() -> None:
    assert lowest_verdict(["want", "must"]) == "must"
    assert lowest_verdict(["must", "missed", "want"]) == "missed"
    assert lowest_verdict(["missed", ""]) == ""
