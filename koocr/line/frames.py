"""What a network says of each frame of lines, for a look at what it finds alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koocr.charset import Charset
from koocr.errors import ConfigError
from koocr.evaluation.clusters import Clusters, ClusterSettings, cluster_frames, frame_logits
from koocr.image import GreyImage
from koocr.line.reader import LineReader
from koocr.line.scores import BLANK, frame_scores
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings

__all__ = ["FrameReader", "LineFrames", "cluster_lines"]

FloatArray = NDArray[np.float32]

_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class LineFrames:
    """One line of T frames.

    Attributes:
        logits: by output, (T, …) each, as the network gives them; of frames in which a symbol is read.
        symbols: (T,) what the best path reads in them.
    """

    logits: Mapping[str, FloatArray]
    symbols: NDArray[np.str_]


class FrameReader(LineReader):
    """Reads the frames of lines instead of their text.

    Raises:
        ConfigError: the network's frames aren't symbols: it spells by attention, or in jamo.
    """

    def frames(self, images: Sequence[GreyImage]) -> list[LineFrames]:
        """The frames of each line in which the best path reads a symbol; crops are not turned."""
        self._check()
        nothing = LineFrames({}, np.array([], np.str_))
        found: list[LineFrames] = []
        for start in range(0, len(images), _AT_ONCE):
            batch = list(images[start : start + _AT_ONCE])
            found += self._read(batch, self._described, (nothing, nothing), _as_it_stands)
        return found

    def _check(self) -> None:
        settings = self.settings
        is_spelled = isinstance(settings, LineSettings) and settings.head == "jamo-sequence"
        if is_spelled or (isinstance(settings, StageSettings) and settings.prediction == "Attn"):
            raise ConfigError(
                "clusters are made of frames that read whole symbols, which this network has not"
            )

    def _described(
        self, outputs: Mapping[str, FloatArray], num_frames: NDArray[np.integer], **places: object
    ) -> list[LineFrames]:
        charset = self._metadata.charset
        return [
            _of_line({name: values[row, :count] for name, values in outputs.items()}, charset)
            for row, count in enumerate(num_frames.tolist())
        ]


def _of_line(logits: Mapping[str, FloatArray], charset: Charset) -> LineFrames:
    ids, _ = frame_scores(logits).best()
    is_read = ids != BLANK
    symbols = np.array([charset.symbols[number] for number in ids[is_read].tolist()], np.str_)
    return LineFrames({name: np.array(values[is_read]) for name, values in logits.items()}, symbols)


def _as_it_stands(frames: LineFrames) -> float:
    """Every view of a line is as good: the first one stays."""
    return 1.0


def cluster_lines(
    frames: Callable[[Sequence[GreyImage]], list[LineFrames]],
    images: Sequence[GreyImage],
    settings: ClusterSettings | None = None,
) -> Clusters:
    """Clusters the frames of lines by likeness, see `koocr.evaluation.clusters`.

    Args:
        frames: of a `FrameReader`.
        images: the lines.
        settings: how.

    Raises:
        DataError: nothing is read in any line.
        MissingDependencyError: scikit-learn is not installed.
    """
    lines = [line for line in frames(images) if len(line.symbols)]
    features = frame_logits(
        [line.logits for line in lines], [np.ones(len(line.symbols), bool) for line in lines]
    )
    return cluster_frames(features, np.concatenate([line.symbols for line in lines]), settings)
