"""Training on the images that a network still learns from: importance sampling.

Most augmented glyphs are read surely after a while, and their gradients are next to nothing; but a step on
one costs ten times what reading it with an int8 network does. So several times as many images are drawn as a
step can take, a trained network reads them all, and each is taken with a chance that grows with how far the
reading is from its label. Each that is taken counts by the inverse of its chance, so the expected gradient is
that of all images, with far less noise (Katharopoulos and Fleuret, "Not all samples are created equal",
2018). One minus the label's probability bounds the gradient of a softmax with respect to its logits.

Of what the judge is sure that it is something else, most can't be read by anyone: all faults at once on small
type, or a face that draws another syllable than it says. One image in a hundred, it makes a tenth of the
gradient, so it counts less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.character.decode import scores_of
from koocr.character.metadata import ModelMetadata
from koocr.data.synthesis import GlyphBatch
from koocr.engine import Engine, OnnxEngine
from koocr.errors import ConfigError, WeightsError
from koocr.weights import reading_file

__all__ = ["Choice", "ChosenBatches", "chances", "load_judge"]

FloatArray = NDArray[np.float64]

_LEAST = 0.05
"""Added to one minus the label's probability: no image counts more than about three times, however sure the
network that judges was of it."""
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
        if self.one_of < 2:
            raise ConfigError(f"one image is to be chosen of {self.one_of}; give at least 2")
        if not 0 <= self.legible < 1:
            raise ConfigError(f"legible is {self.legible}; give a probability from 0 to below 1")


def load_judge(weights: str) -> Engine:
    """The network that judges.

    Raises:
        WeightsError: the weights are missing, damaged, or no ONNX file.
    """
    path, is_keras = reading_file(weights, task="character")
    if is_keras:
        raise WeightsError(f"{weights} is no ONNX file; make one with `koocr export`")
    return OnnxEngine(path)


class ChosenBatches:
    """Numbered batches of images chosen by how badly they are read; batch i depends on nothing but i.

    Args:
        drawn: batches of `one_of` times as many images.
        judge: reads them.
        one_of: see `Choice`.
        legible: see `Choice`.
        seed: of the choice.

    Raises:
        WeightsError: the judge is no character network of this version.
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
        rng = np.random.default_rng([self._seed, index, self._one_of, 1])
        probabilities = self._probabilities(batch)
        counts = np.ones(len(probabilities))
        if self._legible:
            counts = np.minimum(1.0, probabilities / self._legible)
        chance = chances(counts * (1 - probabilities), len(batch.symbols) // self._one_of)
        rows = _systematic(chance, rng)
        return GlyphBatch(
            batch.images[rows],
            batch.symbols[rows],
            batch.is_handwritten[rows],
            (counts[rows] / (self._one_of * chance[rows])).astype(np.float32),
        )

    def _probabilities(self, batch: GlyphBatch) -> FloatArray:
        """(N,) what the judge gives to each image's own label."""
        parts = []
        for start in range(0, len(batch.symbols), _CHUNK):
            images = _resized(batch.images[start : start + _CHUNK], self._metadata.settings.image_size)
            outputs = self._judge.run((images.astype(np.float32) / np.float32(255))[..., None])
            scores = scores_of(
                outputs, charset=self._metadata.settings.charset, temperatures=self._metadata.temperatures
            )
            parts.append(np.exp(scores.of(batch.symbols[start : start + _CHUNK])))
        return np.concatenate(parts)


def _resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(N, size, size): a judge may see fewer pixels than the network that is trained, or more."""
    if images.shape[1] == size:
        return images
    mode = cv2.INTER_AREA if size < images.shape[1] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, (size, size), interpolation=mode) for image in images])


def chances(errors: FloatArray, num: int) -> FloatArray:
    """The chance of each image to be taken.

    Args:
        errors: (N,) how much each is to be learnt from, 0 to 1: one minus the probability of its label.
        num: how many are taken, at most N.

    Returns:
        (N,) numbers in (0, 1] whose sum is `num`, proportional to errors and a little more, as far as none
        is above 1.
    """
    wanted = np.clip(errors, 0, 1) + _LEAST
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
