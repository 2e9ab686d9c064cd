"""Downloads: interrupted, resumed, changed, wrong, refused, offline."""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from koocr.data.download.http import Download, fetch
from koocr.errors import DownloadError
from tests.data.server import Server, serving

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(files={"/data.7z": CONTENT}, etags={"/data.7z": '"one"'})) as running:
        yield running


def download(server: Server, **settings: object) -> Download:
    return replace(Download(f"{server.url}/data.7z", wait=0, timeout=5), **settings)  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_file_arrives_and_progress_is_told(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = fetch(
        download(server, sha256=SHA256), tmp_path / "a" / "data.7z", progress=lambda *now: told.append(now)
    )
    assert path.read_bytes() == CONTENT
    assert told[-1] == (300_000, 300_000)
    assert names(path.parent) == ["data.7z"]


def test_what_is_here_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "data.7z"
    fetch(download(server, sha256=SHA256), path)
    fetch(download(server, sha256=SHA256), path)
    assert len(server.ranges_asked) == 1


def test_a_damaged_file_that_is_here_is_fetched_again(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "data.7z"
    path.write_bytes(b"damaged")
    assert fetch(download(server, sha256=SHA256), path).read_bytes() == CONTENT


def test_a_broken_transfer_goes_on_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000, 50_000]
    path = fetch(download(server, sha256=SHA256), tmp_path / "data.7z")
    assert path.read_bytes() == CONTENT
    assert server.ranges_asked == [None, "bytes=100000-", "bytes=150000-"]
    assert names(tmp_path) == ["data.7z"]


def test_a_later_run_goes_on_too(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000]
    with pytest.raises(DownloadError, match="100000 bytes are kept"):
        fetch(download(server, attempts=1), tmp_path / "data.7z")
    assert names(tmp_path) == ["data.7z.part", "data.7z.part.json"]
    assert fetch(download(server, sha256=SHA256), tmp_path / "data.7z").read_bytes() == CONTENT
    assert server.ranges_asked[-1] == "bytes=100000-"


def test_an_interrupt_leaves_no_half_file_under_the_name(server: Server, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(download(server), tmp_path / "data.7z", progress=interrupt)
    assert "data.7z" not in names(tmp_path)
    assert fetch(download(server, sha256=SHA256), tmp_path / "data.7z").read_bytes() == CONTENT
    assert server.ranges_asked[-1] is not None


def test_a_file_that_changed_meanwhile_is_fetched_from_the_start(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000]
    with pytest.raises(DownloadError):
        fetch(download(server, attempts=1), tmp_path / "data.7z")
    server.files["/data.7z"], server.etags["/data.7z"] = CONTENT[::-1], '"two"'
    assert fetch(download(server), tmp_path / "data.7z").read_bytes() == CONTENT[::-1]


def test_a_file_that_became_shorter_is_fetched_from_the_start(server: Server, tmp_path: Path) -> None:
    del server.etags["/data.7z"]
    server.cuts = [100_000]
    with pytest.raises(DownloadError):
        fetch(download(server, attempts=1), tmp_path / "data.7z")
    server.files["/data.7z"] = CONTENT[:70_000]
    assert fetch(download(server), tmp_path / "data.7z").read_bytes() == CONTENT[:70_000]


def test_a_part_of_another_address_is_not_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.files["/other.7z"] = b"other" * 1000
    server.cuts = [100_000]
    with pytest.raises(DownloadError):
        fetch(download(server, attempts=1), tmp_path / "data.7z")
    other = download(server, url=f"{server.url}/other.7z")
    assert fetch(other, tmp_path / "data.7z").read_bytes() == b"other" * 1000
    assert server.ranges_asked[-1] is None


def test_a_server_without_ranges_starts_again(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    server.cuts = [100_000]
    assert fetch(download(server, sha256=SHA256), tmp_path / "data.7z").read_bytes() == CONTENT


def test_a_complete_part_only_takes_its_name(server: Server, tmp_path: Path) -> None:
    server.cuts = [299_999]
    with pytest.raises(DownloadError):
        fetch(download(server, attempts=1), tmp_path / "data.7z")
    (tmp_path / "data.7z.part").write_bytes(CONTENT)
    assert fetch(download(server, sha256=SHA256), tmp_path / "data.7z").read_bytes() == CONTENT


def test_a_wrong_checksum_throws_the_file_away(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=SHA256):
        fetch(download(server, sha256="0" * 64), tmp_path / "data.7z")
    assert names(tmp_path) == []


def test_no_more_than_allowed_is_taken(server: Server, tmp_path: Path) -> None:
    for server.has_length in (True, False):
        with pytest.raises(DownloadError, match="at most 200000"):
            fetch(download(server, max_bytes=200_000), tmp_path / "data.7z")


def test_a_busy_server_is_asked_again_and_a_refusing_one_is_not(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    assert fetch(download(server), tmp_path / "data.7z").read_bytes() == CONTENT
    server.ranges_asked.clear()
    with pytest.raises(DownloadError, match="404"):
        fetch(download(server, url=f"{server.url}/absent"), tmp_path / "absent")
    assert len(server.ranges_asked) == 1


def test_korean_addresses_are_encoded(server: Server, tmp_path: Path) -> None:
    server.files["/나눔손글씨 갈맷글.ttf"] = b"face"
    url = f"{server.url}/나눔손글씨 갈맷글.ttf?a=가"
    assert fetch(download(server, url=url), tmp_path / "face.ttf").read_bytes() == b"face"


def test_offline_is_said_clearly(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1 cannot be reached.*offline"):
        fetch(Download(f"http://127.0.0.1:{port}/x", attempts=2, wait=0), tmp_path / "x")
    assert names(tmp_path) == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "data.7z", "C:\\data.7z", ""])
def test_only_http_is_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="http"):
        fetch(Download(url), tmp_path / "x")
