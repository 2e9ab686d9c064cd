"""How common each syllable is in Korean text."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koocr.errors import DataError
from koocr.hangul import NUM_SYLLABLES, is_syllable, nfc, syllable_index


def syllable_frequencies(words: str | Path) -> NDArray[np.float64]:
    """Counts syllables in a list of words.

    Args:
        words: a UTF-8 file, a line a word: `word TAB log10 of its frequency`, as the package wordfreq gives
            it. Blank lines are passed over.

    Returns:
        (11172,) shares that sum to 1, syllables in Unicode order.

    Raises:
        DataError: the file can't be read, has no Korean word, or a line is not of that form.
    """
    counts = np.zeros(NUM_SYLLABLES)
    try:
        lines = Path(words).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the word list can't be read ({error})", file=words) from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            word, share = _word(line, words, number)
            for character in filter(is_syllable, nfc(word)):
                counts[syllable_index(character)] += share
    if not counts.any():
        raise DataError("the word list has no Korean word", file=words)
    return counts / counts.sum()


def _word(line: str, words: str | Path, number: int) -> tuple[str, float]:
    word, _, frequency = line.partition("\t")
    try:
        share = 10.0 ** float(frequency)
        if not math.isfinite(share):
            raise ValueError
    except (ValueError, OverflowError):
        raise DataError(f"{line!r} is not a word, a tab and a logarithm", file=words, line=number) from None
    return word, share
