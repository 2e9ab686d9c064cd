"""Patches: the files that training data is kept in.

A patch holds some thousand pictures of characters: a dict `{"image": uint8 (N, H, W), "label": (N,) of
one-character strings}`, dark ink on white, as a `.pickle` or an `.npz` file. The start of its name says what
it shows: `handwritten_*` real hands, `printed_*` print, `clova_*` faces that imitate a hand.
"""

from __future__ import annotations

import enum
import io
import os
import pickle
import random
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from koocr.data.files import atomic_file
from koocr.data.unpickling import load_pickle
from koocr.errors import DataError
from koocr.hangul import is_jamo, is_syllable

SUFFIXES = (".pickle", ".npz")
_KEYS = ("image", "label")
_MAX_BYTES = 2 << 30
_PICKLE_PROTOCOL = 4


class PatchKind(str, enum.Enum):
    """What a patch shows, by the start of its file name."""

    HANDWRITTEN = "handwritten"
    PRINTED = "printed"
    CLOVA = "clova"

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> PatchKind:
        """Tells the kind from a patch's file name, such as `clova_12.pickle`.

        Raises:
            DataError: the name starts with none of the kinds.
        """
        name = Path(path).name
        for kind in cls:
            if name.startswith(f"{kind.value}_"):
                return kind
        known = ", ".join(f"{kind.value}_*" for kind in cls)
        raise DataError(f"the name says no kind; a patch is called one of {known}", file=path)


@dataclass(frozen=True)
class Patch:
    """The pictures of one patch and what they show.

    Attributes:
        images: uint8 (N, H, W), dark ink on white.
        labels: text (N,), dtype `<U1`; each a syllable or a compatibility jamo.
        kind: what sort of pictures these are.
        path: the file that they came from.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.str_]
    kind: PatchKind
    path: Path

    def __len__(self) -> int:
        """Returns the number of pictures."""
        return len(self.images)


def read_patch(path: str | os.PathLike[str]) -> Patch:
    """Reads and checks one patch. A pickle is read without running anything that it names.

    Labels in NFD are put together (NFC); pictures stored as floats are taken if all are whole numbers in [0,
    255].

    Raises:
        DataError: the file is missing, damaged, too large, no patch, or has a wrong record; it says which.
    """
    file = Path(path)
    kind = PatchKind.of(file)
    try:
        content = _read(file)
    except DataError as error:
        raise error if error.file else DataError(str(error), file=file) from error
    images, labels = _check(content, file)
    return Patch(images, labels, kind, file)


def write_patch(
    path: str | os.PathLike[str], images: npt.ArrayLike, labels: Sequence[str] | npt.NDArray[np.str_]
) -> None:
    """Writes one patch, whole or not at all; what `read_patch` would refuse is refused.

    Args:
        path: a name such as `printed_3.pickle` or `printed_3.npz` (compressed).
        images: uint8 (N, H, W), dark ink on white.
        labels: N one-character strings.

    Raises:
        DataError: the name, a picture or a label is not what a patch has.
    """
    file = Path(path)
    PatchKind.of(file)
    _check_suffix(file)
    checked, texts = _check({"image": np.asarray(images), "label": np.asarray(labels)}, file)
    with atomic_file(file) as stream:
        if file.suffix == ".npz":
            np.savez_compressed(stream, image=checked, label=texts)
        else:
            pickle.dump({"image": checked, "label": texts}, stream, protocol=_PICKLE_PROTOCOL)


def list_patches(
    folder: str | os.PathLike[str], *, kinds: Collection[PatchKind | str] | None = None
) -> list[Path]:
    """Lists the patches of a folder, in natural order (`clova_2` before `clova_10`).

    Args:
        folder: where they lie; files that are not called like a patch are passed over.
        kinds: keep these kinds only; None keeps all.

    Raises:
        DataError: no such folder, or an unknown kind.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError(
            "there is no such folder of patches; make it with crawl_data.py or load_data.py", file=root
        )
    wanted = set(PatchKind) if kinds is None else {_kind(kind) for kind in kinds}
    named = [file for file in root.iterdir() if file.suffix in SUFFIXES and _starts_with_kind(file.name)]
    return sorted((file for file in named if PatchKind.of(file) in wanted), key=_natural)


