"""What reading gives back: frozen results that go to plain dictionaries and come back from them.

**Probability and confidence.** A `probability` is what the network gives an answer for one image, in [0, 1];
over all answers it could give (11,172 syllables and 51 single jamo) it sums to one. The probability of a
syllable is that of its initial, medial and final together, so it is never above the probability of its least
sure jamo. The `confidence` of a character is the probability of its best candidate.

In a line, all symbols that a line may hold are answers, spaces among them, and so are none and two: the
`confidence` of a line's character is the probability that what stands between its neighbours reads as this
one symbol; that of a space is the probability that there is a space and nothing else. The `confidence` of a
line is the probability of its whole text, so it is mostly below those of its characters; that of an empty
line is the probability that nothing is written there.

Calibrated means that of the answers given with 0.9, nine in ten are right; how near a model comes to that on
unseen typefaces and writers stands on its card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Candidate", "Character", "JamoScore", "Line", "LineCharacter"]


@dataclass(frozen=True, slots=True)
class JamoScore:
    """One letter of a candidate, with its probability.

    Attributes:
        jamo: a compatibility jamo, or `""` where a syllable has no final.
        probability: of this jamo in this place, whatever the other two are; in [0, 1].
    """

    jamo: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """Returns the score as plain types, ready for JSON."""
        return {"jamo": self.jamo, "probability": self.probability}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JamoScore:
        """Undoes `to_dict`."""
        return cls(jamo=str(data["jamo"]), probability=float(data["probability"]))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer to "what does this image show?".

    Attributes:
        text: one syllable, or one compatibility jamo, or in a line any other symbol; NFC.
        probability: of this answer as a whole, in [0, 1].
        jamo: initial, medial and final of a syllable, in this order; the one letter of a single jamo; none of
            other symbols.
    """

    text: str
    probability: float
    jamo: tuple[JamoScore, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the candidate as plain types, ready for JSON."""
        return {
            "text": self.text,
            "probability": self.probability,
            "jamo": [score.to_dict() for score in self.jamo],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Candidate:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            probability=float(data["probability"]),
            jamo=tuple(JamoScore.from_dict(score) for score in data["jamo"]),
        )


@dataclass(frozen=True, slots=True)
class Character:
    """What one image of a character may show.

    Attributes:
        candidates: best first; empty when the image is blank.
    """

    candidates: tuple[Candidate, ...]

    @property
    def text(self) -> str:
        """The best candidate's text; `""` for a blank image."""
        return self.candidates[0].text if self.candidates else ""

    @property
    def confidence(self) -> float:
        """The best candidate's probability; 0.0 for a blank image."""
        return self.candidates[0].probability if self.candidates else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Returns the character as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Character:
        """Undoes `to_dict`; `text` and `confidence` follow from the candidates and are not read."""
        return cls(tuple(Candidate.from_dict(candidate) for candidate in data["candidates"]))


@dataclass(frozen=True, slots=True)
class LineCharacter:
    """One character of a line, or a space.

    Attributes:
        text: one symbol, NFC.
        confidence: that this and nothing else stands here, in [0, 1]; see the module.
        start: its left edge, in pixels of the line image. Neighbours share their edges.
        stop: its right edge; the character lies in [start, stop).
        candidates: what it may be, best first; its own text is among them, and the first one unless more than
            one place was weighed, as a beam search with a prior does.
    """

    text: str
    confidence: float
    start: float
    stop: float
    candidates: tuple[Candidate, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the character as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "start": self.start,
            "stop": self.stop,
            "candidates": [candidate.to_dict() for candidate in self.candidates],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> LineCharacter:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            confidence=float(data["confidence"]),
            start=float(data["start"]),
            stop=float(data["stop"]),
            candidates=tuple(Candidate.from_dict(candidate) for candidate in data["candidates"]),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """What one image of a line says.

    Attributes:
        text: NFC, single spaces, none at the ends; `""` for an empty line.
        confidence: that the whole text is right, in [0, 1]; see the module.
        characters: left to right; their texts together are the line's.
    """

    text: str
    confidence: float
    characters: tuple[LineCharacter, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns the line as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "characters": [character.to_dict() for character in self.characters],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Line:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            confidence=float(data["confidence"]),
            characters=tuple(LineCharacter.from_dict(character) for character in data["characters"]),
        )
