"""Training on the images that a network still learns from: importance sampling.

Most augmented glyphs are read surely after a while, and their gradients are next to nothing; but a step on
one costs ten times what reading it with an int8 network does. So several times as many images are drawn as a
step can take, a trained network reads them all, and each is taken with a chance that grows with how far the
reading is from its label. Each that is taken counts by the inverse of its chance, so the expected gradient is
that of all images, with far less noise (Katharopoulos and Fleuret, "Not all samples are created equal",
2018). One minus the label's probability bounds the gradient of a softmax with respect to its logits.

Of what the judge is sure that it is something else, most can't be read by anyone: all faults at once on small
type, or a face that draws another syllable than it says. Few as these are, they make much of the gradient, so
they count less. `benchmarks/importance.py` says how many there are of both sorts, and what reading costs.

All this is about the gradient of the loss: batch statistics are those of the images that are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.character.metadata import ModelMetadata
from koocr.character.symbols import NUM_SYMBOLS
from koocr.data.synthesis import GlyphBatch
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError, WeightsError
from koocr.weights import reading_file

__all__ = ["Choice", "ChosenBatches", "chances", "load_judge"]

FloatArray = NDArray[np.float64]

_LEAST = 0.05
"""Added to one minus the label's probability, which bounds the weight of what the judge was sure of: as many
times the mean weight as the mean of that sum is larger than this."""
_RARELY = 1e-3
"""The same for images that no one can read: as good as never, but not with a chance of zero."""
_CHUNK = 32


@dataclass(frozen=True)
class Choice:
    """Which of the images that are drawn are trained on.

    Attributes:
        judge: weights of the network that reads them: a name, or an ONNX file.
        one_of: images drawn for each one that is taken.
        legible: probability of the label below which an image counts less, in proportion; 0: all count alike.
    """

    judge: str
    one_of: int = 6
    legible: float = 0.02

    def __post_init__(self) -> None:
        """Raises ConfigError on a number that leaves no choice."""
        if not isinstance(self.one_of, int) or self.one_of < 2:
            raise ConfigError(f"choose_of is {self.one_of}; give a whole number of at least 2")
        if not 0 <= self.legible < 1:
            raise ConfigError(f"choose_legible is {self.legible}; give a probability from 0 to below 1")


def load_judge(weights: str) -> Engine:
    """The network that judges.

    Raises:
        WeightsError: the weights are missing, damaged, no ONNX file, or no character network that knows all
            symbols.
    """
    path, is_keras = reading_file(weights, task="character")
    if is_keras:
        raise WeightsError(f"{weights!r} is not of ONNX; make such a file with `koocr export`")
    engine = OnnxEngine(path)
    settings = ModelMetadata.of(engine.metadata, repr(weights)).settings
    num_known = NUM_SYMBOLS if settings.charset is None else len(set(settings.charset))
    if num_known < NUM_SYMBOLS:
        raise WeightsError(
            f"{weights!r} knows {num_known:,} of {NUM_SYMBOLS:,} symbols, and would have the others never "
            "learnt; name a network of all"
        )
    return engine


class ChosenBatches:
    """Numbered batches of images chosen by how badly they are read; batch i depends on nothing but i.

    Args:
        drawn: batches of `one_of` times as many images.
        judge: reads them.
        one_of: see `Choice`.
        legible: see `Choice`.
        seed: of the choice.

    Raises:
        WeightsError: the judge is no character network of this version, or its weights are damaged.
    """

    def __init__(
        self,
        drawn: Callable[[int], GlyphBatch],
        judge: Engine,
        *,
        one_of: int,
        legible: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._drawn = drawn
        self._judge = judge
        self._metadata = ModelMetadata.of(judge.metadata, "the network that judges")
        self._one_of = one_of
        self._legible = legible
        self._seed = seed

    def __call__(self, index: int) -> GlyphBatch:
        """Batch number `index`, with the weight of each image."""
        batch = self._drawn(index)
        num, rest = divmod(len(batch.symbols), self._one_of)
        if rest or not num:
            raise ConfigError(f"{len(batch.symbols)} images are no multiple of {self._one_of}; draw one")
        rng = np.random.default_rng([self._seed, index, self._one_of, 1])
        probabilities = self.probabilities(batch)
        counts = (
            np.minimum(1.0, probabilities / self._legible) if self._legible else np.ones(len(probabilities))
        )
        chance = chances(counts * (1 - probabilities + _LEAST), num)
        rows = _systematic(chance, rng)
        return GlyphBatch(
            batch.images[rows],
            batch.symbols[rows],
            batch.is_handwritten[rows],
            (counts[rows] / (self._one_of * chance[rows])).astype(np.float32),
        )

    def probabilities(self, batch: GlyphBatch) -> FloatArray:
        """(N,) what the judge gives to each image's own label."""
        parts = []
        for start in range(0, len(batch.symbols), _CHUNK):
            images = _resized(batch.images[start : start + _CHUNK], self._metadata.settings.image_size)
            outputs = self._judge.run((images.astype(np.float32) / np.float32(255))[..., None])
            scores = scores_of(
                outputs, charset=self._metadata.settings.charset, temperatures=self._metadata.temperatures
            )
            parts.append(np.exp(scores.of_symbols(batch.symbols[start : start + _CHUNK])))
        probabilities = np.clip(np.concatenate(parts), 0.0, 1.0)
        if np.isnan(probabilities).any():
            raise WeightsError("the network that judges gives no numbers; its weights are damaged")
        return probabilities


def _resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(N, size, size): a judge may see fewer pixels than the network that is trained, or more."""
    if images.shape[1] == size:
        return images
    mode = cv2.INTER_AREA if size < images.shape[1] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, (size, size), interpolation=mode) for image in images])


def chances(wanted: FloatArray, num: int) -> FloatArray:
    """The chance of each image to be taken.

    Args:
        wanted: (N,) how much each is to be learnt from, on any scale, not below 0.
        num: how many are taken, at most N.

    Returns:
        (N,) numbers in (0, 1] whose sum is `num`, in proportion to what is wanted as far as none is above 1.
    """
    wanted = np.maximum(wanted, _RARELY)
    result = np.ones(len(wanted))
    free = np.ones(len(wanted), bool)  # those that are not certain to be taken
    while free.any():
        left = num - (len(wanted) - free.sum())
        result[free] = wanted[free] * (left / wanted[free].sum())
        certain = free & (result > 1)
        if not certain.any():
            break
        result[certain] = 1.0
        free &= ~certain
    return result


def _systematic(chance: FloatArray, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows drawn with these chances: as many as their sum, none twice."""
    num = round(chance.sum())
    order = rng.permutation(len(chance))  # or neighbours would never be taken together
    edges = np.cumsum(chance[order])
    edges *= num / edges[-1]
    return order[
        np.minimum(np.searchsorted(edges, rng.random() + np.arange(num), side="right"), len(order) - 1)
    ]
