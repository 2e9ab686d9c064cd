"""Google Drive, with gdown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from koocr.data.download.http import Progress
from koocr.data.files import sha256_of
from koocr.errors import DownloadError, missing_dependency

_DRIVE = "https://drive.google.com"
_TIMEOUT = 60.0
_RETRIES = 3


def fetch_drive(
    file_id: str,
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
    host: str = _DRIVE,
) -> Path:
    """Downloads a public file of Google Drive, or completes one that an earlier run left unfinished.

    Args:
        file_id: the file's id, as in `https://drive.google.com/file/d/<id>/view`.
        path: where to put it; it takes this name when it is whole and its checksum is right.
        sha256: its checksum, or None where none is known.
        progress: told how far it is.
        host: another server, for tests.

    Returns:
        `path`.

    Raises:
        DownloadError: offline; the file is gone, private, or was fetched too often today; its checksum is
            wrong.
        MissingDependencyError: gdown is not installed.
    """
    target = Path(path)
    if target.exists() and sha256 in (None, sha256_of(target)):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    arrived = target.with_name(target.name + ".drive")
    _download(f"{host}/uc?id={file_id}", arrived, progress)
    if sha256 and (found := sha256_of(arrived)) != sha256.lower():
        arrived.unlink()
        raise DownloadError(
            f"the file {file_id} of Google Drive has the SHA-256 {found}, not {sha256}; it was thrown away"
        )
    os.replace(arrived, target)
    return target


def _download(url: str, arrived: Path, progress: Progress | None) -> None:
    try:
        import gdown
        from gdown import exceptions
    except ImportError as error:
        raise missing_dependency("gdown", "data") from error
    problems: tuple[type[Exception], ...] = (
        exceptions.DownloadError,
        exceptions.FileURLRetrievalError,
        OSError,  # also what requests raises
    )
    settings: dict[str, Any] = {"resume": True, "quiet": True, "timeout": _TIMEOUT, "retries": _RETRIES}
    try:
        gdown.download(url=url, output=str(arrived), use_cookies=False, progress=progress, **settings)
    except problems as error:
        raise DownloadError(
            f"Google Drive does not give {url} ({_reason(error)})."
            " A file that is here already is taken with --archive FILE"
        ) from error
    if not arrived.exists():
        raise DownloadError(f"Google Drive does not give {url}; try again later")


def _reason(error: BaseException) -> str:
    """Says in a few words what went wrong; requests wraps a missing network several times over."""
    first = " ".join(str(error).split())[:200]
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return "it cannot be reached; are you offline?" if isinstance(error, (OSError, TimeoutError)) else first
