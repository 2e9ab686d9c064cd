"""Losses on logits."""

from __future__ import annotations

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops

_NEVER = -1e9


@keras.saving.register_keras_serializable(package="koocr")
class SoftmaxCrossEntropy(keras.losses.Loss):
    """Cross-entropy of a softmax over logits with integer labels and label smoothing.

    loss = (1 - e)·(-log p[label]) + e·mean over classes of (-log p), in float32 (Szegedy et al., 2016,
    section 7; Keras's sparse cross-entropy knows no smoothing).

    Args:
        label_smoothing: e, in [0, 1).
        left_out: classes that take no part, because no label is ever one of them: a softmax with them would
            learn that they don't exist.
        name: of the loss.
        reduction: as of any Keras loss.
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        left_out: Iterable[int] = (),
        name: str = "softmax_cross_entropy",
        reduction: str = "sum_over_batch_size",
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        self.label_smoothing = label_smoothing
        self.left_out = sorted(left_out)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """(N,) or (N, 1) labels, (N, C) logits -> (N,)."""
        logits = ops.cast(y_pred, "float32")
        labels = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        true = ops.squeeze(ops.take_along_axis(logits, labels, axis=1), axis=1)
        smooth = ops.mean(logits, axis=1)
        if self.left_out:
            shown = np.ones(logits.shape[-1], np.float32)
            shown[self.left_out] = 0
            smooth = ops.sum(logits * shown, axis=1) / float(shown.sum())
            logits = logits + _NEVER * (1 - shown)
        total = ops.logsumexp(logits, axis=1)
        return total - (1 - self.label_smoothing) * true - self.label_smoothing * smooth

    def get_config(self) -> dict[str, object]:
        """The arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "left_out": self.left_out}
