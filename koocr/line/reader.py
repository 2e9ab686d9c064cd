"""`LineReader`: an image of one line in, its text out. Start reading here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from koocr.charset import line_charset
from koocr.document import Line
from koocr.engine import Engine, OnnxEngine
from koocr.errors import InputError, WeightsMissingError
from koocr.image import GreyImage, ImageSource, as_batch, is_batch, load_image
from koocr.line.batches import STRIDE, pad
from koocr.line.beam import BeamSettings, Prior
from koocr.line.decoder import DecoderSettings, LineDecoder
from koocr.line.metadata import LineMetadata
from koocr.line.prepare import Strip, fit_line
from koocr.line.scores import split_lines
from koocr.line.settings import LineSettings
from koocr.weights import shipped_model, verified

EMPTY = Line("", 1.0)
"""What a picture without ink says."""
_TALL = 1.5
"""A crop so many times taller than wide may be a line that lies on its side."""
_MOST_COLUMNS = 16_000
"""Columns of strips, padding included, for one call of the engine: larger ones gain nothing on a CPU."""
_LEAST_FILLED = 0.8
"""A batch is closed when its shortest line would fill less of its width: padding costs as much as text."""


class LineReader:
    """Reads single lines of Korean text.

    Args:
        weights: name of a shipped model, or an `.onnx` file that koocr exported; None for the default model.
        num_candidates: alternatives of each character.
        beam: how to search; None for the best path.
        prior: of texts, for the beam search, see `koocr.line.ngram`.

    Raises:
        ConfigError: a setting is out of range.
        WeightsError: the weights are missing, damaged, or another task's.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        num_candidates: int = 5,
        beam: BeamSettings | None = None,
        prior: Prior | None = None,
    ) -> None:
        self._engine = _open("" if weights is None else str(weights))
        self._metadata = LineMetadata.of(self._engine.metadata, repr(str(weights or "the default model")))
        decoding = DecoderSettings(
            num_candidates=num_candidates, beam=beam, is_spelled=self.settings.head == "jamo-sequence"
        )
        self._decoder = LineDecoder(line_charset(), decoding, prior=prior)

    @property
    def settings(self) -> LineSettings:
        """What the network is made of."""
        return self._metadata.settings

    @overload
    def read(self, image: ImageSource) -> Line: ...  # type: ignore[overload-overlap]
    @overload
    def read(self, image: Sequence[ImageSource]) -> list[Line]: ...
    def read(self, image: Any) -> Line | list[Line]:
        """Reads the line in an image, or in each image of a batch.

        Args:
            image: a path, encoded bytes, an open file, a PIL image or an array (grey, RGB or RGBA; 8 or 16
                bit, float, bool; any size): one line, dark on light or light on dark. Crops taller than wide
                are turned where that reads better. A list, a tuple or an iterator is a batch, of any widths.

        Returns:
            The line; for a batch, a list of lines. A picture without ink gives an empty line.

        Raises:
            InputError: an image can't be read.
        """
        if not is_batch(image):
            return self._read([load_image(image)])[0]
        return self._read([_load(source, number) for number, source in enumerate(as_batch(image))])

    def _read(self, pictures: list[GreyImage]) -> list[Line]:
        """The best view of each picture: those that are tall have three."""
        views = [(number, view) for number, picture in enumerate(pictures) for view in _views(picture)]
        found: list[Line | None] = [None] * len(pictures)
        for (number, _), line in zip(views, self._read_views([view for _, view in views]), strict=True):
            best = found[number]
            if best is None or _sureness(line) > _sureness(best):
                found[number] = line
        return [line or EMPTY for line in found]

    def _read_views(self, views: list[GreyImage]) -> list[Line]:
        strips = [fit_line(view, self.settings.height) for view in views]
        lines = [EMPTY] * len(views)
        for rows in _batches(strips):
            batch = [strip for strip in (strips[row] for row in rows) if strip is not None]
            padded = pad([strip.image for strip in batch])
            outputs = self._engine.run(padded.as_input())
            scores = split_lines(outputs, padded.num_frames, temperatures=self._metadata.temperatures)
            for row, strip, line in zip(rows, batch, scores, strict=True):
                lines[row] = self._decoder.line(line, scale=STRIDE * strip.scale, offset=strip.left)
        return lines


def _open(weights: str) -> Engine:
    if weights.lower().endswith(".onnx"):
        if not Path(weights).is_file():
            raise WeightsMissingError(
                f"there is no weight file {weights!r}; check the path, or see `koocr models`"
            )
        return OnnxEngine(weights)
    shipped = shipped_model(weights, task="line")
    return OnnxEngine(verified(shipped.files[shipped.reads_with]))


def _load(image: ImageSource, number: int) -> GreyImage:
    """Loads an image of a batch; an error says which one it was."""
    try:
        return load_image(image)
    except InputError as error:
        raise InputError(f"image {number} of the batch, counted from 0: {error}") from error


def _views(picture: GreyImage) -> list[GreyImage]:
    """The picture, and, if it is tall, the two ways of laying it down."""
    height, width = picture.shape
    if height <= _TALL * width:
        return [picture]
    return [picture, *(np.ascontiguousarray(np.rot90(picture, turns)) for turns in (1, 3))]


def _sureness(line: Line) -> float:
    """How sure its characters are, and that there are some: a line on its side reads as a few odd signs."""
    if not line.characters:
        return 0.0
    mean = sum(character.confidence for character in line.characters) / len(line.characters)
    return mean + 0.02 * min(len(line.characters), 5)


def _batches(strips: Sequence[Strip | None]) -> Iterator[list[int]]:
    """Rows of strips that are about equally wide, the narrow ones first; None is left out."""
    widths = {row: strip.image.shape[1] for row, strip in enumerate(strips) if strip is not None}
    batch: list[int] = []
    for row in sorted(widths, key=lambda row: widths[row]):
        full = (len(batch) + 1) * widths[row] > _MOST_COLUMNS
        if batch and (full or widths[batch[0]] < _LEAST_FILLED * widths[row]):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
