"""How common each syllable is in Korean text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koocr.errors import DataError
from koocr.hangul import NUM_SYLLABLES, is_syllable, nfc, syllable_index


def syllable_frequencies(words: str | Path) -> NDArray[np.float64]:
    """Counts syllables in a list of words.

    Args:
        words: a UTF-8 file, a line a word: `word TAB log10 of its frequency`, as the package wordfreq gives it.

    Returns:
        (11172,) shares that sum to 1, syllables in Unicode order.

    Raises:
        DataError: the file can't be read, or a line is not of that form.
    """
    counts = np.zeros(NUM_SYLLABLES)
    try:
        lines = Path(words).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the word list {str(words)!r} can't be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        word, tab, frequency = line.partition("\t")
        try:
            share = 10.0 ** float(frequency)
        except ValueError:
            raise DataError(
                f"{words}, line {number}: {line!r} is not a word, a tab and a logarithm"
            ) from None
        for character in nfc(word):
            if is_syllable(character):
                counts[syllable_index(character)] += share
    if not counts.any():
        raise DataError(f"the word list {str(words)!r} has no Korean word")
    return counts / counts.sum()
