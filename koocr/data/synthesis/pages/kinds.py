"""The kinds of pages by name; each lays out a desk's sheet and says what it made."""

from __future__ import annotations

from collections.abc import Callable

from koocr.data.synthesis.pages.chats import chat
from koocr.data.synthesis.pages.desk import Desk
from koocr.data.synthesis.pages.documents import document, illustrated
from koocr.data.synthesis.pages.exams import exam
from koocr.data.synthesis.pages.figures import clutter
from koocr.data.synthesis.pages.receipts import receipt
from koocr.data.synthesis.pages.screens import screen
from koocr.data.synthesis.pages.signs import sign, slide
from koocr.data.synthesis.pages.tables import form, table_page

__all__ = ["KINDS"]

KINDS: dict[str, Callable[[Desk], str]] = {
    "document": document,
    "exam": exam,
    "table": table_page,
    "form": form,
    "receipt": receipt,
    "chat": chat,
    "screen": screen,
    "slide": slide,
    "sign": sign,
    "illustrated": illustrated,
    "clutter": clutter,
}
