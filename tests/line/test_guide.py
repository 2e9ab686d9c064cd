"""The guide: it knows only what stands before, its loss is what a table says, nothing of it is read with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="training needs the train extra")

from koocr.charset import line_charset  # noqa: E402
from koocr.errors import ConfigError  # noqa: E402
from koocr.hangul import NUM_SYLLABLES  # noqa: E402
from koocr.line.guide import GuideLoss, Placed, Told  # noqa: E402
from koocr.line.network import build_network  # noqa: E402
from koocr.line.settings import LineSettings  # noqa: E402
from koocr.line.training import with_loss  # noqa: E402
from tests.line.line_oracles import factorised  # noqa: E402

TINY = LineSettings(height=16, width=0.1, neck_layers=1, neck_units=8, neck_heads=2, rank=2)
TEXTS = ("가 힣A", "볶", "")


def labels_of(texts: tuple[str, ...], size: int = 4) -> tuple[np.ndarray, np.ndarray]:
    ids = [line_charset().encode(text) for text in texts]
    labels = np.zeros((len(texts), size), np.int32)
    for row, values in zip(labels, ids, strict=True):
        row[: len(values)] = values
    return labels, np.array([len(values) for values in ids], np.int32)


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def test_the_loss_is_that_of_each_symbol_and_of_the_end() -> None:
    labels, num_labels = labels_of(TEXTS)
    outputs = factorised(3, 5, others=len(line_charset()) - NUM_SYLLABLES)
    found = np.asarray(GuideLoss()({**outputs, "labels": labels, "num_labels": num_labels}))
    kind, initial, medial, final = (
        softmax(np.asarray(outputs[name], np.float64)) for name in ("kind", "initial", "medial", "final")
    )
    for line, text in enumerate(TEXTS):
        total = 0.0
        for step, symbol in enumerate(text):
            number = int(labels[line, step])
            if number < NUM_SYLLABLES:
                a, b, c = number // 588, number % 588 // 28, number % 28
                parts = initial[line, step, a] * medial[line, step, a, b] * final[line, step, b, c]
                total += np.log(kind[line, step, 1] * parts)
            else:
                total += np.log(kind[line, step, 2 + number - NUM_SYLLABLES])
            assert line_charset().decode([number]) == symbol
        total += np.log(kind[line, len(text), 0])
        np.testing.assert_allclose(found[line], -total / (len(text) + 1), rtol=1e-4)


def test_a_step_is_told_the_symbol_before_it_and_nothing_behind() -> None:
    told = Told(6)
    labels, _ = labels_of(("가갸A 힣",), 5)
    rows = np.asarray(told(labels))[0]
    table = told.get_weights()[0]
    first, ga, gya = rows[:3]
    np.testing.assert_allclose(first, table[0], rtol=1e-5)
    np.testing.assert_allclose(ga, table[1] + table[1 + 19] + table[1 + 19 + 21], rtol=1e-5)
    np.testing.assert_allclose(gya - ga, table[1 + 19 + 2] - table[1 + 19], rtol=1e-4, atol=1e-6)
    latin = line_charset().encode("A")[0] - NUM_SYLLABLES
    np.testing.assert_allclose(rows[3], table[1 + 19 + 21 + 28 + latin], rtol=1e-5)
    assert told.compute_output_shape((2, 5)) == (2, 6, 6) and len(rows) == 6


def test_the_guide_does_not_see_what_it_is_asked_for() -> None:
    keras.utils.set_random_seed(3)
    learner = with_loss(build_network(TINY), TINY, guide=0.5)
    logits = keras.Model(learner.input, learner.get_layer("guide_kind").output)
    rng = np.random.default_rng(3)
    image = rng.random((1, 16, 96, 1), np.float32)
    seen = {}
    for text in ("가 힣A", "가 볶B"):
        labels, num_labels = labels_of((text,))
        given = {"image": image, "num_frames": np.array([20]), "labels": labels, "num_labels": num_labels}
        seen[text] = np.asarray(logits(given))[0]
    one, other = seen.values()
    np.testing.assert_allclose(one[:3], other[:3], atol=1e-5)  # asked for 가, the space, and the third
    assert np.abs(one[3] - other[3]).max() > 1e-4


def test_padding_changes_nothing() -> None:
    keras.utils.set_random_seed(4)
    learner = with_loss(build_network(TINY), TINY, guide=1.0)
    labels, num_labels = labels_of(("가 힣A",))
    image = np.zeros((1, 16, 160, 1), np.float32)
    image[:, :, :60] = np.random.default_rng(4).random((1, 16, 60, 1))
    losses = [
        float(
            np.asarray(
                learner(
                    {
                        "image": image[:, :, :width],
                        "num_frames": np.array([15]),
                        "labels": np.pad(labels, ((0, 0), (0, more)), constant_values=7),
                        "num_labels": num_labels,
                    }
                )["loss"]
            )[0]
        )
        for width, more in ((96, 0), (160, 3))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_only_the_learner_has_a_guide() -> None:
    model = build_network(TINY)
    before = [weight.path for weight in model.weights]
    guided = with_loss(model, TINY, guide=0.5)
    assert [weight.path for weight in model.weights] == before
    assert any("guide" in weight.path for weight in guided.trainable_weights)
    assert not any("guide" in weight.path for weight in with_loss(model, TINY).weights)


@pytest.mark.parametrize("head", ["plain", "jamo-sequence"])
def test_other_heads_are_not_guided(head: str) -> None:
    settings = replace(TINY, head=head)
    with pytest.raises(ConfigError, match="a guide goes with the head 'jamo'"):
        with_loss(build_network(settings), settings, guide=0.5)


def test_places_are_waves() -> None:
    waves = np.asarray(Placed()(np.zeros((1, 5, 6), np.float32)))[0]
    np.testing.assert_allclose(waves[:, 0], np.sin(np.arange(5)), atol=1e-6)
    np.testing.assert_allclose(waves[:, 5], np.cos(np.arange(5) / 1000), atol=1e-6)


@pytest.mark.parametrize("layer", [Told(6), Placed(), GuideLoss()])
def test_layers_come_back_from_their_settings(layer: keras.layers.Layer) -> None:
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
