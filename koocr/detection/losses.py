"""What a detector learns by: cross-entropy with hard negatives, dice of the binarised map, L1 of thresholds.

Liao et al., "Real-time scene text detection with differentiable binarization" (2020), section 3.5, with the
weights of the authors' code. All maps are (N, h, w); sums run over the whole batch, so that a crop without
text counts as what it is, many negatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers, ops

__all__ = ["LABELS", "DetectorLoss", "balanced_cross_entropy", "binarised", "dice_loss", "masked_l1"]

LABELS = ("core", "core_mask", "border", "border_mask")
"""The maps of `koocr.detection.targets.Targets`, by which the loss knows them."""
_HARD = 3
"""Negatives for each positive, the hardest there are."""
_FEWEST_HARD = 0.01
"""Share of all places that count as negatives at least: a batch without text teaches, too."""
_CROSS_ENTROPY, _DICE, _L1 = 5.0, 1.0, 10.0
_SMALL = 1e-6


def balanced_cross_entropy(logits: Any, core: Any, mask: Any) -> Any:
    """Cross-entropy, the mean over positives and three times as many negatives, the worst ones.

    Args:
        logits: of the probability.
        core: in [0, 1], share of the place that is core.
        mask: 1 where it counts, else 0.

    Returns:
        A scalar.
    """
    losses = (ops.softplus(logits) - core * logits) * mask
    is_positive = ops.cast(core >= 0.5, "float32") * mask
    num_positive = ops.sum(is_positive)
    others = losses * (1 - is_positive)
    num_others = ops.sum(mask) - num_positive
    least = _FEWEST_HARD * ops.sum(mask)
    num_hard = ops.minimum(num_others, ops.maximum(_HARD * num_positive, least))
    is_hard = ops.cast(others >= _largest(others, num_hard), "float32") * (1 - is_positive) * mask
    total = ops.sum(losses * is_positive) + ops.sum(others * is_hard)
    return total / (num_positive + ops.sum(is_hard) + _SMALL)


def binarised(logits: Any, threshold_logits: Any, sharpness: float) -> Any:
    """The approximate binary map, in [0, 1]: 1 / (1 + exp(-k(P - T))), section 3.2."""
    return ops.sigmoid(sharpness * (ops.sigmoid(logits) - ops.sigmoid(threshold_logits)))


def dice_loss(values: Any, core: Any, mask: Any) -> Any:
    """1 - 2·overlap / (sum of both), of maps in [0, 1]; a scalar."""
    overlap = ops.sum(values * core * mask)
    return 1 - 2 * overlap / (ops.sum(values * mask) + ops.sum(core * mask) + _SMALL)


def masked_l1(values: Any, border: Any, mask: Any) -> Any:
    """The mean distance where the mask is 1; a scalar."""
    return ops.sum(ops.abs(values - border) * mask) / (ops.sum(mask) + _SMALL)


@keras.saving.register_keras_serializable(package="koocr")
class DetectorLoss(layers.Layer):
    """The loss of a batch, (N,): for each of its crops the same number.

    Args:
        sharpness: of the binarisation.
    """

    def __init__(self, sharpness: float, **options: object) -> None:
        super().__init__(**options)
        self.sharpness = sharpness

    def call(self, inputs: dict[str, Any]) -> keras.KerasTensor:
        """From logits "probability" and "threshold", (N, h, w, 1), and uint8 maps of `LABELS`, (N, h, w)."""
        logits, thresholds = (
            ops.cast(inputs[name][..., 0], "float32") for name in ("probability", "threshold")
        )
        core, core_mask, border, border_mask = (ops.cast(inputs[name], "float32") / 255 for name in LABELS)
        loss = (
            _CROSS_ENTROPY * balanced_cross_entropy(logits, core, core_mask)
            + _DICE * dice_loss(binarised(logits, thresholds, self.sharpness), core, core_mask)
            + _L1 * masked_l1(ops.sigmoid(thresholds), border, border_mask)
        )
        return ops.broadcast_to(loss, (ops.shape(logits)[0],))

    def compute_output_shape(self, input_shape: Mapping[str, Any]) -> tuple[int | None, ...]:
        """(N,)."""
        return (input_shape["probability"][0],)

    def get_config(self) -> dict[str, object]:
        """What it was made with."""
        return {**super().get_config(), "sharpness": self.sharpness}


def _largest(values: Any, count: Any) -> Any:
    """The `count`-th largest of all values (a scalar, rounded), through which no gradient flows."""
    rising = ops.sort(ops.reshape(ops.stop_gradient(values), (-1,)))
    size = ops.shape(rising)[0]
    place = ops.clip(size - ops.cast(ops.round(count), "int32"), 0, size - 1)
    # Of values that are exactly 0 none is hard: those are the places that don't count.
    return ops.maximum(ops.take(rising, place), 1e-12)
