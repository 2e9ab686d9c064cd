"""koocr's own line recogniser: a convolutional trunk, a light neck along the line, jamo for each frame.

The trunk has the kernels of the character network `small`, so that it can begin with that network's weights;
it keeps a quarter of the line's width and gives up the height.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from koocr.charset import line_charset
from koocr.hangul import FINALS, INITIALS, MEDIALS, NUM_SYLLABLES
from koocr.line.batches import STRIDE
from koocr.line.settings import LineSettings
from koocr.training.folding import Block, folded_block, trained_block

STAGES = ((32, 1, (2, 2)), (64, 2, (2, 2)), (128, 4, (2, 1)), (256, 2, (2, 1)))
"""Channels, blocks, and strides of the first block, down and along the line."""
_LOCAL = 7
"""Frames that a local mixing sees: 28 pixels, about a syllable."""


def build_network(settings: LineSettings, *, block: Block = trained_block) -> keras.Model:
    """Builds the recogniser with fresh weights.

    Args:
        settings: what to build.
        block: of the trunk: `trained_block`, or `folded_block` for reading.

    Returns:
        A model from {"image": (N, height, W, 1) with ink 1 on ground 0, "num_frames": (N,) int32} to float32
        logits by name over T = ceil(W / 4) frames, see `koocr.line.ctc`.
    """
    image = keras.Input((settings.height, None, 1), name="image")
    num_frames = keras.Input((), dtype="int32", name="num_frames")
    x = trunk(image, settings, block=block)
    mask = FrameMask(name="frame_mask")([x, num_frames])
    for number in range(1, settings.neck_layers + 1):
        x = _mix(x, mask, settings, name=f"neck{number}")
    x = layers.LayerNormalization(name="neck_norm")(x)
    return keras.Model({"image": image, "num_frames": num_frames}, heads(x, settings), name="line")


def block_names(settings: LineSettings) -> list[str]:
    """The names of the trunk's blocks, for folding."""
    return [name for name, _, _ in _blocks(settings)]


def trunk(x: keras.KerasTensor, settings: LineSettings, *, block: Block = trained_block) -> keras.KerasTensor:
    """(N, H, W, 1) to (N, W / 4, units): the columns of the last map, each as one vector."""
    for name, filters, strides in _blocks(settings):
        x = block(x, name, filters, strides)
    x = layers.Conv2D(
        settings.neck_units, (x.shape[1], 1), padding="valid", use_bias=False, name="columns_conv"
    )(x)  # (N, 1, T, D)
    x = layers.BatchNormalization(name="columns_bn")(x)
    return layers.Reshape((-1, settings.neck_units), name="columns")(x)


def _blocks(settings: LineSettings) -> list[tuple[str, int, tuple[int, int]]]:
    return [
        (f"stage{stage}_{number}", _channels(filters, settings), strides if number == 1 else (1, 1))
        for stage, (filters, count, strides) in enumerate(STAGES, start=1)
        for number in range(1, count + 1)
    ]


def _channels(count: int, settings: LineSettings) -> int:
    return count if settings.width == 1.0 else max(8, round(count * settings.width / 8) * 8)


def _mix(
    x: keras.KerasTensor, mask: keras.KerasTensor, settings: LineSettings, *, name: str
) -> keras.KerasTensor:
    """One layer of the neck: what is near, what is anywhere on the line, and each frame on its own."""
    units = settings.neck_units
    y = layers.DepthwiseConv1D(_LOCAL, padding="same", name=f"{name}_local")(
        Masked(name=f"{name}_cut")([x, mask])
    )
    x = layers.Add(name=f"{name}_local_add")([x, y])
    y = layers.LayerNormalization(name=f"{name}_attention_norm")(x)
    y = FrameAttention(settings.neck_heads, name=f"{name}_attention")([y, mask])
    x = layers.Add(name=f"{name}_attention_add")([x, y])
    y = layers.LayerNormalization(name=f"{name}_own_norm")(x)
    y = layers.Dense(2 * units, activation="relu", name=f"{name}_own_in")(y)
    if settings.dropout:
        y = layers.Dropout(settings.dropout, name=f"{name}_dropout")(y)
    y = layers.Dense(units, name=f"{name}_own_out")(y)
    return layers.Add(name=f"{name}_own_add")([x, y])


def heads(x: keras.KerasTensor, settings: LineSettings, *, prefix: str = "") -> dict[str, keras.KerasTensor]:
    """Logits by name for each step of (N, T, D), see `koocr.line.ctc`; `prefix` begins the layers' names."""
    num_other = len(line_charset()) - NUM_SYLLABLES

    def logits(size: int, name: str) -> keras.KerasTensor:
        return layers.Dense(size, dtype="float32", name=prefix + name)(x)

    def given(size: int, place: int, name: str, parts: list[keras.KerasTensor]) -> keras.KerasTensor:
        return Given(size, settings.rank, place, dtype="float32", name=prefix + name)(parts)

    if settings.head == "plain":
        return {"symbol": logits(1 + NUM_SYLLABLES + num_other, "symbol")}
    if settings.head == "jamo-sequence":
        return {"symbol": logits(1 + len(INITIALS) + len(MEDIALS) + len(FINALS) - 1 + num_other, "symbol")}
    gates = layers.Dense(
        2 * settings.rank, kernel_initializer="zeros", dtype="float32", name=prefix + "gates"
    )(x)
    medial = logits(len(MEDIALS), "medial_alone")
    final = logits(len(FINALS), "final_alone")
    return {
        "kind": logits(2 + num_other, "kind"),
        "initial": logits(len(INITIALS), "initial"),
        "medial": given(len(INITIALS), 0, "medial", [medial, gates]),
        "final": given(len(MEDIALS), 1, "final", [final, gates]),
    }


