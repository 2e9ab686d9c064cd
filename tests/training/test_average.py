"""The moving average against a plain loop."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")

from koocr.training.average import WeightAverage  # noqa: E402


@pytest.fixture
def model() -> "keras.Model":
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])


def walk(model: "keras.Model", rng: np.random.Generator) -> list[np.ndarray]:
    weights = [value + rng.normal(0, 1, value.shape).astype(np.float32) for value in model.get_weights()]
    model.set_weights(weights)
    return weights


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_it_is_the_plain_recursion_over_all_weights(model: "keras.Model", decay: float) -> None:
    average = WeightAverage(model, decay=decay)
    expected = [value.astype(np.float64) for value in model.get_weights()]
    rng = np.random.default_rng(0)
    for step in range(1, 30):
        weights = walk(model, rng)
        d = min(decay, (1 + step) / (10 + step))
        expected = [d * old + (1 - d) * new for old, new in zip(expected, weights, strict=True)]
        average.update(step)
    assert len(average.values) == 6, "the statistics of normalisation are averaged too"
    for found, wanted in zip(average.values, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_an_update_every_few_steps_keeps_as_much_of_the_past(model: "keras.Model") -> None:
    average = WeightAverage(model, decay=0.9)
    before = [value.copy() for value in average.values]
    average.update(1000)
    after = walk(model, np.random.default_rng(1))
    average.update(1005)
    keep = 0.9**5
    first = 0.9**1000 * before[0] + (1 - 0.9**1000) * before[0]
    np.testing.assert_allclose(average.values[0], keep * first + (1 - keep) * after[0], rtol=1e-5, atol=1e-6)


def test_weights_are_lent_and_given_back_even_after_an_error(model: "keras.Model") -> None:
    average = WeightAverage(model, decay=0.5)
    lent = [value.copy() for value in average.values]
    own = walk(model, np.random.default_rng(2))
    with pytest.raises(KeyError), average.lent():
        assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), lent, strict=True))
        raise KeyError
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), own, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(average.values, lent, strict=True))


def test_going_on_from_an_earlier_average(model: "keras.Model") -> None:
    rng = np.random.default_rng(3)
    first, other = WeightAverage(model, decay=0.9), WeightAverage(model, decay=0.9)
    walk(model, rng)
    first.update(40)
    other.restore(first.values, 40)
    walk(model, rng)
    first.update(50)
    other.update(50)
    assert all(np.array_equal(a, b) for a, b in zip(first.values, other.values, strict=True))
