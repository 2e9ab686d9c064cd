"""The glyph store: every syllable that a face draws, drawn once, in one uint8 memory map.

Drawing type is slow beside bending it: 20,000 glyphs a second and core against a million rows read
from a memory map. So every (face, symbol) pair is drawn once, cut to its ink, fitted to `GLYPH_SIZE`
pixels and kept; `koocr.data.synthesis` then makes a fresh image from it each time it is sampled. Crops of
real handwriting lie in the same store, as further "faces", one a writer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from koocr.data.crawl.coverage import is_common
from koocr.data.faces import open_font
from koocr.errors import DataError
from koocr.hangul import JAMO, NUM_SYLLABLES, syllable

GLYPH_SIZE = 64
INK_SIZE = 60
"""Long side of the ink within the stored square: more than the network sees, so that a warp has detail."""
_DRAW_SIZE_PX = 80

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class GlyphStore:
    """Glyphs of many sources and the index into them.

    Attributes:
        images: (N, GLYPH_SIZE, GLYPH_SIZE) uint8, ink = 255 on 0, centred; usually a memory map.
        symbols: (N,) symbol ids: 0 to 11171 syllables, then the 51 compatibility jamo.
        sources: (N,) positions in `names`.
        names: identifier of each face or writer.
        kinds: "handwritten" | "printed" of each source.
        is_real: whether each source is a writer's scanned hand rather than a typeface.
    """

    images: UInt8Array
    symbols: NDArray[np.int32]
    sources: NDArray[np.int32]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    is_real: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.symbols)


def fit_ink(ink: UInt8Array, size: int = GLYPH_SIZE, ink_size: int = INK_SIZE) -> UInt8Array | None:
    """Cuts an image to its ink and fits that, undistorted, into the middle of a square.

    Args:
        ink: (H, W) uint8, ink bright on 0.
        size: side of the result.
        ink_size: long side of the ink box in the result.

    Returns:
        (size, size) uint8, or None where nothing is drawn.
    """
    x, y, width, height = cv2.boundingRect((ink > 24).astype(np.uint8))
    if width == 0:
        return None
    scale = ink_size / max(width, height)
    target = max(1, round(width * scale)), max(1, round(height * scale))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(ink[y : y + height, x : x + width], target, interpolation=mode)
    left, top = (size - target[0]) // 2, (size - target[1]) // 2
    square = np.zeros((size, size), np.uint8)
    square[top : top + target[1], left : left + target[0]] = small
    return square


def draw_glyph(font: ImageFont.FreeTypeFont, text: str) -> UInt8Array | None:
    """Draws one character of a face: (H, W) uint8, ink bright on 0, or None where it draws nothing."""
    mask = font.getmask(text, mode="L")
    width, height = mask.size
    if width == 0 or height == 0:
        return None
    return np.frombuffer(bytes(mask), np.uint8).reshape(height, width)


def drawable_jamo(font: ImageFont.FreeTypeFont) -> list[int]:
    """Indices into JAMO of the single jamo that a face really draws.

    A face's character map promises more than it draws, so the bitmaps decide: blank ones, the one of a
    code point that no face has, and any that several jamo share are placeholders.
    """
    bitmaps = [font.getmask(jamo, mode="L") for jamo in JAMO]
    placeholder = bytes(font.getmask("\uffff", mode="L"))
    drawn = [bytes(bitmap) if all(bitmap.size) else b"" for bitmap in bitmaps]
    return [i for i, bits in enumerate(drawn) if any(bits) and bits != placeholder and drawn.count(bits) == 1]


def glyphs_of_face(
    path: str | Path, syllables: Sequence[int], *, index: int = 0
) -> Iterator[tuple[int, UInt8Array]]:
    """Yields (symbol id, stored square) for what a face draws: the given syllables, then its single jamo.

    Where it draws several of the syllables alike, it does so by mistake: the one in KS X 1001 is kept if
    there is just one, else none, for a wrong label teaches worse than none.

    Args:
        path: the font file.
        syllables: symbol ids of the syllables that the face really draws.
        index: of the face in a collection.

    Raises:
        DataError: the file is missing or is no font.
    """
    font = open_font(path, _DRAW_SIZE_PX, index=index)
    for symbol, drawn in _told_apart((symbol, draw_glyph(font, syllable(symbol))) for symbol in syllables):
        square = fit_ink(drawn)
        if square is not None:
            yield symbol, square
    for number in drawable_jamo(font):
        ink = draw_glyph(font, JAMO[number])
        square = None if ink is None else fit_ink(ink)
        if square is not None:
            yield NUM_SYLLABLES + number, square


def _told_apart(glyphs: Iterable[tuple[int, UInt8Array | None]]) -> list[tuple[int, UInt8Array]]:
    """Leaves out what is not drawn, and syllables that can't be told apart."""
    alike: dict[tuple[tuple[int, ...], bytes], list[tuple[int, UInt8Array]]] = {}
    for symbol, ink in glyphs:
        if ink is not None:
            alike.setdefault((ink.shape, ink.tobytes()), []).append((symbol, ink))
    kept: list[tuple[int, UInt8Array]] = []
    for group in alike.values():
        common = [glyph for glyph in group if is_common(syllable(glyph[0]))]
        kept += group if len(group) == 1 else common if len(common) == 1 else []
    return kept


