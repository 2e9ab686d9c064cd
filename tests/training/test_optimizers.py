"""Every optimizer against steps computed in NumPy (float64) from its paper."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from koocr.errors import ConfigError
from koocr.training.optimizers import (
    NO_WEIGHT_DECAY,
    OPTIMIZERS,
    AdaBound,
    Muon,
    make_optimizer,
    orthogonalised,
)

RATE = 0.01
BETA_2 = 0.6  # forgets fast, so that a largest square differs from the running one within a few steps


def run(optimizer, start, gradients, *, name="kernel"):
    """The values of one variable after each of the gradients."""
    variable = keras.Variable(start, dtype="float32", name=name)
    optimizer.build([variable])
    values = []
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient.astype("float32"))], [variable])
        values.append(keras.ops.convert_to_numpy(variable).copy())
    return values


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def adabound_steps(start, gradients, *, gamma, amsbound):
    """Luo et al. (2019), algorithm 2 (3 if amsbound), with the bias correction of the authors' code."""
    x, mean, square, largest = start.astype("float64"), 0.0, 0.0, 0.0
    final = RATE
    for t, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        square = BETA_2 * square + (1 - BETA_2) * gradient**2
        largest = np.maximum(largest, square)
        used = largest if amsbound else square
        size = RATE * np.sqrt(1 - BETA_2**t) / (1 - 0.9**t) / (np.sqrt(used) + 1e-8)
        x = x - np.clip(size, final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))) * mean
        yield x


# They shrink, so that the largest square so far differs from the running one.
SHRINKING = [random(4, 3, seed=t) * 10.0 ** (1 - t / 4) for t in range(1, 13)]


@pytest.mark.parametrize("amsbound", [False, True])
@pytest.mark.parametrize("gamma", [0.001, 0.5])
def test_adabound_takes_the_steps_of_the_paper(amsbound, gamma):
    start = random(4, 3)
    optimizer = AdaBound(RATE, beta_2=BETA_2, final_ratio=1, gamma=gamma, amsbound=amsbound)
    expected = list(adabound_steps(start, SHRINKING, gamma=gamma, amsbound=amsbound))
    for value, want in zip(run(optimizer, start, SHRINKING), expected, strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-4, atol=1e-6)


def test_the_adabound_cases_above_differ():
    ends = [
        list(adabound_steps(random(4, 3), SHRINKING, gamma=gamma, amsbound=amsbound))[-1]
        for gamma in (0.001, 0.5)
        for amsbound in (False, True)
    ]
    assert min(np.abs(a - b).max() for i, a in enumerate(ends) for b in ends[:i]) > 1e-3


def test_adabound_by_hand():
    """One step from 1 with gradient 2, inside the bounds, below and above them."""
    # m = 0.1 · 2 = 0.2, v = 0.001 · 4, Adam's size = 0.01 · sqrt(0.001) / 0.1 / sqrt(0.004) = 0.05.
    # Bounds for gamma = 1: final / 2 and final · 2. They hold 0.05 if final is 0.06, not if 0.2 or 0.01.
    for final_ratio, size in ((6, 0.05), (20, 0.1), (1, 0.02)):
        (value,) = run(AdaBound(0.01, final_ratio=final_ratio, gamma=1.0), np.ones(1), [np.full(1, 2.0)])
        np.testing.assert_allclose(value, [1 - size * 0.2], rtol=1e-6)


def test_adabound_follows_a_schedule_in_both_bounds():
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1, 1000], [0.5, 0.0, 0.0])
    values = run(AdaBound(schedule), np.ones(2), [np.ones(2)] * 4)
    assert not np.array_equal(values[1], np.ones(2))
    np.testing.assert_array_equal(values[3], values[2])  # rate 0: no step, whatever the bounds


def newton_schulz(matrix):
    """The iteration in float64, without the transposition that only saves work."""
    x = matrix / np.linalg.norm(matrix)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (9, 9)])
def test_orthogonalised_keeps_singular_vectors_and_evens_out_values(shape):
    matrix = random(*shape) * 7
    result = np.asarray(orthogonalised(keras.ops.convert_to_tensor(matrix.astype("float32"))))
    np.testing.assert_allclose(result, newton_schulz(matrix), atol=1e-3)
    u, values, v = np.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ result @ v.T
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=2e-3)
    kept = np.diag(inner)[values > 0.1 * values.max()]
    assert ((kept > 0.65) & (kept < 1.25)).all()


@pytest.mark.parametrize("nesterov", [False, True])
def test_muon_takes_the_convolution_kernel_as_one_matrix(nesterov):
    shape = (3, 3, 4, 8)
    x, mean = random(*shape), np.zeros(shape)
    gradients = [random(*shape, seed=t) for t in range(1, 5)]
    values = run(Muon(RATE, nesterov=nesterov), x, gradients)
    for gradient, value in zip(gradients, values, strict=True):
        mean = 0.95 * mean + gradient
        ahead = gradient + 0.95 * mean if nesterov else mean
        update = newton_schulz(ahead.reshape(36, 8)) * 0.2 * np.sqrt(36)
        x = x - RATE * update.reshape(shape)
        np.testing.assert_allclose(value, x, atol=1e-4)


