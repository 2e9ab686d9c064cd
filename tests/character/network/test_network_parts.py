"""The layers that are written here, against their definitions in NumPy."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

from koocr.character.network import build_network, reading_network
from koocr.character.network.adversarial import GradientReversal, only_discriminator
from koocr.character.network.blocks import AveragePooling3x3, DirectionMaps, channels
from koocr.character.network.pooling import pool
from koocr.character.network.refinement import IterativeRefinement
from koocr.character.settings import CharacterSettings

MAP = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype("float32")


def linked(link):
    """A pooling layer with weights that are not their start values, on `MAP`."""
    inputs = keras.Input(MAP.shape[1:])
    model = keras.Model(inputs, pool(inputs, link, name="pool"))
    weights = [np.random.default_rng(1).normal(size=weight.shape) for weight in model.get_weights()]
    model.set_weights(weights)
    return model(MAP).numpy(), weights


def test_gwap_weighs_every_place_of_every_channel():
    result, (weight,) = linked("GWAP")
    np.testing.assert_allclose(result, np.einsum("nhwc,hwc->nc", MAP, weight) / 20, atol=1e-5)


def test_gwoap_weighs_every_channel():
    result, (weight,) = linked("GWOAP")
    np.testing.assert_allclose(result, MAP.mean((1, 2)) * weight, atol=1e-5)


def test_gap_and_flatten():
    np.testing.assert_allclose(linked("GAP")[0], MAP.mean((1, 2)), atol=1e-6)
    np.testing.assert_array_equal(linked("")[0], MAP.reshape(3, -1))


@pytest.mark.parametrize("link", ["GWAP", "GWOAP"])
def test_weighted_poolings_start_as_gap(link):
    inputs = keras.Input(MAP.shape[1:])
    result = keras.Model(inputs, pool(inputs, link, name="pool"))(MAP)
    np.testing.assert_allclose(result, MAP.mean((1, 2)), atol=1e-6)


@pytest.mark.parametrize("sides", [(6, 6), (7, 7), (2, 3), (1, 4), (12, 5)])
def test_average_pooling_is_over_the_pixels_inside(sides):
    height, width = sides
    x = np.random.default_rng(2).normal(size=(2, height, width, 3)).astype("float32")
    # "Same" padding, 3 wide, stride 2: windows centred on odd pixels of an even side, on even ones of an odd.
    rows = [slice(max(0, c - 1), c + 2) for c in range(1 - height % 2, height, 2)]
    columns = [slice(max(0, c - 1), c + 2) for c in range(1 - width % 2, width, 2)]
    expected = np.stack([np.stack([x[:, r, c].mean((1, 2)) for c in columns], 1) for r in rows], 1)
    np.testing.assert_allclose(AveragePooling3x3()(x), expected, atol=1e-6)


def test_direction_maps_answer_to_the_eight_directions_of_an_edge():
    layer = DirectionMaps()
    size = 9
    ys, xs = np.mgrid[:size, :size] - size // 2
    strongest = []
    for turn in range(8):
        angle = turn * np.pi / 4
        edge = ((xs * np.cos(angle) - ys * np.sin(angle)) > 0).astype("float32")
        maps = layer(edge[None, :, :, None]).numpy()[0, 2:-2, 2:-2]
        assert maps.shape == (5, 5, 8)
        assert maps.min() >= 0
        assert maps.max() <= 1
        strongest.append(int(maps.sum((0, 1)).argmax()))
    assert sorted(strongest) == list(range(8))  # each direction has a map of its own


def test_direction_maps_are_fixed_and_leave_plain_ground_empty():
    layer = DirectionMaps()
    inside = layer(np.ones((1, 8, 8, 1), "float32")).numpy()[:, 1:-1, 1:-1]
    np.testing.assert_array_equal(inside, 0)
    assert layer.weights == []


def refined(classes=5, steps=3):
    layer = IterativeRefinement(classes, units=8, steps=steps)
    return layer, layer(MAP)


def test_refinement_guesses_once_a_step_and_changes_its_mind():
    _, guesses = refined()
    assert [tuple(guess.shape) for guess in guesses] == [(3, 5)] * 3
    assert np.abs(guesses[1] - guesses[0]).max() > 1e-4
    assert np.abs(guesses[2] - guesses[1]).max() > 1e-4


def test_refinement_against_numpy():
    """The first two guesses from the layer's weights, with the GRU written out (Cho et al., 2014)."""
    layer, guesses = refined()
    get = {weight.path.split("/", 1)[-1]: weight.numpy() for weight in layer.weights}

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def softmax(x, axis):
        exponents = np.exp(x - x.max(axis, keepdims=True))
        return exponents / exponents.sum(axis, keepdims=True)

    def guess(state):
        return state @ get["guess/kernel"] + get["guess/bias"]

    places = MAP.reshape(3, 20, 6)
    state = np.tanh(places.mean(1) @ get["start/kernel"] + get["start/bias"])
    last = guess(state)
    for expected in guesses[:2]:
        seen = np.tanh(places @ get["key/kernel"] + get["key/bias"] + (state @ get["query/kernel"])[:, None])
        found = (softmax(seen @ get["score/kernel"], 1) * places).sum(1)
        inputs = np.concatenate([found, softmax(last, 1)], 1) @ get["cell/kernel"] + get["cell/bias"][0]
        memory = state @ get["cell/recurrent_kernel"] + get["cell/bias"][1]
        update, reset = (sigmoid(inputs[:, p] + memory[:, p]) for p in (slice(0, 8), slice(8, 16)))
        fresh = np.tanh(inputs[:, 16:] + reset * memory[:, 16:])
        state = update * state + (1 - update) * fresh
        last = guess(state)
        np.testing.assert_allclose(expected, last, atol=1e-5)