@dataclass(frozen=True)
class GlyphSource:
    """One face or writer to be stored: `glyphs()` yields its (symbol id, square) pairs."""

    name: str
    kind: str
    is_real: bool
    glyphs: Callable[[], Iterable[tuple[int, UInt8Array]]]


def build_store(folder: str | Path, sources: Sequence[GlyphSource]) -> GlyphStore:
    """Draws all sources into `folder` and opens the result; a finished store is opened as it is.

    The store is finished once `index.npz` lies there: it is written last.

    Raises:
        DataError: the folder holds a store of other sources, or the sources draw nothing.
    """
    folder = Path(folder)
    if not (folder / "index.npz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_store(folder, sources)
    store = open_store(folder)
    if store.names != tuple(source.name for source in sources):
        raise DataError(
            "this glyph store was made of other faces; delete it or name another folder", file=folder
        )
    return store


def _write_store(folder: Path, sources: Sequence[GlyphSource]) -> None:
    symbols: list[int] = []
    counts: list[int] = []
    with open(folder / "images.u8", "wb") as file:
        for source in sources:
            before = len(symbols)
            for symbol, square in source.glyphs():
                symbols.append(symbol)
                file.write(square.tobytes())
            counts.append(len(symbols) - before)
    if not symbols:
        raise DataError("none of the faces draws anything; name other faces", file=folder)
    described = json.dumps([[s.name, s.kind, s.is_real] for s in sources], ensure_ascii=False)
    partial = folder / "partial.npz"
    np.savez(
        partial,
        symbols=np.array(symbols, np.int32),
        sources=np.repeat(np.arange(len(sources), dtype=np.int32), counts),
        described=np.array(described),
    )
    partial.replace(folder / "index.npz")


def open_store(folder: str | Path) -> GlyphStore:
    """Opens a finished store without reading its images.

    Raises:
        DataError: there is no finished store in the folder.
    """
    folder = Path(folder)
    try:
        with np.load(folder / "index.npz") as index:
            symbols, sources = index["symbols"], index["sources"]
            described = json.loads(str(index["described"]))
        shape = (len(symbols), GLYPH_SIZE, GLYPH_SIZE)
        images = np.memmap(folder / "images.u8", np.uint8, mode="r", shape=shape)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(
            f"this is no finished glyph store ({error}); delete it and draw it again", file=folder
        ) from error
    names, kinds, is_real = zip(*described, strict=True)
    return GlyphStore(images, symbols, sources, names, kinds, is_real)