def iter_patches(
    folder: str | os.PathLike[str],
    *,
    patch_size: int,
    kinds: Collection[PatchKind | str] | None = None,
    shuffle_seed: int | None = None,
) -> Iterator[list[Patch]]:
    """Reads a folder in groups of `patch_size` files, so that no more than one group is in memory.

    Args:
        folder: where the patches lie.
        patch_size: files in a group; the last group may have fewer.
        kinds: read these kinds only; None reads all.
        shuffle_seed: mixes the order of the files, the same for the same seed; None keeps the natural order.

    Raises:
        DataError: no such folder, no patch in it, `patch_size` below 1, or a patch that can't be read.
    """
    if patch_size < 1:
        raise DataError(f"patch_size is {patch_size}; it is the number of files read at once, at least 1")
    files = list_patches(folder, kinds=kinds)
    if not files:
        raise DataError("the folder has no patch of the wanted kinds", file=folder)
    if shuffle_seed is not None:
        random.Random(shuffle_seed).shuffle(files)
    for start in range(0, len(files), patch_size):
        yield [read_patch(file) for file in files[start : start + patch_size]]


def check_label(label: object) -> str:
    """Returns a label as one NFC character: a syllable or a compatibility jamo.

    Raises:
        ValueError: it is neither.
    """
    text = unicodedata.normalize("NFC", label) if isinstance(label, str) else ""
    if not (is_syllable(text) or is_jamo(text)):
        raise ValueError(f"the label {label!r} is not one syllable (가 to 힣) or jamo (ㄱ to ㅣ)")
    return text


def _read(file: Path) -> object:
    _check_suffix(file)
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise DataError(f"the patch is larger than {_MAX_BYTES >> 30} GiB; write smaller ones")
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"the patch cannot be read ({error.strerror})") from error
    return _load_npz(data) if file.suffix == ".npz" else load_pickle(data)


def _load_npz(data: bytes) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _MAX_BYTES:
            raise DataError(f"the patch unpacks to {size} bytes, more than {_MAX_BYTES >> 30} GiB")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in _KEYS if key in arrays}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise DataError(f"the patch is damaged, or holds objects ({error})") from error


def _check(content: object, file: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.str_]]:
    if not isinstance(content, dict) or not all(key in content for key in _KEYS):
        raise DataError('a patch is a dict with "image" and "label"', file=file)
    images, labels = _images(content["image"], file), _labels(content["label"], file)
    if len(images) != len(labels):
        raise DataError(f"there are {len(images)} pictures and {len(labels)} labels", file=file)
    return images, labels


def _images(value: object, file: Path) -> npt.NDArray[np.uint8]:
    images: npt.NDArray[Any] = value if isinstance(value, np.ndarray) else np.empty(0)
    if images.ndim != 3 or 0 in images.shape:
        raise DataError(
            f"the pictures have shape {images.shape}; it must be (N, H, W), none of them 0", file=file
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "fiu":
        raise DataError(f"the pictures are of type {images.dtype}; they must be uint8", file=file)
    wrong = ~((images >= 0) & (images <= 255) & (images == np.trunc(images))).all(axis=(1, 2))
    if wrong.any():
        record = int(wrong.argmax())
        raise DataError(
            f"the pictures are {images.dtype} and not whole numbers in [0, 255]", file=file, line=record
        )
    return np.asarray(images, dtype=np.uint8)


def _labels(value: object, file: Path) -> npt.NDArray[np.str_]:
    labels = value.tolist() if isinstance(value, np.ndarray) and value.ndim == 1 else value
    if not isinstance(labels, list):
        raise DataError("the labels must be an array (N,) or a list of texts", file=file)
    texts = []
    for record, label in enumerate(labels):
        try:
            texts.append(check_label(label))
        except ValueError as error:
            raise DataError(str(error), file=file, line=record) from None
    return np.array(texts, dtype="<U1")


def _check_suffix(file: Path) -> None:
    if file.suffix not in SUFFIXES:
        raise DataError(f"a patch ends in {' or '.join(SUFFIXES)}", file=file)


def _kind(kind: PatchKind | str) -> PatchKind:
    try:
        return PatchKind(kind)
    except ValueError:
        known = ", ".join(known.value for known in PatchKind)
        raise DataError(f"the kind {kind!r} is unknown; it must be one of {known}") from None


def _starts_with_kind(name: str) -> bool:
    return name.startswith(tuple(f"{kind.value}_" for kind in PatchKind))


def _natural(file: Path) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", file.name)]
