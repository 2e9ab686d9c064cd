"""The third stage: two bidirectional LSTMs, after which every frame knows the line on both sides of it."""

from __future__ import annotations

import keras
from keras import layers, ops

from koocr.line.stages.maps import Shape
from koocr.line.stages.settings import StageSettings

DEPTH = 2


def in_context(
    frames: keras.KerasTensor, num_frames: keras.KerasTensor, settings: StageSettings
) -> keras.KerasTensor:
    """Frames that know the line (Shi, Bai, Yao, 2016, arXiv 1507.05717, section 2.2).

    Where the sizes allow it, what a layer says is added to what it was told: without that, CTC behind these
    layers needs several times as many lines before it reads anything.

    Args:
        frames: (N, T, D).
        num_frames: (N,) int32, of each line.
        settings: for the units.

    Returns:
        (N, T, hidden); beside the lines anything.
    """
    for number in range(1, DEPTH + 1):
        name = f"sequence_{number}"
        ahead = layers.LSTM(settings.hidden, return_sequences=True, name=f"{name}_ahead")(frames)
        back = Turn(name=f"{name}_turn")([frames, num_frames])
        back = layers.LSTM(settings.hidden, return_sequences=True, name=f"{name}_back")(back)
        back = Turn(name=f"{name}_turn_back")([back, num_frames])
        both = layers.Concatenate(name=f"{name}_both")([ahead, back])
        seen = layers.Dense(settings.hidden, name=f"{name}_dense")(both)
        is_like = frames.shape[-1] == settings.hidden
        frames = layers.Add(name=f"{name}_add")([frames, seen]) if is_like else seen
    return frames


@keras.saving.register_keras_serializable(package="koocr")
class Turn(layers.Layer):
    """Each line's frames from last to first; what it is padded with stays behind them.

    So a plain LSTM reads every line from its true end, and no mask is needed, which would keep it from the
    fast kernels and from one ONNX operation.
    """

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From frames (N, T, D) and their numbers (N,): (N, T, D)."""
        frames, num_frames = inputs
        size, length = ops.shape(frames)[0], ops.shape(frames)[1]
        places = ops.expand_dims(ops.arange(length, dtype="int32"), 0)
        counts = ops.expand_dims(ops.cast(num_frames, "int32"), 1)
        turned = ops.where(places < counts, counts - 1 - places, places)  # (N, T)
        rows = turned + ops.expand_dims(ops.arange(size, dtype="int32") * length, 1)
        return ops.take(ops.reshape(frames, (-1, frames.shape[-1])), rows, axis=0)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """(N, T, D)."""
        return tuple(input_shape[0])
