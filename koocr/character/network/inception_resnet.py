"""Inception-ResNet."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings

Kernel = int | tuple[int, int]
Branch = Sequence[tuple[int, Kernel]]
"""Channels and kernel of the convolutions of one branch, in order."""

STEM: Branch = ((32, 3), (32, 3), (64, 3), (80, 1), (192, 3))
MIXED: tuple[Branch, ...] = (((96, 1),), ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3)))
BLOCK_A: tuple[Branch, ...] = (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))
BLOCK_B: tuple[Branch, ...] = (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))
BLOCK_C: tuple[Branch, ...] = (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))))
REDUCTION_A: tuple[Branch, ...] = (((384, 3),), ((256, 1), (256, 3), (384, 3)))
REDUCTION_B: tuple[Branch, ...] = (((256, 1), (384, 3)), ((256, 1), (288, 3)), ((256, 1), (288, 3), (320, 3)))

REPEATS = (5, 10, 5)


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Three stages of residual inception blocks: (N, S, S, c) to (N, S/16, S/16, 1536).

    Szegedy, Ioffe, Vanhoucke, Alemi, "Inception-v4, Inception-ResNet and the impact of residual connections
    on learning" (2016, arXiv 1602.07261): Inception-ResNet-v2 as in its authors' code, but with `REPEATS`
    blocks, which are those of v1 (half as many), without the stem's first pooling and with every convolution
    padded: it was made for 299 px, which would leave nothing of 64.
    """
    for number, (filters, kernel) in enumerate(STEM, start=1):
        stride = 2 if number == 1 else 1
        x = conv_bn(x, channels(filters, settings), kernel=kernel, stride=stride, name=f"stem{number}")
    x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    x = _mixed(x, settings)
    x = repeated(x, BLOCK_A, settings, scale=0.17, times=REPEATS[0], name="a")
    x = branches(x, REDUCTION_A, settings, stride=2, name="reduction_a")
    x = repeated(x, BLOCK_B, settings, scale=0.1, times=REPEATS[1], name="b")
    x = branches(x, REDUCTION_B, settings, stride=2, name="reduction_b")
    x = repeated(x, BLOCK_C, settings, scale=0.2, times=REPEATS[2], name="c")
    return conv_bn(x, channels(1536, settings), kernel=1, name="last")


def _mixed(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """The inception block between stem and stages, with a branch of averages: (N, h, w, 320)."""
    mean = layers.AveragePooling2D(3, 1, padding="same", name="mixed_pool")(x)
    mean = conv_bn(mean, channels(64, settings), kernel=1, name="mixed_mean")
    return layers.Concatenate(name="mixed")([branches(x, MIXED, settings, name="mixed"), mean])


def branches(
    x: keras.KerasTensor, plan: Sequence[Branch], settings: CharacterSettings, *, name: str, stride: int = 1
) -> keras.KerasTensor:
    """Runs the branches side by side and joins their channels.

    Args:
        x: (N, h, w, C).
        plan: the branches.
        settings: for the width.
        name: prefix of the layers' names.
        stride: of the last convolution of each branch; with 2, a max pooling is a further branch.
    """
    results = [layers.MaxPooling2D(3, stride, padding="same", name=f"{name}_pool")(x)] if stride > 1 else []
    for number, branch in enumerate(plan, start=1):
        y = x
        for depth, (filters, kernel) in enumerate(branch, start=1):
            step = stride if depth == len(branch) else 1
            layer = f"{name}_{number}_{depth}"
            y = conv_bn(y, channels(filters, settings), kernel=kernel, stride=step, name=layer)
        results.append(y)
    return layers.Concatenate(name=f"{name}_concat")(results)


def repeated(
    x: keras.KerasTensor,
    plan: Sequence[Branch],
    settings: CharacterSettings,
    *,
    scale: float,
    times: int,
    name: str,
) -> keras.KerasTensor:
    """Residual blocks: x plus `scale` times what the branches find, through a 1×1 convolution and ReLU."""
    for number in range(1, times + 1):
        block = f"{name}{number}"
        found = branches(x, plan, settings, name=block)
        found = layers.Conv2D(x.shape[-1], 1, name=f"{block}_up")(found)
        found = layers.Rescaling(scale, name=f"{block}_scale")(found)
        x = layers.Add(name=f"{block}_add")([x, found])
        x = layers.Activation("relu", name=f"{block}_relu")(x)
    return x
