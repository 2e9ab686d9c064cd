"""Faces that draw a character: koocr's own, or one of the system's that has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

from koocr.fonts import korean_face

__all__ = ["face_for", "system_faces"]

_NAMES: Final = (
    *("notosanscjk", "notosanskr", "nanumgothic", "sourcehansans", "malgun", "applesdgothicneo", "gulim"),
    *("batang", "notoserifcjk", "nanummyeongjo", "arialunicode", "dejavusans", "notosanssymbols", "unifont"),
)
"""How the files of those begin that hold most of what a page may say, the best first."""
_SUFFIXES: Final = (".ttf", ".otf", ".ttc", ".otc")
_PROBE_PX: Final = 24


@lru_cache(maxsize=65_536)
def face_for(char: str) -> Path | None:
    """A face that has the character; None if there is none on this machine."""
    for path in (korean_face(), *system_faces()):
        if _has(path, char):
            return path
    return None


@cache
def system_faces() -> tuple[Path, ...]:
    """Faces of the system that are known to hold many characters, the best first."""
    found: dict[str, list[Path]] = {}
    for path in _font_files():
        name = path.name.lower().replace("-", "").replace("_", "").replace(" ", "")
        kind = next((kind for kind in _NAMES if name.startswith(kind)), None)
        if kind and not any(word in name for word in ("bold", "italic", "oblique", "black", "thin", "light")):
            found.setdefault(kind, []).append(path)
    return tuple(path for kind in _NAMES for path in sorted(found.get(kind, ()))[:1])


def _font_files() -> Iterator[Path]:
    for folder in _folders():
        for root, _, names in os.walk(folder):
            yield from (Path(root, name) for name in names if name.lower().endswith(_SUFFIXES))


def _folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        return [
            Path(os.environ.get("WINDIR", "C:/Windows"), "Fonts"),
            home / "AppData/Local/Microsoft/Windows/Fonts",
        ]
    if sys.platform == "darwin":
        return [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    return [
        home / ".local/share/fonts",
        home / ".fonts",
        Path("/usr/local/share/fonts"),
        Path("/usr/share/fonts"),
    ]


def _has(path: Path, char: str) -> bool:
    """Whether a face has a glyph for a character: one that differs from its glyph for what no face has."""
    font = _probe(path)
    if font is None:
        return False
    shown, missing = (font.getmask(text, mode="L") for text in (char, "\uffff"))
    if (shown.size, bytes(shown)) == (missing.size, bytes(missing)):
        return False
    return char.isspace() or any(bytes(shown))


@cache
def _probe(path: Path) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(str(path), _PROBE_PX, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return None
