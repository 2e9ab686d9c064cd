"""`LineReader`: an image of one line in, its text out. Start reading here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np

from koocr.charset import Charset
from koocr.document import Line
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError
from koocr.image import GreyImage, ImageSource, as_batch, is_batch, load_image, load_image_of_batch
from koocr.line.batches import STRIDE, Strips, pad, padded_width
from koocr.line.beam import BeamSettings, Prior, check_count, with_prior
from koocr.line.decoder import DecoderSettings
from koocr.line.metadata import LineMetadata
from koocr.line.ngram import NGram
from koocr.line.outputs import OutputReader, Place
from koocr.line.prepare import Ink, Strip, fit_line, text_rows
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings
from koocr.weights import reading_file, shipped_model, verified

__all__ = ["LineReader"]

T = TypeVar("T")
Logits = dict[str, Any]

EMPTY = Line("", 1.0)
"""What a picture without ink says."""
UNREAD = Line("", 0.0)
"""What is said of ink that can't be read."""
_MOST_READINGS = 1000
_TALL = 1.5
"""A crop so many times taller than wide may be a line that lies on its side."""
_LEAST_SURE = 0.05
"""Mean confidence of the characters below which nothing was read: the grain of paper comes to 0.01 at most,
the worst of 500 lines of text to 0.6."""
_MOST_COLUMNS = 4_000
"""Columns of strips, padding included, for one call of the engine: more of them gain nothing on a CPU, and a
thousand take about 5 MB."""
_LEAST_FILLED = 0.8
"""A batch is closed when its shortest line would fill less of its width: padding costs as much as text."""


