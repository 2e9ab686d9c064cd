"""`KoOCR`: an image of one character in, the most likely symbols out. Start reading here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import Scores, check_count, jamo_of, scores_of
from koocr.character.metadata import ModelMetadata
from koocr.character.second_look import with_second_look
from koocr.character.settings import CharacterSettings
from koocr.character.symbols import symbol
from koocr.document import Candidate, Character, JamoScore
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError, WeightsError
from koocr.hangul import FINALS, INITIALS, MEDIALS, NUM_SYLLABLES
from koocr.image import ImageSource, as_batch, is_batch, load_image, load_image_of_batch
from koocr.ink import fit_glyph
from koocr.weights import keras_file, reading_file, shipped_model

if TYPE_CHECKING:
    import keras

FloatArray = NDArray[np.float32]
Glyph = NDArray[np.uint8] | None
"""What `fit_glyph` makes of an image: (S, S), or None without ink."""
T = TypeVar("T")

_CHUNK = 32
"""Images for one call of the engine: larger ones gain nothing on a CPU and leave its caches."""


class KoOCR:
    """Reads single Hangul characters: all 11,172 syllables and the 51 single jamo.

    Without arguments it reads with the model that comes with koocr. With `weights` it reads with those: the
    name of a shipped model (`koocr models` lists them), an `.onnx` file that koocr exported, or an `.h5`
    file that training wrote. With network options alone it holds a network that is still to be trained, by
    `train`.

    Args:
        weights: name or path; None for the default model, or for a new network where options are given.
        second_look: read what the network is not sure of three times, a little changed, and take the mean:
            more hard characters right, in twice the time for those.
        num_threads: how many threads read a batch: one loads images and finds their ink, the others run the
            network.
        options: of the network, see `CharacterSettings`: `network`, `image_size`, `fc_link`,
            `split_components`, …. Beside `weights` they need not be given; if they are, they must be what the
            weights were made with.

    Raises:
        ConfigError: an option is unknown or out of range.
        WeightsError: the weights are missing, damaged, or another network's.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        second_look: bool = True,
        num_threads: int = 1,
        **options: Any,
    ) -> None:
        if isinstance(num_threads, bool) or not isinstance(num_threads, int) or num_threads < 1:
            raise ConfigError(f"num_threads is {num_threads!r}; give a whole number of at least 1")
        if not isinstance(second_look, bool):
            raise ConfigError(f"second_look is {second_look!r}; give True or False")
        self._num_threads = num_threads
        self._second_look = second_look
        self._keras_model: keras.Model | None = None
        self._keras_weights: str | Path | None = None
        self._engine: Engine | None = None
        if weights is None and options:
            self._metadata = ModelMetadata(CharacterSettings.from_dict(options))
            return
        self._engine = self._open("" if weights is None else str(weights))
        self._metadata = ModelMetadata.of(self._engine.metadata, repr(str(weights or "the default model")))
        self._check_options(options)

    @property
    def settings(self) -> CharacterSettings:
        """What the network is made of."""
        return self._metadata.settings

    @overload
    def predict(self, image: ImageSource, n: int = 1) -> list[str]: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, image: Sequence[ImageSource], n: int = 1) -> list[list[str]]: ...
    def predict(self, image: Any, n: int = 1) -> list[str] | list[list[str]]:
        """Reads the n most likely symbols of an image, or of each image of a batch.

        Args:
            image: a path, encoded bytes, an open file, a PIL image or an array (grey, RGB or RGBA; 8 or 16
                bit, float, bool; any size). A list, a tuple or an iterator, or an array with one more
                dimension, is a batch.
            n: how many, 1 to 11,223.

        Returns:
            Exactly n symbols, best first; for a batch, a list of such lists. A blank image gives an empty
            list.

        Raises:
            InputError: an image can't be read.
            ConfigError: n is out of range.
        """
        blank: list[str] = []
        return self._read(image, n, _texts, blank)

    @overload
    def candidates(self, image: ImageSource, n: int = 1) -> Character: ...  # type: ignore[overload-overlap]
    @overload
    def candidates(self, image: Sequence[ImageSource], n: int = 1) -> list[Character]: ...
    def candidates(self, image: Any, n: int = 1) -> Character | list[Character]:
        """As `predict`, with the probability of each candidate and of its jamo.

        The probabilities are over all symbols: those of a blank image do not exist, and its `Character` is
        empty.
        """
        return self._read(image, n, _characters, Character(()))

    @property
    def model(self) -> keras.Model:
        """The Keras model, loaded when first asked for (needs `pip install 'koocr[train]'`).

        Raises:
            WeightsError: what this reads with came without Keras weights, or they are damaged.
        """
        if self._keras_model is None:
            from koocr.character.keras_model import load_model, new_model

            known = self._keras_weights
            if known is None:
                self._keras_model = new_model(self.settings)
            else:
                self._keras_model = load_model(keras_file(known, task="character"))
        return self._keras_model

    def explain(self, image: ImageSource) -> Any:
        """Where the network looked, for each jamo of its best syllable; see `koocr.character.explain`."""
        from koocr.character.explain import explain

        return explain(self, image)

    def train(self, **options: Any) -> None:
        """Trains this network further on patches, and reads with the result.

        Args:
            options: `epochs`, `lr`, `data`, …; see `koocr.character.patch_training.PatchTraining`.

        Raises:
            ConfigError: an option is unknown or out of range.
            DataError: a patch is missing or can't be read.
            TrainingError: the loss became NaN or infinite.
        """
        from koocr.character.patch_training import PatchTraining, train_reader
        from koocr.engine import KerasEngine

        self._keras_model = train_reader(self.model, self.settings, PatchTraining.of(options))
        self._metadata = ModelMetadata(self.settings)  # temperatures are those of the weights before
        self._engine = KerasEngine(self._keras_model, self._metadata.to_dict())

    def _open(self, weights: str) -> Engine:
        """Finds the weights and makes the engine that runs them."""
        self._keras_weights = weights or shipped_model().name
        path, is_keras = reading_file(weights, task="character")
        return self._open_keras(path) if is_keras else OnnxEngine(path)

    def _open_keras(self, path: Path) -> Engine:
        from koocr.character.keras_model import load_model, stored_metadata
        from koocr.engine import KerasEngine

        self._keras_model = load_model(path)
        return KerasEngine(self._keras_model, stored_metadata(path).to_dict())

    def _check_options(self, options: dict[str, Any]) -> None:
        given = CharacterSettings.from_dict({**self.settings.to_dict(), **options})
        if given != self.settings:
            changed = [name for name in options if getattr(given, name) != getattr(self.settings, name)]
            stored = ", ".join(f"{name}={getattr(self.settings, name)!r}" for name in changed)
            raise WeightsError(f"these weights belong to another network ({stored}); leave those options out")

    def _ready_engine(self) -> Engine:
        if self._engine is None:
            raise WeightsError("this network has not been trained; call train(), or give weights")
        return self._engine

    def _read(self, image: Any, n: int, describe: Callable[[Scores, int], list[T]], blank: T) -> Any:
        """Reads one image, or a batch in chunks: what `describe` makes of the scores, `blank` without ink."""
        check_count(n)
        if not is_batch(image):
            glyph = fit_glyph(load_image(image), self.settings.image_size)
            scores = self._scores([glyph])
            return describe(scores, n)[0] if scores else copy(blank)
        images = as_batch(image)
        parts = self._prepared(images)
        num_threads = self._num_threads if len(images) > _CHUNK else 1
        return [
            reading
            for glyphs, scores in self._scored(parts, num_threads)
            for reading in _in_place(glyphs, describe(scores, n) if scores else [], blank)
        ]

    def _prepared(self, images: list[ImageSource]) -> Iterator[list[Glyph]]:
        """Loads the images of a batch and finds their ink, a chunk at a time; None where there is none."""
        size = self.settings.image_size
        for start in range(0, len(images), _CHUNK):
            chunk = images[start : start + _CHUNK]
            pictures = (load_image_of_batch(image, number) for number, image in enumerate(chunk, start))
            yield [fit_glyph(picture, size) for picture in pictures]

    def _scored(
        self, parts: Iterator[list[Glyph]], num_threads: int
    ) -> Iterator[tuple[list[Glyph], Scores | None]]:
        """Each chunk with its scores, in order.

        The network runs beside the preparation of the chunks that follow, which is Python and stays in one
        thread: two would only wait for each other.
        """
        if num_threads == 1:
            yield from ((glyphs, self._scores(glyphs)) for glyphs in parts)
            return
        running: deque[tuple[list[Glyph], Future[Scores | None]]] = deque()
        with ThreadPoolExecutor(num_threads - 1) as pool:
            for glyphs in parts:
                running.append((glyphs, pool.submit(self._scores, glyphs)))
                if len(running) > num_threads:  # or a large batch would fill the memory
                    first, scores = running.popleft()
                    yield first, scores.result()
            yield from ((glyphs, scores.result()) for glyphs, scores in running)

    def _scores(self, glyphs: list[Glyph]) -> Scores | None:
        """The scores of those glyphs that have ink; None if no one has."""
        inked = [glyph for glyph in glyphs if glyph is not None]
        if not inked:
            return None
        scores = self._look(np.stack(inked))
        return with_second_look(inked, scores, self._look) if self._second_look else scores

    def _look(self, glyphs: NDArray[np.uint8]) -> Scores:
        """Runs the network on (N, S, S) images."""
        batch = (glyphs.astype(np.float32) / np.float32(255))[..., None]  # (N, S, S, 1)
        return scores_of(
            self._ready_engine().run(batch),
            charset=self.settings.charset,
            temperatures=self._metadata.temperatures,
            common_bonus=self._metadata.common_bonus,
        )


