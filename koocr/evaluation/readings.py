"""What was read of each image of a test, beside what it really shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from koocr.document import Character
from koocr.hangul import nfc

__all__ = ["FloatArray", "IntArray", "Readings", "TextArray"]

TextArray = NDArray[np.str_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Readings:
    """The answers to N images, as arrays.

    Attributes:
        truth: (N,) what each image shows, NFC.
        candidates: (N, K) the answers, best first, NFC; "" where there were fewer (a blank image).
        probabilities: (N, K) their probabilities, 0 where there is no candidate.
        source: (N,) the face or the writer that each image comes from.
        kind: (N,) `printed`, `handwritten`, or another name for a group of sources.
    """

    truth: TextArray
    candidates: TextArray
    probabilities: FloatArray
    source: TextArray
    kind: TextArray

    def __post_init__(self) -> None:
        """Checks the shapes.

        Raises:
            ValueError: the arrays differ in their number of images.
        """
        shapes = [self.truth.shape, self.source.shape, self.kind.shape, self.candidates.shape[:1]]
        if len(set(shapes)) != 1 or self.candidates.shape != self.probabilities.shape:
            raise ValueError(f"arrays of one test differ in shape: {shapes}, {self.probabilities.shape}")

    @classmethod
    def of(
        cls,
        truth: Sequence[str],
        read: Sequence[Character],
        *,
        source: Sequence[str],
        kind: Sequence[str],
        n: int,
    ) -> Readings:
        """Lays what a reader returned into arrays.

        Args:
            truth: what each of N images shows.
            read: the reader's N answers; candidates after the n-th are dropped.
            source: N names of faces or writers.
            kind: N kinds.
            n: K, the number of candidates that are kept.
        """
        candidates = np.full((len(read), n), "", dtype="<U4")
        probabilities = np.zeros((len(read), n))
        for row, character in enumerate(read):
            for column, candidate in enumerate(character.candidates[:n]):
                candidates[row, column] = nfc(candidate.text)
                probabilities[row, column] = candidate.probability
        return cls(
            truth=np.array([nfc(text) for text in truth], dtype="<U4"),
            candidates=candidates,
            probabilities=probabilities,
            source=np.array(source, dtype=np.str_),
            kind=np.array(kind, dtype=np.str_),
        )

    @classmethod
    def join(cls, parts: Iterable[Readings]) -> Readings:
        """Puts tests one after the other; the parts have the same number of candidates."""
        every = list(parts)
        return cls(
            truth=np.concatenate([part.truth for part in every]),
            candidates=np.concatenate([part.candidates for part in every]),
            probabilities=np.concatenate([part.probabilities for part in every]),
            source=np.concatenate([part.source for part in every]),
            kind=np.concatenate([part.kind for part in every]),
        )

    def __len__(self) -> int:
        """The number of images."""
        return len(self.truth)

    def where(self, chosen: NDArray[np.bool_] | IntArray) -> Readings:
        """The images of a mask or of an index array."""
        return Readings(
            truth=self.truth[chosen],
            candidates=self.candidates[chosen],
            probabilities=self.probabilities[chosen],
            source=self.source[chosen],
            kind=self.kind[chosen],
        )

    @property
    def read(self) -> TextArray:
        """(N,) the best answers, "" for none."""
        return self.candidates[:, 0]

    @property
    def confidence(self) -> FloatArray:
        """(N,) the probability of the best answer, 0 for none."""
        return self.probabilities[:, 0]

    @cached_property
    def rank(self) -> IntArray:
        """(N,) the place of the truth among the candidates: 0 is best, K is "not among them"."""
        found = self.candidates == self.truth[:, None]  # (N, K)
        return np.where(found.any(axis=1), found.argmax(axis=1), found.shape[1])

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """(N,) whether the best answer is the truth."""
        return self.rank == 0
