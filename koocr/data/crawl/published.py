"""Where the faces of the manifest are published, and how to know that a fetched file is the right one.

- `deb:`: a Debian package; `sha256` of the font file and `package_sha256` of the package were measured.
- `npm:`: an npm package; the same.
- `github:`: an archive of one commit of a repository, and the publisher's own address where one is known.
GitHub packs
  archives anew for each download, so no checksum of one would hold; `outline_sha256` pins the face instead.
"""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

from koocr.data.faces import MANIFEST, Face, load_faces, read_rows
from koocr.data.files import atomic_file
from koocr.errors import DataError

CHANNELS = ("deb", "npm", "github")


@dataclass(frozen=True)
class Publication:
    """A face and where it can be had.

    Attributes:
        face: the face; `face.file` is the name it gets, `face.source_file` its path in the package or
            archive.
        suite: for Debian, the suite that has this version.
        urls: for GitHub, addresses of an archive or of the font file itself, tried in order.
        package_sha256: checksum of the package; "" where there is none.
        outline_sha256: checksum of the outlines, see `outlines`.
        note: what else is to be known.
    """

    face: Face
    suite: str
    urls: tuple[str, ...]
    package_sha256: str
    outline_sha256: str
    note: str

    @property
    def channel(self) -> str:
        """Where it is published: `deb`, `npm` or `github`."""
        return self.face.source.partition(":")[0]

    @property
    def package(self) -> str:
        """The name of the package, or owner/repository."""
        return self.face.source.partition(":")[2]

    @property
    def origin(self) -> tuple[str, str]:
        """What is downloaded: several faces may come from one package."""
        return self.face.source, self.face.version


def load_publications(path: str | os.PathLike[str] | None = None) -> list[Publication]:
    """Reads the manifest of published faces.

    Args:
        path: a manifest with these columns; None means the one in the package.

    Raises:
        DataError: it can't be read, or a face has no source that is known.
    """
    manifest = MANIFEST if path is None else Path(path)
    faces = load_faces(manifest)
    return [_publication(face, row, manifest) for face, row in zip(faces, read_rows(manifest), strict=True)]


def write_face_list(
    folder: str | os.PathLike[str], *, manifest: str | os.PathLike[str] | None = None
) -> None:
    """Writes `faces.csv` for the faces whose files lie in a folder, so that `load_faces(folder)` reads them.

    Args:
        folder: where the font files lie, under the names that the manifest gives them.
        manifest: the list of faces to look for; None means the one in the package.
    """
    root = Path(folder)
    rows = read_rows(MANIFEST if manifest is None else Path(manifest))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for row in rows if (root / row["file"]).is_file())
    with atomic_file(root / "faces.csv") as stream:
        stream.write(text.getvalue().encode("utf-8"))


def _publication(face: Face, row: dict[str, str], manifest: Path) -> Publication:
    found = Publication(
        face=face,
        suite=row.get("suite", ""),
        urls=tuple(row.get("urls", "").split("|")) if row.get("urls") else (),
        package_sha256=row.get("package_sha256", ""),
        outline_sha256=row.get("outline_sha256", ""),
        note=row.get("note", ""),
    )
    if found.channel not in CHANNELS:
        known = ", ".join(CHANNELS)
        raise DataError(f"{face.id} comes from {face.source!r}; known are {known}", file=manifest)
    return found
