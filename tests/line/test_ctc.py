"""The loss against sums over all paths, Keras's own, and finite differences."""

from math import comb
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.line.line_oracles import Outputs, all_probabilities, all_texts, factorised, plain

keras = pytest.importorskip("keras", reason="losses need the train extra")
tf = pytest.importorskip("tensorflow", reason="gradients are taken with TensorFlow")

from koocr.line.ctc import ctc_loss, fits, label_scores, path_loss  # noqa: E402

RNG = np.random.default_rng(0)
GA, GAG, HIH = 0, 1, 11171  # 가, 각, 힣
OTHER = 11172


def loss(outputs: Outputs, labels: Any, frames: Any, counts: Any) -> np.ndarray:
    return np.asarray(
        ctc_loss(outputs, np.array(labels), num_frames=np.array(frames), num_labels=np.array(counts))
    )


def gradients(outputs: Outputs, labels: Any, frames: Any, counts: Any) -> Outputs:
    tensors = {name: tf.constant(logits) for name, logits in outputs.items()}
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        total = tf.reduce_sum(
            ctc_loss(tensors, np.array(labels), num_frames=np.array(frames), num_labels=np.array(counts))
        )
    return {name: gradient.numpy() for name, gradient in tape.gradient(total, tensors).items()}


@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_it_is_the_sum_over_all_paths(steps: int) -> None:
    outputs = plain(1, steps, symbols=3, seed=steps)
    texts = all_texts(all_probabilities(outputs)[0])
    assert sum(texts.values()) == pytest.approx(1)
    rows = sorted(texts)
    labels = np.zeros((len(rows), steps), np.int32)
    for row, text in zip(labels, rows, strict=True):
        row[: len(text)] = text
    same = {"symbol": np.repeat(outputs["symbol"], len(rows), axis=0)}
    found = loss(same, labels, [steps] * len(rows), [len(text) for text in rows])
    assert_allclose(np.exp(-found), [texts[text] for text in rows], rtol=1e-4)


def test_label_scores_of_factorised_outputs_are_the_chain_of_conditionals() -> None:
    outputs = factorised(2, 3, scale=3.0)
    labels = np.array([[GA, GAG, HIH, OTHER, OTHER + 5], [588, 7000, OTHER + 2, 28, 0]])
    scores, blank = label_scores(outputs, labels)
    expected = np.log(all_probabilities(outputs))
    for line in range(2):
        assert_allclose(np.asarray(scores)[line], expected[line][:, labels[line] + 1], rtol=1e-5)
    assert_allclose(np.asarray(blank), expected[:, :, 0], rtol=1e-5)


