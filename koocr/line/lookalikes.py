"""What tells symbols apart that look alike: the symbols beside them.

In many faces l and 1, or O and 0, are one shape, and small type makes the curly quotation marks of a book
straight. A word of small letters holds no digit, a number no letter, and who begins with one kind of
quotation marks goes on with it. Readings that are otherwise cost something; where the picture is clear, it
wins all the same.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

__all__ = ["Lookalikes"]

_DIGITS, _LETTERS = "10", "lIOo"
_CURLY, _STRAIGHT = "“”‘’", "\"'"
_SEEN_CURLY, _SEEN_STRAIGHT = 1, 2
_AFTER_DIGIT = 0.4
"""Share of the cost for a letter behind a digit: units of measure stand there."""


class Lookalikes:
    """The costs of readings, for a beam search.

    Args:
        symbols: of the network's ids.
        cost: nats of a symbol that its neighbours speak against.
    """

    def __init__(self, symbols: Sequence[str], *, cost: float = 2.5) -> None:
        kinds = {
            **dict.fromkeys(string.ascii_lowercase, "letter"),
            **dict.fromkeys(string.digits, "digit"),
            **dict.fromkeys(_CURLY, "curly"),
            **dict.fromkeys(_STRAIGHT, "straight"),
        }
        self._kinds = {number: kinds[symbol] for number, symbol in enumerate(symbols) if symbol in kinds}
        self._digits = frozenset(number for number, symbol in enumerate(symbols) if symbol in _DIGITS)
        self._letters = frozenset(number for number, symbol in enumerate(symbols) if symbol in _LETTERS)
        self._cost = cost

    def step(self, seen: int, last: int, symbol: int) -> tuple[float, int]:
        """What a symbol costs behind another one.

        Args:
            seen: what is known of the symbols before; 0 at the beginning.
            last: id of the one before.
            symbol: its id.

        Returns:
            Nats, 0 or above, and what is known now.
        """
        kind = self._kinds.get(symbol)
        if kind is None:
            return (self._cost if symbol in self._letters and last in self._digits else 0.0), seen
        if kind == "curly":
            return (self._cost if seen == _SEEN_STRAIGHT else 0.0), seen | _SEEN_CURLY
        if kind == "straight":
            return (self._cost if seen == _SEEN_CURLY else 0.0), seen | _SEEN_STRAIGHT
        before = self._kinds.get(last)
        if symbol in self._digits and before == "letter":
            return self._cost, seen
        if before == "digit" and kind == "letter":
            if symbol in self._letters:
                return self._cost, seen
            if last in self._digits:
                return _AFTER_DIGIT * self._cost, seen
        return 0.0, seen
