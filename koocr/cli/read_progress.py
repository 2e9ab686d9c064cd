"""How far `koocr read` is, and what it could not read."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from koocr.cli.command_line import tell
from koocr.cli.images import in_one_line
from koocr.cli.options import counted
from koocr.errors import KoocrError

__all__ = ["Report", "progress"]

_BAR = "{percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} pages, {per_minute} a minute, {remaining} left"


@contextmanager
def progress(num_pages: int, *, is_shown: bool) -> Iterator[Callable[[], object]]:
    """Shows a bar on standard error, if that is a terminal.

    Yields:
        What to call after each page.
    """
    if not (is_shown and sys.stderr.isatty()):
        yield lambda: None
        return
    from tqdm import tqdm

    class PagesBar(tqdm):  # type: ignore[type-arg]
        @property
        def format_dict(self) -> dict[str, Any]:
            known = dict(super().format_dict)
            seconds = known["elapsed"]
            return {**known, "per_minute": f"{60 * known['n'] / seconds:,.0f}" if seconds else "?"}

    with PagesBar(total=num_pages, bar_format=_BAR, file=sys.stderr, leave=False) as bar:
        yield bar.update


@dataclass
class Report:
    """What was read and what wasn't.

    Attributes:
        is_at_end: errors are told at the end, under the bar, and not as they come.
        num_pages: that were read.
        num_left_out: documents that were done before.
    """

    is_at_end: bool
    num_pages: int = 0
    num_left_out: int = 0
    _errors: dict[str, list[KoocrError]] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)

    def add(self, name: str, error: KoocrError) -> None:
        """Notes what could not be read; `name` is the document's."""
        self._errors.setdefault(name, []).append(error)
        if not self.is_at_end:
            tell(_row(name, [error]))

    def finish(self) -> int:
        """Tells how it went, one row for each document that failed, and returns the exit code."""
        if self.is_at_end:
            for name, errors in self._errors.items():
                tell(_row(name, errors))
            tell(self._summary())
        return next((errors[0].exit_code for errors in self._errors.values()), 0)

    def _summary(self) -> str:
        seconds = time.monotonic() - self._begun
        parts = [f"koocr: {counted(self.num_pages, 'page')} read in {seconds:.1f} s"]
        if self.num_left_out:
            parts.append(f"{counted(self.num_left_out, 'document')} done before")
        if self._errors:
            parts.append(f"{counted(len(self._errors), 'document')} not read, or not all of it")
        return ", ".join(parts)


def _row(name: str, errors: list[KoocrError]) -> str:
    message = str(errors[0])
    shown = "" if name in message or repr(name) in message else f"{in_one_line(name)}: "
    more = f" (and {counted(len(errors) - 1, 'more page')})" if len(errors) > 1 else ""
    return f"koocr: {shown}{message}{more}"
