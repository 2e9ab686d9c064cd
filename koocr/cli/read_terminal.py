"""Pages → standard output, each as soon as it is read."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from koocr.cli.images import in_one_line
from koocr.layout import Page
from koocr.page.exporters import text_format
from koocr.page.finding import Source

__all__ = ["Terminal"]


class Terminal:
    """Writes to standard output.

    Args:
        formats: one, or none for plain text.
        num_documents: the text of several has their names between, as `head` writes them.
    """

    def __init__(self, formats: Sequence[str], num_documents: int) -> None:
        self._is_plain = not formats or formats[0] in ("txt", "md")
        self._form = text_format(formats[0] if formats else "txt")
        self._has_names = self._is_plain and num_documents > 1
        self._source: Source | None = None
        self._index = 0

    def __enter__(self) -> Terminal:
        """Nothing is written before the first page."""
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object, /) -> None:
        """Ends the last document."""
        if error is None and self._source is not None:
            print(self._form.end(), end="", flush=True)

    def skip(self, number: int, source: Source) -> None:
        """Nothing is written of a page that could not be read."""

    def add(self, page: Page, source: Source) -> None:
        """Writes a page."""
        text = ""
        if source != self._source:
            if self._source is not None:
                text += self._form.end()
            if self._has_names:
                text += "\n" * (self._source is not None) + f"==> {in_one_line(source.name)} <==\n"
            text += self._form.begin(source.name)
            self._source, self._index = source, 0
        text += self._form.page(page, self._index, source.name)
        self._index += 1
        sys.stdout.write(text)
        sys.stdout.flush()
