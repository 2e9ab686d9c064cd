"""Labelled lines to learn from among drawn ones: which of them are in batch i, is a function of i alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from koocr.charset import Charset, line_charset
from koocr.data.line_sets import OnProblem
from koocr.data.line_sources import JoinedLines, open_lines
from koocr.data.synthesis.lines import LineBatch, LineStream
from koocr.data.synthesis.lines.stream import DrawnLine
from koocr.errors import DataError

__all__ = ["LabelledLines", "LabelledSettings", "mixed"]

_KIND = "labelled"
_ORDER = 31
"""Sets the order of labelled lines apart from all else that a run draws from its seed."""
_PASSES_KEPT = 2  # a batch may hold the end of one pass and the beginning of the next


@dataclass(frozen=True, kw_only=True)
class LabelledSettings:
    """Which labelled lines are learnt from, and how many.

    Attributes:
        paths: label files, folders of them, archives; see `koocr.data.line_sources.open_lines`.
        share: of each batch, from 0 to 1; the rest is drawn.
        charset: a line with another symbol is left out.
        max_length: a line of more symbols is left out.
        seed: another seed, another order.
    """

    paths: tuple[Path, ...]
    share: float = 0.3
    charset: Charset = field(default_factory=line_charset)
    max_length: int = 40
    seed: int = 0


class LabelledLines:
    """Labelled lines, endlessly: pass after pass through all of them, each in an order of its own.

    Args:
        settings: which.
        on_problem: is told of a row of a label file that can't be used; see also the attribute.

    Attributes:
        on_problem: is told, once, of a line whose picture can't be read, which is left out; None raises.
        num_uncovered: lines left out because the charset lacks a symbol of theirs.
        num_too_long: lines left out because they are too long.

    Raises:
        DataError: a set can't be opened, or no line is left.
    """

    def __init__(self, settings: LabelledSettings, *, on_problem: OnProblem | None = None) -> None:
        self.on_problem = on_problem
        self._settings = settings
        self._lines = JoinedLines([open_lines(path, on_problem=on_problem) for path in settings.paths])
        texts = [self._lines.text(number) for number in range(len(self._lines))]
        covered = np.array([settings.charset.covers(text) for text in texts], bool)
        is_short = np.array([len(text) <= settings.max_length for text in texts], bool)
        self.num_uncovered = int((~covered).sum())
        self.num_too_long = int((covered & ~is_short).sum())
        self._usable = np.flatnonzero(covered & is_short)
        self._passes: dict[int, NDArray[np.int64]] = {}
        self._unreadable: set[int] = set()
        if not len(self._usable):
            names = ", ".join(map(str, settings.paths))
            raise DataError(
                f"none of the {len(texts):,} labelled lines of {names} can be learnt from; they hold other "
                f"symbols than the charset, or more than {settings.max_length} of them"
            )

    def __len__(self) -> int:
        """The number of lines that can be learnt from."""
        return len(self._usable)

    def of_batch(self, index: int, size: int) -> tuple[int, list[DrawnLine]]:
        """The labelled lines of batch number `index`.

        Args:
            index: from 0.
            size: of the whole batch, the same for all batches.

        Returns:
            How many places of the batch are theirs, on average their share of it; and the lines, fewer where
            a picture can't be read.

        Raises:
            DataError: a picture can't be read and there is no `on_problem`.
        """
        first, stop = (int(number * size * self._settings.share) for number in (index, index + 1))
        found = [self._line(int(self._number(place))) for place in range(first, stop)]
        return stop - first, [line for line in found if line is not None]

    def _number(self, place: int) -> np.int64:
        """The line at a place of the endless order."""
        number, place = divmod(place, len(self))
        if number not in self._passes:
            rng = np.random.default_rng([self._settings.seed, number, _ORDER])
            kept = sorted(self._passes)[-_PASSES_KEPT + 1 :]
            self._passes = {key: self._passes[key] for key in kept} | {number: rng.permutation(self._usable)}
        return self._passes[number][place]

    def _line(self, number: int) -> DrawnLine | None:
        try:
            line = self._lines.line(number)
        except DataError as error:
            if self.on_problem is None:
                raise
            if number not in self._unreadable:
                self._unreadable.add(number)
                self.on_problem(error)
            return None
        spans = np.full((len(line.text), 2), np.nan, np.float32)  # nobody has marked where symbols are
        return DrawnLine(line.image, line.text, spans, _KIND, line.name, False)


def mixed(stream: LineStream, labelled: LabelledLines, *, size: int) -> Callable[[int], LineBatch]:
    """Numbered batches of drawn lines, followed by labelled ones."""

    def batch(index: int) -> LineBatch:
        num_labelled, lines = labelled.of_batch(index, size)
        drawn = stream.batch(index, size - num_labelled)
        given = LineBatch.of(lines)
        return LineBatch(
            images=drawn.images + given.images,
            texts=drawn.texts + given.texts,
            spans=drawn.spans + given.spans,
            kinds=drawn.kinds + given.kinds,
            sources=drawn.sources + given.sources,
            is_handwritten=np.concatenate([drawn.is_handwritten, given.is_handwritten]),
        )

    return batch
