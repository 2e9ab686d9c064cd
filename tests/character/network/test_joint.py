"""The joint head against its formula, summed over all 11,172 syllables one by one."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.character.network.joint import JointScores, joint_scores  # noqa: E402
from koocr.hangul import NUM_SYLLABLES, split_index  # noqa: E402

RANK = 3
PAIRS = ((0, 1), (1, 2), (0, 2))
Parts = list[np.ndarray]


def made(rows: int = 2) -> tuple[JointScores, Parts]:
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(0)
    parts = [rng.normal(0, 1, (rows, size)).astype(np.float32) for size in (19, 21, 28, 3 * RANK)]
    layer = JointScores(dtype="float32")
    layer.build([part.shape for part in parts])
    return layer, parts


def by_formula(layer: JointScores, parts: Parts) -> np.ndarray:
    """score(a, b, c), each syllable and each term on its own, in float64."""
    factors = {weight.name: np.asarray(weight, np.float64) for weight in layer.weights}
    jamo = split_index(np.arange(NUM_SYLLABLES))
    score = sum(part[:, index].astype(np.float64) for part, index in zip(parts[:3], jamo, strict=True))
    for number, (left, right) in enumerate(PAIRS):
        gates = parts[3][:, number * RANK : (number + 1) * RANK].astype(np.float64)
        u = factors[f"factor_{(left, right)}_{left}"][jamo[left]]  # (11172, rank)
        v = factors[f"factor_{(left, right)}_{right}"][jamo[right]]
        score = score + gates @ (u * v).T
    return np.asarray(score)


def test_scores_are_those_of_the_formula() -> None:
    layer, parts = made()
    np.testing.assert_allclose(np.asarray(layer(parts)), by_formula(layer, parts), rtol=1e-4, atol=1e-5)


def test_without_gates_the_softmax_is_the_product_of_three() -> None:
    layer, parts = made()
    parts[3] = np.zeros_like(parts[3])
    joint = np.asarray(keras.ops.softmax(layer(parts)))
    initial, medial, final = (np.asarray(keras.ops.softmax(part)) for part in parts[:3])
    product = initial[:, :, None, None] * medial[:, None, :, None] * final[:, None, None, :]
    np.testing.assert_allclose(joint, product.reshape(2, -1), rtol=1e-4)
    np.testing.assert_allclose(joint.sum(1), 1, rtol=1e-5)


def test_a_fresh_head_starts_with_independent_jamo() -> None:
    names = ("initial", "medial", "final")
    inputs = {name: keras.Input((6,), name=f"{name}_vector") for name in names}
    model = keras.Model(list(inputs.values()), joint_scores(inputs, RANK))
    assert model.output_shape == (None, NUM_SYLLABLES)
    vectors = [np.random.default_rng(1).normal(0, 1, (4, 6)).astype(np.float32) for _ in names]
    scores = np.asarray(model(vectors)).reshape(4, 19, 21, 28)
    for axis in (1, 2, 3):  # a change of one jamo adds the same, whatever the others are
        steps = np.diff(scores, axis=axis)
        others = tuple({1, 2, 3} - {axis})
        assert np.ptp(steps, axis=others).max() < 1e-4 < np.abs(steps).max()


def test_gradients_are_finite_differences() -> None:
    tf = pytest.importorskip("tensorflow", reason="the gradient is TensorFlow's")
    layer, parts = made(1)
    label, shift = 4321, 1e-2

    def loss() -> float:
        scores = by_formula(layer, [np.asarray(variable) for variable in inputs])
        return float(np.log(np.exp(scores).sum()) - scores[0, label])

    inputs = [tf.Variable(part) for part in parts]
    with tf.GradientTape() as tape:
        scores = layer(inputs)
        value = tf.reduce_logsumexp(scores) - scores[0, label]
    assert float(value) == pytest.approx(loss(), rel=1e-5)
    variables = [*inputs, *(weight.value for weight in layer.weights)]
    rng = np.random.default_rng(3)
    for variable, gradient in zip(variables, tape.gradient(value, variables), strict=True):
        before = variable.numpy()
        for _ in range(3):
            place = tuple(int(rng.integers(size)) for size in before.shape)
            losses = []
            for moved in (before[place] + shift, before[place] - shift):
                changed = before.copy()
                changed[place] = moved
                variable.assign(changed)
                losses.append(loss())
            variable.assign(before)
            assert gradient.numpy()[place] == pytest.approx(
                (losses[0] - losses[1]) / (2 * shift), abs=2e-3, rel=2e-2
            )
