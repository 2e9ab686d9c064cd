"""Ready patches: unpacked to where training looks for them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from koocr.data.download.archives import MAX_BYTES, unpack
from koocr.data.files import sha256_of
from koocr.data.patches import SUFFIXES, PatchKind
from koocr.errors import DataError, DownloadError


def unpack_patches(
    archive: str | os.PathLike[str],
    *,
    data_path: str | os.PathLike[str],
    val_path: str | os.PathLike[str],
    target: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> list[Path]:
    """Unpacks the patches of an archive, and nothing else of it.

    A patch goes straight into its folder, however deep it lies in the archive. One archive may hold both
    kinds: what lies in a folder called `val…` is for validation.

    Args:
        archive: a `.7z` or `.zip` file.
        data_path: folder of the training patches.
        val_path: folder of the validation patches.
        target: `data` or `val`: where all of it goes; None means by the folders in the archive, and by the
            archive's own name.
        max_bytes: an archive that would unpack to more is refused.

    Returns:
        The patches.

    Raises:
        DataError: the archive is damaged, hostile, or holds no patch.
        MissingDependencyError: py7zr is needed and not installed.
    """
    source = Path(archive)

    def place(name: str) -> Path | None:
        path = PurePosixPath(name.replace("\\", "/"))
        if not _is_patch(path.name):
            return None
        is_val = target == "val" if target else _says_val(path, source)
        return Path(val_path if is_val else data_path) / path.name

    patches = unpack(source, place, max_bytes=max_bytes)
    if not patches:
        raise DataError("the archive holds no patch (handwritten_*, printed_*, clova_*)", file=source)
    return patches


def check_sha256(path: str | os.PathLike[str], sha256: str) -> None:
    """Checks a file that is here already.

    Raises:
        DownloadError: its checksum is another.
        DataError: it can't be read.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DataError(f"the archive cannot be read ({error.strerror})", file=path) from error
    if found != sha256.lower():
        raise DownloadError(
            f"{os.fspath(path)} has the SHA-256 {found}, not {sha256.lower()}; nothing was unpacked"
        )


def _is_patch(name: str) -> bool:
    return name.endswith(SUFFIXES) and name.startswith(tuple(f"{kind.value}_" for kind in PatchKind))


def _says_val(path: PurePosixPath, archive: Path) -> bool:
    folders = [part for part in path.parts[:-1] if part.lower().startswith(("val", "data"))]
    return (folders[-1] if folders else archive.name).lower().startswith("val")
