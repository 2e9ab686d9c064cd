"""The symbols of a line of text, in order, and text brought into the one form that they are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from koocr.errors import CharsetError
from koocr.hangul import JAMO, NUM_SYLLABLES, nfc, syllable

__all__ = ["SIGNS", "Charset", "line_charset", "normalise"]

ASCII = "".join(map(chr, range(0x20, 0x7F)))
SIGNS = (
    "·‧ㆍ•…‥–—―‘’“”′″「」『』《》〈〉【】〔〕（）［］｛｝，．：；！？～〃々"
    "※†‡§¶°℃℉％‰￦₩￠￡￥€£¥¢©®™"
    "×÷±≤≥≠≒≡∞∴∵∠⊥√∑∫∂∈⊂∪∩"
    "→←↑↓↔↕⇒⇔▶◀▷◁▲△▼▽■□◆◇●○◎★☆♠♡♣♥♪♬☎☏☞✓✔"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩㉪㉫㉬㉭㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻"
    "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ½⅓⅔¼¾¹²³⁴"
    "㎜㎝㎞㎟㎠㎡㎢㎥㎎㎏㎖㎗ℓ㏄㎐㎑㎒㎾㏊㈜㈔№℡αβγδεθλμπσφωΔΣΩ"
)
"""What Korean print uses beside Hangul, Latin letters and digits."""

_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


@dataclass(frozen=True)
class Charset:
    """Symbols and their ids.

    Attributes:
        symbols: one-character strings, each once; a symbol's id is its place. A blank is no symbol.
    """

    symbols: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises CharsetError on a symbol that is not one character, or is there twice."""
        for symbol in self.symbols:
            if len(symbol) != 1:
                raise CharsetError(f"a charset can't have the symbol {symbol!r}; give single characters")
        if len(set(self.symbols)) != len(self.symbols):
            twice = next(symbol for symbol in self.symbols if self.symbols.count(symbol) > 1)
            raise CharsetError(f"the charset has {twice!r} twice; name each symbol once")

    @classmethod
    def of(cls, texts: Iterable[str]) -> Charset:
        """The symbols of some texts, normalised, in Unicode order."""
        return cls(tuple(sorted(set().union(*(normalise(text) for text in texts)))))

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._ids

    def encode(self, text: str) -> NDArray[np.int32]:
        """(L,) ids of a text's symbols; the text is normalised first.

        Raises:
            CharsetError: a symbol is not in the charset.
        """
        symbols = normalise(text)
        try:
            return np.array([self._ids[symbol] for symbol in symbols], np.int32)
        except KeyError as error:
            raise CharsetError(
                f"the charset lacks {error.args[0]!r} (U+{ord(error.args[0]):04X}); "
                "leave the text out, or train with a charset that has it"
            ) from None

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids."""
        return "".join(self.symbols[number] for number in ids)

    def covers(self, text: str) -> bool:
        """Whether all symbols of a text, normalised, are there."""
        return all(symbol in self._ids for symbol in normalise(text))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}


@lru_cache(maxsize=1)
def line_charset() -> Charset:
    """The symbols of koocr's own line reader.

    First all 11,172 syllables in Unicode order, so that the id of a syllable is its index in
    `koocr.hangul`; then the 51 compatibility jamo, the space, the other ASCII characters, and `SIGNS`.
    """
    syllables = [syllable(index) for index in range(NUM_SYLLABLES)]
    return Charset((*syllables, *JAMO, *ASCII, *SIGNS))


def normalise(text: str) -> str:
    """Text as it is learnt and compared: NFC (never NFKC), single plain spaces, nothing invisible.

    Line breaks, tabs, no-break and ideographic spaces become one space; those at the ends go.
    """
    return _SPACES.sub(" ", nfc(_INVISIBLE.sub("", text))).strip(" ")
