"""The open handwriting sets: real hands, one writer (or one group of drawers) each.

A set is a zip or a folder of grey PNG crops with `labels.tsv` (file TAB character). Whole writers go to one
split, so that a figure on `val` or `test` is about a hand that no training saw.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from koocr.errors import DataError
from koocr.hangul import is_jamo, is_syllable, nfc

WRITER_SPLITS: dict[str, str] = {
    "hhr-001": "train",
    "hhr-002": "train",
    "hhr-003": "train",
    "hhr-006": "train",
    "t399-kse": "train",
    "t399-minn": "train",
    "omniglot-jamo": "train",
    "hhr-004": "val",
    "hhr-005": "test",
}
"""Writer → split. Sources: HHR-SKKU/HangulRecog (hhr), kse0202/neural-fonts-test and minn232/HandwritingFont
(t399), brendenlake/omniglot (40 single jamo by 20 drawers); all MIT."""

_LABELS = "labels.tsv"
_MAX_CROP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Handwriting:
    """The crops of one writer.

    Attributes:
        images: grey crops, uint8 (H, W), each of its own size, ink dark on light paper as scanned.
        labels: the character of each crop: a syllable or a compatibility jamo, NFC.
        writer: the set's name, such as `hhr-001`.
    """

    images: list[npt.NDArray[np.uint8]]
    labels: list[str]
    writer: str

    def __len__(self) -> int:
        """Returns the number of crops."""
        return len(self.labels)

    @property
    def split(self) -> str:
        """`train`, `val` or `test`.

        Raises:
            DataError: this writer is not in the table.
        """
        return writer_split(self.writer)


def writer_split(writer: str) -> str:
    """Says which split a writer belongs to.

    Raises:
        DataError: the writer is not in `WRITER_SPLITS`.
    """
    try:
        return WRITER_SPLITS[writer]
    except KeyError:
        known = ", ".join(sorted(WRITER_SPLITS))
        raise DataError(f"no split is known for the writer {writer!r}; known are {known}") from None


def load_handwriting(path: str | os.PathLike[str]) -> Handwriting:
    """Reads one writer's crops from a zip, or from the folder that it unpacks to.

    Raises:
        DataError: no such file, no `labels.tsv`, a label that is not one syllable or jamo, a crop that is
            missing or is not an image; it names the file and the line.
    """
    source = Path(path)
    if source.is_dir():
        return _read(lambda name: (source / name).read_bytes(), source, source.name)
    try:
        with zipfile.ZipFile(source) as archive:
            return _read(lambda name: _read_member(archive, name), source, source.stem)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"the handwriting set cannot be opened ({error})", file=source) from error


def load_writers(folder: str | os.PathLike[str], *, split: str) -> list[Handwriting]:
    """Reads every known writer of a split that lies in `folder`, as a zip or as a folder, sorted by name.

    Raises:
        DataError: none of the split's writers is there, or one of them cannot be read.
    """
    root = Path(folder)
    names = sorted(name for name, its_split in WRITER_SPLITS.items() if its_split == split)
    paths = [path for name in names for path in (root / name, root / f"{name}.zip") if path.exists()]
    found = {path.name.removesuffix(".zip"): path for path in reversed(paths)}
    if not found:
        raise DataError(
            f"none of the {split} writers ({', '.join(names)}) is here; fetch them with load_data.py",
            file=root,
        )
    return [load_handwriting(found[name]) for name in sorted(found)]


def _read(read: Callable[[str], bytes], source: Path, writer: str) -> Handwriting:
    try:
        rows = read(_LABELS).decode("utf-8").splitlines()
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise DataError(f"{_LABELS} is missing or is not UTF-8 ({error})", file=source) from error
    images, labels = [], []
    for line, (name, label) in enumerate(_parse(rows, source), start=1):
        images.append(_decode(read, name, source, line))
        labels.append(label)
    return Handwriting(images, labels, writer)


def _parse(rows: Iterable[str], source: Path) -> Iterable[tuple[str, str]]:
    for line, row in enumerate(rows, start=1):
        name, _, label = row.partition("\t")
        label = nfc(label.strip())
        if len(label) != 1 or not (is_syllable(label) or is_jamo(label)):
            raise DataError(f"the label {label!r} is not one syllable or jamo", file=source, line=line)
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise DataError(f"the file name {name!r} leads out of the set", file=source, line=line)
        yield name, label


def _decode(read: Callable[[str], bytes], name: str, source: Path, line: int) -> npt.NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(read(name))) as image:
            return np.asarray(image.convert("L"), dtype=np.uint8)
    except (OSError, KeyError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"the crop {name} cannot be read ({error})", file=source, line=line) from error


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MAX_CROP_BYTES:
        raise KeyError(f"{name} is larger than {_MAX_CROP_BYTES} bytes")
    return archive.read(name)
