"""JSON, one page a line, each with the name of its document."""

from __future__ import annotations

import json

from koocr.layout import Page


def begin(source: str) -> str:
    """Nothing."""
    return ""


def page(page: Page, index: int, source: str) -> str:
    """A page as one line."""
    return json.dumps({"source": source, **page.to_dict()}, ensure_ascii=False) + "\n"


def end() -> str:
    """Nothing."""
    return ""
