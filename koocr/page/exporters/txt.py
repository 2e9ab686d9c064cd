"""Plain text: lines as they stand, an empty line between blocks, a form feed between pages."""

from __future__ import annotations

from koocr.layout import Page


def begin(source: str) -> str:
    """Nothing."""
    return ""


def page(page: Page, index: int, source: str) -> str:
    """The text of a page, ended by a line feed unless it is empty."""
    return ("\f" if index else "") + (f"{page.text}\n" if page.text else "")


def end() -> str:
    """Nothing."""
    return ""