def _in_place(glyphs: list[Glyph], readings: list[T], blank: T) -> Iterator[T]:
    """The readings of those images that have ink, and `blank` in the place of those that have none."""
    found = iter(readings)
    return (copy(blank) if glyph is None else next(found) for glyph in glyphs)


def _texts(scores: Scores, n: int) -> list[list[str]]:
    ids, _ = scores.top(n)
    return [[symbol(index) for index in row] for row in ids.tolist()]


def _characters(scores: Scores, n: int) -> list[Character]:
    ids, logs = scores.top(n)
    probabilities = np.exp(logs)
    jamo = scores.jamo_shares()
    return [
        Character(
            tuple(
                Candidate(
                    symbol(index), probability, _jamo_scores(index, probability, [part[row] for part in jamo])
                )
                for index, probability in zip(ids[row].tolist(), probabilities[row].tolist(), strict=True)
            )
        )
        for row in range(len(ids))
    ]


def _jamo_scores(index: int, probability: float, marginals: list[FloatArray]) -> tuple[JamoScore, ...]:
    if index >= NUM_SYLLABLES:
        return (JamoScore(symbol(index), probability),)
    return tuple(
        JamoScore(names[int(place)], float(marginal[place]))
        for names, place, marginal in zip((INITIALS, MEDIALS, FINALS), jamo_of(index), marginals, strict=True)
    )
