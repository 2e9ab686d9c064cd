"""Figures after each epoch: what is found on whole pages that are never learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from koocr.detection.crops import LabelledPage
from koocr.detection.decode import decode
from koocr.detection.evaluation import DetectionCounts, count_page, total
from koocr.detection.prepare import prepare, to_input
from koocr.detection.settings import DetectorSettings

__all__ = ["validate"]

_IOUS = (0.5, 0.7)


def validate(
    model: keras.Model, groups: Mapping[str, Sequence[LabelledPage]], settings: DetectorSettings
) -> dict[str, float]:
    """F1 of each group of pages in %, at IoU 0.5 and 0.7, as "val_" + its name + "_50" or "_70"."""
    figures = {}
    for name, pages in groups.items():
        counts = [_counts(model, page, settings) for page in pages]
        for number, iou in enumerate(_IOUS):
            figures[f"val_{name}_{round(100 * iou)}"] = 100 * total(page[number] for page in counts).f1
    return figures


def _counts(model: keras.Model, page: LabelledPage, settings: DetectorSettings) -> list[DetectionCounts]:
    """For each of the IoUs."""
    prepared = prepare(page.image)
    outputs = model.predict_on_batch({"image": to_input(prepared.image[None])})
    logits = np.asarray(outputs["probability"], np.float32)[0, ..., 0]
    quads = prepared.on_page(decode(logits, shrink=settings.shrink)[0])
    true = np.array([unit.quad for unit in page.units], np.float32).reshape(-1, 4, 2)
    is_ignored = [unit.is_ignored for unit in page.units]
    return [count_page(quads, true, is_ignored, min_iou=iou) for iou in _IOUS]
