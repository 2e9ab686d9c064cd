"""Downloads that can be interrupted: resumed where they stopped, checked, and named only when whole."""

from __future__ import annotations

import email.message
import http.client
import json
import os
import re
import shutil
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from koocr.data.files import sha256_of
from koocr.errors import DownloadError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and, if known, the bytes in all."""

_CHUNK = 1 << 16
_HEADERS = {"User-Agent": "koocr", "Accept-Encoding": "identity"}
_SPARE_BYTES = 64 << 20  # left free on the disk


@dataclass(frozen=True)
class Download:
    """What to fetch, and how to know that it is the right thing.

    Attributes:
        url: http or https; may hold Korean.
        sha256: checksum of the file in hexadecimal, or None where none is known.
        max_bytes: larger files are refused.
        timeout: seconds without a byte until an attempt is given up.
        attempts: how often to try, each time from where the last one stopped.
        wait: seconds before the second attempt; doubled each time.
    """

    url: str
    sha256: str | None = None
    max_bytes: int = 100 << 30
    timeout: float = 30.0
    attempts: int = 4
    wait: float = 1.0


def fetch(download: Download, path: str | os.PathLike[str], *, progress: Progress | None = None) -> Path:
    """Downloads a file, or completes one that an earlier run left unfinished.

    The bytes gather in `<path>.part`; the file takes its name when it is whole and its checksum is right. A
    file that already has its name (and the right checksum, if one is known) is not fetched again.

    Args:
        download: what to fetch.
        path: where to put it.
        progress: told how far it is.

    Returns:
        `path`.

    Raises:
        DownloadError: the server can't be reached, refuses, or sends too much, too little, or something else
            than expected. What has arrived is kept for the next run, except where its checksum is wrong.
    """
    target = Path(path)
    if target.exists() and download.sha256 in (None, sha256_of(target)):
        return target
    _check_scheme(download.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target)
    for attempt in range(download.attempts):
        try:
            _transfer(download, part, progress)
            break
        except (OSError, http.client.HTTPException) as error:
            if attempt == download.attempts - 1 or not _may_pass(error):
                raise DownloadError(_explain(download.url, error, part)) from error
            time.sleep(download.wait * 2**attempt)
    part.finish(download)
    return target


class _Part:
    """The unfinished file and the note of which version of the remote file it is a part of."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.file = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")

    def size(self, url: str) -> int:
        """Bytes that are here of this URL; what belongs to another one is thrown away."""
        if self.file.exists() and self._noted().get("url") == url:
            return self.file.stat().st_size
        self.discard()
        return 0

    def validator(self) -> str | None:
        """What the server called the version of the file: its ETag or date."""
        return self._noted().get("validator")

    def begin(self, url: str, validator: str | None) -> None:
        self.discard()
        self.note.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")

    def discard(self) -> None:
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)

    def finish(self, download: Download) -> None:
        """Checks the whole file and gives it its name."""
        wanted = download.sha256 and download.sha256.lower()
        if wanted and (found := sha256_of(self.file)) != wanted:
            self.discard()
            raise DownloadError(
                f"{download.url} has the SHA-256 {found}, not {wanted}; it was thrown away, for it is"
                " damaged or is not the file that this version of koocr knows"
            )
        os.replace(self.file, self.target)
        self.note.unlink(missing_ok=True)

    def _noted(self) -> dict[str, str | None]:
        try:
            noted = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict) else {}


class _Response(Protocol):
    status: int
    headers: email.message.Message

    def read(self, amount: int) -> bytes: ...


def _transfer(download: Download, part: _Part, progress: Progress | None) -> None:
    """Asks for what is missing and appends it.

    Raises:
        OSError, http.client.HTTPException: the connection failed, or ended early.
        DownloadError: the file is too large.
    """
    start = part.size(download.url)
    request = urllib.request.Request(_quote(download.url), headers=_HEADERS)
    if start:
        request.add_header("Range", f"bytes={start}-")
        if validator := part.validator():
            request.add_header("If-Range", validator)
    try:
        with urllib.request.urlopen(request, timeout=download.timeout) as response:
            _receive(response, download, part, start, progress)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        if _total(error.headers) != start:  # not even the end of the file: it has changed
            part.discard()
            raise ConnectionError("the file changed while it was fetched") from error


def _receive(
    response: _Response, download: Download, part: _Part, start: int, progress: Progress | None
) -> None:
    length = response.headers.get("Content-Length")
    resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT and _start(response.headers) == start
    if not resumed:
        start = 0
        part.begin(download.url, response.headers.get("ETag") or response.headers.get("Last-Modified"))
    total = start + int(length) if length and length.isdigit() else None
    _check_room(download, part, start, total)
    with part.file.open("ab" if resumed else "wb") as stream:
        while chunk := response.read(_CHUNK):
            start += len(chunk)
            if start > download.max_bytes:
                raise DownloadError(_too_large(download, start))
            stream.write(chunk)
            if progress:
                progress(start, total)
    if total is not None and start < total:
        raise ConnectionError(f"the connection ended after {start} of {total} bytes")


def _check_room(download: Download, part: _Part, start: int, total: int | None) -> None:
    if total is None:
        return
    if total > download.max_bytes:
        raise DownloadError(_too_large(download, total))
    free = shutil.disk_usage(part.file.parent).free
    if total - start > free - _SPARE_BYTES:
        raise DownloadError(f"{download.url} needs {total - start} more bytes, and the disk has {free} free")


def _too_large(download: Download, size: int) -> str:
    return f"{download.url} has {size} bytes or more; at most {download.max_bytes} are taken"


def _start(headers: email.message.Message) -> int | None:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _total(headers: email.message.Message) -> int | None:
    match = re.search(r"/(\d+)$", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _check_scheme(url: str) -> None:
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url!r} is no http or https address")


def _quote(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return parts._replace(
        path=urllib.parse.quote(parts.path, safe="/%:@+,;=~"),
        query=urllib.parse.quote(parts.query, safe="=&%+/:?,;~"),
    ).geturl()


def _may_pass(error: Exception) -> bool:
    """Whether another attempt may do better."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in (408, 429) or error.code >= 500
    reason = getattr(error, "reason", error)
    return not isinstance(reason, (socket.gaierror, FileNotFoundError, PermissionError, IsADirectoryError))


def _explain(url: str, error: Exception, part: _Part) -> str:
    host = urllib.parse.urlsplit(url).hostname
    if isinstance(error, urllib.error.HTTPError):
        return f"{host} refuses {url}: {error.code} {error.reason}"
    reason = getattr(error, "reason", error)
    reason = getattr(reason, "strerror", None) or reason
    kept = part.file.stat().st_size if part.file.exists() else 0
    if kept:
        return f"{url} could not be fetched whole ({reason}); {kept} bytes are kept, run it again to go on"
    return f"{host} cannot be reached ({reason}); are you offline? {url} can also be fetched by hand"
