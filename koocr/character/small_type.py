"""How small may characters be? Faces read at sizes and sharpnesses that stand side by side."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from koocr.character.evaluation import CharacterReader, draw_character, faces_of
from koocr.data.faces import Face
from koocr.evaluation.degradation import Degradation, degrade
from koocr.hangul import syllable
from koocr.image import GreyImage

__all__ = ["BLURS_PX", "SIZES_PX", "SmallType", "measure_small_type"]

SIZES_PX = (16, 20, 24, 28, 32, 48)
"""Heights of the em; a hand's characters are about three quarters of it."""
BLURS_PX = (0.2, 0.5, 0.8)
"""Standard deviations, in pixels of the small picture."""
_DRAWN_PX = 96


@dataclass(frozen=True)
class SmallType:
    """What was read of one kind of faces at one size and blur, with all other faults of the degraded test.

    Attributes:
        kind: `printed` or `handwritten`.
        em_px: height of the em.
        blur_px: standard deviation of the blur.
        count: images.
        top_1: share that was read rightly, the mean over faces.
        example: one of the images, and the text that it shows.
    """

    kind: str
    em_px: int
    blur_px: float
    count: int
    top_1: float
    example: tuple[GreyImage, str]


def measure_small_type(
    reader: CharacterReader,
    fonts: Path,
    *,
    split: str = "test",
    num_per_face: int = 100,
    seed: int = 0,
    progress: Callable[[str], None] = lambda line: None,
) -> list[SmallType]:
    """Reads each face at every size and every blur, the same syllables throughout.

    Args:
        reader: what is measured.
        fonts: folder of faces.
        split: which faces.
        num_per_face: syllables of each, drawn with equal chance from all that it has; 0: all of them.
        seed: of the syllables and the faults.
        progress: is told one line per size and kind.

    Returns:
        A cell for each size, kind and blur, in this order; kinds without a face are left out.

    Raises:
        DataError: the faces can't be used.
    """
    faces = faces_of(fonts, split=split)
    kinds = {
        kind: [(face, own) for face, own in faces if face.is_handwriting == (kind == "handwritten")]
        for kind in ("printed", "handwritten")
    }
    found = []
    for em_px in SIZES_PX:
        for kind, of_kind in kinds.items():
            if not of_kind:
                continue
            cells = [
                _read(reader, kind, of_kind, em_px, blur_px, num=num_per_face, seed=seed)
                for blur_px in BLURS_PX
            ]
            shares = ", ".join(f"{cell.top_1:.2%}" for cell in cells)
            progress(f"{kind}, {em_px} pixels: {shares}")
            found += cells
    return found


def _read(
    reader: CharacterReader,
    kind: str,
    faces: list[tuple[Face, np.ndarray]],
    em_px: int,
    blur_px: float,
    *,
    num: int,
    seed: int,
) -> SmallType:
    ranges = Degradation(em_px=(em_px, em_px), blur_px=(blur_px, blur_px))
    shares, example, count = [], None, 0
    for face, own in faces:
        labels, images = zip(*_drawn(face, own, ranges, num=num, seed=seed), strict=True)
        answers = reader.candidates(images, 1)
        shares.append(np.mean([answer.text == label for answer, label in zip(answers, labels, strict=True)]))
        count += len(labels)
        example = example or (images[0], labels[0])
    assert example is not None  # a face draws something
    return SmallType(kind, em_px, blur_px, count, float(np.mean(shares)), example)


def _drawn(
    face: Face, own: np.ndarray, ranges: Degradation, *, num: int, seed: int
) -> Iterator[tuple[str, GreyImage]]:
    face_seed = zlib.crc32(face.id.encode())
    chosen = np.random.default_rng([seed, face_seed, 3]).permutation(np.sort(own))
    font = face.open(_DRAWN_PX)
    for index in chosen[: num or None].tolist():
        # Of its own for each syllable: a larger picture uses up more chance, and the next would be another.
        rng = np.random.default_rng([seed, face_seed, 3, index])
        label = syllable(index)
        yield label, degrade(draw_character(font, label, rng), rng, em_px=_DRAWN_PX, ranges=ranges)
