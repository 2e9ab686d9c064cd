"""MobileNetV3-Small."""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import layers

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings


class Bottleneck(NamedTuple):
    """One inverted residual block.

    Attributes:
        kernel: side of the depthwise kernel.
        expanded: channels inside the block.
        filters: channels of its result.
        squeeze: whether it weighs its channels by their means (squeeze and excite).
        activation: inside the block.
        stride: of the depthwise convolution.
    """

    kernel: int
    expanded: int
    filters: int
    squeeze: bool
    activation: str
    stride: int


BLOCKS = (
    Bottleneck(3, 16, 16, True, "relu", 2),
    Bottleneck(3, 72, 24, False, "relu", 2),
    Bottleneck(3, 88, 24, False, "relu", 1),
    Bottleneck(5, 96, 40, True, "hard_silu", 2),
    Bottleneck(5, 240, 40, True, "hard_silu", 1),
    Bottleneck(5, 240, 40, True, "hard_silu", 1),
    Bottleneck(5, 120, 48, True, "hard_silu", 1),
    Bottleneck(5, 144, 48, True, "hard_silu", 1),
    Bottleneck(5, 288, 96, True, "hard_silu", 2),
    Bottleneck(5, 576, 96, True, "hard_silu", 1),
    Bottleneck(5, 576, 96, True, "hard_silu", 1),
)
"""Howard et al., table 2."""


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Eleven inverted residual blocks: (N, S, S, c) to (N, S/16, S/16, 576).

    Howard et al., "Searching for MobileNetV3" (2019, arXiv 1905.02244, table 2), with a first convolution of
    stride 1: characters come at 64 to 96 px, not at 224.
    """
    x = conv_bn(x, channels(16, settings), name="stem", activation="hard_silu")
    for number, block in enumerate(BLOCKS, start=1):
        x = inverted_residual(x, block, settings, name=f"block{number}")
    return conv_bn(x, channels(576, settings), kernel=1, name="last", activation="hard_silu")


def inverted_residual(
    x: keras.KerasTensor, block: Bottleneck, settings: CharacterSettings, *, name: str
) -> keras.KerasTensor:
    """Widens by 1×1 if need be, filters and weighs each channel, narrows by 1×1; a residual if it fits."""
    start, filters = x, channels(block.filters, settings)
    expanded = channels(block.expanded, settings)
    if expanded != x.shape[-1]:
        x = conv_bn(x, expanded, kernel=1, name=f"{name}_up", activation=block.activation)
    x = layers.DepthwiseConv2D(
        block.kernel, strides=block.stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = layers.BatchNormalization(name=f"{name}_depthwise_bn")(x)
    x = layers.Activation(block.activation, name=f"{name}_depthwise_{block.activation}")(x)
    if block.squeeze:
        x = squeeze_excite(x, name=f"{name}_squeeze")
    x = conv_bn(x, filters, kernel=1, name=f"{name}_down", activation=None)
    if block.stride == 1 and start.shape[-1] == filters:
        x = layers.Add(name=f"{name}_add")([start, x])
    return x


def squeeze_excite(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Weighs each channel by a function of all channels' means (Hu et al., 2018)."""
    size = x.shape[-1]
    squeezed = max(8, (size // 4 + 4) // 8 * 8)
    weights = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)  # (N, 1, 1, C)
    weights = layers.Conv2D(squeezed, 1, activation="relu", name=f"{name}_in")(weights)
    weights = layers.Conv2D(size, 1, activation="hard_sigmoid", name=f"{name}_out")(weights)
    return layers.Multiply(name=f"{name}_scale")([x, weights])
