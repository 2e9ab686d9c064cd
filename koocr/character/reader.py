"""`KoOCR`: an image of one character in, the most likely symbols out. Start reading here."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import Scores, check_count, jamo_of, scores_of
from koocr.character.settings import CharacterSettings
from koocr.character.symbols import symbol
from koocr.document import Candidate, Character, JamoScore
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError, WeightsError, WeightsMissingError
from koocr.hangul import FINALS, INITIALS, MEDIALS, NUM_SYLLABLES
from koocr.image import ImageSource, as_batch, is_batch, load_image
from koocr.ink import fit_glyph
from koocr.weights import shipped_model, verified

if TYPE_CHECKING:
    import keras

FloatArray = NDArray[np.float32]

_CHUNK = 64
"""Images for one call of the engine: larger ones gain nothing on a CPU and leave its caches."""


class KoOCR:
    """Reads single Hangul characters: all 11,172 syllables and the 51 single jamo.

    Without arguments it reads with the model that comes with koocr. With `weights` it reads with those: the name
    of a shipped model (`koocr models` lists them), an `.onnx` file that koocr exported, or an `.h5` file
    that training wrote. With network options alone it holds a network that is still to be trained, by `train`.

    Args:
        weights: name or path; None for the default model, or for a new network where options are given.
        num_threads: how many parts of a batch are read beside each other.
        options: of the network, see `CharacterSettings`: `network`, `image_size`, `fc_link`, `split_components`, ….
            Beside `weights` they need not be given; if they are, they must be what the weights were made with.

    Raises:
        ConfigError: an option is unknown or out of range.
        WeightsError: the weights are missing, damaged, or another network's.
    """

    def __init__(self, weights: str | Path | None = None, *, num_threads: int = 1, **options: Any) -> None:
        if num_threads < 1:
            raise ConfigError(f"num_threads is {num_threads}; give 1 or more")
        self._num_threads = num_threads
        self._keras_model: keras.Model | None = None
        self._keras_weights: Path | None = None
        self._engine: Engine | None = None
        if weights is None and options:
            self.settings = CharacterSettings.from_dict(options)
            return
        self._open(str(weights) if weights is not None else "")
        assert self._engine is not None
        stored = self._engine.metadata
        self.settings = CharacterSettings.from_dict(stored["settings"])
        self._temperatures: dict[str, float] = dict(stored.get("temperatures", {}))
        self._check_options(options)

    @overload
    def predict(self, image: ImageSource, n: int = 1) -> list[str]: ...
    @overload
    def predict(self, image: Sequence[ImageSource], n: int = 1) -> list[list[str]]: ...
    def predict(self, image: Any, n: int = 1) -> list[str] | list[list[str]]:
        """Reads the n most likely symbols of an image, or of each image of a batch.

        Args:
            image: a path, encoded bytes, an open file, a PIL image or an array (grey, RGB or RGBA; 8 or 16 bit,
                float, bool; any size). A list or tuple, or an array with one more dimension, is a batch.
            n: how many, 1 to 11,223.

        Returns:
            Exactly n symbols, best first; for a batch, a list of such lists. A blank image gives an empty list.

        Raises:
            InputError: an image can't be read.
            ConfigError: n is out of range.
        """
        found = self.candidates(image, n)
        if isinstance(found, Character):
            return [candidate.text for candidate in found.candidates]
        return [[candidate.text for candidate in character.candidates] for character in found]

    @overload
    def candidates(self, image: ImageSource, n: int = 1) -> Character: ...
    @overload
    def candidates(self, image: Sequence[ImageSource], n: int = 1) -> list[Character]: ...
    def candidates(self, image: Any, n: int = 1) -> Character | list[Character]:
        """As `predict`, with the probability of each candidate and of its jamo.

        The probabilities are over all symbols: those of a blank image do not exist, and its `Character` is empty.
        """
        check_count(n)
        if not is_batch(image):
            return self._read([image], n)[0]
        images = as_batch(image)
        chunks = [images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK)]
        if self._num_threads == 1 or len(chunks) == 1:
            parts = [self._read(chunk, n) for chunk in chunks]
        else:
            self._ready_engine()
            with ThreadPoolExecutor(self._num_threads) as pool:
                parts = list(pool.map(lambda chunk: self._read(chunk, n), chunks))
        return [character for part in parts for character in part]

    def scores(self, images: Sequence[ImageSource]) -> Scores:
        """Log-probabilities of every symbol for a batch; a blank image counts as an image of nothing but ground."""
        size = self.settings.image_size
        blank = np.zeros((size, size), np.uint8)
        fitted = [fit_glyph(load_image(image), size) for image in images]
        return self._scores([blank if glyph is None else glyph for glyph in fitted])

    @property
    def model(self) -> keras.Model:
        """The Keras model, loaded when first asked for (needs `pip install 'koocr[train]'`)."""
        if self._keras_model is None:
            from koocr.character.keras_model import load_model, new_model

            known = self._keras_weights
            self._keras_model = new_model(self.settings) if known is None else load_model(known)
        return self._keras_model

    def explain(self, image: ImageSource) -> Any:
        """Where the network looked, for each jamo of its best syllable; see `koocr.character.explain`."""
        from koocr.character.explain import explain

        return explain(self, image)

    def train(self, **options: Any) -> None:
        """Trains this network further on patches; see `koocr.character.training.train_reader` for the options."""
        from koocr.character.patch_training import train_reader

        self._keras_model = train_reader(self.model, self.settings, **options)
        self._use_keras({"settings": self.settings.to_dict()})

    def _open(self, weights: str) -> None:
        """Finds the weights and makes the engine that runs them."""
        path = Path(weights)
        if weights and path.suffix.lower() in (".onnx", ".h5"):
            if not path.is_file():
                raise WeightsMissingError(
                    f"there is no weight file {weights!r}; check the path, or see `koocr models`"
                )
            self._open_file(path)
            return
        shipped = shipped_model(weights)
        if "keras" in shipped.files:
            self._keras_weights = shipped.files["keras"].path
        self._open_file(verified(shipped.files[shipped.reads_with]))

    def _open_file(self, path: Path) -> None:
        if path.suffix.lower() == ".onnx":
            self._engine = OnnxEngine(path)
            return
        from koocr.character.keras_model import load_model, stored_metadata

        self._keras_weights = path
        self._keras_model = load_model(path)
        self._use_keras(stored_metadata(path))

    def _use_keras(self, metadata: dict[str, Any]) -> None:
        from koocr.engine import KerasEngine

        self._engine = KerasEngine(self._keras_model, metadata)
        self._temperatures = dict(metadata.get("temperatures", {}))

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

    def _read(self, images: Sequence[ImageSource], n: int) -> list[Character]:
        """One chunk: load, find the ink, run the network, decode."""
        size = self.settings.image_size
        fitted = [fit_glyph(load_image(image), size) for image in images]
        inked = [glyph for glyph in fitted if glyph is not None]
        found = iter(_characters(self._scores(inked), n) if inked else [])
        return [Character(()) if glyph is None else next(found) for glyph in fitted]

    def _scores(self, glyphs: list[NDArray[np.uint8]]) -> Scores:
        engine = self._ready_engine()
        batch = (np.stack(glyphs).astype(np.float32) / np.float32(255))[..., None]  # (N, S, S, 1)
        return scores_of(engine.run(batch), charset=self.settings.charset, temperatures=self._temperatures)


def _characters(scores: Scores, n: int) -> list[Character]:
    ids, logs = scores.top(n)
    probabilities = np.exp(logs)
    jamo = [np.exp(marginal) for marginal in scores.jamo_marginals()]
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
