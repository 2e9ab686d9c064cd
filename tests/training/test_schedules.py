"""Learning rates, computed by hand."""

import pytest

from koocr.errors import ConfigError
from koocr.training.schedules import Schedule


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule("constant", 2.0, 8), {0: 2.0, 3: 2.0, 7: 2.0, 8: 2.0, 99: 2.0}),
        (Schedule("cosine", 2.0, 8), {0: 2.0, 2: 1 + 2**-0.5, 4: 1.0, 6: 1 - 2**-0.5, 8: 0.0, 99: 0.0}),
        (Schedule("trapezoid", 2.0, 10, decay=0.5), {0: 2.0, 5: 2.0, 6: 1.6, 9: 0.4, 10: 0.0, 99: 0.0}),
        (Schedule("trapezoid", 1.0, 10, decay=1.0), {0: 1.0, 4: 0.6, 10: 0.0}),
        (Schedule("constant", 2.0, 8, num_warmup=4), {0: 0.5, 1: 1.0, 2: 1.5, 3: 2.0, 4: 2.0}),
        (Schedule("cosine", 1.0, 4, num_warmup=2), {0: 0.5, 1: 0.5 + 2**-1.5, 2: 0.5}),
        (Schedule("trapezoid", 1.0, 10, num_warmup=10, decay=0.4), {4: 0.5, 7: 0.8 * 0.75, 9: 0.25}),
        (Schedule("cosine", 3.0, 1), {0: 3.0, 1: 0.0}),
    ],
    ids=lambda value: value.name if isinstance(value, Schedule) else "",
)
def test_rates(schedule: Schedule, expected: dict[int, float]) -> None:
    assert {step: schedule.rate(step) for step in expected} == pytest.approx(expected)


def test_a_trapezoid_may_be_lengthened_before_it_falls() -> None:
    short, long = Schedule("trapezoid", 1.0, 100, 10), Schedule("trapezoid", 1.0, 300, 10)
    assert [short.rate(step) for step in range(70)] == [long.rate(step) for step in range(70)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("linear", 1.0, 10), "unknown schedule 'linear'; choose one of constant, cosine, trapezoid"),
        (("cosine", 0.0, 10), "the learning rate is 0.0; give a number above 0"),
        (("cosine", -1.0, 10), "give a number above 0"),
        (("cosine", float("nan"), 10), "give a number above 0"),
        (("cosine", float("inf"), 10), "give a number above 0"),
        (("cosine", 1.0, 0), "0 steps and 0 of warm-up; give at least 1 and at least 0"),
        (("cosine", 1.0, 10, -1), "10 steps and -1 of warm-up"),
        (("trapezoid", 1.0, 10, 0, 0.0), "the decay is 0.0; give a share"),
        (("trapezoid", 1.0, 10, 0, 1.5), "the decay is 1.5"),
    ],
)
def test_wrong_settings(settings: tuple[str, float, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Schedule(*settings)
