"""The loss against plain NumPy, and which outputs learn from which symbols."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="losses need the train extra")

from koocr.character.losses import SoftmaxCrossEntropy  # noqa: E402

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 3, (7, 5)).astype(np.float32)
LABELS = np.array([0, 4, 2, 2, 1, 3, 0])


def expected(smoothing: float) -> np.ndarray:
    """-Σ q log p, q being the smoothed one-hot labels, (N,)."""
    powers = np.exp(LOGITS.astype(np.float64))
    log_p = np.log(powers / powers.sum(1, keepdims=True))
    q = np.full_like(log_p, smoothing / 5)
    q[np.arange(7), LABELS] += 1 - smoothing
    return -(q * log_p).sum(1)


@pytest.mark.parametrize("smoothing", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.float32)])
def test_it_is_the_cross_entropy_with_smoothed_labels(smoothing: float, labels: np.ndarray) -> None:
    each = SoftmaxCrossEntropy(smoothing, reduction="none")(labels, LOGITS)
    np.testing.assert_allclose(each, expected(smoothing), rtol=1e-5)
    assert float(SoftmaxCrossEntropy(smoothing)(labels, LOGITS)) == pytest.approx(
        expected(smoothing).mean(), rel=1e-5
    )


def test_without_smoothing_it_is_keras_own() -> None:
    own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(LABELS, LOGITS)
    assert float(SoftmaxCrossEntropy()(LABELS, LOGITS)) == pytest.approx(float(own), rel=1e-5)


def test_weights_of_zero_leave_an_image_out() -> None:
    weights = np.array([1, 0, 1, 1, 0, 0, 1], np.float32)
    found = float(SoftmaxCrossEntropy(0.1)(LABELS, LOGITS, sample_weight=weights))
    assert found == pytest.approx((expected(0.1) * weights).sum() / 7, rel=1e-5), "a mean over the batch"
    changed = np.where(weights[:, None] == 0, 50.0, LOGITS).astype(np.float32)
    assert float(SoftmaxCrossEntropy(0.1)(LABELS, changed, sample_weight=weights)) == pytest.approx(
        found, rel=1e-5
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_classes_that_are_left_out_take_no_part(smoothing: float) -> None:
    labels, kept = np.array([0, 4, 0, 4, 1, 1, 0]), [0, 1, 4]
    found = SoftmaxCrossEntropy(smoothing, left_out=(3, 2), reduction="none")(labels, LOGITS)
    positions = np.array([kept.index(label) for label in labels])
    without = SoftmaxCrossEntropy(smoothing, reduction="none")(positions, LOGITS[:, kept])
    np.testing.assert_allclose(found, without, rtol=1e-5)


def test_logits_of_half_precision_are_summed_in_float32() -> None:
    logits = keras.ops.cast(np.concatenate([LOGITS] * 400, axis=1), "bfloat16")
    exact = np.asarray(keras.ops.cast(logits, "float32"), np.float64)
    log_p = exact - np.log(np.exp(exact).sum(1, keepdims=True))
    each = SoftmaxCrossEntropy(reduction="none")(LABELS, logits)
    np.testing.assert_allclose(np.asarray(each), -log_p[np.arange(7), LABELS], rtol=1e-5)


def test_large_logits_stay_finite() -> None:
    assert np.isfinite(float(SoftmaxCrossEntropy(0.1)(LABELS, LOGITS * 1e4)))


def test_it_comes_back_from_its_config() -> None:
    again = keras.losses.deserialize(keras.losses.serialize(SoftmaxCrossEntropy(0.25, left_out=[7, 2])))
    assert again.left_out == [2, 7]
    assert isinstance(again, SoftmaxCrossEntropy) and again.label_smoothing == 0.25
