"""The parts that go along a line: turning it round, reading it from both ends, and spelling it."""

import keras
import numpy as np
import pytest

from koocr.line.stages.attention import AttentionDecoder
from koocr.line.stages.sequence import Turn, in_context
from koocr.line.stages.settings import StageSettings

COUNTS = np.array([4, 1, 3], np.int32)
FRAMES = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
LABELS = np.array([[2, 0, 1], [1, -1, -1], [-1, -1, -1]], np.int32)


def numpy(value):
    return keras.ops.convert_to_numpy(value)


def test_turning_reverses_each_line_and_leaves_what_is_beside_it():
    turned = numpy(Turn()([FRAMES, COUNTS]))
    for row, count in enumerate(COUNTS):
        np.testing.assert_array_equal(turned[row, :count], FRAMES[row, :count][::-1])
        np.testing.assert_array_equal(turned[row, count:], FRAMES[row, count:])
    np.testing.assert_array_equal(numpy(Turn()([turned, COUNTS])), FRAMES)


def test_both_directions_are_those_of_keras_with_a_mask():
    """`Bidirectional` with `Masking` and the same weights; the second layer adds to what it is told."""
    frames, counts = keras.Input((None, 5)), keras.Input((), dtype="int32")
    settings = StageSettings(charset_size=3, hidden=4)
    model = keras.Model([frames, counts], in_context(frames, counts, settings))
    x = FRAMES
    mask = np.arange(4) < COUNTS[:, None]
    for number in (1, 2):
        lstm = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))
        lstm.build(x.shape)
        ahead, back, dense = (
            model.get_layer(f"sequence_{number}_{name}") for name in ("ahead", "back", "dense")
        )
        lstm.forward_layer.set_weights(ahead.get_weights())
        lstm.backward_layer.set_weights(back.get_weights())
        seen = dense(lstm(x, mask=mask))
        x = seen if number == 1 else x + seen  # frames of 5 numbers can't be added to 4
    np.testing.assert_allclose(numpy(model([FRAMES, COUNTS]))[mask], numpy(x)[mask], atol=1e-6)


@pytest.fixture(scope="module")
def decoder():
    keras.utils.set_random_seed(0)
    layer = AttentionDecoder(3, 6, 4)
    layer.build([(None, None, 5), (None,)])
    draw = np.random.default_rng(2)
    for weight in layer.weights:
        weight.assign(draw.normal(0, 1.5, weight.shape))
    return layer


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def spelled_by_hand(layer, frames, told):
    """The equations of the decoder for one line without padding, in double precision: (steps, 1 + C)."""
    weights = {weight.path.partition("/")[2]: weight.numpy().astype(np.float64) for weight in layer.weights}
    output, cell, result = np.zeros(6), np.zeros(6), []
    turns = np.arange(len(frames))[:, None] / 1000 ** np.array([0, 1 / 2, 1])
    keys = frames @ weights["key/kernel"] + np.concatenate([np.sin(turns), np.cos(turns)], axis=1)
    for column in told:
        hidden = np.tanh(keys + output @ weights["query/kernel"] + weights["query/bias"])
        scores = hidden @ weights["score/kernel"][:, 0]
        context = (np.exp(scores) / np.exp(scores).sum()) @ frames
        gates = context @ weights["seen/kernel"] + weights["before"][column]
        into, keep, new, out = np.split(gates + output @ weights["state/kernel"] + weights["state/bias"], 4)
        cell = sigmoid(keep) * cell + sigmoid(into) * np.tanh(new)
        output = sigmoid(out) * np.tanh(cell)
        result.append(np.concatenate([output, context]) @ weights["out/kernel"] + weights["out/bias"])
    return np.array(result)


def test_the_decoder_is_its_equations_and_sees_no_padding(decoder):
    logits = numpy(decoder([FRAMES, COUNTS, LABELS]))
    assert logits.shape == (3, 4, 4)
    for row, count in enumerate(COUNTS):
        expected = spelled_by_hand(decoder, FRAMES[row, :count], [0, *(LABELS[row] + 1)])
        np.testing.assert_allclose(logits[row], expected, atol=1e-4)


def test_reading_is_what_it_would_be_if_told_its_own_reading(decoder):
    free = numpy(decoder([FRAMES, COUNTS]))
    assert free.shape == (3, 5, 4)
    own = free.argmax(axis=2)
    assert len(np.unique(own)) > 1
    np.testing.assert_allclose(numpy(decoder([FRAMES, COUNTS, own[:, :-1] - 1])), free, atol=1e-5)
