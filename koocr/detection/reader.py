"""`Detector`: a page in, the quads of its text units out. Start reading here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koocr.bend import Bend
from koocr.detection.decode import DecodeSettings, decode
from koocr.detection.metadata import DetectorMetadata
from koocr.detection.prepare import LONG_SIDE, prepare, to_input
from koocr.detection.settings import STRIDE, DetectorSettings
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError
from koocr.image import GreyImage
from koocr.polygon import Quads
from koocr.weights import reading_file

__all__ = ["Detector", "TextRegion"]

_LONGEST = 8192
_LEAST_CONTRAST = 6
"""Grey levels between the lightest and the darkest pixel below which nothing is written."""


@dataclass(frozen=True, slots=True, eq=False)
class TextRegion:
    """One text unit: a line, or the piece of one that wide gaps, as between columns or cells, cut off.

    Attributes:
        quad: (4, 2) float32, in pixels of the page: top left, top right, bottom right, bottom left of text
            that stands upright within about 45 degrees.
        score: mean probability of its core, in [0, 1].
        bend: its course, if it is bent; then the quad holds all of its bow.
    """

    quad: Quads
    score: float
    bend: Bend | None = None


class Detector:
    """Finds text on pages.

    Args:
        weights: name of a shipped model, an `.onnx` file that koocr exported, or an `.h5` file that it
            trained; None for the default model.
        num_threads: for one call of the network.
        long_side: pixels to which a page is scaled down, see `koocr.detection.prepare.prepare`; None: 1,280.
        decoding: what counts as text; None for the defaults.

    Raises:
        ConfigError: a setting is out of range.
        WeightsError: the weights are missing, damaged, or another task's.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        num_threads: int = 1,
        long_side: int | None = None,
        decoding: DecodeSettings | None = None,
    ) -> None:
        if num_threads < 1:
            raise ConfigError(f"num_threads is {num_threads!r}; give at least 1")
        self._long_side = LONG_SIDE if long_side is None else long_side
        if not STRIDE <= self._long_side <= _LONGEST:
            raise ConfigError(f"long_side is {long_side!r}; give a number from {STRIDE} to {_LONGEST:,}")
        name = "" if weights is None else str(weights)
        self._engine = _open(name, num_threads)
        self._metadata = DetectorMetadata.of(
            self._engine.metadata, repr(name) if name else "the default detector"
        )
        self._decoding = decoding or DecodeSettings()

    @property
    def settings(self) -> DetectorSettings:
        """What the network is made of."""
        return self._metadata.settings

    def detect(self, grey: GreyImage) -> list[TextRegion]:
        """Finds the text units of a page.

        Args:
            grey: (H, W) uint8, of any size.

        Returns:
            The units from the top down, which is not the order of reading; none on an empty page.
        """
        if int(grey.max()) - int(grey.min()) < _LEAST_CONTRAST:
            return []
        page = prepare(grey, long_side=self._long_side)
        logits = self._engine.run({"image": to_input(page.image[None])})["probability"][0, ..., 0]
        quads, scores, bends = decode(logits, shrink=self.settings.shrink, settings=self._decoding)
        quads = page.on_page(quads)
        factors = 1 / np.array(page.scale)
        return [
            TextRegion(quads[row], float(scores[row]), None if bend is None else bend.scaled(factors))
            for row in np.lexsort(quads.mean(axis=1).T).tolist()
            for bend in [bends[row]]
        ]


def _open(weights: str, num_threads: int) -> Engine:
    """Finds the weights and makes the engine that runs them."""
    path, is_keras = reading_file(weights, task="detection")
    return _open_keras(path) if is_keras else OnnxEngine(path, num_threads=num_threads)


def _open_keras(path: Path) -> Engine:
    from koocr.detection.keras_model import load_model, reading_model, stored_metadata
    from koocr.engine import KerasEngine

    metadata = stored_metadata(path)
    return KerasEngine(reading_model(load_model(path), metadata), metadata.to_dict())