def tiny(**options):
    return CharacterSettings(
        **{"network": "afl", "image_size": 16, "width": 1 / 12, "refinement_units": 8, **options}
    )


def image(count=4, size=16):
    return np.random.default_rng(3).random((count, size, size, 1)).astype("float32")


def test_every_refined_jamo_has_a_state_of_its_own():
    model = build_network(tiny(iterative_refinement=True, refinement_t=3))
    before = model(image())
    layer = model.get_layer("medial_refinement")
    layer.set_weights([weight + 1.0 for weight in layer.get_weights()])
    after = model(image())
    changed = {name for name in before if np.abs(before[name] - after[name]).max() > 1e-6}
    assert changed == {"medial", "medial_1", "medial_2"}


def test_reading_network_drops_what_only_training_needs():
    model = build_network(tiny(iterative_refinement=True, refinement_t=3, adversarial=True))
    reading = reading_network(model)
    whole, part = model(image()), reading(image())
    assert list(part) == ["initial", "medial", "final", "single"]
    for name, value in part.items():
        np.testing.assert_array_equal(value, whole[name])


@pytest.mark.parametrize("ratio", [0.0, 0.15, 2.0])
def test_reversal_is_the_identity_with_the_gradient_turned_round(ratio):
    x = tf.Variable(MAP)
    with tf.GradientTape() as tape:
        y = GradientReversal(ratio)(x)
        loss = tf.reduce_sum(y * y)
    np.testing.assert_allclose(y, MAP, atol=1e-6)
    np.testing.assert_allclose(tape.gradient(loss, x), -ratio * 2 * MAP, atol=1e-5)


def kind_step(model, images, kinds):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss={"kind": loss}, run_eagerly=True)
    model.train_on_batch(images, {"kind": kinds})


def test_discriminator_learns_while_the_trunk_unlearns():
    """Turned round and scaled for the trunk, the gradient of "kind" is the plain one for the
    discriminator."""
    keras.utils.set_random_seed(0)
    model = build_network(tiny(adversarial=True, adversarial_ratio=0.25))
    kinds = np.array([[0.0], [1.0], [0.0], [1.0]])

    def gradients(ratio):
        model.get_layer("kind_reversal").ratio = ratio
        with tf.GradientTape() as tape:
            loss = keras.losses.BinaryCrossentropy(from_logits=True)(kinds, model(image())["kind"])
        found = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
        return {
            w.path: g.numpy() for w, g in zip(model.trainable_weights, found, strict=True) if g is not None
        }

    plain, adversarial = gradients(-1.0), gradients(0.25)
    assert any(path.startswith("stage1") for path in plain)
    assert all(np.abs(gradient).max() > 0 for gradient in plain.values())
    for path, gradient in adversarial.items():
        factor = 1.0 if path.startswith("kind") else -0.25
        np.testing.assert_allclose(gradient, factor * plain[path], rtol=1e-3, atol=1e-6)


def test_only_the_discriminator_is_fitted_inside_its_context():
    model = build_network(tiny(adversarial=True))
    model.get_layer("initial").trainable = False
    before = {layer.name: layer.get_weights() for layer in model.layers}
    with only_discriminator(model):
        kind_step(model, image(), np.array([[0.0], [1.0], [0.0], [1.0]]))
    changed = {
        layer.name
        for layer in model.layers
        if any((old != new).any() for old, new in zip(before[layer.name], layer.get_weights(), strict=True))
    }
    assert changed == {"kind_hidden", "kind"}
    assert not model.get_layer("initial").trainable  # as it was
    assert model.get_layer("medial").trainable


def test_heads_with_weighted_poolings_have_their_own_and_others_share():
    names = {
        layer.name
        for layer in build_network(tiny(fc_link="initial=GWAP,medial=GAP,final=GAP,single=")).layers
    }
    assert {"initial_pool", "gap", "flat"} <= names
    assert not {"medial_pool", "final_pool", "single_pool"} & names


def test_width_one_is_the_published_width():
    assert channels(100, CharacterSettings()) == 100
    assert channels(100, CharacterSettings(width=0.5)) == 48
    assert channels(16, CharacterSettings(width=0.125)) == 8
