"""Drawing whole folders of faces into patches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from koocr.data.crawl.coverage import Coverage, face_coverage, is_common
from koocr.data.crawl.drawing import Placement, draw_face
from koocr.data.faces import Face, load_faces, open_font
from koocr.data.patches import SUFFIXES, PatchKind, read_patch, write_patch
from koocr.errors import ConfigError, DataError, KoocrError
from koocr.hangul import JAMO, syllable

FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".woff", ".woff2")
CHARSETS = ("all", "ks1001")
_ALL_FACES = 1 << 64


@dataclass(frozen=True)
class CrawlSettings:
    """How faces become patches.

    Attributes:
        placement: size of the pictures and where the characters go.
        charset: `all` that a face draws, or only the 2,350 syllables of `ks1001`.
        has_jamo: whether single jamo are drawn too.
        pickle_size: pictures in a patch, at most.
        suffix: `.pickle` or `.npz`.
        val_ratio: share of the faces without a split of their own that go to validation.
        seed: decides which those are.
        overwrite: whether patches that are there are drawn anew.
    """

    placement: Placement = field(default_factory=Placement)
    charset: str = "all"
    has_jamo: bool = False
    pickle_size: int = 5000
    suffix: str = ".pickle"
    val_ratio: float = 0.1
    seed: int = 42
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ConfigError: a value that is not allowed; it names the allowed ones.
        """
        for name, allowed in (("charset", CHARSETS), ("suffix", SUFFIXES)):
            if getattr(self, name) not in allowed:
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}"
                )
        if self.pickle_size < 1:
            raise ConfigError(f"pickle_size is {self.pickle_size}; it must be at least 1")
        if not 0 <= self.val_ratio <= 1:
            raise ConfigError(f"val_ratio is {self.val_ratio}; it must be in [0, 1]")


@dataclass(frozen=True)
class Crawled:
    """What became of one face.

    Attributes:
        face_id: which face.
        split: where its patches went: `train`, `val` or `test`.
        patches: the patches.
        num_images: pictures in them.
        coverage: what the face draws; None if it could not be opened.
        is_new: whether it was drawn now, rather than here already.
        problem: why it was not drawn; "" if it was.
    """

    face_id: str
    split: str
    patches: tuple[Path, ...] = ()
    num_images: int = 0
    coverage: Coverage | None = None
    is_new: bool = True
    problem: str = ""


def find_faces(folder: str | os.PathLike[str], *, settings: CrawlSettings) -> list[Face]:
    """Lists the faces of a folder.

    With a `faces.csv`, these are its rows whose files are there; otherwise all font files, taken for
    imitations of a hand, whole families split by `val_ratio` and the seed.

    Raises:
        DataError: no such folder, or no face in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DataError("there is no such folder of faces", file=root)
    if (root / "faces.csv").exists():
        faces = [face for face in load_faces(root) if face.path.is_file()]
    else:
        files = (path for path in sorted(root.rglob("*")) if path.suffix.lower() in FONT_SUFFIXES)
        faces = [_loose_face(path, root, settings) for path in files if path.is_file()]
    if not faces:
        raise DataError(f"the folder has no face ({', '.join(FONT_SUFFIXES)})", file=root)
    return faces


def crawl_faces(
    faces: Iterable[Face],
    folders: dict[str, Path],
    *,
    settings: CrawlSettings,
    tell: Callable[[Crawled], None] = lambda _: None,
) -> list[Crawled]:
    """Draws faces into patches; a face that can't be drawn doesn't stop the others.

    A face's patches are called `<kind>_<face>_<number>`. A face whose patches are all there is not drawn
    again, so an interrupted run goes on where it stopped.

    Args:
        faces: what to draw.
        folders: split → where its patches go; faces of other splits are left out.
        settings: how to draw.
        tell: called with each result as it comes.

    Returns:
        One result a face.
    """
    results = []
    for face in faces:
        if face.split not in folders:
            continue
        try:
            result = _crawl(face, folders[face.split], settings)
        except KoocrError as error:
            result = Crawled(face.id, face.split, problem=str(error))
        results.append(result)
        tell(result)
    return results


def split_of(name: str, *, val_ratio: float, seed: int) -> str:
    """Puts a whole face, writer or page into `train` or `val`, always the same one for the same seed."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return "val" if int.from_bytes(digest[:8], "big") < val_ratio * _ALL_FACES else "train"


