"""Fetching faces from where they are published."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from koocr.data.crawl.outlines import outline_sha256
from koocr.data.crawl.packages import download_deb, download_npm, download_url, extract
from koocr.data.crawl.published import Publication, write_face_list
from koocr.data.files import atomic_file, sha256_of
from koocr.errors import DataError, DownloadError, KoocrError


@dataclass(frozen=True)
class Fetched:
    """What became of one face.

    Attributes:
        face_id: which face.
        is_new: whether it was fetched now, rather than here already.
        problem: why it is not here; "" if it is.
    """

    face_id: str
    is_new: bool = False
    problem: str = ""


def fetch_faces(
    publications: Iterable[Publication],
    folder: str | os.PathLike[str],
    *,
    tell: Callable[[Fetched], None] = lambda _: None,
    manifest: str | os.PathLike[str] | None = None,
) -> list[Fetched]:
    """Fetches faces into a folder; what is there and right is not fetched again.

    One face that can't be had doesn't stop the others. A package is downloaded once for all its faces, to
    `<folder>/packages`, and deleted after use; an interrupted run is gone on with by the next. In the end,
    `faces.csv` lists what is there.

    Args:
        publications: what to fetch.
        folder: where to put the font files.
        tell: called with each result as it comes.
        manifest: where the publications were read from; None means the package's own list.

    Returns:
        One result a face, in the order of the packages.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    wanted = sorted(publications, key=lambda item: item.origin)
    results: list[Fetched] = []
    for _, group in groupby(wanted, key=lambda item: item.origin):
        for result in _fetch_package(list(group), root):
            results.append(result)
            tell(result)
    _remove_empty(root / "packages")
    write_face_list(root, manifest=manifest)
    return results


def check_face(item: Publication, path: Path) -> None:
    """Checks that a font file is the face it should be: by the file's checksum, or by its outlines.

    Raises:
        DownloadError: it is another.
        DataError: it is no font.
        MissingDependencyError: the outlines are to be read and fontTools is not installed.
    """
    sha256 = item.face.sha256
    if sha256 and sha256_of(path) != sha256:
        raise DownloadError(
            f"the file has the SHA-256 {sha256_of(path)}, not {sha256}; it is another version"
        )
    if not sha256 and outline_sha256(path, index=item.face.index) != item.outline_sha256:
        raise DownloadError(
            "the file draws other outlines than the face that it should be; it is another version"
        )


def _fetch_package(items: list[Publication], root: Path) -> list[Fetched]:
    here = [item for item in items if _is_here(item, root)]
    missing = [item for item in items if item not in here]
    problems = _obtain(missing, root) if missing else {}
    return [Fetched(item.face.id) for item in here] + [
        Fetched(item.face.id, is_new=True, problem=problems.get(item.face.id, "")) for item in missing
    ]


def _is_here(item: Publication, root: Path) -> bool:
    path = root / item.face.file
    if not path.is_file():
        return False
    try:
        check_face(item, path)
    except (DownloadError, DataError):
        return False
    return True


def _obtain(items: list[Publication], root: Path) -> dict[str, str]:
    """Fetches faces of one package, from the first place that has them; returns the problems by face."""
    problems: dict[str, str] = {}
    missing = list(items)
    for place in _places(items[0]):
        problems.update(_from_place(place, missing, root))
        missing = [item for item in missing if item.face.id in problems]
        if not missing:
            break
    for item in missing:  # the publisher's own address of each
        for url in item.urls[1:]:
            problem = _from_place(url, [item], root).get(item.face.id)
            if problem is None:
                del problems[item.face.id]
                break
            problems[item.face.id] += f"; {problem}"
    return problems


def _places(item: Publication) -> tuple[str, ...]:
    return item.urls[:1] if item.channel == "github" else ("",)


def _from_place(url: str, items: list[Publication], root: Path) -> dict[str, str]:
    try:
        package = _download(items[0], url, root / "packages")
        problems = _take_out(package, items, root)
        package.unlink()
    except (KoocrError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        return {item.face.id: str(error) for item in items}
    return problems


def _download(item: Publication, url: str, packages: Path) -> Path:
    if item.channel == "github":
        return download_url(url, packages)
    name = hashlib.sha256("@".join(item.origin).encode()).hexdigest()[:12]
    for kept in (packages / name).glob("*.*"):  # an earlier run was interrupted after the download
        if sha256_of(kept) == item.package_sha256:
            return kept
    if item.channel == "deb":
        package = download_deb(item.package, item.face.version, packages / name, suite=item.suite)
    else:
        package = download_npm(item.package, item.face.version, packages / name)
    if (found := sha256_of(package)) != item.package_sha256:
        package.unlink()
        raise DownloadError(f"{package.name} has the SHA-256 {found}, not {item.package_sha256}")
    return package


def _remove_empty(folder: Path) -> None:
    for inner in (*folder.glob("*/"), folder):
        with suppress(OSError):  # not there, or not empty: something unfinished is kept for the next run
            inner.rmdir()


def _take_out(package: Path, items: list[Publication], root: Path) -> dict[str, str]:
    members = sorted({item.face.source_file for item in items})  # two faces may share a collection
    staged = {member: root / f".{n}.new" for n, member in enumerate(members)}
    try:
        found = extract(package, staged)
        return {
            item.face.id: problem
            for item in items
            if (
                problem := _take(
                    item, staged[item.face.source_file], item.face.source_file in found, package, root
                )
            )
        }
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)


def _take(item: Publication, staged: Path, is_found: bool, package: Path, root: Path) -> str:
    """Gives a face its name if it is the right one; else says what is wrong."""
    if not is_found:
        return f"{package.name} has no {item.face.source_file}"
    try:
        check_face(item, staged)
    except KoocrError as error:
        return str(error)
    with staged.open("rb") as source, atomic_file(root / item.face.file) as target:
        shutil.copyfileobj(source, target)
    return ""
