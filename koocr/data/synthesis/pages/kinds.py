"""The kinds of pages by name; each lays out a desk's sheet and says what it made."""

from __future__ import annotations

from collections.abc import Callable

from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.documents import document

__all__ = ["KINDS"]

KINDS: dict[str, Callable[[Desk], str]] = {"document": document}
