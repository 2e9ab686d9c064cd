"""The open handwriting sets, made from what their authors publish."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from koocr.data.download.http import Download, Progress, fetch
from koocr.data.download.sheets import cut_headed, cut_ruled, headed_labels, is_written, ruled_labels
from koocr.data.download.sources import HandwritingArchive, load_handwriting_archives
from koocr.data.files import atomic_file
from koocr.data.handwriting import WRITER_SPLITS
from koocr.errors import DataError, DownloadError, KoocrError
from koocr.hangul import INITIALS, MEDIALS
from koocr.image import load_image

UInt8Array = npt.NDArray[np.uint8]
Crop = tuple[str, str, UInt8Array]
"""File name, character, and grey picture (H, W)."""

_MAX_PAGES = 99
_MAX_PAGE_BYTES = 64 << 20


@dataclass(frozen=True)
class Prepared:
    """What became of one writer's set.

    Attributes:
        writer: such as `hhr-001`.
        num_crops: characters in the set; 0 if it could not be made.
        problems: pages that could not be used, or why there is no set.
    """

    writer: str
    num_crops: int
    problems: tuple[str, ...] = ()


def fetch_handwriting(
    folder: str | os.PathLike[str],
    *,
    writers: Collection[str] | None = None,
    tell: Callable[[Prepared], None] = lambda _: None,
    progress: Progress | None = None,
    archives: Collection[HandwritingArchive] | None = None,
) -> list[Prepared]:
    """Fetches sets of handwriting and cuts them into `<folder>/<writer>.zip`, which `load_handwriting` reads.

    A set that is there is left as it is. One that can't be had doesn't stop the others. The archives are kept
    in `<folder>/packages` until their sets are made.

    Args:
        folder: where the sets go.
        writers: which; None means all.
        tell: called with each result as it comes.
        progress: told how far a download is.
        archives: where to get them; None means the list in the package.

    Raises:
        DataError: a writer that nobody knows.
    """
    root = Path(folder)
    wanted = set(WRITER_SPLITS if writers is None else writers)
    if unknown := sorted(wanted - set(WRITER_SPLITS)):
        known = ", ".join(WRITER_SPLITS)
        raise DataError(f"there is no writer {', '.join(unknown)}; known are {known}")
    results: list[Prepared] = []
    for archive in load_handwriting_archives() if archives is None else archives:
        names = [name for name in archive.writers if name in wanted and not (root / f"{name}.zip").exists()]
        for result in _fetch_archive(archive, names, root, progress) if names else ():
            results.append(result)
            tell(result)
    return results


def _fetch_archive(
    archive: HandwritingArchive, writers: list[str], root: Path, progress: Progress | None
) -> Iterator[Prepared]:
    try:
        file = fetch(
            Download(archive.url, sha256=archive.sha256), root / "packages" / archive.name, progress=progress
        )
        with zipfile.ZipFile(file) as package:
            for writer in writers:
                yield _make_set(archive, writer, package, root / f"{writer}.zip")
    except (KoocrError, OSError, zipfile.BadZipFile) as error:
        done = {path.stem for path in root.glob("*.zip")}
        yield from (Prepared(writer, 0, (str(error),)) for writer in writers if writer not in done)
        return
    file.unlink()


def _make_set(archive: HandwritingArchive, writer: str, package: zipfile.ZipFile, target: Path) -> Prepared:
    problems: list[str] = []
    read = _LAYOUTS[archive.layout]
    crops = list(read(package, archive.writers[writer], problems))
    if not crops:
        return Prepared(writer, 0, (*problems, f"{archive.name} holds nothing of {writer}"))
    with atomic_file(target) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as result:
        result.writestr("labels.tsv", "".join(f"{name}\t{label}\n" for name, label, _ in crops))
        for name, _, picture in crops:
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, "PNG")
            result.writestr(name, buffer.getvalue())
    return Prepared(writer, len(crops), tuple(problems))


def _pages(
    package: zipfile.ZipFile,
    path: str,
    problems: list[str],
    *,
    cut: Callable[[UInt8Array], list[UInt8Array]],
    labels: Callable[[], list[str]],
) -> Iterator[Crop]:
    """Cuts page after page; the characters go on from page to page, also past one that can't be used."""
    remaining = labels()
    per_page = 0
    number = 0
    for page in range(1, _MAX_PAGES):
        member = _ending(package, path.format(page=page))
        if member is None or not remaining:
            return
        try:
            cells = cut(load_image(_read(package, member)))
            per_page = len(cells)
        except KoocrError as error:
            problems.append(f"page {page}: {error}")
            if not per_page:
                return  # nobody knows how many characters it had
            cells = []
        for cell, label in zip(cells, remaining, strict=False):
            if is_written(cell):
                yield f"{number:04}.png", label, cell
            number += 1
        number += per_page - len(cells)
        remaining = remaining[per_page:]


def _omniglot(package: zipfile.ZipFile, path: str, problems: list[str]) -> Iterator[Crop]:
    """Reads `character01/…_01.png`: the vowels, then the initial consonants, by 20 drawers each."""
    for number, label in enumerate((*MEDIALS, *INITIALS), start=1):
        prefix = f"{path}/character{number:02}/"
        for member in sorted(
            name for name in package.namelist() if name.startswith(prefix) and name.endswith(".png")
        ):
            drawer = Path(member).stem.rpartition("_")[2]
            try:
                yield f"{number:02}_{drawer}.png", label, load_image(_read(package, member))
            except KoocrError as error:
                problems.append(f"{member}: {error}")


def _ending(package: zipfile.ZipFile, path: str) -> str | None:
    """The member that ends in a path: GitHub puts all under a folder named after the commit."""
    return next((name for name in package.namelist() if f"/{name}".endswith(f"/{path}")), None)


def _read(package: zipfile.ZipFile, member: str) -> bytes:
    if package.getinfo(member).file_size > _MAX_PAGE_BYTES:
        raise DownloadError(f"{member} has more than {_MAX_PAGE_BYTES} bytes")
    return package.read(member)


_Layout = Callable[[zipfile.ZipFile, str, list[str]], Iterator[Crop]]
_LAYOUTS: dict[str, _Layout] = {
    "ruled": partial(_pages, cut=cut_ruled, labels=ruled_labels),
    "headed": partial(_pages, cut=cut_headed, labels=headed_labels),
    "omniglot": _omniglot,
}
