"""Lines as sequences of jamo, for the comparison with CTC over syllables: 한글 is ㅎㅏㄴㄱㅡㄹ, six symbols.

Initials, medials and finals are symbols of their own: ㄱ as an initial is not ㄱ as a final, so a sequence
can be read back in one way only. The ids: 19 initials, 21 medials, 27 finals, then the charset's symbols that
are no syllables (single compatibility jamo, space, …), in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from koocr.hangul import (
    FINALS,
    INITIALS,
    JAMO,
    MEDIALS,
    NUM_FINALS,
    NUM_INITIALS,
    NUM_MEDIALS,
    NUM_SYLLABLES,
    join_index,
    split_index,
)
from koocr.line.decode import PlacedSymbol

__all__ = ["NUM_LETTERS", "spell", "unspell"]

NUM_LETTERS = NUM_INITIALS + NUM_MEDIALS + NUM_FINALS - 1
"""Ids below are jamo of a syllable."""

_FIRST_FINAL = NUM_INITIALS + NUM_MEDIALS
_SINGLES = [NUM_SYLLABLES + JAMO.index(letter) for letter in (*INITIALS, *MEDIALS, *FINALS[1:])]
"""By letter, the charset's id of the jamo standing alone."""


def spell(ids: Iterable[int]) -> NDArray[np.int32]:
    """(L',) letters of a text, given by the ids of `koocr.charset.line_charset`."""
    letters: list[int] = []
    for number in ids:
        if number >= NUM_SYLLABLES:
            letters.append(NUM_LETTERS + number - NUM_SYLLABLES)
            continue
        initial, medial, final = split_index(number)
        letters += [initial, NUM_INITIALS + medial]
        if final:
            letters.append(_FIRST_FINAL + final - 1)
    return np.array(letters, np.int32)


def unspell(letters: Sequence[PlacedSymbol]) -> tuple[PlacedSymbol, ...]:
    """Puts the letters of a path together to syllables; undoes `spell`.

    A letter that is part of no syllable, say an initial without a medial, becomes a single jamo.

    Returns:
        Symbols of the charset. A syllable reaches from its first letter to its last; its log-probability is
        the sum of theirs, its peak that of its medial.
    """
    symbols: list[PlacedSymbol] = []
    place = 0
    while place < len(letters):
        size = _syllable_size([letter.id for letter in letters[place : place + 3]])
        symbols.append(_join(letters[place : place + size]) if size > 1 else _alone(letters[place]))
        place += size
    return tuple(symbols)


def _syllable_size(ids: Sequence[int]) -> int:
    """How many letters, of the next three, make a syllable; 1 if they don't."""
    if len(ids) < 2 or not (ids[0] < NUM_INITIALS <= ids[1] < _FIRST_FINAL):
        return 1
    return 3 if len(ids) > 2 and _FIRST_FINAL <= ids[2] < NUM_LETTERS else 2


def _join(letters: Sequence[PlacedSymbol]) -> PlacedSymbol:
    initial, medial = letters[0].id, letters[1].id - NUM_INITIALS
    final = letters[2].id - _FIRST_FINAL + 1 if len(letters) > 2 else 0
    return PlacedSymbol(
        join_index(initial, medial, final),
        letters[0].start,
        letters[-1].stop,
        letters[1].peak,
        sum(letter.log_probability for letter in letters),
    )


def _alone(letter: PlacedSymbol) -> PlacedSymbol:
    number = letter.id - NUM_LETTERS + NUM_SYLLABLES if letter.id >= NUM_LETTERS else _SINGLES[letter.id]
    return PlacedSymbol(number, letter.start, letter.stop, letter.peak, letter.log_probability)
