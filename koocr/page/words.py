"""From what was read in a crop to a line of the page: words by the spaces read, each with its own place."""

from __future__ import annotations

from itertools import groupby
from math import prod

from koocr.document import Line, LineCharacter
from koocr.layout import PageCharacter, PageLine, Word
from koocr.page.crops import Crop

__all__ = ["page_line"]


def page_line(line: Line, crop: Crop) -> PageLine:
    """Puts a line that was read in a crop into its page.

    Args:
        line: not empty; places in pixels of the crop.
        crop: where it was read.

    Returns:
        The line with words and characters, each with its quad. A line without characters, as a network that
        spells by attention gives it, has words whose places are shares of its length.
    """
    characters = line.characters or _evenly(line, crop)
    parts = groupby(characters, key=lambda character: character.text == " ")
    words = [list(part) for is_space, part in parts if not is_space]
    own = [character for word in words for character in word] if line.characters else []
    spans = [(word[0].start, word[-1].stop) for word in words]
    quads = crop.places(spans + [(character.start, character.stop) for character in own])
    places = iter(quads[len(words) :])
    placed = tuple(
        Word(
            text="".join(character.text for character in word),
            confidence=prod(character.confidence for character in word),
            quad=quad,
            characters=tuple(
                PageCharacter(character.text, character.confidence, next(places), character.candidates)
                for character in word
                if own
            ),
        )
        for word, quad in zip(words, quads, strict=False)
    )
    return PageLine(line.text, line.confidence, crop.quad, placed)


def _evenly(line: Line, crop: Crop) -> tuple[LineCharacter, ...]:
    """Characters of equal width, as sure as the line together."""
    left, _, right, _ = crop.text
    count = max(1, len(line.text))
    step, confidence = (right - left) / count, line.confidence ** (1 / count)
    return tuple(
        LineCharacter(text, confidence, left + place * step, left + (place + 1) * step)
        for place, text in enumerate(line.text)
    )
