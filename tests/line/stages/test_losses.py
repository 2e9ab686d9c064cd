"""Both losses against sums over all paths and plain NumPy, with labels that fit and labels that don't."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from koocr.line.stages.batch import pad_labels
from koocr.line.stages.losses import AttentionLoss, CtcLoss, attention_loss, ctc_loss, loss_of

LABELS = ((0, 1), (1, 1), (), (0, 0, 1, 1), (1,))
FRAMES = np.array([4, 3, 2, 4, 4], np.int32)
"""Of (0, 0, 1, 1) there is no path in four frames: it needs two blanks."""
PADDED = pad_labels([np.array(label, np.int32) for label in LABELS])
LOGITS = np.random.default_rng(0).normal(0, 2, (5, 4, 3)).astype(np.float32)


def log_softmax(logits):
    exact = logits.astype(np.float64)
    return exact - np.log(np.exp(exact).sum(axis=-1, keepdims=True))


def reads_as(path):
    merged = [column for column, _ in itertools.groupby(path)]
    return tuple(column - 1 for column in merged if column)


def by_all_paths(logs, label):
    """−log of the sum of the probabilities of all paths that read as the label; 0 where there is none."""
    paths = [path for path in itertools.product(range(3), repeat=len(logs)) if reads_as(path) == label]
    chances = [sum(row[column] for row, column in zip(logs, path, strict=True)) for path in paths]
    return -np.log(np.exp(chances).sum()) if paths else 0.0


EXPECTED_CTC = [
    by_all_paths(logs[:count], label)
    for logs, count, label in zip(log_softmax(LOGITS), FRAMES, LABELS, strict=True)
]


def test_ctc_is_the_sum_over_all_paths():
    np.testing.assert_allclose(
        ops.convert_to_numpy(ctc_loss(LOGITS, PADDED, FRAMES)), EXPECTED_CTC, rtol=1e-5
    )


def test_labels_that_do_not_fit_and_frames_beside_the_line_have_no_gradient():
    with tf.GradientTape() as tape:
        logits = tf.Variable(LOGITS)
        loss = ops.sum(ctc_loss(logits, PADDED, FRAMES))
    gradient = tape.gradient(loss, logits).numpy()
    assert np.isfinite(gradient).all()
    assert not gradient[3].any()
    assert not gradient[1, 3:].any() and not gradient[2, 2:].any()
    assert gradient[0].any() and gradient[2].any()


def test_the_ctc_loss_counts_symbols_and_takes_frames_from_the_targets():
    targets = np.concatenate([FRAMES[:, None], PADDED], axis=1)
    expected = np.mean(np.array(EXPECTED_CTC) / [2, 2, 1, 4, 1])
    assert float(CtcLoss()(targets, LOGITS)) == pytest.approx(expected, rel=1e-5)


EXPECTED_SPELLING = [
    -sum(logs[step, column] for step, column in enumerate([*(number + 1 for number in label), 0]))
    for logs, label in zip(
        log_softmax(np.concatenate([LOGITS, LOGITS[:, ::-1]], axis=1)[:, :5]), LABELS, strict=True
    )
]


def test_attention_is_the_cross_entropy_up_to_the_end():
    logits = np.concatenate([LOGITS, LOGITS[:, ::-1]], axis=1)[:, :5]
    np.testing.assert_allclose(
        ops.convert_to_numpy(attention_loss(logits, PADDED)), EXPECTED_SPELLING, rtol=1e-5
    )
    expected = np.mean(np.array(EXPECTED_SPELLING) / [3, 3, 1, 5, 2])
    assert float(AttentionLoss()(PADDED, logits)) == pytest.approx(expected, rel=1e-5)
    behind = logits.copy()
    behind[2, 1:] = 1e3  # behind the end of an empty text
    np.testing.assert_allclose(attention_loss(behind, PADDED)[2], EXPECTED_SPELLING[2], rtol=1e-5)


@pytest.mark.parametrize(("prediction", "kind"), [("CTC", CtcLoss), ("Attn", AttentionLoss)])
def test_each_prediction_has_its_loss_and_it_is_rebuilt_from_its_config(prediction, kind):
    loss = loss_of(prediction)
    assert type(loss) is kind
    assert type(loss).from_config(loss.get_config()).name == loss.name
