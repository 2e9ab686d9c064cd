"""Calibration on made answers whose true calibration is known."""

import numpy as np
import pytest

from koocr.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)


def test_error_of_a_table_counted_by_hand() -> None:
    confidence = np.array([0.95, 0.85, 0.3, 0.1])
    is_right = np.array([True, False, False, True])
    # two bins of equal width: 0.3 and 0.1 (mean .2) in the lower, the others (mean .9), each half right
    assert expected_calibration_error(confidence, is_right, bins=2) == pytest.approx((0.3 + 0.4) / 2)
    # two bins of equal mass happen to hold the same; with one bin: mean .55 against .5
    assert expected_calibration_error(confidence, is_right, bins=2, equal_mass=True) == pytest.approx(0.35)
    assert expected_calibration_error(confidence, is_right, bins=1) == pytest.approx(0.05)


def test_bins_are_closed_on_the_right_and_empty_ones_left_out() -> None:
    curve = reliability(np.array([0.0, 0.5, 1.0]), np.array([False, True, True]), bins=4)
    assert curve.low.tolist() == [0.0, 0.25, 0.75]
    assert curve.high.tolist() == [0.25, 0.5, 1.0]
    assert curve.count.tolist() == [1, 1, 1]


@pytest.mark.parametrize("equal_mass", [False, True])
def test_calibrated_answers_have_a_small_error_and_bold_ones_a_large_one(equal_mass: bool) -> None:
    rng = np.random.default_rng(1)
    confidence = rng.beta(8, 1, size=40_000)
    is_right = rng.random(40_000) < confidence
    assert expected_calibration_error(confidence, is_right, equal_mass=equal_mass) < 0.01
    bold = np.minimum(confidence + 0.1 * (1 - confidence) + 0.05, 1.0)
    expected = np.mean(bold - confidence)
    assert expected_calibration_error(bold, is_right, equal_mass=equal_mass) == pytest.approx(
        expected, abs=0.01
    )


def test_equal_mass_bins_hold_equal_counts() -> None:
    curve = reliability(np.linspace(0, 1, 31), np.ones(31, bool), bins=4, equal_mass=True)
    assert curve.count.tolist() == [8, 8, 8, 7]
    assert (curve.low[1:] >= curve.high[:-1]).all()


def test_no_answers_and_bad_ones() -> None:
    assert np.isnan(expected_calibration_error(np.zeros(0), np.zeros(0, bool)))
    assert np.isnan(expected_calibration_error(np.zeros(0), np.zeros(0, bool), equal_mass=True))
    with pytest.raises(ValueError, match="outside"):
        reliability(np.array([1.5]), np.array([True]))
    with pytest.raises(ValueError, match="shape"):
        reliability(np.array([0.5, 0.5]), np.array([True]))


def calibrated(num: int, classes: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels that were drawn with exactly the softmax probabilities."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2.5, size=(num, classes))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(
        axis=1
    )  # the Gumbel-max trick draws from the softmax
    return logits, labels


@pytest.mark.parametrize("distortion", [0.3, 1.0, 2.5])
def test_temperature_undoes_a_known_distortion(distortion: float) -> None:
    logits, labels = calibrated(20_000, 6, seed=2)
    assert fit_temperature([(logits * distortion, labels)]) == pytest.approx(distortion, rel=0.03)


def test_temperature_is_where_a_fine_grid_has_its_minimum() -> None:
    logits, labels = calibrated(500, 4, seed=3)
    batches = [(logits[:200] * 1.7, labels[:200]), (logits[200:] * 1.7, labels[200:])]
    grid = np.exp(np.linspace(np.log(0.1), np.log(10), 2001))
    losses = [negative_log_likelihood(batches, temperature=t) for t in grid]
    assert fit_temperature(batches) == pytest.approx(grid[int(np.argmin(losses))], rel=0.005)


def test_likelihood_equals_the_plain_formula() -> None:
    logits, labels = calibrated(50, 5, seed=4)
    scaled = np.exp(logits / 1.5)
    plain = -np.log(scaled[np.arange(50), labels] / scaled.sum(axis=1)).mean()
    assert negative_log_likelihood([(logits, labels)], temperature=1.5) == pytest.approx(plain)


def test_temperature_of_a_product_of_heads_is_that_of_each_head() -> None:
    (first, a), (second, b) = calibrated(4000, 3, seed=5), calibrated(4000, 4, seed=6)
    joint = (2 * first[:, :, None] + 2 * second[:, None, :]).reshape(4000, 12)
    assert fit_temperature([(joint, a * 4 + b)]) == pytest.approx(2.0, rel=0.05)


def test_impossible_classes_do_not_disturb_the_fit() -> None:
    logits, labels = calibrated(2000, 4, seed=7)
    with_impossible = np.concatenate([logits, np.full((2000, 1), -np.inf)], axis=1)
    assert fit_temperature([(with_impossible, labels)]) == pytest.approx(fit_temperature([(logits, labels)]))


def test_perfect_answers_stay_within_the_bounds() -> None:
    logits = 5 * np.eye(3)
    assert fit_temperature([(logits, np.arange(3))]) == pytest.approx(0.05, rel=1e-3)
    assert fit_temperature([(logits, np.array([1, 2, 0]))]) == pytest.approx(20.0, rel=1e-3)
    with pytest.raises(ValueError, match="no images"):
        fit_temperature([])
