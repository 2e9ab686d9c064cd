"""The Korean faces that the models are trained and measured on.

A list of faces is a folder that holds `faces.csv` (one row per face), the font files that it names, and
`coverage.tsv.gz` (the syllables that each file really draws). The package ships such a list of *published*
faces, without the font files: each row says where the face can be fetched.
"""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from koocr.data.files import atomic_file
from koocr.errors import DataError
from koocr.hangul import NUM_SYLLABLES, syllable

if TYPE_CHECKING:
    from PIL import ImageFont

SPLITS = ("train", "val", "test")
KLASSES = ("serif", "gothic", "display", "handwriting")
MANIFEST = Path(__file__).parent / "manifest" / "faces.csv"
_FIRST_SYLLABLE = 0xAC00
_REQUIRED = ("id", "klass", "split", "file", "licence")


@dataclass(frozen=True)
class Face:
    """One face: what it is, which split it belongs to, and where its file lies.

    Attributes:
        id: short name, unique in a list of faces.
        family, family_ko: the family's name in English and in Korean.
        klass: `serif`, `gothic`, `display` or `handwriting`.
        split: `train` to learn, `val` to choose, `test` to report. Whole faces, never parts of one.
        file: name of the font file, relative to `folder`.
        folder: where the file is; it need not exist (a face that has not been fetched yet).
        index: which face of the file, for a collection (`.ttc`); 0 otherwise.
        licence: as the publisher states it; read it before passing the face on.
        source, version, source_file: where it is published: `deb:package`, `npm:package` or
            `github:owner/repository`, which version of that, and the file inside (`#n`: index in a
            collection).
        weight_of: the id of the face whose further weight this one is, or "".
        num_syllables: how many of the 11,172 syllables the file draws; 0 when the list does not say.
        space_ok: whether it draws U+0020 as a blank; some draw a box, and are to be advanced by hand.
        sha256: checksum of `file`, or "" when the list does not say.
    """

    id: str
    family: str
    klass: str
    split: str
    file: str
    licence: str
    folder: Path
    family_ko: str = ""
    source: str = ""
    version: str = ""
    source_file: str = ""
    weight_of: str = ""
    index: int = 0
    num_syllables: int = 0
    space_ok: bool = True
    sha256: str = ""

    @property
    def path(self) -> Path:
        """Where the font file lies, or would lie once fetched."""
        return self.folder / self.file

    @property
    def is_handwriting(self) -> bool:
        """Whether the face imitates a hand."""
        return self.klass == "handwriting"

    def open(self, size_px: int) -> ImageFont.FreeTypeFont:
        """Opens the face at an em of `size_px` pixels, for drawing with Pillow.

        The basic layout engine is used: with raqm, a missing syllable may be drawn as loose jamo.

        Raises:
            DataError: the file is missing or is not a font.
        """
        return open_font(self.path, size_px, index=self.index)