def test_muon_update_is_as_large_as_its_rms():
    shape = (3, 3, 16, 64)
    (value,) = run(Muon(1.0), np.zeros(shape), [random(*shape)])
    assert 0.15 < np.sqrt((value**2).mean()) < 0.23


@pytest.mark.parametrize(
    ("shape", "name", "options", "orthogonal"),
    [
        ((3, 3, 4, 8), "kernel", {}, True),
        ((1, 1, 4, 8), "kernel", {}, True),
        ((3, 3, 8, 1), "kernel", {}, False),  # depthwise
        ((4, 4, 8), "pool_weight", {}, False),
        ((8, 19), "kernel", {}, False),
        ((8, 19), "kernel", {"dense": True}, True),
        ((8, 19), "initial_kernel", {"dense": True, "exclude": ["^initial"]}, False),
        ((8,), "bias", {"dense": True}, False),
    ],
)
def test_muon_leaves_the_rest_to_adamw(shape, name, options, orthogonal):
    gradients = [random(*shape, seed=t) for t in range(3)]
    start = random(*shape, seed=9)
    muon = make_optimizer("muon", RATE, weight_decay=0.1, **options)
    adamw = make_optimizer("adamw", RATE, weight_decay=0.1, epsilon=1e-8)
    value = run(muon, start, gradients, name=name)[-1]
    is_adamw = np.allclose(value, run(adamw, start, gradients, name=name)[-1], atol=1e-6)
    assert is_adamw is not orthogonal


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_is_decoupled_and_spares_offsets(name):
    zeros = [np.zeros((3, 3, 2, 4))] * 2
    (_, decayed) = run(make_optimizer(name, RATE, weight_decay=0.5), np.ones((3, 3, 2, 4)), zeros)
    np.testing.assert_allclose(decayed, (1 - RATE * 0.5) ** 2, rtol=1e-5)
    for spared in NO_WEIGHT_DECAY:
        (value,) = run(make_optimizer(name, RATE, weight_decay=0.5), np.ones(3), [np.zeros(3)], name=spared)
        np.testing.assert_array_equal(value, 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_finds_the_minimum_of_a_convolution(name):
    """A convolution learns the kernel that made its targets, from a fixed seed."""
    keras.utils.set_random_seed(0)
    image = random(16, 6, 6, 2, seed=1).astype("float32")
    target = np.asarray(keras.ops.conv(image, random(3, 3, 2, 4, seed=2).astype("float32"), padding="same"))
    model = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(4, 3, padding="same")])
    rate = {"sgd": 0.1, "adabound": 0.005}.get(name, 0.05)
    model.compile(make_optimizer(name, rate), "mse")
    first = model.evaluate(image, target, verbose=0)
    model.fit(image, target, batch_size=16, epochs=120, verbose=0)
    assert model.evaluate(image, target, verbose=0) < first / 20


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_config_round_trip_and_state_resume(name):
    """Two steps, a copy with the same state, two more steps: as four steps in one go."""
    shape = (3, 3, 2, 4)
    gradients = [random(*shape, seed=t) for t in range(4)]
    options = {"amsbound": True} if name == "adabound" else {}
    first = make_optimizer(name, RATE, weight_decay=0.1, **options)
    through = run(make_optimizer(name, RATE, weight_decay=0.1, **options), random(*shape), gradients)[-1]
    half = run(first, random(*shape), gradients[:2])[-1]
    copy = type(first).from_config(first.get_config())
    assert copy.get_config() == first.get_config()
    variable = keras.Variable(half, dtype="float32", name="kernel")
    copy.build([variable])
    for target, source in zip(copy.variables, first.variables, strict=True):
        target.assign(source)
    for gradient in gradients[2:]:
        copy.apply([keras.ops.convert_to_tensor(gradient.astype("float32"))], [variable])
    np.testing.assert_array_equal(np.asarray(variable), through)


def test_clipnorm_is_of_all_gradients_together():
    plain = make_optimizer("sgd", 1.0, clipnorm=1.0, momentum=0.0, nesterov=False)
    (value,) = run(plain, np.zeros(2), [np.array([30.0, 40.0])])
    np.testing.assert_allclose(value, [-0.6, -0.8], rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"name": "adabond", "learning_rate": 0.1}, ["'adabond'", "did you mean 'adabound'", "sgd", "muon"]),
        ({"name": "zzz", "learning_rate": 0.1}, ["'zzz'", "allowed"]),
        ({"name": "sgd", "learning_rate": 0.0}, ["learning_rate", "0.0", "above 0"]),
        ({"name": "sgd", "learning_rate": float("nan")}, ["learning_rate", "nan"]),
        ({"name": "sgd", "learning_rate": "fast"}, ["learning_rate", "'fast'"]),
        ({"name": "sgd", "learning_rate": 0.1, "weight_decay": -1}, ["weight_decay", "-1"]),
        ({"name": "muon", "learning_rate": 0.1, "momentun": 0.9}, ["muon", "momentun"]),
    ],
)
def test_user_errors_say_what_and_what_to_do(call, words):
    with pytest.raises(ConfigError) as error:
        make_optimizer(**call)
    assert all(word in str(error.value) for word in words), str(error.value)
