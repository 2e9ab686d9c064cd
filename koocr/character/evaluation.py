"""Test images of characters, and reading them: faces clean and degraded, writers, patches.

Every set is a function of its source and a seed, so a figure can be measured again. Images are raw: they pass
through the public reader, which finds the ink itself, as a user's do.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from koocr.data.faces import Face, load_coverage, load_faces, select_faces
from koocr.data.handwriting import Handwriting, load_handwriting, load_writers
from koocr.data.patches import list_patches, read_patch
from koocr.document import Character
from koocr.errors import DataError
from koocr.evaluation.degradation import degrade
from koocr.evaluation.readings import Readings
from koocr.hangul import syllable
from koocr.image import GreyImage

__all__ = [
    "CharacterReader",
    "Samples",
    "draw_character",
    "face_samples",
    "faces_of",
    "patch_samples",
    "read_samples",
    "writer_samples",
    "writers_of",
]

CLEAN_SIZES_PX = tuple(range(32, 97, 8))
"""Type sizes of clean images: from body text at 300 dpi to a headline."""

_DEGRADED_FROM_PX = 96
_MARGIN = (0.08, 0.3)  # white on each side, in type sizes


class CharacterReader(Protocol):
    """What is measured: `koocr.KoOCR`, or anything that reads a list of images the same way."""

    def candidates(self, image: Sequence[GreyImage], n: int = 1) -> list[Character]:
        """The n best answers to each image."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Test images of one source.

    Attributes:
        source: the face, the writer or the patch that they come from.
        kind: `printed`, `handwritten`, or a patch's other kind.
        images: grey, each of its own size.
        labels: the character that each shows.
    """

    source: str
    kind: str
    images: Sequence[GreyImage]
    labels: Sequence[str]

    def __len__(self) -> int:
        """The number of images."""
        return len(self.labels)


def faces_of(folder: str | os.PathLike[str], *, split: str) -> list[tuple[Face, NDArray[np.int32]]]:
    """The faces of one split, each with the syllables that it really draws.

    Args:
        folder: holds `faces.csv`, `coverage.tsv.gz` and the font files.
        split: `train`, `val` or `test`.

    Raises:
        DataError: a list is missing or wrong, there are no faces of this split, or the coverage lacks one.
    """
    faces = select_faces(load_faces(folder), splits=[split])
    coverage = load_coverage(folder)
    missing = [face.id for face in faces if not len(coverage.get(face.id, ()))]
    if missing:
        raise DataError(f"no coverage of the face {missing[0]}; make it with crawl_data.py", file=folder)
    if not faces:
        raise DataError(f"there are no {split} faces here; name another split", file=folder)
    return [(face, coverage[face.id]) for face in faces]


def face_samples(
    face: Face, syllables: NDArray[np.int32], *, num: int = 0, is_degraded: bool = False, seed: int = 0
) -> Samples:
    """Draws a face: syllables uniform over what it draws, black on white, at many sizes and places.

    Args:
        face: what draws.
        syllables: numbers of the syllables that it has, see `koocr.data.faces.load_coverage`.
        num: how many different ones; 0, or more than there are, takes all.
        is_degraded: see `koocr.evaluation.degradation`; the same syllables as the clean images.
        seed: of the choice, the sizes and the faults. A face's images don't depend on other faces.

    Raises:
        DataError: the font file is missing or damaged.
    """
    face_seed = zlib.crc32(face.id.encode())
    chosen = np.sort(syllables)
    if 0 < num < len(chosen):
        chosen = np.sort(np.random.default_rng([seed, face_seed]).choice(chosen, num, replace=False))
    rng = np.random.default_rng([seed, face_seed, 1 + is_degraded])
    labels = [syllable(index) for index in chosen.tolist()]
    kind = "handwritten" if face.is_handwriting else "printed"
    draw = _draw_degraded if is_degraded else _draw_clean
    return Samples(face.id, kind, draw(face, labels, rng), labels)


def _draw_clean(face: Face, labels: Sequence[str], rng: np.random.Generator) -> list[GreyImage]:
    fonts = [face.open(size) for size in CLEAN_SIZES_PX]
    return [draw_character(fonts[rng.integers(len(fonts))], label, rng) for label in labels]


def _draw_degraded(face: Face, labels: Sequence[str], rng: np.random.Generator) -> list[GreyImage]:
    font = face.open(_DEGRADED_FROM_PX)
    return [degrade(draw_character(font, label, rng), rng, em_px=_DEGRADED_FROM_PX) for label in labels]


def draw_character(font: ImageFont.FreeTypeFont, text: str, rng: np.random.Generator) -> GreyImage:
    """Draws one character black on white, with a margin of its own on each side."""
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
    before_x, before_y, after_x, after_y = (round(m * font.size) for m in rng.uniform(*_MARGIN, size=4))
    size = right - left + before_x + after_x, bottom - top + before_y + after_y
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).text((before_x - left, before_y - top), text, font=font, fill=0, anchor="ls")
    return np.asarray(image)


def writers_of(paths: Sequence[str | os.PathLike[str]], *, split: str) -> list[Handwriting]:
    """Reads writers: each path is one, or a folder of them, of which those of `split` are taken.

    Raises:
        DataError: a path holds none, or one of them is damaged.
    """
    writers: list[Handwriting] = []
    for path in paths:
        is_one = not Path(path).is_dir() or (Path(path) / "labels.tsv").exists()
        writers += [load_handwriting(path)] if is_one else load_writers(path, split=split)
    return writers


def writer_samples(writer: Handwriting) -> Samples:
    """All crops of a writer, as they were scanned."""
    return Samples(writer.writer, "handwritten", writer.images, writer.labels)


def patch_samples(folder: str | os.PathLike[str]) -> Iterator[Samples]:
    """The patches of a folder, one after the other; a patch's kind is its name's prefix.

    Raises:
        DataError: there is no such folder, no patch in it, or one of them is damaged.
    """
    files = list_patches(folder)
    if not files:
        raise DataError(
            "there are no patches here; make them with crawl_data.py or load_data.py", file=folder
        )
    for file in files:
        patch = read_patch(file)
        yield Samples(file.stem, patch.kind.value, list(patch.images), patch.labels.tolist())


def read_samples(reader: CharacterReader, samples: Samples, *, n: int = 5) -> Readings:
    """Reads all images of a source with the public reader.

    Args:
        reader: what is measured.
        samples: the images.
        n: how many candidates are kept.
    """
    answers = reader.candidates(samples.images, n) if len(samples) else []
    num = len(samples)
    return Readings.of(samples.labels, answers, source=[samples.source] * num, kind=[samples.kind] * num, n=n)
