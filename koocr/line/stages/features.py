"""The trunks of the family, as the study's own code has them: from a line image to a map of frames.

Each is a function (x, build, settings) -> map, from (N, H, W, 1) to (N, h, W // 4, channels), h at least 1.
They differ from the study's code in one thing: maps keep the width W // 4 (theirs grow and shrink by one or
two columns on the way), so that frame t begins at pixel 4t in all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from koocr.line.stages.maps import MapBuilder
from koocr.line.stages.settings import StageSettings

Trunk = Callable[[keras.KerasTensor, MapBuilder, StageSettings], keras.KerasTensor]

RECURRENCES = 5
"""How often a gated recurrent convolution sees its own result."""
BLOCKS = (1, 2, 5, 3)
"""Residual blocks of the four stages of ResNet."""


def vgg(x: keras.KerasTensor, build: MapBuilder, settings: StageSettings) -> keras.KerasTensor:
    """Seven convolutions, the trunk of CRNN (Shi, Bai, Yao, 2016, arXiv 1507.05717, table 1)."""
    widths = [settings.channels // share for share in (8, 4, 2, 1)]
    x = build.conv_relu(x, widths[0], name="1")
    x = build.halve(x, name="1_pool")
    x = build.conv_relu(x, widths[1], name="2")
    x = build.halve(x, name="2_pool")
    x = build.conv_relu(x, widths[2], name="3_1")
    x = build.conv_relu(x, widths[2], name="3_2")
    x = build.halve_height(x, name="3_pool")
    x = build.conv_norm_relu(x, widths[3], name="4_1")
    x = build.conv_norm_relu(x, widths[3], name="4_2")
    x = build.halve_height(x, name="4_pool")
    return build.conv_relu(x, widths[3], name="5", kernel=2)


def rcnn(x: keras.KerasTensor, build: MapBuilder, settings: StageSettings) -> keras.KerasTensor:
    """Gated recurrent convolutions (Wang, Hu, "Gated recurrent convolution neural network for OCR", 2017)."""
    widths = [settings.channels // share for share in (8, 4, 2, 1)]
    x = build.conv_relu(x, widths[0], name="1")
    x = build.halve(x, name="1_pool")
    x = gated_recurrence(x, build, widths[0], name="2")
    x = build.halve(x, name="2_pool")
    x = gated_recurrence(x, build, widths[1], name="3")
    x = build.halve_height(x, name="3_pool", columns=2)
    x = gated_recurrence(x, build, widths[2], name="4")
    x = build.halve_height(x, name="4_pool", columns=2)
    return build.conv_norm_relu(x, widths[3], name="5", kernel=2)


def gated_recurrence(
    x: keras.KerasTensor, build: MapBuilder, filters: int, *, name: str
) -> keras.KerasTensor:
    """One convolution that is applied to its own result again and again, as far as a gate lets it through.

    Wang, Hu (2017, section 3.2): the weights are those of one layer, the normalisations are each time's own.

    Args:
        x: (N, h, w, C), zero beside the lines.
        build: adds the layers.
        filters: channels of the result.
        name: of the layers.

    Returns:
        (N, h, w, filters).
    """
    own = build.conv(x, filters, name=f"{name}_own")
    own_gate = build.conv(x, filters, name=f"{name}_own_gate", kernel=1)
    again, again_gate = (
        _conv(filters, 3, name=f"features_{name}_again"),
        _conv(filters, 1, name=f"features_{name}_again_gate"),
    )
    x = build.relu(build.norm(own, name=f"{name}_bn"), name=name)
    for number in range(1, RECURRENCES + 1):
        step = f"{name}_{number}"
        gate = layers.Add(name=f"features_{step}_gates")(
            [
                build.norm(own_gate, name=f"{step}_own_gate_bn"),
                build.norm(again_gate(x), name=f"{step}_gate_bn"),
            ]
        )
        gate = layers.Activation("sigmoid", name=f"features_{step}_gate")(gate)
        back = build.norm(again(x), name=f"{step}_again_bn")
        back = layers.Multiply(name=f"features_{step}_gated")([back, gate])
        back = build.norm(back, name=f"{step}_gated_bn")
        x = layers.Add(name=f"features_{step}_add")([build.norm(own, name=f"{step}_own_bn"), back])
        x = build.relu(x, name=step)
    return x


def _conv(filters: int, kernel: int, *, name: str) -> layers.Conv2D:
    return layers.Conv2D(
        filters, kernel, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )


def resnet(x: keras.KerasTensor, build: MapBuilder, settings: StageSettings) -> keras.KerasTensor:
    """A residual network of 29 convolutions (Cheng et al., "Focusing attention", 2017, table 1)."""
    widths = [settings.channels // share for share in (4, 2, 1, 1)]
    x = build.conv_norm_relu(x, settings.channels // 16, name="0_1")
    x = build.conv_norm_relu(x, settings.channels // 8, name="0_2")
    x = build.halve(x, name="1_pool")
    x = _stage(x, build, widths[0], number=1)
    x = build.halve(x, name="2_pool")
    x = _stage(x, build, widths[1], number=2)
    x = build.halve_height(x, name="3_pool", columns=2)
    x = _stage(x, build, widths[2], number=3)
    for block in range(1, BLOCKS[3] + 1):
        x = residual(x, build, widths[3], name=f"4_{block}")
    x = build.conv_norm_relu(x, widths[3], name="4_last1", kernel=2, height_stride=2, look="left")
    return build.conv_norm_relu(x, widths[3], name="4_last2", kernel=2)


def _stage(x: keras.KerasTensor, build: MapBuilder, filters: int, *, number: int) -> keras.KerasTensor:
    """The residual blocks of a stage and the convolution behind them."""
    for block in range(1, BLOCKS[number - 1] + 1):
        x = residual(x, build, filters, name=f"{number}_{block}")
    return build.conv_norm_relu(x, filters, name=f"{number}_last")


def residual(x: keras.KerasTensor, build: MapBuilder, filters: int, *, name: str) -> keras.KerasTensor:
    """Two convolutions beside the identity, or beside a 1×1 convolution where the channels change."""
    y = build.conv_norm_relu(x, filters, name=f"{name}_a")
    y = build.norm(build.conv(y, filters, name=f"{name}_b_conv"), name=f"{name}_b_bn")
    if x.shape[-1] != filters:
        x = build.conv(x, filters, name=f"{name}_beside_conv", kernel=1)
        x = build.norm(x, name=f"{name}_beside_bn")
    return build.relu(layers.Add(name=f"features_{name}_add")([x, y]), name=name)


TRUNKS: dict[str, Trunk] = {"VGG": vgg, "RCNN": rcnn, "ResNet": resnet}


def frames(
    image: keras.KerasTensor, num_frames: keras.KerasTensor, settings: StageSettings
) -> keras.KerasTensor:
    """One vector for every four columns of the line image.

    Args:
        image: (N, H, W, 1), zero beside the lines; columns beyond the last whole four are dropped.
        num_frames: (N,) int32, of each line.
        settings: which trunk.

    Returns:
        (N, W // 4, channels), zero beside the lines.
    """
    x = TRUNKS[settings.features](image, MapBuilder(num_frames, prefix="features"), settings)
    if x.shape[1] > 1:
        x = layers.AveragePooling2D((x.shape[1], 1), name="features_mean")(x)  # (N, 1, T, C)
    return layers.Reshape((-1, settings.channels), name="features")(x)
