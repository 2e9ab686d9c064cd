"""Figures after each epoch: the character error rate on lines that are never learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import keras
import numpy as np

from koocr.charset import line_charset
from koocr.data.synthesis.lines import LineBatch
from koocr.evaluation.line_readings import LineReadings
from koocr.evaluation.text_metrics import count_errors, score_lines
from koocr.line.batches import sorted_strips
from koocr.line.data import LineValidation
from koocr.line.decoder import DecoderSettings, LineDecoder
from koocr.line.scores import split_lines
from koocr.line.settings import LineSettings

_BATCH = 32

Read = Callable[[LineBatch], Iterable[str]]


def validate(read: Read, validation: LineValidation) -> dict[str, float]:
    """The character error rate of each group in %, spaces counted, as "val_" + its name.

    Args:
        read: gives the text of each line.
        validation: the lines.
    """
    figures = {}
    for name, lines in validation.groups.items():
        readings = LineReadings.of_texts(lines.texts, list(read(lines)), groups={})
        figures[f"val_{name}"] = 100 * score_lines(count_errors(readings)).cer
    return figures


def read(model: keras.Model, lines: LineBatch, network: LineSettings) -> Iterator[str]:
    """The best path's text of each line; "" for those without ink."""
    decoder = LineDecoder(
        line_charset(), DecoderSettings(num_candidates=1, is_spelled=network.head == "jamo-sequence")
    )
    texts = [""] * len(lines)
    for strips in sorted_strips(lines.images, height=network.height, batch_size=_BATCH):
        outputs = {
            name: np.asarray(value, np.float32)
            for name, value in model.predict_on_batch(strips.as_input()).items()
        }
        scores = split_lines(outputs, strips.num_frames)
        for row, line in zip(strips.rows.tolist(), scores, strict=True):
            texts[row] = decoder.line(line).text
    yield from texts
