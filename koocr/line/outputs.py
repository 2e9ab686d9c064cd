"""From a network's outputs to lines, whichever line network it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.document import Line
from koocr.errors import ConfigError
from koocr.line.beam import Prior
from koocr.line.decoder import DecoderSettings, LineDecoder
from koocr.line.metadata import LineMetadata
from koocr.line.scores import FrameScores, split_lines
from koocr.line.settings import LineSettings
from koocr.line.stages.decode import read_attention
from koocr.line.stages.settings import StageSettings

__all__ = ["OutputReader", "Place"]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.integer[Any]]
Place = tuple[float, float, float]
"""Pixels of the line image per frame, the pixel where the first frame begins, and the image's width."""


class OutputReader:
    """Reads a network's logits.

    Args:
        metadata: of the network.
        decoding: how; whether its symbols are jamo, the metadata says.
        prior: of texts, for the beam search.

    Raises:
        ConfigError: the network spells by attention, which knows no beam search; or there is a prior without
            one.
    """

    def __init__(
        self, metadata: LineMetadata, decoding: DecoderSettings, *, prior: Prior | None = None
    ) -> None:
        settings = metadata.settings
        self._charset = metadata.charset
        self._temperatures = metadata.temperatures
        self._is_attention = isinstance(settings, StageSettings) and settings.prediction == "Attn"
        if self._is_attention and (decoding.beam is not None or prior is not None):
            raise ConfigError(
                "this network spells by attention; leave beam and prior out, or take one with CTC"
            )
        is_spelled = isinstance(settings, LineSettings) and settings.head == "jamo-sequence"
        if is_spelled and prior is not None:
            raise ConfigError("this network spells jamo by jamo, which no prior knows; leave it out")
        self._decoder = LineDecoder(self._charset, replace(decoding, is_spelled=is_spelled), prior=prior)

    def lines(
        self,
        outputs: Mapping[str, FloatArray],
        num_frames: IntArray,
        *,
        places: Sequence[Place] | None = None,
    ) -> list[Line]:
        """Reads a batch.

        Args:
            outputs: logits by name, (N, …) each.
            num_frames: (N,) frames of each line that are not padding.
            places: where each line's frames lie; by default, places are frames.

        Returns:
            N lines. Those of a network that spells by attention have no characters: it can't say where it
            looked.
        """
        if self._is_attention:
            return list(self._spelled(outputs))
        where = [(1.0, 0.0, math.inf)] * len(num_frames) if places is None else places
        return [
            self._decoder.line(scores, scale=scale, offset=offset, width=width)
            for scores, (scale, offset, width) in zip(self._scores(outputs, num_frames), where, strict=True)
        ]

    def texts(self, outputs: Mapping[str, FloatArray], num_frames: IntArray) -> list[str]:
        """As `lines`, only the texts."""
        return [line.text for line in self.lines(outputs, num_frames)]

    def hypotheses(
        self,
        outputs: Mapping[str, FloatArray],
        num_frames: IntArray,
        *,
        n: int,
        places: Sequence[Place],
    ) -> list[list[Line]]:
        """For each line of a batch up to n different readings, best first, by beam search.

        Raises:
            ConfigError: the network spells by attention.
        """
        if self._is_attention:
            raise ConfigError("this network spells by attention, which has one reading; take one with CTC")
        return [
            self._decoder.hypotheses(scores, n, scale=scale, offset=offset, width=width)
            for scores, (scale, offset, width) in zip(self._scores(outputs, num_frames), places, strict=True)
        ]

    def _scores(self, outputs: Mapping[str, FloatArray], num_frames: IntArray) -> Iterator[FrameScores]:
        return split_lines(outputs, num_frames, temperatures=self._temperatures)

    def _spelled(self, outputs: Mapping[str, FloatArray]) -> Iterator[Line]:
        temperature = self._temperatures.get("symbol", 1.0)
        for reading in read_attention(outputs["symbol"] / np.float32(temperature)):
            text = " ".join(self._charset.decode(reading.ids).split())
            yield Line(text, reading.confidence)