@keras.saving.register_keras_serializable(package="koocr")
class FrameMask(layers.Layer):
    """1 for the frames of a line, 0 for those of the padding beside it: (N, T, 1) float."""

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """From frames (N, T, D) and their numbers (N,)."""
        frames, counts = inputs
        places = ops.arange(ops.shape(frames)[1], dtype="int32")
        inside = ops.expand_dims(places, 0) < ops.expand_dims(ops.cast(counts, "int32"), 1)
        return ops.expand_dims(ops.cast(inside, self.compute_dtype), -1)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """(N, T, 1)."""
        return (*input_shape[0][:2], 1)


@keras.saving.register_keras_serializable(package="koocr")
class Masked(layers.Layer):
    """Frames times their mask."""

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """(N, T, D) and (N, T, 1) to (N, T, D)."""
        return inputs[0] * inputs[1]

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """(N, T, D)."""
        return tuple(input_shape[0])


@keras.saving.register_keras_serializable(package="koocr")
class FrameAttention(layers.Layer):
    """Self-attention along the line (Vaswani et al., 2017), blind to padding.

    Args:
        num_heads: a divisor of the channels.
    """

    def __init__(self, num_heads: int, **options: object) -> None:
        super().__init__(**options)
        self.num_heads = num_heads

    def build(self, input_shape: list[tuple[Any, ...]]) -> None:
        """Makes the projections."""
        units = input_shape[0][-1]
        self._together = layers.Dense(3 * units, dtype=self.dtype_policy, name="together")
        self._out = layers.Dense(units, dtype=self.dtype_policy, name="out")
        self._together.build((None, None, units))
        self._out.build((None, None, units))

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """(N, T, D) and its mask (N, T, 1) to (N, T, D)."""
        x, mask = inputs
        units = x.shape[-1]
        size = units // self.num_heads
        heads = ops.reshape(self._together(x), (-1, ops.shape(x)[1], 3 * self.num_heads, size))
        query, key, value = ops.split(ops.transpose(heads, (0, 2, 1, 3)), 3, axis=1)  # (N, heads, T, size)
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * size**-0.5
        hidden = (ops.reshape(mask, (-1, 1, 1, ops.shape(x)[1])) - 1) * 1e4
        weights = ops.softmax(ops.cast(scores + ops.cast(hidden, scores.dtype), "float32"), axis=-1)
        seen = ops.matmul(ops.cast(weights, value.dtype), value)
        return self._out(ops.reshape(ops.transpose(seen, (0, 2, 1, 3)), (-1, ops.shape(x)[1], units)))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """(N, T, D)."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, object]:
        """What it was made with."""
        return {**super().get_config(), "num_heads": self.num_heads}


@keras.saving.register_keras_serializable(package="koocr")
class Given(layers.Layer):
    """Scores of a jamo given the one before it: score(b | a) = B[b] + sum over r of g[r]·U[a, r]·V[b, r].

    B and the gates g come from the frame, the factors U and V are learnt.

    Args:
        num_before: classes of the jamo before.
        rank: r.
        place: which `rank` of the gates are its own.
    """

    def __init__(self, num_before: int, rank: int, place: int, **options: object) -> None:
        super().__init__(**options)
        self.num_before, self.rank, self.place = num_before, rank, place

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Makes the factors."""
        start = keras.initializers.RandomNormal(stddev=0.3)
        self._before = self.add_weight(name="before", shape=(self.num_before, self.rank), initializer=start)
        self._after = self.add_weight(name="after", shape=(input_shape[0][-1], self.rank), initializer=start)

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """(N, T, b) and (N, T, 2 rank) to (N, T, a, b)."""
        alone, gates = (ops.cast(part, "float32") for part in inputs)
        own = gates[..., self.place * self.rank : (self.place + 1) * self.rank]
        weighted = ops.expand_dims(own, -2) * ops.cast(self._before, "float32")  # (N, T, a, r)
        tied = ops.matmul(weighted, ops.transpose(ops.cast(self._after, "float32")))
        return tied + ops.expand_dims(alone, -2)

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """(N, T, a, b)."""
        return (*input_shape[0][:2], self.num_before, input_shape[0][-1])

    def get_config(self) -> dict[str, object]:
        """What it was made with."""
        own = {"num_before": self.num_before, "rank": self.rank, "place": self.place}
        return {**super().get_config(), **own}


__all__ = ["STRIDE", "LineSettings", "block_names", "build_network", "folded_block", "heads", "trunk"]