def _crawl(face: Face, folder: Path, settings: CrawlSettings) -> Crawled:
    coverage = face_coverage(face.path, index=face.index)
    chars = list(_chars(coverage, settings))
    if not chars:
        raise DataError(f"the face draws nothing of the charset {settings.charset}", file=face.path)
    parts = [chars[i : i + settings.pickle_size] for i in range(0, len(chars), settings.pickle_size)]
    kind = PatchKind.CLOVA if face.is_handwriting else PatchKind.PRINTED
    paths = tuple(folder / f"{kind.value}_{face.id}_{n}{settings.suffix}" for n in range(len(parts)))
    is_new = settings.overwrite or not all(path.exists() for path in paths)
    if is_new:
        _draw(face, chars, paths, settings)
    else:
        _check_size(paths[0], settings.placement.image_size)
    return Crawled(face.id, face.split, paths, len(chars), coverage, is_new)


def _chars(coverage: Coverage, settings: CrawlSettings) -> Iterator[str]:
    syllables = map(syllable, coverage.syllables.tolist())
    yield from filter(is_common, syllables) if settings.charset == "ks1001" else syllables
    if settings.has_jamo:
        yield from (JAMO[i] for i in coverage.jamo)


def _draw(face: Face, chars: list[str], paths: Collection[Path], settings: CrawlSettings) -> None:
    images = draw_face(face.path, chars, placement=settings.placement, index=face.index)
    size = settings.pickle_size
    for n, path in enumerate(paths):
        write_patch(path, images[n * size : (n + 1) * size], chars[n * size : (n + 1) * size])


def _check_size(path: Path, image_size: int) -> None:
    found = read_patch(path).images.shape[1]
    if found != image_size:
        raise DataError(
            f"this patch is there already, with pictures of {found} pixels instead of {image_size}; add"
            " --overwrite=true, or choose another folder",
            file=path,
        )


def _loose_face(path: Path, root: Path, settings: CrawlSettings) -> Face:
    name = path.relative_to(root).with_suffix("").as_posix()
    safe = "".join(char if char.isalnum() or char in "-.+" else "-" for char in name)
    return Face(
        id=safe,
        family=path.stem,
        klass="handwriting",
        split=split_of(_family(path), val_ratio=settings.val_ratio, seed=settings.seed),
        file=path.relative_to(root).as_posix(),
        licence="",
        folder=root,
    )


def _family(path: Path) -> str:
    """The family's name as the font tells it, so that its weights stay together; else the file's."""
    try:
        return open_font(path, 16).getname()[0] or path.stem
    except DataError:
        return path.stem


def contact_sheet(
    faces: Iterable[Face], text: str, *, placement: Placement
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Draws a few characters of each face, one row a face, to be looked at.

    A character that a face doesn't draw is left white.

    Args:
        faces: the rows.
        text: the columns.
        placement: how the characters are placed.

    Returns:
        uint8 (rows * S, columns * S), and the ids of the faces, in order.

    Raises:
        DataError: a face can't be opened.
    """
    rows, names = [], []
    for face in faces:
        coverage = face_coverage(face.path, index=face.index)
        drawn = {*map(syllable, coverage.syllables.tolist()), *(JAMO[i] for i in coverage.jamo)}
        images = draw_face(face.path, list(text), placement=placement, index=face.index)
        images[[char not in drawn for char in text]] = 255
        rows.append(np.hstack(list(images)))
        names.append(face.id)
    return np.vstack(rows), names
