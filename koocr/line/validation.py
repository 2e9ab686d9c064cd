"""Figures after each epoch: the character error rate on lines that are never learnt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import keras
import numpy as np

from koocr.charset import line_charset
from koocr.data.synthesis.lines import LineBatch
from koocr.evaluation.line_readings import LineReadings
from koocr.evaluation.text_metrics import count_errors, score_lines
from koocr.line.batches import to_strips
from koocr.line.decoder import DecoderSettings, LineDecoder
from koocr.line.scores import split_lines
from koocr.line.settings import LineSettings

_BATCH = 32


@dataclass(frozen=True)
class LineValidation:
    """Groups of lines, e.g. "clean" and "hands", each measured on its own."""

    groups: Mapping[str, LineBatch]


def validate(model: keras.Model, validation: LineValidation, network: LineSettings) -> dict[str, float]:
    """The character error rate of each group in %, spaces counted, as "val_" + its name."""
    figures = {}
    for name, lines in validation.groups.items():
        readings = LineReadings.of_texts(lines.texts, list(read(model, lines, network)), groups={})
        figures[f"val_{name}"] = 100 * score_lines(count_errors(readings)).cer
    return figures


def read(model: keras.Model, lines: LineBatch, network: LineSettings) -> Iterator[str]:
    """The best path's text of each line; "" for those without ink."""
    decoder = LineDecoder(
        line_charset(), DecoderSettings(num_candidates=1, is_spelled=network.head == "jamo-sequence")
    )
    order = sorted(range(len(lines)), key=lambda row: lines.images[row].shape[1] / lines.images[row].shape[0])
    texts = [""] * len(lines)
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        strips = to_strips([lines.images[row] for row in rows], height=network.height, max_width=10**6)
        if not len(strips.rows):
            continue
        outputs = {
            name: np.asarray(value, np.float32)
            for name, value in model.predict_on_batch(strips.as_input()).items()
        }
        scores = split_lines(outputs, strips.num_frames)
        for place, line in zip(strips.rows.tolist(), scores, strict=True):
            texts[rows[place]] = decoder.line(line).text
    yield from texts
