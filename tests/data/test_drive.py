"""Google Drive: gdown itself against a local server, and what goes wrong."""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from koocr.data.download.drive import fetch_drive
from koocr.errors import DownloadError, MissingDependencyError
from tests.data.server import Server, serving

CONTENT = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(files={"/uc": CONTENT})) as running:
        yield running


def test_a_file_arrives(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "downloads" / "data.7z"
    assert fetch_drive("id", path, sha256=SHA256, host=server.url) == path
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["data.7z"]
    fetch_drive("id", path, sha256=SHA256, host=server.url)
    assert len(server.ranges_asked) == 1


def test_a_broken_transfer_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.cuts = [700_000]
    path = tmp_path / "data.7z"
    fetch_drive("id", path, sha256=SHA256, host=server.url)
    assert path.read_bytes() == CONTENT
    assert any(asked and asked.startswith("bytes=") for asked in server.ranges_asked)


def test_a_wrong_checksum_throws_the_file_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=SHA256):
        fetch_drive("id", tmp_path / "data.7z", sha256="0" * 64, host=server.url)
    assert not list(tmp_path.iterdir())


def test_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    fetch_drive("id", tmp_path / "data.7z", host=server.url, progress=lambda *now: told.append(now))
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_refused_says_what_to_do(server: Server, tmp_path: Path) -> None:
    server.files.clear()
    with pytest.raises(DownloadError, match="--archive"):
        fetch_drive("id", tmp_path / "data.7z", host=server.url)
    assert not (tmp_path / "data.7z").exists()


def test_offline_is_said_in_a_few_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koocr.data.download.drive._RETRIES", 0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(DownloadError, match=r"\(it cannot be reached; are you offline\?\)"):
        fetch_drive("id", tmp_path / "data.7z", host=host)


def test_without_gdown_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(MissingDependencyError, match=r"koocr\[data\]"):
        fetch_drive("id", tmp_path / "data.7z")
