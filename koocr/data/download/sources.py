"""The downloads that this version knows: ready patches and the open handwriting sets."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from koocr.errors import DataError

MANIFEST = Path(__file__).parents[1] / "manifest" / "downloads.json"


@dataclass(frozen=True)
class PatchArchive:
    """An archive of ready patches on Google Drive.

    Attributes:
        name: what it is called here.
        drive_id: its id on Google Drive.
        target: `data` or `val`: where its patches belong.
        sha256, size: its checksum and its size in bytes, or None where nobody has measured them.
    """

    name: str
    drive_id: str
    target: str
    sha256: str | None
    size: int | None


@dataclass(frozen=True)
class HandwritingArchive:
    """An archive of sheets or crops of one or several writers.

    Attributes:
        name: what it is called here.
        url: where it is.
        sha256, size: as above; archives that GitHub packs on demand have no lasting checksum.
        licence: of the pictures.
        layout: how characters lie in it: `ruled`, `headed` or `omniglot`, see `sheets`.
        writers: writer → path of the pages (`{page}` counts from 1) or of the folder within the archive.
    """

    name: str
    url: str
    sha256: str | None
    size: int | None
    licence: str
    layout: str
    writers: dict[str, str]


def load_patch_archives(kind: str, path: str | os.PathLike[str] = MANIFEST) -> list[PatchArchive]:
    """Lists the archives of ready patches.

    Args:
        kind: `7z` or `zip`; both hold the same patches.
        path: the manifest.

    Raises:
        DataError: the manifest is damaged.
    """
    return [PatchArchive(**row) for row in _read(Path(path), "patches")[kind]]


def load_handwriting_archives(path: str | os.PathLike[str] = MANIFEST) -> list[HandwritingArchive]:
    """Lists the archives of open handwriting.

    Raises:
        DataError: the manifest is damaged.
    """
    return [HandwritingArchive(**row) for row in _read(Path(path), "handwriting")]


def _read(path: Path, part: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))[part]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"the list of downloads is damaged ({error})", file=path) from error
