"""What was read of each line of a test, beside what it really says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from koocr.charset import normalise
from koocr.document import Line
from koocr.evaluation.alignment import Step, align
from koocr.evaluation.readings import FloatArray, IntArray, Readings, TextArray

__all__ = ["CONDITION", "FACE", "GROUPS", "LineReadings"]

CONDITION, FACE = "condition", "face"
GROUPS = (FACE, "class", CONDITION, "kind")
"""What lines are grouped by: the face or writer; serif, gothic, …; clean, degraded, …; the kind of text."""


@dataclass(frozen=True, eq=False)
class LineReadings:
    """The answers to N lines.

    All texts are normalised (see `koocr.charset.normalise`): NFC, spaces single and never at an end.

    Attributes:
        truth: N texts, what each line says.
        read: N texts, what was read.
        confidences: for each line the confidence of each character of `read`; () where the reader gave none.
        line_confidences: (N,) the confidence of each whole line; NaN where the reader gave none.
        groups: name of a grouping, `GROUPS` or others → (N,) the group of each line.
    """

    truth: tuple[str, ...]
    read: tuple[str, ...]
    confidences: tuple[tuple[float, ...], ...]
    line_confidences: FloatArray
    groups: Mapping[str, TextArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError if the parts differ in their number of lines, or a line in its characters."""
        parts = (self.truth, self.read, self.confidences, self.line_confidences, *self.groups.values())
        sizes = [len(part) for part in parts]
        if len(set(sizes)) != 1:
            raise ValueError(f"parts of one test differ in their number of lines: {sizes}")
        for text, values in zip(self.read, self.confidences, strict=True):
            if values and len(values) != len(text):
                raise ValueError(f"there are {len(values)} confidences for the characters of {text!r}")

    @classmethod
    def of(
        cls, truth: Sequence[str], read: Sequence[Line], *, groups: Mapping[str, Sequence[str]]
    ) -> LineReadings:
        """Takes what a reader returned.

        Args:
            truth: what each of N lines says.
            read: the reader's N answers.
            groups: name of a grouping → N names of groups.

        Raises:
            ValueError: an answer's characters are not its text.
        """
        kept = [_normalised(line) for line in read]
        return cls(
            truth=tuple(map(normalise, truth)),
            read=tuple(text for text, _ in kept),
            confidences=tuple(values for _, values in kept),
            line_confidences=np.array([line.confidence for line in read], np.float64),
            groups={name: np.array(values, np.str_) for name, values in groups.items()},
        )

    @classmethod
    def of_texts(
        cls, truth: Sequence[str], read: Sequence[str], *, groups: Mapping[str, Sequence[str]]
    ) -> LineReadings:
        """Takes plain texts, from a program that gives no confidence."""
        return cls(
            truth=tuple(map(normalise, truth)),
            read=tuple(map(normalise, read)),
            confidences=((),) * len(read),
            line_confidences=np.full(len(read), np.nan),
            groups={name: np.array(values, np.str_) for name, values in groups.items()},
        )

    @classmethod
    def join(cls, parts: Iterable[LineReadings]) -> LineReadings:
        """Puts tests one after the other; groupings that not all of them have are left out."""
        every = list(parts)
        shared = [name for name in every[0].groups if all(name in part.groups for part in every)]
        return cls(
            truth=tuple(text for part in every for text in part.truth),
            read=tuple(text for part in every for text in part.read),
            confidences=tuple(values for part in every for values in part.confidences),
            line_confidences=np.concatenate([part.line_confidences for part in every]),
            groups={name: np.concatenate([part.groups[name] for part in every]) for name in shared},
        )

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.truth)

    def where(self, chosen: NDArray[np.bool_] | IntArray) -> LineReadings:
        """The lines of a mask or of an index array."""
        numbers = np.arange(len(self))[chosen].tolist()
        return LineReadings(
            truth=tuple(self.truth[number] for number in numbers),
            read=tuple(self.read[number] for number in numbers),
            confidences=tuple(self.confidences[number] for number in numbers),
            line_confidences=self.line_confidences[numbers],
            groups={name: values[numbers] for name, values in self.groups.items()},
        )

    def group_names(self, grouping: str) -> list[str]:
        """The groups of a grouping in the order in which they first occur; none if it is not there."""
        return list(dict.fromkeys(self.groups.get(grouping, np.array([], np.str_)).tolist()))

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """(N,) whether all of the line was read rightly."""
        return np.array([truth == read for truth, read in zip(self.truth, self.read, strict=True)], bool)

    @cached_property
    def steps(self) -> tuple[tuple[Step, ...], ...]:
        """For each line, which character was read as which."""
        return tuple(tuple(align(*pair)) for pair in zip(self.truth, self.read, strict=True))

    @cached_property
    def characters(self) -> Readings:
        """Every character that was read, as an answer to "what stands here?".

        The truth of a character that was invented is "", so that it counts as wrong; one that was lost is no
        answer and is left out. `source` is the face, `kind` is `space` or `character`. Characters without a
        confidence have NaN.
        """
        faces = self.groups.get(FACE, np.full(len(self), "", np.str_)).tolist()
        rows = [
            (step.truth, step.read, confidence, face)
            for steps, values, face in zip(self.steps, self.confidences, faces, strict=True)
            for step, confidence in _with_confidence(steps, values)
        ]
        truth, read, confidence, face = zip(*rows, strict=True) if rows else ((), (), (), ())
        return Readings(
            truth=np.array(truth, np.str_),
            candidates=np.array(read, np.str_)[:, None],
            probabilities=np.array(confidence, np.float64)[:, None],
            source=np.array(face, np.str_),
            kind=np.array(["space" if char == " " else "character" for char in read], np.str_),
        )


def _with_confidence(steps: Sequence[Step], values: Sequence[float]) -> Iterable[tuple[Step, float]]:
    answers = [step for step in steps if step.read]
    return zip(answers, values or [float("nan")] * len(answers), strict=True)


def _normalised(line: Line) -> tuple[str, tuple[float, ...]]:
    """A line's text, normalised, and the confidences of what is left of its characters."""
    text = normalise(line.text)
    if not line.characters:
        return text, ()
    symbols = [(normalise(char.text) or " ", char.confidence) for char in line.characters]
    kept = [
        (symbol, confidence)
        for number, (symbol, confidence) in enumerate(symbols)
        if symbol != " " or (number and symbols[number - 1][0] != " ")
    ]
    if kept and kept[-1][0] == " ":
        kept.pop()
    if "".join(symbol for symbol, _ in kept) != text:
        raise ValueError(f"the characters of a line are not its text {line.text!r}")
    return text, tuple(float(confidence) for _, confidence in kept)
