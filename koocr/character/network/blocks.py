"""The layers that the trunks are made of. Channels last: (N, h, w, C)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from koocr.character.settings import CharacterSettings

Shape = tuple[Any, ...]
"""A tensor's shape as Keras gives it: the size of the batch is None."""


def channels(count: int, settings: CharacterSettings) -> int:
    """`count` channels times `settings.width`, in whole eights unless the width is 1."""
    if settings.width == 1.0:
        return count
    return max(8, round(count * settings.width / 8) * 8)


def conv_bn(
    x: keras.KerasTensor,
    filters: int,
    *,
    name: str,
    kernel: int | tuple[int, int] = 3,
    stride: int = 1,
    activation: str | None = "relu",
) -> keras.KerasTensor:
    """Convolution without bias, batch normalisation, activation; zero padding keeps ceil(h / stride).

    Args:
        x: (N, h, w, C).
        filters: channels of the result.
        name: prefix of the layers' names.
        kernel: side of the kernel, or (height, width).
        stride: in both directions.
        activation: a Keras activation, or None.
    """
    x = layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return x if activation is None else layers.Activation(activation, name=f"{name}_{activation}")(x)


@keras.saving.register_keras_serializable(package="koocr")
class AveragePooling3x3(layers.Layer):
    """3×3 average pooling, stride 2, where each mean is over the pixels inside the map.

    What `AveragePooling2D(3, 2, "same")` means. Keras computes that otherwise on PyTorch, where a map of even
    side is padded by repeating its last row and column; a zero padding, a plain pooling and a constant factor
    at the border agree on every backend and in ONNX.
    """

    def build(self, input_shape: Shape) -> None:
        """Finds the padding and the factor (1, h', w', 1) for this map."""
        sides = [_pool_side(size) for size in input_shape[1:3]]
        self._padding = [[0, 0], sides[0][0], sides[1][0], [0, 0]]
        self._factor = (sides[0][1][:, None] * sides[1][1][None, :])[None, :, :, None]

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """(N, h, w, C) to (N, ceil(h / 2), ceil(w / 2), C)."""
        padded = ops.pad(inputs, self._padding)
        pooled = ops.average_pool(padded, 3, strides=2, padding="valid", data_format="channels_last")
        return pooled * ops.cast(self._factor, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, ceil(h / 2), ceil(w / 2), C)."""
        return (input_shape[0], *((size + 1) // 2 for size in input_shape[1:3]), input_shape[-1])


def _pool_side(size: int) -> tuple[list[int], np.ndarray]:
    """Padding (before, after) of one axis, and 3 / (pixels inside) of each window along it."""
    before, after = (0, 1) if size % 2 == 0 else (1, 1)
    inside = np.pad(np.ones(size, "float32"), (before, after))
    starts = range(0, size + before + after - 2, 2)
    return [before, after], np.array([3 / inside[start : start + 3].sum() for start in starts], "float32")


_SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "float32") / 4
_SOBEL_DIAGONAL = np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], "float32") / 4


def direction_kernels() -> np.ndarray:
    """Eight Sobel kernels (3, 3, 1, 8), 45° apart: two base kernels, each turned four times by 90°."""
    kernels = [np.rot90(base, turn) for turn in range(4) for base in (_SOBEL, _SOBEL_DIAGONAL)]
    return np.stack(kernels, axis=-1)[:, :, None, :].astype("float32")


@keras.saving.register_keras_serializable(package="koocr")
class DirectionMaps(layers.Layer):
    """The ink's gradient decomposed into eight directions, fixed: (N, S, S, 1) to (N, S, S, 8).

    Each map keeps the positive response to one Sobel kernel, in [0, 1] for ink in [0, 1] (opposite directions
    would otherwise be one map and its negative). After Zhang, Bengio, Liu, "Online and offline handwritten
    Chinese character recognition: a comprehensive study and new benchmark" (2017, section 3, directMap).
    """

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """(N, S, S, 1) to (N, S, S, 8)."""
        kernel = ops.cast(direction_kernels(), self.compute_dtype)
        return ops.relu(ops.conv(inputs, kernel, padding="same", data_format="channels_last"))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, S, S, 8)."""
        return (*input_shape[:3], 8)
