"""`koocr load` and the door `load_data.py`: archives from here, from the network and from Google Drive."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import py7zr
import pytest

from koocr.cli import main
from koocr.data.download.drive import fetch_drive
from koocr.data.download.handwriting import Prepared
from koocr.data.patches import list_patches, read_patch, write_patch
from koocr.errors import DownloadError
from tests.data.server import Server, serving

IMAGES = np.full((2, 8, 8), 7, np.uint8)


def patch_bytes(tmp_path: Path, value: int = 7) -> bytes:
    write_patch(tmp_path / "clova_tmp.pickle", IMAGES * 0 + value, ["가", "나"])
    content = (tmp_path / "clova_tmp.pickle").read_bytes()
    (tmp_path / "clova_tmp.pickle").unlink()
    return content


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def members(folder: Path) -> dict[str, bytes]:
    content = patch_bytes(folder)
    return {
        "set/data/clova_0.pickle": content,
        "set/data/printed_0.pickle": content,
        "set/val_data/clova_0.pickle": content,
        "set/readme.txt": b"not unpacked",
        "set/evil.py": b"not unpacked",
    }


def make_7z(path: Path, members: dict[str, bytes]) -> Path:
    with py7zr.SevenZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(content, name)
    return path


def make_zip(path: Path | io.BytesIO, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def found(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_an_archive_that_is_here_is_unpacked_by_its_folders(
    folder: Path, members: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    archive = make_7z(folder / "mine.7z", members)
    assert main(["load", f"--archive={archive}"]) == 0
    expected = ["data/clova_0.pickle", "data/printed_0.pickle", "mine.7z", "val_data/clova_0.pickle"]
    assert found(folder) == expected, "nothing else, and the archive is kept"
    assert read_patch(folder / "data" / "clova_0.pickle").labels.tolist() == ["가", "나"]
    assert hashlib.sha256(archive.read_bytes()).hexdigest() in capsys.readouterr().out


def test_patches_go_where_they_are_told(folder: Path, members: dict[str, bytes]) -> None:
    archive = make_7z(folder / "mine.7z", members)
    assert main(["load", f"--archive={archive}", "--data_path=learn/from", "--val_path=check"]) == 0
    assert found(folder) == [
        "check/clova_0.pickle", "learn/from/clova_0.pickle", "learn/from/printed_0.pickle", "mine.7z",
    ]  # fmt: skip


def test_an_archive_whose_name_says_val_is_for_validation(folder: Path) -> None:
    make_zip(folder / "val_data.zip", {"clova_0.pickle": patch_bytes(folder)})
    assert main(["load", "--archive=val_data.zip", "--val_path=elsewhere"]) == 0
    assert found(folder) == ["elsewhere/clova_0.pickle", "val_data.zip"]


def test_the_checksum_is_looked_at_before_unpacking(
    folder: Path, members: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    archive = make_7z(folder / "mine.7z", members)
    assert main(["load", "--archive=mine.7z", f"--sha256={'0' * 64}"]) == 6
    assert "nothing was unpacked" in capsys.readouterr().err
    assert found(folder) == ["mine.7z"]
    right = hashlib.sha256(archive.read_bytes()).hexdigest().upper()
    assert main(["load", "--archive=mine.7z", f"--sha256={right}"]) == 0
    assert len(list_patches(folder / "data")) == 2


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--archive=absent.7z"], 5, "absent.7z: "),
        (["--archive=text.7z"], 5, "no .zip or .7z archive"),
        (["--archive=empty.zip"], 5, "holds no patch"),
        (["--archive=evil.zip"], 5, "leads out of the folder"),
        (["--archive=text.7z", "--url=http://x/y"], 2, "not allowed with"),
        (["--sha256=00"], 2, "--sha256 belongs to"),
        (["--handwriting=true", "--writers=me"], 5, "no writer me"),
        (["--url=file:///etc/passwd"], 6, "no http or https address"),
        (["--sevenzip=perhaps"], 2, "true or false"),
    ],
)
def test_bad_options_are_one_sentence(
    folder: Path, options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "text.7z").write_text("no archive")
    make_zip(folder / "empty.zip", {"readme.txt": b""})
    make_zip(folder / "evil.zip", {"../clova_0.pickle": b""})
    assert main(["load", *options]) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1 and "Traceback" not in err
    assert not (folder / "data").exists()


@pytest.fixture
def server(members: dict[str, bytes]) -> Iterator[Server]:
    buffer = io.BytesIO()
    make_zip(buffer, members)
    with serving(Server(files={"/mine.zip": buffer.getvalue(), "/uc": buffer.getvalue()})) as running:
        yield running


def test_an_address_is_fetched_unpacked_and_cleared_away(folder: Path, server: Server) -> None:
    server.cuts = [300]
    assert main(["load", f"--url={server.url}/mine.zip"]) == 0
    assert found(folder) == ["data/clova_0.pickle", "data/printed_0.pickle", "val_data/clova_0.pickle"]
    assert main(["load", f"--url={server.url}/mine.zip", "--keep=true", "--download_path=kept"]) == 0
    assert (folder / "kept" / "mine.zip").exists()


def test_a_drive_id_is_fetched(folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("koocr.data.download.drive.fetch_drive", partial(fetch_drive, host=server.url))
    assert main(["load", "--drive_id=abc"]) == 0
    assert len(list_patches(folder / "data")) == 2


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["1-I3BtCzYE7swpKERGygRhlMnim2xX0_2", "17NusZQw2RKpBIvCKp6hW6RuJKY43SWqz"]),
        (["--sevenzip=true"], ["1-I3BtCzYE7swpKERGygRhlMnim2xX0_2", "17NusZQw2RKpBIvCKp6hW6RuJKY43SWqz"]),
        (["--sevenzip=false"], ["1HBu43eBO-vXJsJp8crEp_Iih3_U7QSR2", "1WOP_sQsu4vXCY739VGgiWIbHyOozcjHw"]),
    ],
)
def test_the_ancestors_archives(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], ids: list[str]
) -> None:
    asked = []

    def fetch(file_id: str, path: Path, *, sha256: str | None, progress: object) -> Path:
        asked.append(file_id)
        path.parent.mkdir(exist_ok=True)
        make_zip(path, {"clova_0.pickle": patch_bytes(folder, value=len(asked))})
        return path

    monkeypatch.setattr("koocr.data.download.drive.fetch_drive", fetch)
    assert main(["load", *options]) == 0
    assert asked == ids
    assert read_patch(folder / "data" / "clova_0.pickle").images[0, 0, 0] == 1
    assert read_patch(folder / "val_data" / "clova_0.pickle").images[0, 0, 0] == 2
    assert not list((folder / "downloads").iterdir())


def test_offline_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch(*_: object, **__: object) -> Path:
        raise DownloadError("Google Drive does not give it; are you offline?")

    monkeypatch.setattr("koocr.data.download.drive.fetch_drive", fetch)
    assert main(["load"]) == 6
    assert "are you offline?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "target"), [([], "handwriting"), (["--handwriting_path=손글씨"], "손글씨")]
)
def test_handwriting_is_fetched_and_its_problems_are_told(
    options: list[str],
    target: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fetch(path, *, writers, tell, progress):  # type: ignore[no-untyped-def]
        assert (path, writers) == (Path(target), ["hhr-001", "hhr-005"])
        results = [Prepared("hhr-001", 2350), Prepared("hhr-005", 0, ("github.com cannot be reached",))]
        for result in results:
            tell(result)
        return results

    monkeypatch.setattr("koocr.data.download.handwriting.fetch_handwriting", fetch)
    assert main(["load", "--handwriting=true", "--writers=hhr-001,hhr-005", *options]) == 6
    out, err = capsys.readouterr()
    assert "hhr-001: 2,350 characters" in out
    assert "hhr-005: github.com cannot be reached" in err
