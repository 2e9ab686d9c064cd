"""Recognisers by name, ready to be trained and compared: the 24 of the four-stage family and koocr's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import keras
import numpy as np

from koocr.charset import Charset
from koocr.data.synthesis.lines import LineBatch
from koocr.errors import ConfigError
from koocr.image import GreyImage
from koocr.line.batches import FittedLines
from koocr.line.metadata import LineMetadata
from koocr.line.network import build_network
from koocr.line.prepare import fit_line
from koocr.line.settings import HEADS, LineSettings
from koocr.line.stages.batch import pad_lines, stage_batch
from koocr.line.stages.decode import read_lines
from koocr.line.stages.losses import loss_of
from koocr.line.stages.network import build_stages, reading_network
from koocr.line.stages.settings import StageSettings, stage_names
from koocr.line.training import as_fitted, to_training_batch, with_loss
from koocr.line.validation import read
from koocr.training.loop import TrainingBatch

__all__ = [
    "GUIDE",
    "GUIDED",
    "OWN",
    "OwnRecogniser",
    "Recogniser",
    "Sizes",
    "StageRecogniser",
    "make_recogniser",
    "names",
]

GUIDED = "koocr-jamo-guided"
"""koocr's own network, trained with a guide (see `koocr.line.guide`)."""
OWN = (*(f"koocr-{head}" for head in HEADS), GUIDED)
"""koocr's own network with each of its heads, and with the first of them guided."""
GUIDE = 0.5
"""Weight of the guide's loss beside that of CTC, which is about as large."""

_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How large the networks are.

    Attributes:
        height: of the lines of the four-stage family; koocr's own has its own.
        channels, hidden: of the family, see `koocr.line.stages.settings.StageSettings`.
        max_length: most symbols that attention writes.
        width: of koocr's own, see `koocr.line.settings.LineSettings`.
    """

    height: int = 32
    channels: int = 512
    hidden: int = 256
    max_length: int = 40
    width: float = 1.0


class Recogniser(Protocol):
    """A network with what it is trained on and how it reads."""

    model: keras.Model

    @property
    def metadata(self) -> LineMetadata:
        """What is stored beside the weights, so that they can be read with and exported."""

    def compile(self, optimizer: keras.Optimizer) -> keras.Model:
        """The model that is trained; it shares its weights with `model`."""

    def batch(self, lines: LineBatch | FittedLines) -> TrainingBatch:
        """Lines as that model takes them."""

    def read(self, lines: LineBatch) -> list[str]:
        """The text of each line."""


def names() -> tuple[str, ...]:
    """The names of all recognisers: the family's, then koocr's own."""
    return (*stage_names(), *OWN)


def make_recogniser(name: str, charset: Charset, sizes: Sizes) -> Recogniser:
    """A recogniser with fresh weights.

    Args:
        name: one of `names()`.
        charset: what the four-stage family reads; koocr's own always reads everything.
        sizes: how large.

    Raises:
        ConfigError: the name is none of them, or a size is out of range.
    """
    if name == GUIDED:
        return OwnRecogniser(LineSettings(width=sizes.width), guide=GUIDE)
    if name in OWN:
        return OwnRecogniser(LineSettings(head=name.removeprefix("koocr-"), width=sizes.width))
    if name not in stage_names():
        raise ConfigError(f"there is no recogniser {name!r}; there are {', '.join(names())}")
    settings = StageSettings.named(
        name,
        charset_size=len(charset),
        height=sizes.height,
        channels=sizes.channels,
        hidden=sizes.hidden,
        max_length=sizes.max_length,
    )
    return StageRecogniser(settings, charset)


class StageRecogniser:
    """One of the four-stage family.

    Args:
        settings: which.
        charset: its symbols.
    """

    def __init__(self, settings: StageSettings, charset: Charset) -> None:
        self.settings = settings
        self.model = build_stages(settings)
        self.metadata = LineMetadata(settings, symbols="".join(charset.symbols))
        self._reading = reading_network(self.model)
        self._charset = charset

    def compile(self, optimizer: keras.Optimizer) -> keras.Model:
        """See `Recogniser`."""
        self.model.compile(optimizer=optimizer, loss={"symbol": loss_of(self.settings.prediction)})
        return self.model

    def batch(self, lines: LineBatch | FittedLines) -> TrainingBatch:
        """See `Recogniser`; lines without ink are left out."""
        fitted = as_fitted(lines, height=self.settings.height)
        labels = [self._charset.encode(text) for text in fitted.texts]
        arrays = stage_batch(fitted.strips, labels, prediction=self.settings.prediction)
        weights = {"symbol": np.ones(len(labels), np.float32)}
        return TrainingBatch(images=arrays.inputs, labels=arrays.targets, weights=weights)

    def read(self, lines: LineBatch) -> list[str]:
        """See `Recogniser`."""
        strips = sorted(self._strips(lines.images), key=lambda item: item[1].shape[1])
        texts = [""] * len(lines)
        for start in range(0, len(strips), _BATCH):
            rows, images = zip(*strips[start : start + _BATCH], strict=True)
            inputs = pad_lines(images)
            logits = np.asarray(self._reading.predict_on_batch(inputs)["symbol"], np.float32)
            found = read_lines(logits, inputs["num_frames"], prediction=self.settings.prediction)
            for row, reading in zip(rows, found, strict=True):
                texts[row] = self._charset.decode(reading.ids)
        return texts

    def _strips(self, images: list[GreyImage]) -> Iterator[tuple[int, GreyImage]]:
        for row, image in enumerate(images):
            strip = fit_line(image, self.settings.height)
            if strip is not None:
                yield row, strip.image


class OwnRecogniser:
    """koocr's own network.

    Args:
        settings: its head and size.
        guide: weight of the loss of a second reader that helps it to learn; 0 for none.
    """

    def __init__(self, settings: LineSettings, *, guide: float = 0.0) -> None:
        self.settings, self._guide = settings, guide
        self.model = build_network(settings)
        self.metadata = LineMetadata(settings)

    def compile(self, optimizer: keras.Optimizer) -> keras.Model:
        """See `Recogniser`."""
        learner = with_loss(self.model, self.settings, guide=self._guide)
        learner.compile(optimizer=optimizer, loss={"loss": _as_it_is})
        return learner

    def batch(self, lines: LineBatch | FittedLines) -> TrainingBatch:
        """See `Recogniser`."""
        return to_training_batch(lines, self.settings)

    def read(self, lines: LineBatch) -> list[str]:
        """See `Recogniser`."""
        return list(read(self.model, lines, self.settings))


def _as_it_is(truth: keras.KerasTensor, loss: keras.KerasTensor) -> keras.KerasTensor:
    return loss
