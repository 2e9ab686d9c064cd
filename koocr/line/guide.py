"""A second reader that helps the first to learn: it spells the line by attention and is then thrown away.

CTC gives the trunk a weak hint of where a symbol lies; attention has to find it (Hu et al., "GTC: guided
training of CTC", 2020). The guide looks at the frames behind the neck, so its gradient goes through all that
reading keeps, and none of its own weights is stored or read with.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from koocr.charset import line_charset
from koocr.errors import ConfigError
from koocr.hangul import NUM_FINALS, NUM_INITIALS, NUM_MEDIALS, NUM_SYLLABLES, split_index
from koocr.line.ctc import label_scores
from koocr.line.network import FrameMask, heads
from koocr.line.positions import waves
from koocr.line.settings import LineSettings

__all__ = ["guide_loss"]

_FRAMES = "neck_norm"
"""The layer whose frames the guide looks at."""


def guide_loss(
    model: keras.Model, labels: keras.KerasTensor, num_labels: keras.KerasTensor, settings: LineSettings
) -> keras.KerasTensor:
    """-log p(text) of each line as the guide spells it, per step, (N,).

    Args:
        model: the network that is guided, with the head `jamo`.
        labels: (N, L) ids of `koocr.charset.line_charset`.
        num_labels: (N,) how many of them count.
        settings: of the network.

    Raises:
        ConfigError: the network has another head.
    """
    if settings.head != "jamo":
        raise ConfigError(
            f"a guide goes with the head 'jamo', not with {settings.head!r}; leave one of them out"
        )
    frames = model.get_layer(_FRAMES).output  # (N, T, D)
    mask = FrameMask(name="guide_mask")([frames, model.input["num_frames"]])  # (N, T, 1)
    told = Told(settings.neck_units, name="guide_told")(labels)  # (N, L + 1, D)
    asking = layers.GRU(settings.neck_units, return_sequences=True, name="guide_gru")(told)
    found = layers.MultiHeadAttention(
        settings.neck_heads, settings.neck_units // settings.neck_heads, name="guide_attention"
    )(
        Placed(name="guide_query")(asking),
        frames,
        key=Placed(name="guide_key")(frames),
        attention_mask=layers.Permute((2, 1), name="guide_seen")(mask),
    )
    x = layers.Add(name="guide_add")([asking, found])
    x = layers.LayerNormalization(name="guide_norm")(x)
    outputs = heads(x, settings, prefix="guide_")
    parts = {**outputs, "labels": labels, "num_labels": num_labels}
    return GuideLoss(dtype="float32", name="guide_loss")(parts)


@keras.saving.register_keras_serializable(package="koocr")
class Told(layers.Layer):
    """What the guide is told at each step: the symbol before, at first none. (N, L) to (N, L + 1, D).

    A syllable is told as its three jamo, so that rare ones are known too.

    Args:
        units: D.
    """

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes a row for the beginning, for each jamo of each place, and for each other symbol."""
        num_other = len(line_charset()) - NUM_SYLLABLES
        size = 1 + NUM_INITIALS + NUM_MEDIALS + NUM_FINALS + num_other
        self._table = self.add_weight(name="table", shape=(size, self.units), initializer="glorot_uniform")

    def call(self, labels: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        labels = ops.pad(ops.cast(labels, "int32"), ((0, 0), (1, 0)), constant_values=-1)
        is_syllable = ops.logical_and(ops.greater_equal(labels, 0), ops.less(labels, NUM_SYLLABLES))
        first, rows = 1, []
        for jamo, count in zip(
            split_index(ops.where(is_syllable, labels, 0)),
            (NUM_INITIALS, NUM_MEDIALS, NUM_FINALS),
            strict=True,
        ):
            rows.append(ops.where(is_syllable, first + jamo, -1))
            first += count
        other = ops.where(is_syllable, -1, labels - NUM_SYLLABLES + first)
        rows.append(ops.where(ops.less(labels, 0), 0, other))
        # Products, as the gradient of `take` is sparse; a row of -1 is all zeros.
        chosen = sum(ops.one_hot(row, self._table.shape[0], dtype=self.compute_dtype) for row in rows)
        return ops.matmul(chosen, ops.cast(self._table, self.compute_dtype))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, L + 1, D)."""
        steps = input_shape[1]
        return (input_shape[0], None if steps is None else steps + 1, self.units)

    def get_config(self) -> dict[str, Any]:
        """What it was made with."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="koocr")
class Placed(layers.Layer):
    """Adds to each step of (N, T, D) where it is."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """See the class."""
        return x + ops.cast(waves(ops.shape(x)[1], x.shape[-1]), x.dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """As it came."""
        return tuple(input_shape)


@keras.saving.register_keras_serializable(package="koocr")
class GuideLoss(layers.Layer):
    """Mean over the steps of -log p(the symbol that comes next, or the end), (N,)."""

    def call(self, inputs: dict[str, Any]) -> keras.KerasTensor:
        """From the guide's logits by name over L + 1 steps, with "labels" (N, L) and "num_labels" (N,).

        What is the blank to CTC is the end to the guide.
        """
        outputs = dict(inputs)
        labels, num_labels = ops.cast(outputs.pop("labels"), "int32"), outputs.pop("num_labels")
        scores, end = label_scores(outputs, labels)  # (N, L + 1, L), (N, L + 1)
        steps = ops.arange(ops.shape(labels)[1] + 1)
        own = ops.cast(ops.equal(steps[:, None], steps[None, :-1]), "float32")  # step i says symbol i
        counts = ops.cast(num_labels, "int32")[:, None]
        said = ops.where(ops.less(steps[None], counts), ops.sum(scores * own, axis=2), 0.0)
        ended = ops.where(ops.equal(steps[None], counts), end, 0.0)
        return -ops.sum(said + ended, axis=1) / ops.cast(counts[:, 0] + 1, "float32")

    def compute_output_shape(self, input_shape: dict[str, Any]) -> tuple[int | None, ...]:
        """(N,)."""
        return (input_shape["labels"][0],)
