"""The 11,223 symbols of a character network: 11,172 syllables in Unicode order, then 51 single jamo.

A syllable is predicted as its three jamo, a single jamo by an output of its own; the functions here turn
characters into symbol ids, and ids into what each output of a network should say.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from koocr.errors import CharsetError
from koocr.hangul import JAMO, NUM_SYLLABLES, is_syllable, nfc, split_index, syllable, syllable_index

NUM_SYMBOLS = NUM_SYLLABLES + len(JAMO)

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float32]

_JAMO_IDS = {jamo: NUM_SYLLABLES + position for position, jamo in enumerate(JAMO)}


@lru_cache(maxsize=1)
def common_syllables() -> NDArray[np.bool_]:
    """(11172,) which syllables KS X 1001 has: the 2,350 that nearly all text is written with."""
    table = bytes(byte for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF) for byte in (row, cell))
    is_common = np.zeros(NUM_SYLLABLES, bool)
    is_common[encode(table.decode("euc_kr"))] = True
    return is_common


def symbol_id(character: str) -> int:
    """The id of one character, NFC or NFD.

    Raises:
        CharsetError: it is neither a syllable nor a compatibility jamo.
    """
    character = nfc(character)
    if is_syllable(character):
        return syllable_index(character)
    if character not in _JAMO_IDS:
        raise CharsetError(
            f"{character!r} is no symbol; give a Hangul syllable (가) or a single jamo (ㄱ, ㅏ, ㄳ)"
        )
    return _JAMO_IDS[character]


def symbol(index: int) -> str:
    """The character of an id in [0, 11223)."""
    return syllable(index) if index < NUM_SYLLABLES else JAMO[index - NUM_SYLLABLES]


def encode(characters: Iterable[str]) -> IntArray:
    """Ids of characters, (N,); see `symbol_id`."""
    text = characters if isinstance(characters, str) else "".join(map(_one, characters))
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    syllables, jamo = points - ord(syllable(0)), points - ord(JAMO[0])
    is_whole, is_single = _within(syllables, NUM_SYLLABLES), _within(jamo, len(JAMO))
    if not (is_whole | is_single).all():
        symbol_id(text[int((is_whole | is_single).argmin())])  # raises
    return np.where(is_whole, syllables, NUM_SYLLABLES + jamo)


def _within(offsets: IntArray, count: int) -> NDArray[np.bool_]:
    return (offsets >= 0) & (offsets < count)


def _one(character: str) -> str:
    """A character as one code point."""
    return character if len(character) == 1 else symbol(symbol_id(character))


def split_targets(symbols: IntArray) -> tuple[dict[str, IntArray], dict[str, FloatArray]]:
    """What each output should say of some symbols, and which outputs are to learn from them.

    Args:
        symbols: (N,) ids.

    Returns:
        Labels by output, each (N,) int: "initial", "medial", "final", "syllable", "single", "symbol"; and
        weights by output, each (N,) float: 0 for the parts of a syllable where the symbol is a single jamo.
    """
    whole = symbols < NUM_SYLLABLES
    index = np.where(whole, symbols, 0)
    initial, medial, final = split_index(index)
    labels = {
        "initial": initial,
        "medial": medial,
        "final": final,
        "syllable": index,
        "single": np.where(whole, 0, symbols - NUM_SYLLABLES + 1),
        "symbol": symbols,
    }
    parts, everything = whole.astype(np.float32), np.ones(len(symbols), np.float32)
    weights = {name: everything if name in ("single", "symbol") else parts for name in labels}
    return labels, weights
