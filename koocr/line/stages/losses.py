"""What the two predictions are trained with: −log p(text), of a blank-separated path or of the spelling.

Labels are (N, L) ids of symbols with -1 behind the end of each text.
"""

from __future__ import annotations

import keras
from keras import ops

from koocr.line.stages.attention import END

BLANK = 0
"""The column of "no new symbol here"; symbol i has column i + 1."""


def ctc_loss(
    logits: keras.KerasTensor, labels: keras.KerasTensor, num_frames: keras.KerasTensor
) -> keras.KerasTensor:
    """−log p(text) by connectionist temporal classification (Graves et al., 2006, section 4.1).

    A text that has no path, because the line has fewer frames than the text has symbols and repeats, would
    cost infinitely much: it costs 0 and has no gradient.

    Args:
        logits: (N, T, 1 + C), column 0 the blank.
        labels: (N, L), L at least 1.
        num_frames: (N,), of each line, at least 1.

    Returns:
        (N,) float32.
    """
    labels = ops.cast(labels, "int32")
    num_frames = ops.cast(num_frames, "int32")
    lengths = label_lengths(labels)
    repeats = ops.logical_and(ops.equal(labels[:, 1:], labels[:, :-1]), labels[:, 1:] >= 0)
    needed = lengths + ops.sum(ops.cast(repeats, "int32"), axis=1)
    is_possible = needed <= num_frames
    loss = ops.ctc_loss(
        ops.maximum(labels + 1, 0),
        ops.cast(logits, "float32"),
        ops.where(is_possible, lengths, 0),
        num_frames,
        mask_index=BLANK,
    )
    return ops.where(is_possible, loss, 0.0)


def attention_loss(logits: keras.KerasTensor, labels: keras.KerasTensor) -> keras.KerasTensor:
    """−log p(text): of each symbol given those before it, and of the end behind the last.

    Args:
        logits: (N, L + 1, 1 + C), each step's given the true symbols before it; column 0 the end.
        labels: (N, L).

    Returns:
        (N,) float32.
    """
    labels = ops.cast(labels, "int32")
    wanted = ops.pad(ops.maximum(labels + 1, END), [[0, 0], [0, 1]], constant_values=END)  # (N, L + 1)
    costs = ops.sparse_categorical_crossentropy(wanted, ops.cast(logits, "float32"), from_logits=True)
    steps = ops.expand_dims(ops.arange(ops.shape(wanted)[1], dtype="int32"), 0)
    is_written = steps <= ops.expand_dims(label_lengths(labels), 1)
    return ops.sum(ops.where(is_written, costs, 0.0), axis=1)


def label_lengths(labels: keras.KerasTensor) -> keras.KerasTensor:
    """(N, L) labels to the number of symbols of each text, (N,) int32."""
    return ops.sum(ops.cast(labels >= 0, "int32"), axis=1)


@keras.saving.register_keras_serializable(package="koocr")
class CtcLoss(keras.losses.Loss):
    """`ctc_loss` a symbol, so that short and long lines count alike, for `Model.compile`.

    A loss sees nothing of the network but its logits, so the targets say how many frames each line has:
    (N, 1 + L), the numbers in column 0, the labels behind it (see `koocr.line.stages.batch.stage_batch`).

    Args:
        name: of the loss.
        reduction: as of any Keras loss.
    """

    def __init__(self, name: str = "ctc", reduction: str = "sum_over_batch_size") -> None:
        super().__init__(name=name, reduction=reduction, dtype="float32")

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N, 1 + L) targets, (N, T, 1 + C) logits -> (N,)."""
        targets = ops.cast(y_true, "int32")
        labels = targets[:, 1:]
        symbols = ops.maximum(label_lengths(labels), 1)
        return ctc_loss(y_pred, labels, targets[:, 0]) / ops.cast(symbols, "float32")


@keras.saving.register_keras_serializable(package="koocr")
class AttentionLoss(keras.losses.Loss):
    """`attention_loss` a step, so that short and long lines count alike, for `Model.compile`.

    Args:
        name: of the loss.
        reduction: as of any Keras loss.
    """

    def __init__(self, name: str = "attention", reduction: str = "sum_over_batch_size") -> None:
        super().__init__(name=name, reduction=reduction, dtype="float32")

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N, L) labels, (N, L + 1, 1 + C) logits -> (N,)."""
        labels = ops.cast(y_true, "int32")
        return attention_loss(y_pred, labels) / ops.cast(label_lengths(labels) + 1, "float32")


def loss_of(prediction: str) -> keras.losses.Loss:
    """The loss of "CTC" or "Attn"."""
    return CtcLoss() if prediction == "CTC" else AttentionLoss()
