"""The detector's losses against NumPy."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="losses need the train extra")

from koocr.detection.losses import (  # noqa: E402
    DetectorLoss,
    balanced_cross_entropy,
    binarised,
    dice_loss,
    masked_l1,
)

SHAPE = (2, 10, 12)


def sigmoid(values):
    return 1 / (1 + np.exp(-values.astype(np.float64)))


def maps(seed, *, share=0.1):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, SHAPE).astype(np.float32)
    core = (rng.random(SHAPE) < share).astype(np.float32)
    mask = (rng.random(SHAPE) < 0.8).astype(np.float32)
    return logits, core, mask


def cross_entropy(logits, core, mask, *, least):
    """All positives and the worst negatives, one by one."""
    values = -core * np.log(sigmoid(logits)) - (1 - core) * np.log(1 - sigmoid(logits))
    positive = values[(core >= 0.5) & (mask > 0)]
    negative = np.sort(values[(core < 0.5) & (mask > 0)])[::-1]
    hard = negative[: round(min(len(negative), max(3 * len(positive), least * mask.sum())))]
    return (positive.sum() + hard.sum()) / (len(positive) + len(hard))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_cross_entropy_takes_the_hardest_negatives(share):
    logits, core, mask = maps(0, share=share)
    expected = cross_entropy(logits, core, mask, least=0.01)
    assert float(balanced_cross_entropy(logits, core, mask)) == pytest.approx(expected, rel=1e-4)


def test_soft_cores_are_learnt_as_shares():
    core = np.full(SHAPE, 0.75, np.float32)
    mask = np.ones(SHAPE, np.float32)
    losses = [
        float(balanced_cross_entropy(np.full(SHAPE, x, np.float32), core, mask)) for x in (0.6, 1.0986, 1.6)
    ]
    assert losses[1] < min(losses[0], losses[2])


def test_a_batch_without_text_teaches_by_its_worst_places():
    logits, _, mask = maps(1)
    nothing = np.zeros(SHAPE, np.float32)
    expected = cross_entropy(logits, nothing, mask, least=0.01)
    assert float(balanced_cross_entropy(logits, nothing, mask)) == pytest.approx(expected, rel=1e-4)


def test_nothing_that_counts_costs_nothing():
    logits, core, _ = maps(2)
    zero = np.zeros(SHAPE, np.float32)
    for loss in (
        balanced_cross_entropy(logits, core, zero),
        masked_l1(sigmoid(logits).astype(np.float32), core, zero),
    ):
        assert float(loss) == 0


def test_the_binary_map_is_the_papers():
    logits, _, _ = maps(3)
    thresholds = maps(4)[0]
    expected = 1 / (1 + np.exp(-50 * (sigmoid(logits) - sigmoid(thresholds))))
    assert np.asarray(binarised(logits, thresholds, 50.0)) == pytest.approx(expected, abs=1e-4)


def test_dice_and_l1():
    logits, core, mask = maps(5)
    values = sigmoid(logits).astype(np.float32)
    dice = 1 - 2 * (values * core * mask).sum() / ((values * mask).sum() + (core * mask).sum())
    assert float(dice_loss(values, core, mask)) == pytest.approx(dice, rel=1e-5)
    assert float(dice_loss(core, core, mask)) == pytest.approx(0, abs=1e-5)
    l1 = np.abs(values - core)[mask > 0].mean()
    assert float(masked_l1(values, core, mask)) == pytest.approx(l1, rel=1e-5)


def test_the_layer_adds_them_up():
    logits, core, mask = maps(6)
    thresholds, border, border_mask = maps(7)
    layer = DetectorLoss(50.0)
    inputs = {"probability": logits[..., None], "threshold": thresholds[..., None]}
    labels = {"core": core, "core_mask": mask, "border": border, "border_mask": border_mask}
    found = np.asarray(
        layer({**inputs, **{name: (255 * value).astype(np.uint8) for name, value in labels.items()}})
    )
    expected = (
        5 * float(balanced_cross_entropy(logits, core, mask))
        + float(dice_loss(binarised(logits, thresholds, 50.0), core, mask))
        + 10 * float(masked_l1(keras.ops.sigmoid(thresholds), border, border_mask))
    )
    assert found == pytest.approx([expected, expected], rel=1e-5)
    assert DetectorLoss.from_config(layer.get_config()).sharpness == 50.0


def test_gradients_are_those_of_finite_differences():
    tf = pytest.importorskip("tensorflow")
    logits, core, mask = maps(8)
    thresholds = maps(9)[0] * 0.1
    with tf.GradientTape() as tape:
        variable = tf.Variable(logits * 0.1)
        loss = balanced_cross_entropy(variable, core, mask) + dice_loss(
            binarised(variable, thresholds, 5.0), core, mask
        )
    gradient = np.asarray(tape.gradient(loss, variable))

    def value(x):
        return float(
            balanced_cross_entropy(x, core, mask) + dice_loss(binarised(x, thresholds, 5.0), core, mask)
        )

    for place in [(0, 1, 2), (1, 9, 11), tuple(np.argwhere((core * mask) > 0)[0])]:
        step = np.zeros(SHAPE, np.float32)
        step[place] = 0.02
        around = value(logits * 0.1 + step), value(logits * 0.1 - step)
        assert gradient[place] == pytest.approx((around[0] - around[1]) / 0.04, abs=2e-4)
