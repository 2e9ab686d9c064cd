"""`1-3,7`: which pages of a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import index

from koocr.errors import ConfigError

__all__ = ["PageNumbers"]


@dataclass(frozen=True)
class PageNumbers:
    """Some pages of a document.

    Attributes:
        ranges: (first, last), from 1, both included; last is None for all that follow.
    """

    ranges: tuple[tuple[int, int | None], ...]

    @classmethod
    def parse(cls, text: str) -> PageNumbers:
        """Reads `1-3,7`, `5-` (all from the fifth on), `-3` (the first three).

        Raises:
            ConfigError: it says no page numbers.
        """
        ranges = []
        for part in text.replace(" ", "").split(","):
            match = re.fullmatch(r"(\d{0,9})(-?)(\d{0,9})", part, re.ASCII)
            first, dash, last = match.groups() if match else ("", "", "")
            start = int(first or 1)
            stop = int(last) if last else None if dash else start
            if not (first or last) or start < 1 or (stop is not None and stop < start):
                raise ConfigError(f"{text!r} are no pages; give them as in 1-3,7 or 5-")
            ranges.append((start, stop))
        return cls(tuple(ranges))

    @classmethod
    def given(cls, pages: str | int | Iterable[int]) -> PageNumbers:
        """Takes what `parse` reads, a number, or several.

        Raises:
            ConfigError: it says no page numbers.
        """
        if isinstance(pages, str):
            return cls.parse(pages)
        if isinstance(pages, (bool, bytes, bytearray, Mapping)):
            numbers = []
        else:
            try:
                numbers = [index(page) for page in (pages if isinstance(pages, Iterable) else [pages])]
            except TypeError:
                numbers = []
        if not numbers or min(numbers) < 1:
            raise ConfigError(f'{pages!r} are no pages; give them as in "1-3,7" or [1, 2, 3], from 1 on')
        return cls(tuple((number, number) for number in numbers))

    def of(self, num_pages: int) -> list[int]:
        """Those that a document of so many pages has, in order, each once."""
        numbers = set[int]()
        for first, last in self.ranges:
            numbers.update(range(first, min(num_pages, last or num_pages) + 1))
        return sorted(numbers)

    def __str__(self) -> str:
        parts = (f"{a}" if a == b else f"{a}-{b or ''}" for a, b in self.ranges)
        return ",".join(parts)
