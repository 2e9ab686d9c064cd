"""What reading pages gives back: characters, words, lines, blocks and pages, each with its place.

Places are quadrilaterals in pixels of the page as it was given (upright by its EXIF orientation): the corners
as the text is read, top left first, then clockwise. A line that stands on its head has its first corner at
the bottom right of the picture. Confidences mean what `koocr.document` says; that of a word is the
probability of its whole text as far as its characters are independent: the product of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from koocr.document import Candidate

__all__ = ["Block", "Document", "Page", "PageCharacter", "PageLine", "Quad", "Word"]

Quad: TypeAlias = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Four corners (x, y): top left, top right, bottom right, bottom left of the text as it is read."""


@dataclass(frozen=True, slots=True)
class PageCharacter:
    """One character of a word.

    Attributes:
        text: one symbol, NFC.
        confidence: that this and nothing else stands here, in [0, 1].
        quad: its place.
        candidates: what it may be, best first.
    """

    text: str
    confidence: float
    quad: Quad
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Returns the character as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "quad": _plain(self.quad),
            "candidates": [candidate.to_dict() for candidate in self.candidates],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PageCharacter:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            confidence=float(data["confidence"]),
            quad=_quad(data["quad"]),
            candidates=tuple(Candidate.from_dict(candidate) for candidate in data["candidates"]),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """Characters between two spaces (an eojeol).

    Attributes:
        text: without spaces.
        confidence: that the whole word is right, in [0, 1].
        quad: its place.
        characters: left to right; their texts together are the word's.
    """

    text: str
    confidence: float
    quad: Quad
    characters: tuple[PageCharacter, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Returns the word as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "quad": _plain(self.quad),
            "characters": [character.to_dict() for character in self.characters],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Word:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            confidence=float(data["confidence"]),
            quad=_quad(data["quad"]),
            characters=tuple(PageCharacter.from_dict(character) for character in data["characters"]),
        )


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page.

    Attributes:
        text: its words with single spaces between.
        confidence: that the whole line is right, in [0, 1].
        quad: its place.
        words: in the order of reading.
    """

    text: str
    confidence: float
    quad: Quad
    words: tuple[Word, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Returns the line as plain types, ready for JSON."""
        return {
            "text": self.text,
            "confidence": self.confidence,
            "quad": _plain(self.quad),
            "words": [word.to_dict() for word in self.words],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PageLine:
        """Undoes `to_dict`."""
        return cls(
            text=str(data["text"]),
            confidence=float(data["confidence"]),
            quad=_quad(data["quad"]),
            words=tuple(Word.from_dict(word) for word in data["words"]),
        )


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a paragraph, a heading, a cell.

    Attributes:
        quad: around all its lines.
        lines: in the order of reading.
    """

    quad: Quad
    lines: tuple[PageLine, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """Its lines, one below the other."""
        return "\n".join(line.text for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Returns the block as plain types, ready for JSON."""
        return {"quad": _plain(self.quad), "lines": [line.to_dict() for line in self.lines]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Block:
        """Undoes `to_dict`."""
        return cls(quad=_quad(data["quad"]), lines=tuple(PageLine.from_dict(line) for line in data["lines"]))


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        number: of the page in its document, from 1.
        width: in pixels of the picture that was read.
        height: likewise.
        angle: degrees that the text is turned clockwise against the picture, in (-180, 180]; 0 is upright.
        dpi: pixels per inch if they are known, as of a page of a PDF; else None.
        blocks: in the order of reading; none on a page without text.
    """

    number: int
    width: int
    height: int
    angle: float = 0.0
    dpi: float | None = None
    blocks: tuple[Block, ...] = field(default=(), repr=False)

    @property
    def lines(self) -> tuple[PageLine, ...]:
        """All lines, in the order of reading."""
        return tuple(line for block in self.blocks for line in block.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, in the order of reading."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def characters(self) -> tuple[PageCharacter, ...]:
        """All characters but spaces, in the order of reading."""
        return tuple(character for word in self.words for character in word.characters)

    @property
    def text(self) -> str:
        """Its lines, one below the other, with an empty line between blocks; `""` for an empty page."""
        return "\n\n".join(block.text for block in self.blocks)

    def to_dict(self) -> dict[str, Any]:
        """Returns the page as plain types, ready for JSON."""
        return {
            "number": self.number,
            "width": self.width,
            "height": self.height,
            "angle": self.angle,
            "dpi": self.dpi,
            "text": self.text,
            "blocks": [block.to_dict() for block in self.blocks],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Page:
        """Undoes `to_dict`; `text` follows from the blocks and is not read."""
        return cls(
            number=int(data["number"]),
            width=int(data["width"]),
            height=int(data["height"]),
            angle=float(data["angle"]),
            dpi=None if data["dpi"] is None else float(data["dpi"]),
            blocks=tuple(Block.from_dict(block) for block in data["blocks"]),
        )


@dataclass(frozen=True, slots=True)
class Document:
    """The pages of one source.

    Attributes:
        source: what was read: a path, or a name for data that has none.
        pages: in their order.
    """

    source: str
    pages: tuple[Page, ...]

    @property
    def text(self) -> str:
        """The text of its pages, with a form feed between them, as `pdftotext` writes it."""
        return "\f".join(page.text for page in self.pages)

    def to_dict(self) -> dict[str, Any]:
        """Returns the document as plain types, ready for JSON."""
        return {"source": self.source, "pages": [page.to_dict() for page in self.pages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Undoes `to_dict`."""
        return cls(source=str(data["source"]), pages=tuple(Page.from_dict(page) for page in data["pages"]))


def _plain(quad: Quad) -> list[list[float]]:
    return [[x, y] for x, y in quad]


def _quad(corners: Any) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = ((float(x), float(y)) for x, y in corners)
    return (a, b), (c, d), (e, f), (g, h)
