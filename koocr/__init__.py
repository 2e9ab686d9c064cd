"""koocr reads Korean.

    >>> import koocr
    >>> koocr.KoOCR().predict("syllable.png", n=3)  # doctest: +SKIP
    ['닭', '닮', '닥']
    >>> koocr.LineReader().read("line.png").text  # doctest: +SKIP
    '닭 한 마리, 12,000원'

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
    from koocr.line.reader import LineReader

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "Character",
    "CharsetError",
    "ConfigError",
    "DataError",
    "DownloadError",
    "InputError",
    "JamoScore",
    "KoOCR",
    "KoocrError",
    "Line",
    "LineCharacter",
    "LineReader",
    "MissingDependencyError",
    "TrainingError",
    "WeightsCorruptError",
    "WeightsError",
    "WeightsMissingError",
    "__version__",
]

_HOMES = {
    "KoOCR": "koocr.character.reader",
    "Candidate": "koocr.document",
    "Character": "koocr.document",
    "JamoScore": "koocr.document",
    "Line": "koocr.document",
    "LineCharacter": "koocr.document",
    "LineReader": "koocr.line.reader",
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
