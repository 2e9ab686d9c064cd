"""The temperature of a line network, so that a character's confidence means what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.document import Line
from koocr.errors import DataError
from koocr.evaluation.alignment import align
from koocr.evaluation.calibration import binary_loss, minimum
from koocr.line.decoder import DecoderSettings
from koocr.line.metadata import LineMetadata
from koocr.line.outputs import OutputReader

__all__ = ["ReadBatch", "fit_temperatures"]

_LEAST, _MOST = 0.4, 4.0
"""A network that makes no mistake on the set is likeliest at 0; some lines don't prove that it never will."""
_STEPS = 8
"""Of the search: the temperature to 2 %."""


@dataclass(frozen=True)
class ReadBatch:
    """What a network made of some lines.

    Attributes:
        outputs: logits by name, (N, …) each.
        num_frames: (N,) frames of each line that are not padding.
        texts: what the lines say.
    """

    outputs: Mapping[str, NDArray[np.float32]]
    num_frames: NDArray[np.integer[Any]]
    texts: Sequence[str]


def fit_temperatures(metadata: LineMetadata, batches: Sequence[ReadBatch]) -> dict[str, float]:
    """Finds what a network's logits are to be divided by: one number for all of its outputs.

    It fits the confidence of each character that was read to whether it is right, by the log loss; where a
    network gives confidences to whole lines only, those.

    Args:
        metadata: of the network.
        batches: of validation lines.

    Returns:
        Output name → temperature, as `koocr.line.scores.frame_scores` takes them.

    Raises:
        DataError: nothing was read in the lines.
    """
    names = [name for batch in batches[:1] for name in batch.outputs]

    def loss(log_temperature: float) -> float:
        calm = replace(metadata, temperatures=dict.fromkeys(names, math.exp(log_temperature)))
        reader = OutputReader(calm, DecoderSettings(num_candidates=1))
        confidences, is_right = _answers(reader, batches)
        return binary_loss(np.log(np.maximum(confidences, 1e-12)), is_right)

    if not len(_answers(OutputReader(metadata, DecoderSettings(num_candidates=1)), batches)[0]):
        raise DataError("nothing was read in the validation lines, so there is nothing to calibrate with")
    found = math.exp(minimum(loss, math.log(_LEAST), math.log(_MOST), steps=_STEPS))
    return dict.fromkeys(names, found)


def _answers(
    reader: OutputReader, batches: Sequence[ReadBatch]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The confidence of each answer, and whether it is right."""
    confidences: list[float] = []
    is_right: list[bool] = []
    for batch in batches:
        lines = reader.lines(batch.outputs, batch.num_frames)
        for truth, line in zip(batch.texts, lines, strict=True):
            values, rights = _line_answers(truth, line)
            confidences += values
            is_right += rights
    return np.array(confidences, np.float64), np.array(is_right, np.bool_)


def _line_answers(truth: str, line: Line) -> tuple[list[float], list[bool]]:
    if not line.characters:
        return ([line.confidence], [line.text == truth]) if line.text else ([], [])
    rights = [step.is_right for step in align(truth, line.text) if step.read]
    return [character.confidence for character in line.characters], rights