class LineReader:
    """Reads single lines of Korean text.

    Args:
        weights: name of a shipped model, an `.onnx` file that koocr exported, or an `.h5` file that it
            trained; None for the default model.
        num_candidates: alternatives of each character.
        beam: how to search; None for what goes with the prior: `koocr.line.beam.with_prior()`, or the best
            path without one.
        prior: what is known of texts before one is seen. True: the model's own, if it comes with one; False:
            nothing, every symbol is read for itself; or a prior (see `koocr.line.ngram`), or the file of one.
        num_threads: for one call of the network.

    Raises:
        ConfigError: a setting is out of range, or doesn't go with the network.
        WeightsError: the weights are missing, damaged, or another task's.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        num_candidates: int = 5,
        beam: BeamSettings | None = None,
        prior: Prior | str | Path | bool = True,
        num_threads: int = 1,
    ) -> None:
        check_count("num_threads", num_threads)
        decoding = DecoderSettings(num_candidates=num_candidates, beam=beam)
        name = "" if weights is None else str(weights)
        is_asked = beam is None or beam.prior_weight > 0
        with ThreadPoolExecutor(1) as pool:  # network and prior are loaded beside each other
            loading = pool.submit(_load, name, num_threads)
            try:
                found = _prior(prior, name, lambda: loading.result()[1].charset) if is_asked else None
            finally:
                self._engine, self._metadata = loading.result()  # whose errors come first
        decoding = replace(decoding, beam=_search(beam, found))
        self._outputs = OutputReader(self._metadata, decoding, prior=found)
        self._prior = found

    @property
    def settings(self) -> LineSettings | StageSettings:
        """What the network is made of."""
        return self._metadata.settings

    @property
    def prior(self) -> Prior | None:
        """What it knows of texts."""
        return self._prior

    @overload
    def read(self, image: ImageSource) -> Line: ...  # type: ignore[overload-overlap]
    @overload
    def read(self, image: Sequence[ImageSource]) -> list[Line]: ...
    def read(self, image: Any) -> Line | list[Line]:
        """Reads the line in an image, or in each image of a batch.

        Args:
            image: a path, encoded bytes, an open file, a PIL image or an array (grey, RGB or RGBA; 8 or 16
                bit, float, bool; any size): one line, dark on light or light on dark. Crops taller than wide
                are turned where that reads better; places then go along the line. A list, a tuple or an
                iterator is a batch, of any widths.

        Returns:
            The line; for a batch, a list of lines. A picture without ink gives an empty line of confidence 1,
            ink that can't be read one of confidence 0.

        Raises:
            InputError: an image can't be read.
        """
        return self._read(image, self._outputs.lines, (EMPTY, UNREAD), _sureness)

    @overload
    def n_best(self, image: ImageSource, n: int = 5) -> list[Line]: ...  # type: ignore[overload-overlap]
    @overload
    def n_best(self, image: Sequence[ImageSource], n: int = 5) -> list[list[Line]]: ...
    def n_best(self, image: Any, n: int = 5) -> list[Line] | list[list[Line]]:
        """Different readings of a line, or of each line of a batch, best first, by beam search.

        Args:
            image: see `read`.
            n: how many at most, up to 1,000; the search may find fewer.

        Returns:
            At least one line; for a batch, a list of such lists. A picture without ink gives one empty line.

        Raises:
            ConfigError: n is no whole number of at least 1, or the network spells by attention.
            InputError: an image can't be read.
        """
        check_count("n", n)
        if n > _MOST_READINGS:
            raise ConfigError(f"n is {n!r}; give at most {_MOST_READINGS}, or it takes for ever")

        def hypotheses(outputs: Logits, num_frames: Any, *, places: Sequence[Place]) -> list[list[Line]]:
            return self._outputs.hypotheses(outputs, num_frames, n=n, places=places)

        return self._read(image, hypotheses, ([EMPTY], [UNREAD]), lambda lines: _sureness(lines[0]))

    def _read(
        self,
        image: Any,
        describe: Callable[..., list[T]],
        nothing: tuple[T, T],
        sureness: Callable[[T], float],
    ) -> Any:
        """What `describe` makes of the outputs, for one image or a batch; see `_best_views`."""
        if not is_batch(image):
            return self._best_views([load_image(image)], describe, nothing, sureness)[0]
        pictures = [load_image_of_batch(source, number) for number, source in enumerate(as_batch(image))]
        return self._best_views(pictures, describe, nothing, sureness)

    def _best_views(
        self,
        pictures: list[GreyImage],
        describe: Callable[..., list[T]],
        nothing: tuple[T, T],
        sureness: Callable[[T], float],
    ) -> list[T]:
        """The surest view of each picture, of which some have several.

        `nothing` has what is said of a picture without ink, and of one whose ink is no text.
        """
        empty, unread = nothing
        views = [(number, view) for number, picture in enumerate(pictures) for view in _views(picture)]
        readings = self._read_views([view for _, view in views], describe, empty)
        best: dict[int, T] = {}
        for (number, _), reading in zip(views, readings, strict=True):
            if number not in best or sureness(reading) > sureness(best[number]):
                best[number] = reading
        return [
            reading if reading is empty or sureness(reading) else unread
            for reading in (best[number] for number in range(len(pictures)))
        ]

    def _read_views(self, views: list[Ink], describe: Callable[..., list[T]], empty: T) -> list[T]:
        strips = [fit_line(view, self.settings.height) for view in views]
        readings = [empty] * len(views)
        for rows in _batches(strips):
            batch = [strip for strip in (strips[row] for row in rows) if strip is not None]
            padded = pad([strip.image for strip in batch])
            places = [
                (STRIDE * strip.scale, strip.left, float(views[row].grey.shape[1]))
                for row, strip in zip(rows, batch, strict=True)
            ]
            found = describe(self._logits(padded), padded.num_frames, places=places)
            for row, reading in zip(rows, found, strict=True):
                readings[row] = reading
        return readings

    def _logits(self, strips: Strips) -> Logits:
        return self._engine.run(strips.as_input())


def _prior(prior: Prior | str | Path | bool, weights: str, charset: Callable[[], Charset]) -> Prior | None:
    """What was asked for; the own one of a shipped model lies beside it."""
    if prior is True:
        file = None if _is_file(weights) else shipped_model(weights, task="line").files.get("prior")
        return NGram.load(verified(file), charset) if file else None
    if prior is False:
        return None
    if isinstance(prior, (str, Path)):
        return NGram.load(prior, charset)
    if not (hasattr(prior, "score") and hasattr(prior, "end")):
        raise ConfigError(f"prior is {prior!r}; give True, False, a file of `koocr train prior`, or a prior")
    if isinstance(prior, NGram) and prior.charset != charset():
        raise ConfigError("the prior was made for another charset than the network; train it anew")
    return prior


def _search(beam: BeamSettings | None, prior: Prior | None) -> BeamSettings | None:
    """How to search with this prior, or without one."""
    if prior is not None:
        return beam or with_prior()
    if beam is not None and beam.prior_weight:
        return replace(beam, prior_weight=0.0, symbol_bonus=0.0)  # the bonus goes with the prior
    return beam


def _is_file(weights: str) -> bool:
    return Path(weights).suffix.lower() in (".h5", ".onnx")


def _load(weights: str, num_threads: int) -> tuple[Engine, LineMetadata]:
    engine = _open(weights, num_threads)
    return engine, LineMetadata.of(engine.metadata, repr(weights) if weights else "the default model")


def _open(weights: str, num_threads: int) -> Engine:
    """Finds the weights and makes the engine that runs them."""
    path, is_keras = reading_file(weights, task="line")
    return _open_keras(path) if is_keras else OnnxEngine(path, num_threads=num_threads)


def _open_keras(path: Path) -> Engine:
    from koocr.engine import KerasEngine
    from koocr.line.keras_model import load_model, reading_model, stored_metadata

    return KerasEngine(reading_model(load_model(path)), stored_metadata(path).to_dict())


def _views(picture: GreyImage) -> list[Ink]:
    """The picture, if it is tall, the two ways of laying it down, and of a loose one the rows of its line."""
    height, width = picture.shape
    turns = (0, 1, 3) if height > _TALL * width else (0,)
    views = [Ink.of(np.ascontiguousarray(np.rot90(picture, turn))) for turn in turns]
    rows = [(view.grey, text_rows(view)) for view in views]
    return views + [Ink.of(np.ascontiguousarray(grey[found])) for grey, found in rows if found is not None]


def _sureness(line: Line) -> float:
    """How sure its characters are, and that there are some: a line on its side reads as a few odd signs.

    0 for what is no text.
    """
    count = len(line.text)
    if not count:
        return 0.0
    if line.characters:
        mean = sum(character.confidence for character in line.characters) / count
    else:  # a network that spells by attention gives no characters
        mean = line.confidence ** (1 / count)
    return mean + 0.02 * min(count, 5) if mean >= _LEAST_SURE else 0.0


def _batches(strips: Sequence[Strip | None]) -> Iterator[list[int]]:
    """Rows of strips that are about equally wide, the narrow ones first; None is left out."""
    widths = {row: strip.image.shape[1] for row, strip in enumerate(strips) if strip is not None}
    batch: list[int] = []
    for row in sorted(widths, key=lambda row: widths[row]):
        full = (len(batch) + 1) * padded_width(widths[row]) > _MOST_COLUMNS
        if batch and (full or widths[batch[0]] < _LEAST_FILLED * widths[row]):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
