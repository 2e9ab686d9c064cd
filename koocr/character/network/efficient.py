"""The network of fire modules that is called "efficient-net" here (it is not EfficientNet)."""

from __future__ import annotations

import keras
from keras import layers

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings

STAGES = ((64, 128, 128), (128, 256, 256), (256, 512, 512, 512, 512))
"""Channels of the fire modules; the first module of a stage halves the map."""


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """A convolution and eleven fire modules: (N, S, S, c) to (N, S/8, S/8, 512).

    Li, Teng, Jin, Lu, "Building efficient CNN architecture for offline handwritten Chinese character
    recognition" (2018, arXiv 1804.01259), without its early exits.
    """
    x = conv_bn(x, channels(64, settings), name="stem", activation="leaky_relu")
    for stage, widths in enumerate(STAGES, start=1):
        for number, width in enumerate(widths, start=1):
            stride = 2 if number == 1 else 1
            x = fire(x, channels(width, settings), stride=stride, name=f"stage{stage}_{number}")
    return x


def fire(x: keras.KerasTensor, filters: int, *, stride: int, name: str) -> keras.KerasTensor:
    """Squeezes the channels to an eighth, then expands by 1×1 and by 3×3 to half of `filters` each.

    Iandola et al., "SqueezeNet" (2016, arXiv 1602.07360, section 3.1), with batch normalisation.
    """
    act = "leaky_relu"
    squeezed = conv_bn(x, max(4, filters // 8), kernel=1, name=f"{name}_squeeze", activation=act)
    half = filters // 2
    narrow = conv_bn(squeezed, half, kernel=1, stride=stride, name=f"{name}_expand1", activation=act)
    wide = conv_bn(squeezed, half, kernel=3, stride=stride, name=f"{name}_expand3", activation=act)
    return layers.Concatenate(name=f"{name}_concat")([narrow, wide])
