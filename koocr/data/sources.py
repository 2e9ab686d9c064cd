"""Which faces and hands a model learns from: the rows of one split, as sources for the glyph store."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.crawl.coverage import face_coverage
from koocr.data.faces import Face, load_coverage, load_faces, select_faces
from koocr.data.glyphs import GLYPH_SIZE, INK_SIZE, GlyphSource, fit_ink, glyphs_of_face
from koocr.data.handwriting import Handwriting, load_writers
from koocr.hangul import JAMO, NUM_SYLLABLES, is_syllable, syllable_index
from koocr.ink import fit_glyph

HANDWRITTEN = "handwritten"
PRINTED = "printed"


def face_sources(folder: str | Path, *, split: str) -> list[GlyphSource]:
    """The faces of one split.

    Args:
        folder: with `faces.csv`, the font files, and perhaps `coverage.tsv.gz`; what a face draws that is not
            in that table is found out when its glyphs are asked for.
        split: "train", "val" or "test".

    Raises:
        DataError: the list or the table is damaged, or the list is missing.
    """
    table = Path(folder) / "coverage.tsv.gz"
    coverage = load_coverage(table) if table.exists() else {}
    return [
        GlyphSource(
            name=face.id,
            kind=HANDWRITTEN if face.is_handwriting else PRINTED,
            is_real=False,
            glyphs=partial(_drawn, face, coverage.get(face.id)),
        )
        for face in select_faces(load_faces(folder), splits=[split])
    ]


def _drawn(face: Face, syllables: NDArray[np.int32] | None) -> Iterable[tuple[int, NDArray[np.uint8]]]:
    if syllables is None:
        syllables = face_coverage(face.path, index=face.index).syllables
    return glyphs_of_face(face.path, syllables.tolist(), index=face.index)


def writer_sources(folder: str | Path, *, split: str) -> list[GlyphSource]:
    """The writers of one split, each a zip or folder of crops with `labels.tsv`.

    Raises:
        DataError: none of the split's writers is there, or one can't be read.
    """
    return [
        GlyphSource(writer.writer, HANDWRITTEN, True, partial(_crops, writer))
        for writer in load_writers(folder, split=split)
    ]


def _crops(writer: Handwriting) -> Iterable[tuple[int, NDArray[np.uint8]]]:
    for image, label in zip(writer.images, writer.labels, strict=True):
        fitted = fit_glyph(image, 2 * GLYPH_SIZE)
        if fitted is None:
            continue
        square = fit_ink(
            cv2.resize(fitted, (GLYPH_SIZE, GLYPH_SIZE), interpolation=cv2.INTER_AREA), ink_size=INK_SIZE
        )
        if square is not None:
            symbol = syllable_index(label) if is_syllable(label) else NUM_SYLLABLES + JAMO.index(label)
            yield symbol, square
