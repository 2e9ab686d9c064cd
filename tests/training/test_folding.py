"""Blocks that are folded compute what they did."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.training.folding import Block, fold, folded_block, trained_block  # noqa: E402

NAMES = ["first", "same", "wide"]


def build(block: Block) -> keras.Model:
    """A block with another number of channels, one with a shortcut, one with strides of its own each way."""
    image = keras.Input((10, None, 2))
    x = block(image, "first", 4, 1)
    x = block(x, "same", 4, (1, 1))
    x = block(x, "wide", 4, (2, 1))
    x = keras.layers.Conv2D(3, 1, name="after")(x)
    return keras.Model(image, keras.layers.BatchNormalization(name="after_bn")(x))


def trained() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = build(trained_block)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape[0]
            gamma, beta, mean = (rng.normal(middle, 0.3, size) for middle in (1, 0, 0))
            layer.set_weights([gamma, beta, mean, rng.uniform(0.3, 3, size)])
    return model


@pytest.mark.parametrize("width", [1, 7, 12])
def test_the_folded_model_computes_the_same(width: int) -> None:
    model, folded = trained(), build(folded_block)
    fold(model, folded, NAMES)
    image = np.random.default_rng(2).normal(size=(3, 10, width, 2)).astype(np.float32)
    expected = model.predict_on_batch(image)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(folded.predict_on_batch(image), expected, atol=1e-5)


def test_only_where_the_shape_allows_it_is_there_a_shortcut() -> None:
    model = build(trained_block)
    adds = [layer.name for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert adds == ["same_add"]
    assert not any(isinstance(layer, keras.layers.Add) for layer in build(folded_block).layers)


def test_folding_leaves_the_trained_model_alone() -> None:
    model = trained()
    before = [value.copy() for value in model.get_weights()]
    fold(model, build(folded_block), NAMES)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
