"""The first stage: straightens a line that is bent, slanted or seen at an angle.

A small network looks for points along the upper and lower edge of the text; a thin-plate spline through them
says where each pixel of the straight line is taken from (Shi et al., "Robust scene text recognition with
automatic rectification", 2016, arXiv 1603.03915, section 3.1). Three things are otherwise than in the study's
code: the straight line is as wide as the line was and not 100 pixels, so that a long line isn't squeezed and
frames are what they are without this stage; outside the image there is ground, not its border drawn out; and
the points begin at the edges, where they change nothing, and not aslant.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from koocr.line.stages.maps import MapBuilder, Shape
from koocr.line.stages.settings import STRIDE, StageSettings
from koocr.line.stages.spline import edge_points, spline_solver

_TINY = 1e-12
_CALM = 0.05
"""Of half the line's size to one unit of the layer that moves the points: optimisers that move each weight by
the learning rate would tear a line apart before the recogniser behind can tell where text is."""


def straightened(
    image: keras.KerasTensor, num_frames: keras.KerasTensor, settings: StageSettings
) -> keras.KerasTensor:
    """The line, its text straight.

    Args:
        image: (N, H, W, 1), zero beside the lines.
        num_frames: (N,) int32, of each line.
        settings: of the network that finds the points.

    Returns:
        (N, H, W, 1), zero beside the lines, which are as wide as before.
    """
    points = _fiducials(image, num_frames, settings)
    x = Straighten(dtype="float32", name="transformation_straighten")([image, num_frames, points])
    return MapBuilder(num_frames, prefix="transformation").cut(x, name="straight")


def _fiducials(
    image: keras.KerasTensor, num_frames: keras.KerasTensor, settings: StageSettings
) -> keras.KerasTensor:
    """(N, F, 2): where on the line the points of `edge_points` are taken from."""
    x = FitWidth(settings.width, dtype="float32", name="transformation_fit")([image, num_frames])
    for number, share in enumerate((8, 4, 2, 1), start=1):
        name = f"transformation_{number}"
        if number > 1:
            x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
        x = layers.Conv2D(
            settings.channels // share,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
        x = layers.Activation("relu", name=f"{name}_relu")(x)
    x = layers.GlobalAveragePooling2D(dtype="float32", name="transformation_mean")(x)
    x = layers.Dense(
        settings.channels // 2, activation="relu", dtype="float32", name="transformation_hidden"
    )(x)
    shifts = layers.Dense(
        2 * settings.num_fiducials, kernel_initializer="zeros", dtype="float32", name="transformation_shifts"
    )(x)
    shifts = layers.Rescaling(_CALM, dtype="float32", name="transformation_calm")(shifts)
    return layers.Reshape((settings.num_fiducials, 2), name="transformation_points")(shifts)


@keras.saving.register_keras_serializable(package="koocr")
class FitWidth(layers.Layer):
    """Every line drawn to one width, without what it is padded with.

    Args:
        width: in pixels.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From images (N, H, W, C) and numbers of frames (N,): (N, H, width, C)."""
        images, num_frames = inputs
        height = images.shape[1]
        wide = _line_widths(num_frames)
        centres = (np.arange(self.width) + 0.5) / self.width
        x = ops.reshape(wide, (-1, 1, 1)) * centres.astype("float32") - 0.5  # (N, 1, width)
        rows = np.arange(height, dtype="float32")[None, :, None]
        return sample_bilinear(images, *_broadcast(x, rows))

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """(N, H, width, C)."""
        size, height, _, channels = input_shape[0]
        return size, height, self.width, channels

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "width": self.width}


@keras.saving.register_keras_serializable(package="koocr")
class Straighten(layers.Layer):
    """Takes each pixel from where the spline through the fiducial points says."""

    def build(self, input_shape: list[Shape]) -> None:
        """Finds the constants of the spline."""
        self._edges = edge_points(input_shape[2][1])
        self._solver = spline_solver(self._edges).astype("float32")

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From images (N, H, W, C), numbers of frames (N,) and shifts of the points (N, F, 2): (N, H, W, C).

        A shift of 1 is half the height, or half the line's own width.
        """
        images, num_frames, shifts = inputs
        height, width = images.shape[1], ops.shape(images)[2]
        wide = ops.reshape(_line_widths(num_frames), (-1, 1, 1))  # (N, 1, 1)
        columns = ops.reshape(ops.cast(ops.arange(width, dtype="int32"), "float32"), (1, 1, -1))
        x = (2 * columns + 1) / wide - 1  # (N, 1, W)
        y = ((2 * np.arange(height, dtype="float32") + 1) / height - 1)[None, :, None]  # (1, H, 1)
        shift_x, shift_y = self._spline(x, y, shifts)
        return sample_bilinear(
            images,
            (x + shift_x + 1) * (wide / 2) - 0.5,
            (y + shift_y + 1) * (height / 2) - 0.5,
        )

    def _spline(
        self, x: keras.KerasTensor, y: np.ndarray, shifts: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """How far each pixel is taken from its place, (N, H, W) along x and along y."""
        coefficients = ops.matmul(self._solver, shifts)  # (N, F + 3, 2)
        count = len(self._edges)
        edges = self._edges.astype("float32")
        squares = ops.square(ops.expand_dims(x, -1) - edges[:, 0]) + np.square(y[..., None] - edges[:, 1])
        bends = squares * ops.log(ops.maximum(squares, _TINY))  # (N, H, W, F)
        size, height, width = ops.shape(bends)[0], bends.shape[1], ops.shape(bends)[2]
        bent = ops.matmul(ops.reshape(bends, (size, height * width, count)), coefficients[:, :count])
        bent = ops.reshape(bent, (size, height, width, 2))
        moved, along, down = (coefficients[:, None, None, count + place] for place in range(3))
        total = bent + moved + along * ops.expand_dims(x, -1) + down * y[..., None]
        return total[..., 0], total[..., 1]

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """The images'."""
        return tuple(input_shape[0])


def sample_bilinear(
    images: keras.KerasTensor, x: keras.KerasTensor, y: keras.KerasTensor
) -> keras.KerasTensor:
    """Images at points between their pixels; outside, and half a pixel from it fading, there is 0.

    Differentiable in the images and, between pixels, in the points (Jaderberg et al., "Spatial transformer
    networks", 2015, section 3.3).

    Args:
        images: (N, H, W, C).
        x: (N, h, w), in pixels: 0 is the centre of the first.
        y: (N, h, w).

    Returns:
        (N, h, w, C).
    """
    channels = images.shape[-1]
    framed = ops.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    size, height, width = ops.shape(framed)[:3]
    left, right_share = _cell(x + 1, width)
    top, low_share = _cell(y + 1, height)
    flat = ops.reshape(framed, (-1, channels))
    first = ops.reshape(ops.arange(size, dtype="int32") * (height * width), (-1, 1, 1)) + top * width + left

    def corner(down: int, right: int) -> keras.KerasTensor:
        return ops.take(flat, first + (down * width + right), axis=0)  # (N, h, w, C)

    upper = corner(0, 0) * (1 - right_share) + corner(0, 1) * right_share
    lower = corner(1, 0) * (1 - right_share) + corner(1, 1) * right_share
    return upper * (1 - low_share) + lower * low_share


def _cell(places: keras.KerasTensor, length: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The pixel before each place, int32, and the share of the one behind it, with an axis for channels."""
    last = ops.cast(length, places.dtype) - 1
    inside = ops.maximum(ops.minimum(places, last), 0)
    before = ops.minimum(ops.floor(ops.stop_gradient(inside)), last - 1)
    return ops.cast(before, "int32"), ops.expand_dims(inside - before, -1)


def _line_widths(num_frames: keras.KerasTensor) -> keras.KerasTensor:
    return ops.cast(num_frames, "float32") * STRIDE


def _broadcast(x: keras.KerasTensor, y: np.ndarray) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    return x + ops.zeros_like(y), y + ops.zeros_like(x)
