"""Hangul arithmetic: a syllable is an initial consonant, a vowel and perhaps a final consonant.

Unicode orders the 11,172 modern syllables so that syllable number `(i * 21 + m) * 28 + f` is made of initial
`i`, medial `m` and final `f` (The Unicode Standard, section 3.12, "Conjoining Jamo Behavior"). `split_index`
and `join_index` are plain arithmetic, so they take integers and NumPy integer arrays alike; this module
itself needs the standard library only.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final, TypeVar

__all__ = [
    "FINALS",
    "INITIALS",
    "JAMO",
    "MEDIALS",
    "NUM_FINALS",
    "NUM_INITIALS",
    "NUM_JAMO",
    "NUM_MEDIALS",
    "NUM_SYLLABLES",
    "compose",
    "decompose",
    "is_jamo",
    "is_syllable",
    "join_index",
    "nfc",
    "nfd",
    "split_index",
    "syllable",
    "syllable_index",
    "to_jamo",
]

INITIALS: Final[tuple[str, ...]] = tuple("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
"""The 19 initial consonants (초성) as compatibility jamo, in Unicode order."""

MEDIALS: Final[tuple[str, ...]] = tuple("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")
"""The 21 vowels (중성) as compatibility jamo, in Unicode order."""

FINALS: Final[tuple[str, ...]] = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
"""The 28 finals (종성): none, which comes first, and 27 consonants and clusters, in Unicode order."""

JAMO: Final[tuple[str, ...]] = tuple(map(chr, range(0x3131, 0x3164)))
"""The 51 modern compatibility jamo, ㄱ (U+3131) to ㅣ (U+3163)."""

NUM_INITIALS: Final = 19
NUM_MEDIALS: Final = 21
NUM_FINALS: Final = 28
NUM_SYLLABLES: Final = NUM_INITIALS * NUM_MEDIALS * NUM_FINALS
NUM_JAMO: Final = 51

_FIRST_SYLLABLE: Final = 0xAC00  # 가

_Index = TypeVar("_Index", bound=Any)  # int or integer array


def is_syllable(text: str) -> bool:
    """Says whether the text is exactly one precomposed syllable, 가 to 힣."""
    return len(text) == 1 and _FIRST_SYLLABLE <= ord(text) < _FIRST_SYLLABLE + NUM_SYLLABLES


def is_jamo(text: str) -> bool:
    """Says whether the text is exactly one of the 51 compatibility jamo, ㄱ to ㅣ."""
    return len(text) == 1 and 0x3131 <= ord(text) <= 0x3163


def syllable_index(char: str) -> int:
    """Returns the number of a syllable: 가 is 0, 힣 is 11,171.

    Raises:
        ValueError: `char` is not one precomposed syllable.
    """
    if not is_syllable(char):
        raise ValueError(f"{char!r} is not one precomposed Hangul syllable (가 to 힣)")
    return ord(char) - _FIRST_SYLLABLE


def syllable(index: int) -> str:
    """Returns the syllable with this number: 0 is 가, 11,171 is 힣.

    Raises:
        ValueError: `index` is not in 0 to 11,171.
    """
    _check("syllable", index, NUM_SYLLABLES)
    return chr(_FIRST_SYLLABLE + int(index))


def split_index(index: _Index) -> tuple[_Index, _Index, _Index]:
    """Splits syllable numbers into the numbers of their initial, medial and final.

    Args:
        index: a syllable number, or an integer array of them; not range-checked.

    Returns:
        The numbers in `INITIALS`, `MEDIALS` and `FINALS`, each of the type and shape of `index`.
    """
    return (
        index // (NUM_MEDIALS * NUM_FINALS),
        index // NUM_FINALS % NUM_MEDIALS,
        index % NUM_FINALS,
    )


def join_index(initial: _Index, medial: _Index, final: _Index) -> _Index:
    """Joins the numbers of initial, medial and final into syllable numbers; undoes `split_index`.

    Args:
        initial: a number in `INITIALS`, or an integer array of them, wide enough to hold 11,171.
        medial: the same for `MEDIALS`.
        final: the same for `FINALS`.

    Returns:
        Syllable numbers, 0 to 11,171 if the parts are in range (this is not checked).
    """
    index: _Index = (initial * NUM_MEDIALS + medial) * NUM_FINALS + final
    return index


def decompose(char: str) -> tuple[int, int, int]:
    """Splits a syllable into the numbers of its initial, medial and final.

    Raises:
        ValueError: `char` is not one precomposed syllable.
    """
    return split_index(syllable_index(char))


def compose(initial: int, medial: int, final: int = 0) -> str:
    """Makes the syllable of an initial, a medial and a final, given by number; final 0 means none.

    Raises:
        ValueError: a number is out of range.
    """
    _check("initial", initial, NUM_INITIALS)
    _check("medial", medial, NUM_MEDIALS)
    _check("final", final, NUM_FINALS)
    return syllable(join_index(int(initial), int(medial), int(final)))


def _check(name: str, number: int, count: int) -> None:
    if not 0 <= number < count:
        raise ValueError(f"there is no {name} number {number}; they run from 0 to {count - 1}")


def nfc(text: str) -> str:
    """Returns the text in Unicode's composed form: conjoining jamo become syllables."""
    return unicodedata.normalize("NFC", text)


def nfd(text: str) -> str:
    """Returns the text in Unicode's decomposed form: syllables become conjoining jamo."""
    return unicodedata.normalize("NFD", text)


def to_jamo(text: str) -> str:
    """Spells every syllable as its compatibility jamo, 한글 → ㅎㅏㄴㄱㅡㄹ; all else stays as it is."""
    return "".join(_spell(char) if is_syllable(char) else char for char in text)


def _spell(char: str) -> str:
    initial, medial, final = decompose(char)
    return INITIALS[initial] + MEDIALS[medial] + FINALS[final]
