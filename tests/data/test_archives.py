"""Unpacking: what is chosen arrives whole, and nothing hostile gets through."""

from __future__ import annotations

import contextlib
import random
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import py7zr
import pytest

from koocr.data.download.archives import list_members, unpack
from koocr.errors import DataError

FILES = {
    "data/clova_0.pickle": random.Random(0).randbytes(200_000),
    "data/clova_1.pickle": b"",
    "data/sub/한글 파일.pickle": b"\0" * 50_000,
    "readme.txt": b"not wanted",
}
Make = Callable[[Path, dict[str, bytes]], Path]


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("data") if hasattr(archive, "mkdir") else None
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_7z(path: Path, files: dict[str, bytes]) -> Path:
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return path


MAKERS = pytest.mark.parametrize("make", [make_zip, make_7z])


def into(folder: Path) -> Callable[[str], Path | None]:
    return lambda name: folder / Path(name).name if name.endswith(".pickle") else None


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@MAKERS
def test_chosen_files_arrive_whole(make: Make, tmp_path: Path) -> None:
    archive = make(tmp_path / "any.name", FILES)
    written = unpack(archive, into(tmp_path / "out"))
    expected = {Path(name).name: content for name, content in FILES.items() if name.endswith(".pickle")}
    assert contents(tmp_path / "out") == expected
    assert {file.name for file in written} == set(expected)
    files = [member for member in list_members(archive) if member.is_file]
    assert {member.name: member.size for member in files} == {n: len(c) for n, c in FILES.items()}


ESCAPES = [
    "../evil.pickle",
    "data/../../evil.pickle",
    "/tmp/evil.pickle",
    "..\\evil.pickle",
    "C:\\evil.pickle",
    "C:evil.pickle",
    "\\\\host\\evil.pickle",
]


def rename_in_zip(path: Path, name: str) -> Path:
    """Writes a name that zipfile would tidy away."""
    placeholder = "x" * len(name)
    make_zip(path, {"data/good.pickle": b"good", placeholder: b"evil"})
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), name.encode()))
    return path


def rename_in_7z(path: Path, name: str) -> Path:
    placeholder = "x" * len(name)
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.header.main_streams = archive.header.main_streams
        archive.set_encoded_header_mode(False)
        archive.writestr(b"good", "data/good.pickle")
        archive.writestr(b"evil", placeholder)
    raw = path.read_bytes()
    old, new = placeholder.encode("utf-16-le"), name.encode("utf-16-le")
    assert raw.count(old) == 1
    header = raw[raw.index(b"\x01\x04", 32) :]
    changed = header.replace(old, new)
    raw = raw[: -len(header)] + changed
    import struct
    import zlib

    start = raw[12:28] + struct.pack("<L", zlib.crc32(changed))
    path.write_bytes(raw[:8] + struct.pack("<L", zlib.crc32(start)) + start + raw[32:])
    return path


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize("make", [rename_in_zip, rename_in_7z])
def test_a_name_that_leads_out_condemns_the_archive(
    make: Callable[[Path, str], Path], name: str, tmp_path: Path
) -> None:
    archive = make(tmp_path / "evil", name)
    (tmp_path / "deep" / "out").mkdir(parents=True)
    with pytest.raises(DataError, match="leads out of the folder"):
        unpack(archive, lambda name: tmp_path / "deep" / "out" / name)
    assert contents(tmp_path / "deep") == {}
    assert not (tmp_path / "evil.pickle").exists()


def zip_with_link(path: Path) -> Path:
    info = zipfile.ZipInfo("clova_0.pickle")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return path


def sevenzip_with_link(path: Path) -> Path:
    link = path.with_name("clova_0.pickle")
    link.symlink_to("/etc/passwd")
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.write(link, "clova_0.pickle")
    return path


LINKS = [zip_with_link, sevenzip_with_link]


@pytest.mark.parametrize("make", LINKS)
def test_links_are_not_made(make: Callable[[Path], Path], tmp_path: Path) -> None:
    archive = make(tmp_path / "links")
    with pytest.raises(DataError, match="is a link"):
        unpack(archive, into(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@MAKERS
def test_a_bomb_is_refused_before_it_is_unpacked(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make(tmp_path / "bomb", {"clova_0.pickle": b"\0" * 5_000_000})
    with pytest.raises(DataError, match="5000000 bytes"):
        unpack(archive, into(tmp_path / "out"), max_bytes=4_000_000)
    monkeypatch.setattr("koocr.data.download.archives._SMALL", 1_000_000)
    with pytest.raises(DataError, match="times its size"):
        unpack(archive, into(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "lie.zip", {"clova_0.pickle": b"\0" * 5_000_000})
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace((5_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(DataError):
        unpack(archive, into(tmp_path / "out"))
    assert contents(tmp_path / "out") == {}


@MAKERS
def test_a_cut_archive_leaves_no_half_file(make: Make, tmp_path: Path) -> None:
    whole = make(tmp_path / "whole", FILES).read_bytes()
    for number, length in enumerate(range(1, len(whole) - 1, len(whole) // 9)):
        archive = tmp_path / "cut"
        archive.write_bytes(whole[:length])
        out = tmp_path / f"out{number}"
        with pytest.raises(DataError) as caught:
            unpack(archive, into(out))
        assert caught.value.file == str(archive)
        for name, content in contents(out).items():
            assert content in FILES.values(), name


@MAKERS
def test_a_damaged_archive_leaves_no_wrong_file(make: Make, tmp_path: Path) -> None:
    whole = bytearray(make(tmp_path / "whole", FILES).read_bytes())
    refused = 0
    for position in range(40, 200_000, 23_000):
        archive = tmp_path / "damaged"
        archive.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        out = tmp_path / f"out{position}"
        with contextlib.suppress(DataError):  # an entry of no consequence may be hit
            unpack(archive, into(out))
            refused -= 1
        refused += 1
        for name, content in contents(out).items():
            assert content in FILES.values(), name
    assert refused >= 8


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "secret.7z"
    with py7zr.SevenZipFile(archive, "w", password="secret") as writer:
        writer.writestr(b"x" * 1000, "clova_0.pickle")
    with pytest.raises(DataError, match="encrypted"):
        unpack(archive, into(tmp_path / "out"))


@MAKERS
def test_two_members_for_one_file_are_refused(make: Make, tmp_path: Path) -> None:
    archive = make(tmp_path / "twice", {"a/clova_0.pickle": b"1", "b/clova_0.pickle": b"2"})
    with pytest.raises(DataError, match="two files"):
        unpack(archive, into(tmp_path / "out"))


@MAKERS
def test_an_interruption_leaves_no_half_file(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make(tmp_path / "whole", FILES)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("koocr.data.download.members.Budget.spend", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, into(tmp_path / "out"))
    assert set(contents(tmp_path / "out")) <= {"clova_1.pickle"}


@pytest.mark.parametrize("content", [b"", b"PK", b"7z\xbc\xaf\x27\x1c", b"no archive at all" * 100])
def test_what_is_no_archive_is_named(content: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "data.7z"
    archive.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        unpack(archive, into(tmp_path / "out"))
    with pytest.raises(DataError, match="No such file"):
        unpack(tmp_path / "absent.7z", into(tmp_path / "out"))
