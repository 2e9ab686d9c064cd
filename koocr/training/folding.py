"""Blocks that train as convolution, batch normalisation and shortcut, and read as one convolution.

Both extra branches are linear and fold into the kernel (Ding et al., "RepVGG: Making VGG-style ConvNets great
again", 2021, section 3; their 1×1 branch is left out: with it, training on a CPU is half as fast).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np
from keras import layers

Strides = int | tuple[int, int]
Block = Callable[[keras.KerasTensor, str, int, Strides], keras.KerasTensor]
"""Makes a block on a map (N, h, w, C), given its name, channels and strides."""


def trained_block(x: keras.KerasTensor, name: str, filters: int, strides: Strides) -> keras.KerasTensor:
    """3×3 convolution + batch normalisation, with a shortcut where the shape allows it, and ReLU."""
    y = layers.Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    y = layers.BatchNormalization(name=f"{name}_bn")(y)
    if strides in (1, (1, 1)) and x.shape[-1] == filters:
        y = layers.Add(name=f"{name}_add")([y, x])
    return layers.Activation("relu", name=f"{name}_relu")(y)


def folded_block(x: keras.KerasTensor, name: str, filters: int, strides: Strides) -> keras.KerasTensor:
    """The same function as `trained_block`, one convolution; its weights come from `fold`."""
    conv = layers.Conv2D(filters, 3, strides=strides, padding="same", activation="relu", name=f"{name}_conv")
    return conv(x)


def fold(
    trained: keras.Model,
    folded: keras.Model,
    names: Iterable[str],
    *,
    others: Mapping[str, Sequence[np.ndarray]] | None = None,
) -> None:
    """Gives a model of folded blocks the function of one of trained blocks; other weights are copied.

    Args:
        trained: the model to take weights from.
        folded: the same model with `folded_block` for each `trained_block`.
        names: of the blocks.
        others: the weights of layers that only the folded model has, by the layer's name.
    """
    blocks, others = set(names), others or {}
    for name in blocks:
        kernel, bias = _folded(trained.get_layer(f"{name}_conv"), trained.get_layer(f"{name}_bn"))
        if any(layer.name == f"{name}_add" for layer in trained.layers):
            kernel[1, 1] += np.eye(kernel.shape[2], dtype=kernel.dtype)
        folded.get_layer(f"{name}_conv").set_weights([kernel, bias])
    for layer in folded.layers:
        if layer.name in others:
            layer.set_weights(others[layer.name])
        elif layer.weights and layer.name.removesuffix("_conv") not in blocks:
            layer.set_weights(trained.get_layer(layer.name).get_weights())


def _folded(conv: layers.Conv2D, norm: layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / np.sqrt(variance + norm.epsilon)
    return conv.get_weights()[0] * factor, beta - mean * factor
