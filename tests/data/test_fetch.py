"""Faces come from packages and archives: right ones are taken, wrong ones are rows, none is fetched twice."""

from __future__ import annotations

import csv
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from koocr.data.crawl.fetch import Fetched, fetch_faces
from koocr.data.crawl.outlines import OUTLINE_TEXT, outline_sha256
from koocr.data.crawl.packages import extract
from koocr.data.crawl.published import load_publications
from koocr.data.faces import MANIFEST, load_faces
from koocr.data.files import sha256_of
from tests.data.made_faces import bars, make_face
from tests.data.server import Server, serving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="stands in for apt-get and npm with shell scripts")

IDS = ("one", "two", "three", "four", "five")


class Shop:
    """A machine with an apt-get and an npm that give what lies in a folder, and a web server."""

    def __init__(self, root: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.server = root, server
        self.faces = {
            name: make_face(
                root / "faces" / f"{name}.ttf", OUTLINE_TEXT[n + 1 :], pictures=self._pictures(n)
            ).read_bytes()
            for n, name in enumerate(IDS)
        }
        self.calls = root / "calls"
        self._script("apt-get", f'echo "$*" >> {self.calls}; cp {root}/shelf/${{3%%=*}}_1.0_all.deb . || '
                     '{ echo "E: Unable to locate package" >&2; exit 100; }')  # fmt: skip
        self._script("npm", f'echo "$*" >> {self.calls}; cp {root}/shelf/${{4%%@*}}-1.0.tgz .')
        self._script("dpkg-deb", 'cat "$2"')
        monkeypatch.setenv("PATH", f"{root}/bin:/usr/bin:/bin")
        self.deb = self._tar("fonts-made_1.0_all.deb", {"./usr/one.ttf": "one", "./usr/two.ttf": "two"})
        self.npm = self._tar("made-face-1.0.tgz", {"package/three.ttf": "three"})
        server.files["/repo/archive/abc.zip"] = self._zip({"repo/four.ttf": "four", "repo/x/five.ttf": "two"})
        server.files["/publisher/다섯.ttf"] = self.faces["five"]
        self.manifest = root / "faces.csv"
        self.write_manifest()

    def write_manifest(self, **changes: str) -> None:
        columns = MANIFEST.read_text(encoding="utf-8").splitlines()[0].split(",")
        url = f"{self.server.url}/repo/archive/abc.zip"
        publisher = f"{self.server.url}/publisher/다섯.ttf"
        rows = [
            self._row("one", "deb:fonts-made", "usr/one.ttf", package_sha256=sha256_of(self.deb)),
            self._row("two", "deb:fonts-made", "usr/two.ttf", package_sha256=sha256_of(self.deb)),
            self._row("three", "npm:made-face", "package/three.ttf", package_sha256=sha256_of(self.npm)),
            self._row("four", "github:made/repo", "four.ttf", urls=url, sha256=""),
            self._row("five", "github:made/repo", "five.ttf", urls=f"{url}|{publisher}", sha256=""),
        ]  # fmt: skip
        with self.manifest.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows({**row, **changes} for row in rows)

    def fetch(self) -> dict[str, Fetched]:
        publications = load_publications(self.manifest)
        return {
            result.face_id: result
            for result in fetch_faces(publications, self.root / "fonts", manifest=self.manifest)
        }

    def num_calls(self) -> int:
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0

    def _row(self, name: str, source: str, inside: str, **more: str) -> dict[str, str]:
        path = self.root / "faces" / f"{name}.ttf"
        return {
            "id": name, "klass": "gothic", "split": "train", "file": f"{name}.ttf", "licence": "OFL",
            "source": source, "version": "1.0", "source_file": inside, "suite": "made",
            "sha256": sha256_of(path), "outline_sha256": outline_sha256(path), **more,
        }  # fmt: skip

    @staticmethod
    def _pictures(n: int) -> dict[str, list[tuple[int, int, int, int]]]:
        return {char: list(bars(n * 100 + i)) for i, char in enumerate(OUTLINE_TEXT[: n + 1])}

    def _script(self, name: str, body: str) -> None:
        path = self.root / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def _tar(self, name: str, members: dict[str, str]) -> Path:
        path = self.root / "shelf" / name
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            for member, face in members.items():
                info = tarfile.TarInfo(member)
                info.size = len(self.faces[face])
                archive.addfile(info, io.BytesIO(self.faces[face]))
        return path

    def _zip(self, members: dict[str, str]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for member, face in members.items():
                archive.writestr(member, self.faces[face])
        return buffer.getvalue()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with serving(Server()) as server:
        yield Shop(tmp_path, server, monkeypatch)


def test_every_face_comes_from_its_place(shop: Shop) -> None:
    results = shop.fetch()
    assert {name: (result.is_new, result.problem) for name, result in results.items()} == dict.fromkeys(
        IDS, (True, "")
    )
    for name in IDS:
        assert (shop.root / "fonts" / f"{name}.ttf").read_bytes() == shop.faces[name]
    assert [face.id for face in load_faces(shop.root / "fonts")] == list(IDS)
    assert sorted(path.name for path in (shop.root / "fonts").iterdir()) == sorted(
        [*(f"{name}.ttf" for name in IDS), "faces.csv"]
    ), "no package is left"


def test_a_package_is_downloaded_once_for_all_its_faces(shop: Shop) -> None:
    shop.fetch()
    assert shop.num_calls() == 2
    assert len(shop.server.ranges_asked) == 2


def test_the_publisher_is_asked_where_the_archive_has_another_face(shop: Shop) -> None:
    """The archive's five.ttf draws the outlines of another face."""
    assert shop.fetch()["five"].problem == ""
    assert (shop.root / "fonts" / "five.ttf").read_bytes() == shop.faces["five"]


def test_a_second_run_fetches_nothing(shop: Shop) -> None:
    shop.fetch()
    asked = shop.num_calls(), len(shop.server.ranges_asked)
    assert not any(result.is_new for result in shop.fetch().values())
    assert (shop.num_calls(), len(shop.server.ranges_asked)) == asked


def test_a_damaged_face_is_fetched_again(shop: Shop) -> None:
    shop.fetch()
    for name in ("two", "four"):
        (shop.root / "fonts" / f"{name}.ttf").write_bytes(b"damaged")
    assert {name for name, result in shop.fetch().items() if result.is_new} == {"two", "four"}
    assert (shop.root / "fonts" / "four.ttf").read_bytes() == shop.faces["four"]


def test_a_wrong_package_is_thrown_away(shop: Shop) -> None:
    shop.write_manifest(package_sha256="0" * 64)
    results = shop.fetch()
    assert all("SHA-256" in results[name].problem for name in ("one", "two", "three"))
    assert not results["four"].problem
    assert sorted(path.name for path in (shop.root / "fonts").glob("*.ttf")) == ["five.ttf", "four.ttf"]


def test_a_wrong_file_in_the_package_is_not_taken(shop: Shop) -> None:
    shop.write_manifest(sha256="0" * 64)
    assert all("another version" in result.problem for result in shop.fetch().values())
    assert not list((shop.root / "fonts").glob("*.ttf"))


def test_a_missing_member_is_a_row(shop: Shop) -> None:
    shop.write_manifest(source_file="usr/one.ttf")
    results = shop.fetch()
    assert results["one"].problem == ""
    assert "has no usr/one.ttf" in results["three"].problem


def test_a_version_that_is_not_here_is_a_row_with_a_reason(shop: Shop) -> None:
    shop.deb.unlink()
    results = shop.fetch()
    assert "Unable to locate package" in results["one"].problem
    assert "suite made" in results["one"].problem
    assert not results["three"].problem


def test_missing_tools_and_an_absent_network_are_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    shop.server.statuses = [404, 404]
    results = shop.fetch()
    assert "apt-get, which is not installed" in results["one"].problem
    assert "npm, which is not installed" in results["three"].problem
    assert "404" in results["four"].problem
    assert results["five"].problem == "" or "404" in results["five"].problem
    assert "one.ttf" not in {path.name for path in (shop.root / "fonts").iterdir()}


def test_a_download_kept_by_an_interrupted_run_is_used(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr("koocr.data.crawl.fetch.extract", interrupt)
        with pytest.raises(KeyboardInterrupt):
            shop.fetch()
    calls = shop.num_calls()
    assert not shop.fetch()["one"].problem
    assert shop.num_calls() == calls + 1, "only npm is asked"


def test_a_bomb_in_a_package_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koocr.data.crawl.packages._MAX_FONT_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("face.ttf", b"\0" * 100_000)
    with pytest.raises(Exception, match="hostile"):
        extract(tmp_path / "bomb.zip", {"face.ttf": tmp_path / "face.ttf"})
    assert not (tmp_path / "face.ttf").exists()
