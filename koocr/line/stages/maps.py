"""Layers on the maps of a batch of lines, which are of different widths: beside each line, all stays zero.

So nothing that a line is padded with can change what is read in it, and in training no padding enters the
statistics of batch normalisation. Channels last: (N, h, w, C).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from koocr.line.stages.settings import STRIDE

Shape = tuple[Any, ...]
"""A tensor's shape as Keras gives it: the size of the batch is None."""

_MOMENTUM = 0.9  # of running means and variances, the study's: its training is short
_EPSILON = 1e-5


@keras.saving.register_keras_serializable(package="koocr")
class InsideLine(layers.Layer):
    """Which columns of a map belong to the line and not to the padding beside it.

    Args:
        columns: of the map, to one frame.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, columns: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = columns

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From maps (N, h, w, C) and the lines' numbers of frames (N,): (N, 1, w) bool."""
        maps, num_frames = inputs
        places = ops.reshape(ops.arange(ops.shape(maps)[2], dtype="int32"), (1, 1, -1))
        return places < ops.reshape(ops.cast(num_frames, "int32") * self.columns, (-1, 1, 1))

    def compute_output_spec(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """(N, 1, w) bool."""
        size, _, width, _ = inputs[0].shape
        return keras.KerasTensor((size, 1, width), dtype="bool")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "columns": self.columns}


@keras.saving.register_keras_serializable(package="koocr")
class Cut(layers.Layer):
    """Zero wherever there is padding."""

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From maps (N, h, w, C) and `InsideLine` (N, 1, w): (N, h, w, C)."""
        maps, inside = inputs
        return maps * ops.expand_dims(ops.cast(inside, maps.dtype), -1)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """The maps'."""
        return tuple(input_shape[0])


@keras.saving.register_keras_serializable(package="koocr")
class LineNorm(layers.BatchNormalization):
    """Batch normalisation with the statistics of the lines alone; what is beside them no longer is zero."""

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the weights."""
        super().build(input_shape[0])
        self.input_spec = None  # which wants a single tensor

    def call(self, inputs: list[keras.KerasTensor], training: bool | None = None) -> keras.KerasTensor:
        """From maps (N, h, w, C) and `InsideLine` (N, 1, w): (N, h, w, C)."""
        maps, inside = inputs
        return super().call(maps, training=training, mask=inside)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """The maps'."""
        return tuple(input_shape[0])


class MapBuilder:
    """Adds layers to a network of maps, and knows where on them the lines are.

    Args:
        num_frames: (N,) int32, of each line.
        prefix: of the layers' names.
    """

    def __init__(self, num_frames: keras.KerasTensor, *, prefix: str) -> None:
        self._num_frames = num_frames
        self._prefix = prefix
        self._columns = STRIDE
        self._inside: dict[int, keras.KerasTensor] = {}

    def conv(
        self,
        x: keras.KerasTensor,
        filters: int,
        *,
        name: str,
        kernel: int = 3,
        bias: bool = False,
        height_stride: int = 1,
        look: str = "right",
    ) -> keras.KerasTensor:
        """Convolution; its result is as wide as its input.

        Args:
            x: (N, h, w, C), zero beside the lines.
            filters: channels of the result.
            name: of the layer.
            kernel: its side; 2 takes two rows to one and is not padded above and below.
            bias: whether it has one; none is needed before `norm`.
            height_stride: down the line.
            look: where a kernel of side 2 finds its second column, "left" or "right".
        """
        padding = "same"
        if kernel == 2:
            beside = (1, 0) if look == "left" else (0, 1)
            x = layers.ZeroPadding2D(((0, 0), beside), name=self._name(name, "pad"))(x)
            padding = "valid"
        return layers.Conv2D(
            filters,
            kernel,
            strides=(height_stride, 1),
            padding=padding,
            use_bias=bias,
            kernel_initializer="he_normal",
            name=self._name(name),
        )(x)

    def norm(self, x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
        """`LineNorm`."""
        layer = LineNorm(momentum=_MOMENTUM, epsilon=_EPSILON, name=self._name(name))
        return layer([x, self._mask(x)])

    def relu(self, x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
        """ReLU, and zero beside the lines."""
        return self.cut(layers.Activation("relu", name=self._name(name, "relu"))(x), name=name)

    def cut(self, x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
        """Zero beside the lines."""
        return Cut(name=self._name(name, "cut"))([x, self._mask(x)])

    def conv_norm_relu(
        self, x: keras.KerasTensor, filters: int, *, name: str, **options: Any
    ) -> keras.KerasTensor:
        """The three in a row; options as of `conv`."""
        x = self.conv(x, filters, name=f"{name}_conv", **options)
        return self.relu(self.norm(x, name=f"{name}_bn"), name=name)

    def conv_relu(
        self, x: keras.KerasTensor, filters: int, *, name: str, **options: Any
    ) -> keras.KerasTensor:
        """Convolution with a bias, and ReLU; options as of `conv`."""
        return self.relu(self.conv(x, filters, name=f"{name}_conv", bias=True, **options), name=name)

    def halve(self, x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
        """The largest of each 2×2: half as high and half as wide, what is left over dropped."""
        self._columns //= 2
        return layers.MaxPooling2D(2, name=self._name(name))(x)

    def halve_height(self, x: keras.KerasTensor, *, name: str, columns: int = 1) -> keras.KerasTensor:
        """Half as high, as wide as before.

        Args:
            x: (N, h, w, C), 0 or more, zero beside the lines.
            name: of the layer.
            columns: 1, or 2: the largest of each column and the one to its left.
        """
        if columns == 1:
            return layers.MaxPooling2D((2, 1), name=self._name(name))(x)
        x = layers.ZeroPadding2D(((0, 0), (1, 0)), name=self._name(name, "pad"))(x)
        return self.cut(layers.MaxPooling2D(2, (2, 1), name=self._name(name))(x), name=name)

    def _mask(self, x: keras.KerasTensor) -> keras.KerasTensor:
        if self._columns not in self._inside:
            layer = InsideLine(self._columns, name=self._name(f"inside{self._columns}"))
            self._inside[self._columns] = layer([x, self._num_frames])
        return self._inside[self._columns]

    def _name(self, *parts: str) -> str:
        return "_".join((self._prefix, *parts))
