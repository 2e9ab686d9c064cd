"""Drawing a face's characters into square pictures, as patches hold them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFont

from koocr.data.faces import open_font
from koocr.errors import ConfigError

UInt8Array = npt.NDArray[np.uint8]

# image size: x offset, y offset, character size; as in the experiments of the ancestor
_PLACEMENTS = {64: (5, 5, 50), 96: (8, 8, 80), 128: (14, 10, 100), 256: (50, 10, 200)}
_MIN_SIZE, _MAX_SIZE = 16, 1024
_SPREAD = (1, 99)  # percent of the characters that decide where a face is put
_SAMPLE = 400  # how many characters are looked at for that
_MARGIN = 0.02  # of the picture's side, around a face that has to be made smaller
_MIN_INK = 16  # fainter pixels of a glyph's edge may be cut


@dataclass(frozen=True)
class Placement:
    """Where characters are put in the picture.

    Attributes:
        image_size: side of the square picture.
        x_offset, y_offset: where the character's box begins: the pen, and the ascender's line.
        char_size: the em in pixels.
    """

    image_size: int = 96
    x_offset: int = 8
    y_offset: int = 8
    char_size: int = 80

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ConfigError: a size or an offset that leaves nothing to see.
        """
        if not _MIN_SIZE <= self.image_size <= _MAX_SIZE:
            raise ConfigError(f"image_size is {self.image_size}; it must be {_MIN_SIZE} to {_MAX_SIZE}")
        if not 1 <= self.char_size <= 2 * self.image_size:
            raise ConfigError(f"char_size is {self.char_size}; it must be 1 to twice the image size")
        if not (abs(self.x_offset) < self.image_size and abs(self.y_offset) < self.image_size):
            raise ConfigError(f"the offset ({self.x_offset}, {self.y_offset}) lies outside the picture")

    @classmethod
    def of_size(
        cls,
        image_size: int,
        *,
        x_offset: int | None = None,
        y_offset: int | None = None,
        char_size: int | None = None,
    ) -> Placement:
        """Makes the usual placement for an image size, with what is given put in its place.

        64, 96, 128 and 256 have their own values; other sizes are scaled from 96.
        """
        scaled = tuple(round(value * image_size / 96) for value in _PLACEMENTS[96])
        usual = _PLACEMENTS.get(image_size, scaled)
        given = (x_offset, y_offset, char_size)
        x, y, size = (usual[i] if value is None else value for i, value in enumerate(given))
        return cls(image_size, x, y, size)


def draw_face(
    path: str | os.PathLike[str], chars: Sequence[str], *, placement: Placement, index: int = 0
) -> UInt8Array:
    """Draws characters of a face, black on white, none of them cut off.

    The pen starts at the placement's offset. Faces differ in where their ink lies: with the usual offsets,
    29 % of the syllables of 346 faces would lose strokes at the edge of a 96-pixel picture. So a face whose
    ink leaves the picture is moved, and if need be made smaller, as a whole; a single character that still
    leaves it is moved, or shrunk, by itself.

    Args:
        path: a font file.
        chars: what to draw; all of it is drawn, so name only what the face has (`coverage.face_coverage`).
        placement: picture size and where the characters go.
        index: which face of a collection.

    Returns:
        uint8 (N, S, S), in the order of `chars`.

    Raises:
        DataError: the file is missing or is not a font.
    """
    size = placement.image_size
    images = np.full((len(chars), size, size), 255, np.uint8)
    font, x, y = _fit(path, index, chars, placement)
    for image, char in zip(images, chars, strict=True):
        glyph, left, top = _glyph(font, char)
        _put(image, glyph, left + x, top + y)
    return images


def _fit(
    path: str | os.PathLike[str], index: int, chars: Sequence[str], placement: Placement
) -> tuple[ImageFont.FreeTypeFont, int, int]:
    """Chooses the em and the pen's place so that nearly all characters lie in the picture."""
    em, size = placement.char_size, placement.image_size
    font, sample = open_font(path, em, index=index), _sample(chars)
    box = _ink_box(font, sample)
    extent, room = max(box[2] - box[0], box[3] - box[1]), size - 2 * round(size * _MARGIN)
    if extent > room:
        em = max(1, int(em * room / extent))
        font = open_font(path, em, index=index)
        box = _ink_box(font, sample)
    x = _inside(placement.x_offset, box[0], box[2], size)
    return font, x, _inside(placement.y_offset, box[1], box[3], size)


def _sample(chars: Sequence[str]) -> Sequence[str]:
    return chars[:: -(-len(chars) // _SAMPLE) or 1]


def _ink_box(font: ImageFont.FreeTypeFont, chars: Sequence[str]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom within which the ink of nearly all characters lies, from the pen."""
    cut = [_cut(*_glyph(font, char)) for char in chars]
    boxes = [(x, y, x + ink.shape[1], y + ink.shape[0]) for ink, x, y in cut if ink.size]
    if not boxes:
        return 0, 0, 0, 0
    low, high = np.percentile(np.array(boxes), _SPREAD, axis=0)
    return int(np.floor(low[0])), int(np.floor(low[1])), int(np.ceil(high[2])), int(np.ceil(high[3]))


def _glyph(font: ImageFont.FreeTypeFont, char: str) -> tuple[UInt8Array, int, int]:
    """The picture (h, w) of a character, bright on 0, and its place from the pen."""
    mask, (x, y) = font.getmask2(char, mode="L")
    width, height = mask.size
    return np.frombuffer(bytes(mask), np.uint8).reshape(height, width), int(x), int(y)


def _cut(glyph: UInt8Array, x: int, y: int) -> tuple[UInt8Array, int, int]:
    """Cuts a picture close to its ink."""
    rows, columns = (np.flatnonzero((glyph >= _MIN_INK).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.empty((0, 0), np.uint8), x, y
    top, left = int(rows[0]), int(columns[0])
    return glyph[top : rows[-1] + 1, left : columns[-1] + 1], x + left, y + top


def _inside(offset: int, start: int, stop: int, size: int) -> int:
    """Moves an offset as little as needed so that start to stop lies within 0 to size."""
    return max(min(offset, size - stop), -start)


def _put(image: UInt8Array, glyph: UInt8Array, x: int, y: int) -> None:
    """Puts a glyph on a white picture, moved or shrunk into it where it would be cut off."""
    size = len(image)
    if min(x, y) < 0 or x + glyph.shape[1] > size or y + glyph.shape[0] > size:
        glyph, x, y = _cut(glyph, x, y)
        if max(glyph.shape) > size:
            glyph = _shrink(glyph, size / max(glyph.shape))
    height, width = glyph.shape
    x, y = _inside(x, 0, width, size), _inside(y, 0, height, size)
    image[y : y + height, x : x + width] = 255 - glyph


def _shrink(glyph: UInt8Array, scale: float) -> UInt8Array:
    height, width = (max(1, int(side * scale)) for side in glyph.shape)
    return np.asarray(Image.fromarray(glyph).resize((width, height), Image.Resampling.LANCZOS))
