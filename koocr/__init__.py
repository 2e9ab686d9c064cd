"""koocr reads Korean.

    >>> import koocr
    >>> koocr.KoOCR().predict("syllable.png", n=3)  # doctest: +SKIP
    ['닭', '닮', '닥']
    >>> koocr.LineReader().read("line.png").text  # doctest: +SKIP
    '닭 한 마리, 12,000원'
    >>> print(koocr.read("scan.jpg").text)  # doctest: +SKIP

Importing the package loads nothing heavy: each name below is fetched from its module when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR
    from koocr.document import Candidate, Character, JamoScore, Line, LineCharacter
    from koocr.errors import (
        CharsetError,
        ConfigError,
        DataError,
        DownloadError,
        InputError,
        KoocrError,
        MissingDependencyError,
        TrainingError,
        WeightsCorruptError,
        WeightsError,
        WeightsMissingError,
    )
    from koocr.layout import Block, Document, Page, PageCharacter, PageLine, Word
    from koocr.line.reader import LineReader
    from koocr.page.reader import PageReader
    from koocr.page.reading import read

__version__ = "0.1.0"

__all__ = [
    "Block",
    "Candidate",
    "Character",
    "CharsetError",
    "ConfigError",
    "DataError",
    "Document",
    "DownloadError",
    "InputError",
    "JamoScore",
    "KoOCR",
    "KoocrError",
    "Line",
    "LineCharacter",
    "LineReader",
    "MissingDependencyError",
    "Page",
    "PageCharacter",
    "PageLine",
    "PageReader",
    "TrainingError",
    "WeightsCorruptError",
    "WeightsError",
    "WeightsMissingError",
    "Word",
    "__version__",
    "read",
]

_HOMES = {
    "KoOCR": "koocr.character.reader",
    "Candidate": "koocr.document",
    "Character": "koocr.document",
    "JamoScore": "koocr.document",
    "Line": "koocr.document",
    "LineCharacter": "koocr.document",
    "Block": "koocr.layout",
    "Document": "koocr.layout",
    "Page": "koocr.layout",
    "PageCharacter": "koocr.layout",
    "PageLine": "koocr.layout",
    "Word": "koocr.layout",
    "LineReader": "koocr.line.reader",
    "PageReader": "koocr.page.reader",
    "read": "koocr.page.reading",
}


def __getattr__(name: str) -> Any:
    """Fetches a public name from its module when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'koocr' has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "koocr.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Lists the lazy names too, for `dir` and completion."""
    return sorted({*globals(), *__all__})
