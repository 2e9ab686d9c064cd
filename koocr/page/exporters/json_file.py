"""JSON: `Document.to_dict`, one page a line."""

from __future__ import annotations

import json

from koocr.layout import Page


def begin(source: str) -> str:
    """The document up to its pages."""
    return f'{{"source": {json.dumps(source, ensure_ascii=False)}, "pages": ['


def page(page: Page, index: int, source: str) -> str:
    """A page."""
    return (",\n" if index else "\n") + json.dumps(page.to_dict(), ensure_ascii=False)


def end() -> str:
    """The end of the document."""
    return "\n]}\n"
