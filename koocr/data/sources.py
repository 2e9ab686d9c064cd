"""Which faces and hands a model learns from: the rows of one split, as sources for the glyph store."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.faces import load_coverage, load_faces, select_faces
from koocr.data.glyphs import GLYPH_SIZE, INK_SIZE, GlyphSource, fit_ink, glyphs_of_face
from koocr.data.handwriting import Handwriting, load_writers
from koocr.hangul import JAMO, NUM_SYLLABLES, is_syllable, syllable_index
from koocr.ink import fit_glyph

HANDWRITTEN = "handwritten"
PRINTED = "printed"


def face_sources(folder: str | Path, *, split: str) -> list[GlyphSource]:
    """The faces of one split (`faces.csv`, `coverage.tsv.gz` and font files in one folder)."""
    coverage = load_coverage(Path(folder) / "coverage.tsv.gz")
    return [
        GlyphSource(
            name=face.id,
            kind=HANDWRITTEN if face.is_handwriting else PRINTED,
            is_real=False,
            glyphs=partial(glyphs_of_face, face.path, coverage[face.id].tolist()),
        )
        for face in select_faces(load_faces(folder), splits=[split])
    ]


def writer_sources(folder: str | Path, *, split: str) -> list[GlyphSource]:
    """The writers of one split, each a zip or folder of crops with `labels.tsv`."""
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
