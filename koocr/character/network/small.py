"""The default network: few, dense 3×3 convolutions, fast on a CPU.

A block trains as convolution + batch normalisation with a shortcut, and reads as a single convolution with
bias: both extra branches are linear and fold into its kernel (Ding et al., "RepVGG: Making VGG-style
ConvNets great again", 2021, section 3; their 1×1 branch is left out: with it, training on a CPU is half as
fast).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings

STAGES = ((32, 1, 2), (64, 2, 2), (96, 3, 2), (160, 3, 1))
"""Channels, blocks and first stride of each stage; the first is the stem.

The last stage keeps the map at an eighth of the image, so that under GWAP each jamo has places of its own.
"""


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """(N, S, S, c) to (N, S/8, S/8, 160)."""
    for name, filters, stride in _blocks(settings):
        y = conv_bn(x, filters, name=name, stride=stride, activation=None)
        if _has_shortcut(x, filters, stride):
            y = layers.Add(name=f"{name}_add")([y, x])
        x = layers.Activation("relu", name=f"{name}_relu")(y)
    return x


def folded_trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """The same function as `trunk`, one convolution a block; its weights come from `fold`."""
    for name, filters, stride in _blocks(settings):
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", activation="relu", name=f"{name}_conv")(
            x
        )
    return x


def fold(trained: keras.Model, folded: keras.Model, settings: CharacterSettings) -> None:
    """Gives a model on `folded_trunk` the function of one on `trunk`; the heads' weights are copied."""
    names = {name for name, _, _ in _blocks(settings)}
    for name in names:
        kernel, bias = _folded(trained.get_layer(f"{name}_conv"), trained.get_layer(f"{name}_bn"))
        if any(layer.name == f"{name}_add" for layer in trained.layers):
            kernel[1, 1] += np.eye(kernel.shape[2], dtype=kernel.dtype)
        folded.get_layer(f"{name}_conv").set_weights([kernel, bias])
    for layer in folded.layers:
        if layer.weights and layer.name.removesuffix("_conv") not in names:
            layer.set_weights(trained.get_layer(layer.name).get_weights())


def _folded(conv: layers.Conv2D, norm: layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / np.sqrt(variance + norm.epsilon)
    return conv.get_weights()[0] * factor, beta - mean * factor


def _blocks(settings: CharacterSettings) -> list[tuple[str, int, int]]:
    """(name, channels, stride) of each block."""
    return [
        (f"stage{stage}_{number}", channels(filters, settings), stride if number == 1 else 1)
        for stage, (filters, count, stride) in enumerate(STAGES, start=1)
        for number in range(1, count + 1)
    ]


def _has_shortcut(x: keras.KerasTensor, filters: int, stride: int) -> bool:
    return stride == 1 and x.shape[-1] == filters