def open_font(path: str | os.PathLike[str], size_px: int, *, index: int = 0) -> ImageFont.FreeTypeFont:
    """Opens a font file (TrueType, OpenType, WOFF, WOFF2 or a collection) for drawing, basic layout.

    Raises:
        DataError: the file is missing or is not a font that FreeType opens.
    """
    from PIL import ImageFont

    if not os.path.isfile(path):
        raise DataError("the font file does not exist; fetch it with crawl_data.py", file=path)
    try:
        return ImageFont.truetype(os.fspath(path), size_px, index=index, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise DataError(f"this is not a font that can be opened ({error})", file=path) from error


def load_faces(path: str | os.PathLike[str] | None = None) -> list[Face]:
    """Reads a list of faces, in the order of the file.

    Args:
        path: a folder with `faces.csv` beside its font files, or such a file; None means the list in the
            package.

    Raises:
        DataError: no such list, a column is missing, an unknown split or class, an id that occurs twice.
    """
    manifest = MANIFEST if path is None else Path(path)
    if manifest.is_dir():
        manifest = manifest / "faces.csv"
    faces = [_face(row, manifest, line) for line, row in enumerate(read_rows(manifest), start=2)]
    _check_unique(faces, manifest)
    return faces


def load_coverage(path: str | os.PathLike[str]) -> dict[str, npt.NDArray[np.int32]]:
    """Reads which syllables each face really draws (a cmap often promises thousands of blank ones).

    Args:
        path: a folder that holds `coverage.tsv.gz`, or such a file (id TAB syllables; plain text works too).

    Returns:
        face id → sorted syllable indices, 0 to 11,171.

    Raises:
        DataError: no such file, or a line that is not an id, a tab and syllables.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "coverage.tsv.gz"
    try:
        raw = file.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(f"the coverage table cannot be read ({error})", file=file) from error
    return dict(_coverage_line(line, file, n) for n, line in enumerate(text.splitlines(), start=1) if line)


def write_coverage(
    path: str | os.PathLike[str], coverage: Mapping[str, npt.NDArray[np.integer[Any]]]
) -> None:
    """Writes which syllables each face draws, as `load_coverage` reads it.

    Args:
        path: such as `fonts/coverage.tsv.gz`.
        coverage: face id → syllable indices.
    """
    lines = (f"{face_id}\t{''.join(map(syllable, found.tolist()))}\n" for face_id, found in coverage.items())
    with atomic_file(path) as stream:
        stream.write(gzip.compress("".join(lines).encode("utf-8"), mtime=0))


def select_faces(
    faces: Iterable[Face], *, splits: Iterable[str] = SPLITS, klasses: Iterable[str] = KLASSES
) -> list[Face]:
    """Keeps the faces of the given splits and classes, in order."""
    wanted_splits, wanted_klasses = set(splits), set(klasses)
    return [face for face in faces if face.split in wanted_splits and face.klass in wanted_klasses]


def _coverage_line(line: str, file: Path, number: int) -> tuple[str, npt.NDArray[np.int32]]:
    face_id, tab, syllables = line.partition("\t")
    points = (
        np.frombuffer(syllables.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
        - _FIRST_SYLLABLE
    )
    if not tab or not face_id or ((points < 0) | (points >= NUM_SYLLABLES)).any():
        raise DataError("expected a face id, a tab, and syllables", file=file, line=number)
    return face_id, np.unique(points).astype(np.int32)


def read_rows(manifest: Path) -> list[dict[str, str]]:
    """Reads the rows of a list of faces as texts, all columns.

    Raises:
        DataError: it can't be read, or lacks a column that every list has.
    """
    try:
        with manifest.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            columns, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the list of faces cannot be read ({error})", file=manifest) from error
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise DataError(f"the list of faces has no column {', '.join(missing)}", file=manifest, line=1)
    return rows


def _face(row: Mapping[str, str], manifest: Path, line: int) -> Face:
    row = {key: value or "" for key, value in row.items() if key is not None}
    for column, allowed in (("split", SPLITS), ("klass", KLASSES)):
        if row[column] not in allowed:
            raise DataError(
                f"{column} is {row[column]!r}, not one of {', '.join(allowed)}",
                file=manifest,
                line=line,
            )
    if not row["id"] or not row["file"]:
        raise DataError("id and file must not be empty", file=manifest, line=line)
    try:
        num_syllables, index = int(row.get("hangul") or 0), int(row.get("index") or 0)
    except ValueError as error:
        raise DataError(f"a count is not a number ({error})", file=manifest, line=line) from error
    texts = ("id", "klass", "split", "file", "licence", "family_ko", "source", "version", "source_file",
             "weight_of", "sha256")  # fmt: skip
    return Face(
        **{name: row.get(name, "") for name in texts},
        family=row.get("family") or row["id"],
        folder=manifest.parent,
        index=index,
        num_syllables=num_syllables,
        space_ok=not (row.get("space_ok") or "yes").lower().startswith("no"),
    )


def _check_unique(faces: list[Face], manifest: Path) -> None:
    seen: set[str] = set()
    for line, face in enumerate(faces, start=2):
        if face.id in seen:
            raise DataError(f"the face {face.id} occurs twice", file=manifest, line=line)
        seen.add(face.id)