def test_factorised_and_plain_outputs_with_the_same_probabilities_have_the_same_loss() -> None:
    outputs = factorised(3, 8, scale=3.0, seed=1)
    same = {"symbol": np.log(all_probabilities(outputs)).astype(np.float32)}
    where = [[GA, GA, OTHER], [HIH, 500, 0], [OTHER + 1, 0, 0]], [8, 6, 8], [3, 2, 1]
    assert_allclose(loss(outputs, *where), loss(same, *where), rtol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_values_and_gradients_are_those_of_keras(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs = plain(5, 20, symbols=7, seed=seed)
    labels = rng.integers(0, 7, (5, 6))
    frames, counts = rng.integers(13, 21, 5), rng.integers(0, 7, 5)
    logits = tf.constant(outputs["symbol"])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        own = keras.ops.ctc_loss(labels + 1, logits, counts, frames, mask_index=0)
        total = tf.reduce_sum(own)
    assert_allclose(loss(outputs, labels, frames, counts), np.asarray(own), rtol=1e-5)
    found = gradients(outputs, labels, frames, counts)["symbol"]
    assert_allclose(found, tape.gradient(total, logits), atol=2e-5)


@pytest.mark.parametrize("name", ["kind", "initial", "medial", "final"])
def test_gradients_of_factorised_outputs_are_finite_differences(name: str) -> None:
    outputs = factorised(2, 5, others=4, scale=1.5)
    where = [[GA, GA + 30, OTHER + 1], [588, 588, 0]], [5, 4], [3, 2]
    gradient = gradients(outputs, *where)[name]
    for direction in RNG.normal(0, 1, (4, *gradient.shape)).astype(np.float32):
        step = np.float32(2e-3)
        ends = [{**outputs, name: outputs[name] + sign * step * direction} for sign in (1, -1)]
        above, below = (loss(end, *where).astype(np.float64).sum() for end in ends)
        slope = (above - below) / (2 * float(step))
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=5e-3, abs=5e-3)


def test_padding_changes_nothing() -> None:
    """Neither frames behind the line, whatever they hold, nor labels behind the text."""
    outputs = factorised(2, 9, seed=3)
    labels = np.array([[GA, GAG], [OTHER, OTHER]])
    wide = {
        name: np.concatenate([logits, RNG.normal(0, 50, logits.shape).astype(np.float32)], axis=1)
        for name, logits in outputs.items()
    }
    junk = np.array([[99, 99, -1], [OTHER, 0, 20000]])
    alone, padded = (labels, [9, 9], [2, 2]), (np.concatenate([labels, junk], axis=1), [9, 9], [2, 2])
    assert_allclose(loss(outputs, *alone), loss(wide, *padded), rtol=1e-6)
    found, expected = gradients(wide, *padded), gradients(outputs, *alone)
    for name, gradient in expected.items():
        assert_allclose(found[name][:, :9], gradient, atol=1e-6)
        assert not found[name][:, 9:].any()


def test_an_empty_text_is_blanks_only() -> None:
    outputs = plain(1, 4)
    assert_allclose(
        loss(outputs, [[0, 0]], [4], [0]), -np.log(all_probabilities(outputs)[0, :, 0]).sum(), rtol=1e-5
    )


def test_texts_that_do_not_fit_are_left_out_and_finite() -> None:
    """가가 needs three frames; 가각 two."""
    labels, frames, counts = [[0, 0], [0, 1], [0, 0], [0, 1]], [2, 2, 3, 1], [2, 2, 2, 2]
    outputs = plain(4, 3, seed=5)
    expected = [False, True, True, False]
    fit = fits(np.array(labels), num_frames=np.array(frames), num_labels=np.array(counts))
    assert np.asarray(fit).tolist() == expected
    assert (loss(outputs, labels, frames, counts) > 0).tolist() == expected
    gradient = gradients(outputs, labels, frames, counts)["symbol"]
    assert np.isfinite(gradient).all()
    assert gradient.any((1, 2)).tolist() == expected


def test_repeats_behind_the_end_do_not_count() -> None:
    assert np.asarray(fits(np.array([[3, 0, 0, 0]]), num_frames=np.array([2]), num_labels=np.array([2])))[0]


def test_unlikely_texts_keep_their_gradient() -> None:
    """Each symbol e^-200 in every frame: nothing underflows, and the gradient says where to go."""
    logits = np.zeros((1, 12, 4), np.float32)
    logits[:, :, 0] = 200
    where = [[0, 1, 2]], [12], [3]
    ways = comb(12, 3)  # of one frame each; longer runs add nothing
    assert loss({"symbol": logits}, *where)[0] == pytest.approx(600 - np.log(ways), rel=1e-6)
    gradient = gradients({"symbol": logits}, *where)["symbol"]
    assert_allclose(gradient.sum((0, 1)), [3, -1, -1, -1], atol=1e-3)


def test_a_long_line_is_exact() -> None:
    """200 frames, sure of everything: the loss is the sum of the frames' logarithms, to float32."""
    steps = 200
    columns = np.where(np.arange(steps) % 8 == 4, 1 + np.arange(steps) // 8 % 5, 0)
    outputs = plain(1, steps, symbols=5, scale=0.1)
    outputs["symbol"][0, np.arange(steps), columns] += 25
    labels = columns[columns > 0][None] - 1
    expected = -np.log(all_probabilities(outputs)[0, np.arange(steps), columns]).sum()
    assert loss(outputs, labels, [steps], [labels.shape[1]])[0] == pytest.approx(expected, abs=1e-4)


def test_paths_of_given_scores_need_no_normalisation() -> None:
    """Scores may be anything, as when some of a sequence's probability is elsewhere; adding adds."""
    scores, blank = np.zeros((1, 3, 1), np.float32), np.zeros((1, 3), np.float32)
    where = {"num_frames": np.array([3]), "num_labels": np.array([1])}
    paths = 6  # one run of the symbol in three frames: 3 + 2 + 1
    found = float(np.asarray(path_loss(scores, blank, np.array([[7]]), **where))[0])
    assert found == pytest.approx(-np.log(paths))
    shifted = float(np.asarray(path_loss(scores - 2, blank - 2, np.array([[7]]), **where))[0])
    assert shifted == pytest.approx(6 - np.log(paths))


def test_half_precision_is_summed_in_float32() -> None:
    outputs = plain(2, 30, symbols=40, seed=8)
    half = {name: keras.ops.cast(logits, "bfloat16") for name, logits in outputs.items()}
    exact = {name: np.asarray(keras.ops.cast(logits, "float32")) for name, logits in half.items()}
    where = [[0, 1, 2], [3, 3, 5]], [30, 25], [3, 3]
    assert_allclose(loss(half, *where), loss(exact, *where), rtol=1e-6)


def test_it_runs_in_a_graph_of_unknown_sizes() -> None:
    shapes = {"kind": (8,), "initial": (19,), "medial": (19, 21), "final": (21, 28)}
    spec = {name: tf.TensorSpec([None, None, *shape]) for name, shape in shapes.items()}
    counts = tf.TensorSpec([None], tf.int32)

    @tf.function(input_signature=[spec, tf.TensorSpec([None, None], tf.int32), counts, counts])
    def compiled(outputs: Any, labels: Any, frames: Any, lengths: Any) -> Any:
        return ctc_loss(outputs, labels, num_frames=frames, num_labels=lengths)

    for count, steps in ((1, 7), (3, 12)):
        outputs = factorised(count, steps)
        where = np.full((count, 3), 5, np.int32), np.full(count, steps, np.int32), np.full(count, 3, np.int32)
        assert_allclose(compiled(outputs, *where), loss(outputs, *where), rtol=1e-5)
