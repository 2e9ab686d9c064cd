"""Pictures as objects of a PDF: the bytes of JPEG files as they are, the pixels of others without loss."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from koocr.image import existing_form, grey_of_pillow, load_image, open_image

__all__ = ["Picture", "picture_of"]

_SPACES: Final = {"1": "DeviceGray", "L": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK"}
_CORNERS: Final = ((0, 1), (1, 1), (0, 0))
"""Of a picture, (right, down): where (0, 0), (1, 0) and (0, 1) of a PDF's unit square lie."""


@dataclass(frozen=True)
class Picture:
    """An image object.

    Attributes:
        entries: of its dictionary.
        data: its stream.
        turn: (2, 3) affine map from the unit square, y up, into that of the upright picture.
    """

    entries: str
    data: bytes
    turn: NDArray[np.float64]


def picture_of(data: Any, number: int = 1) -> Picture:
    """Makes the object of a picture.

    Args:
        data: a path, the bytes of a file, a Pillow image or an array.
        number: of the page in a file that has several.

    Raises:
        InputError: it is missing or damaged.
    """
    if isinstance(data, Image.Image):
        return _of_pixels(data)
    if not isinstance(data, (str, Path, bytes, bytearray, memoryview)):
        return _of_pixels(Image.fromarray(load_image(data)))
    with open_image(data) as (image, _):  # type: ignore[arg-type]
        if image.format in ("JPEG", "MPO") and image.mode in _SPACES:
            return _of_jpeg(image, _bytes_of(data))
        if number > 1:
            image.seek(number - 1)
        return _of_pixels(image)


def _of_jpeg(image: Image.Image, data: bytes) -> Picture:
    orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    inverted = " /Decode [1 0 1 0 1 0 1 0]" if image.mode == "CMYK" else ""  # as Adobe writes them
    return Picture(_entries(image, f"/Filter /DCTDecode{inverted}"), data, _turn(orientation))


def _of_pixels(image: Image.Image) -> Picture:
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data or upright.mode[0] in "IF":
        plain = Image.fromarray(grey_of_pillow(image, "the picture"))
    else:
        plain = upright if upright.mode in ("1", "L", "RGB") else upright.convert("RGB")
    if plain.mode == "1":
        data, filters = zlib.compress(plain.tobytes(), 9), "/Filter /FlateDecode"
    else:
        data = zlib.compress(_differences(np.asarray(plain)), 6)
        parameters = f"/Predictor 12 /Colors {len(plain.getbands())} /Columns {plain.width}"
        filters = f"/Filter /FlateDecode /DecodeParms << {parameters} >>"
    return Picture(_entries(plain, filters), data, _turn(1))


def _entries(image: Image.Image, more: str) -> str:
    bits = 1 if image.mode == "1" else 8
    size = f"/Width {image.width} /Height {image.height}"
    space = f"/ColorSpace /{_SPACES[image.mode]} /BitsPerComponent {bits}"
    return f"/Type /XObject /Subtype /Image {size} {space} {more}"


def _differences(pixels: NDArray[np.uint8]) -> bytes:
    """Each row less the one above it, behind the number of this filter (PNG, section 9.2: 2, Up)."""
    rows = pixels.reshape(len(pixels), -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    return np.hstack([np.full((len(rows), 1), 2, np.uint8), rows - above]).tobytes()


def _turn(orientation: int) -> NDArray[np.float64]:
    """How a stored picture becomes upright (EXIF 2.32, tag 274)."""
    origin, right, up = np.array([_upright(u, v, orientation) for u, v in _CORNERS])
    return np.column_stack([right - origin, up - origin, origin])


def _upright(u: float, v: float, orientation: int) -> tuple[float, float]:
    """Where a point (right, down) of the stored picture lies in the upright one: (right, up), in [0, 1]."""
    if orientation in (2, 3, 7, 8):
        u = 1 - u
    if orientation in (3, 4, 6, 7):
        v = 1 - v
    x, y = (v, u) if orientation in (5, 6, 7, 8) else (u, v)
    return x, 1 - y


def _bytes_of(data: Any) -> bytes:
    return Path(existing_form(str(data))).read_bytes() if isinstance(data, (str, Path)) else bytes(data)
