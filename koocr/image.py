"""Any kind of image source → one grey uint8 array: the only loading there is, shared by training and reading.

Everything that a picture file can do differently is settled here (EXIF orientation, transparency, palettes,
16 bits, CMYK), so that the rest of koocr knows one kind of image: uint8, (H, W), 0 black to 255 white.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from koocr.errors import InputError, missing_dependency
from koocr.hangul import nfc, nfd

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "GreyImage",
    "ImageSource",
    "as_batch",
    "existing_form",
    "grey_of_pillow",
    "is_batch",
    "load_image",
    "load_image_of_batch",
    "open_image",
]

ImageSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any]
"""A path, the bytes of an image file, an open binary file, a Pillow image, or an array."""

GreyImage: TypeAlias = NDArray[np.uint8]
"""(H, W), 0 black to 255 white."""

MAX_PIXELS: Final = 50_000_000
"""The largest image that is read by default; a page at 600 dpi has 35 million pixels."""

FORMATS: Final = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP", "JPEG2000", "AVIF")
"""The file formats that are read. Pillow knows more, some by starting other programs (EPS: Ghostscript).
HEIC is read where pillow-heif is installed."""

_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def load_image(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> GreyImage:
    """Loads one image as grey, upright and opaque.

    Files and Pillow images are turned as their EXIF orientation says. Transparent pixels become white, or
    black when the image would vanish on white. Colours become their luma (ITU-R BT.601), arrays being RGB or
    RGBA.

    Args:
        source: a path (composed and decomposed Hangul file names both find the file), the bytes of an image
            file, an open binary file, a Pillow image, or an array: (H, W), or (H, W, C) with C = 1 (grey), 2
            (grey, alpha), 3 (RGB) or 4 (RGBA). Arrays hold booleans, integers up to 255 (8 bits) or 65,535
            (16 bits), or floats in [0, 1] or [0, 255] (a tenth more or less is clipped, as resampling
            overshoots). Of an animation or a document of several pages the first frame is read.
        max_pixels: larger images are refused, files before they are decoded.

    Returns:
        uint8 (H, W), contiguous. A uint8 (H, W) array comes back as it is, not copied: don't write into the
        result.

    Raises:
        InputError: the source is missing, damaged, empty, too large, or not an image.
    """
    if isinstance(source, Image.Image):
        return grey_of_pillow(source, "the Pillow image", max_pixels=max_pixels)
    if isinstance(source, (str, os.PathLike, bytes, bytearray, memoryview)) or hasattr(source, "read"):
        with open_image(cast(Any, source), max_pixels=max_pixels) as (image, name):
            return grey_of_pillow(image, name, max_pixels=max_pixels)
    if hasattr(source, "__array__"):
        return _from_array(_array_of(source), max_pixels)
    raise InputError(
        f"an image can't be a {type(source).__name__}; pass a path, bytes, an open binary file, "
        "a Pillow image or a NumPy array"
    )


def is_batch(images: object) -> bool:
    """Says whether the argument means several images.

    Lists, tuples and iterators do, and so do arrays of four axes (N, H, W, C) and of three (N, H, W). An
    array of three axes whose last one has 1 to 4 entries is one colour image.
    """
    if isinstance(images, (list, tuple)):
        return True
    if isinstance(images, Iterator):
        return not hasattr(images, "read")
    shape: tuple[int, ...] = getattr(images, "shape", ())
    return len(shape) == 4 or (len(shape) == 3 and not 1 <= shape[-1] <= 4)


def as_batch(images: Any) -> list[ImageSource]:
    """Returns the images of a batch as a list, and one image as a list of one; see `is_batch`."""
    return list(images) if is_batch(images) else [images]


def load_image_of_batch(image: ImageSource, number: int) -> GreyImage:
    """As `load_image`; an error says which image of the batch it was, counted from 0."""
    try:
        return load_image(image)
    except InputError as error:
        raise InputError(f"image {number} of the batch, counted from 0: {error}") from error


@contextmanager
def open_image(
    source: str | os.PathLike[str] | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS
) -> Iterator[tuple[Image.Image, str]]:
    """Opens an image file without decoding it, for what has several frames; `load_image` does for others.

    Args:
        source: as `load_image` takes it, no array and no Pillow image.
        max_pixels: bounds what is taken from a stream that can't seek; the image's size is not checked.

    Yields:
        The Pillow image and a name for error messages. Whatever the block raises because the file is damaged
        comes out as `InputError`.

    Raises:
        InputError: the source is missing, damaged, empty, or not an image.
        MissingDependencyError: it is HEIC, and pillow-heif is not installed.
    """
    with _opened(source) as (stream, name):
        stream, head = _from_its_start(stream, name, 8 * max_pixels + 2**20)  # 16-bit RGBA and its headers
        formats: tuple[str, ...] = FORMATS
        if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head:
            _register_heif()
            formats = ("HEIF",)
        if head.lstrip().startswith(b"%PDF-"):
            raise InputError(f"{name} is a PDF, no image; read it with koocr.read() or `koocr read`")
        with _damage_as_input_error(name), Image.open(stream, formats=formats) as image:
            yield image, name


@contextmanager
def _opened(source: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield BytesIO(source), "the given data"
    elif hasattr(source, "read"):
        yield source, "the given file"
    else:
        name = os.fsdecode(source)
        with _opening_as_input_error(name), open(existing_form(name), "rb") as stream:
            yield stream, repr(name)


@contextmanager
def _opening_as_input_error(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"there is no file {name!r}; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{name!r} is a directory; name an image file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name!r} can't be opened ({reason}); check the path") from error


def _register_heif() -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise missing_dependency("pillow-heif", "heic") from error
    register_heif_opener(thumbnails=False)


def existing_form(name: str) -> str:
    """Finds a file whose name is typed in one Unicode form and stored in another, part by part of its path.

    macOS and archives made there store 각 decomposed, keyboards type it composed.
    """
    if name.isascii() or os.path.lexists(name):
        return name
    path = ""
    for part in Path(name).parts:
        forms = [os.path.join(path, form) for form in (part, nfc(part), nfd(part))]
        path = next(filter(os.path.lexists, forms), forms[0])
    return path


def _from_its_start(stream: Any, name: str, limit: int) -> tuple[Any, bytes]:
    """A stream that can seek, at its start, and its first bytes; one that can't is read into memory."""
    try:
        if not stream.seekable():
            stream = _in_memory(stream, name, limit)
        stream.seek(0)
        head = stream.read(64)
        stream.seek(0)
    except (AttributeError, OSError, ValueError) as error:
        raise InputError(f"{name} can't be read ({error}); pass an open binary file") from error
    if isinstance(head, str):
        raise InputError(f"{name} is open as text; open it with mode 'rb'")
    if not head:
        raise InputError(f"{name} is empty; pass an image file")
    return stream, head


def _in_memory(stream: Any, name: str, limit: int) -> IO[Any]:
    data = stream.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{name} goes on after {limit:,} bytes; pass a smaller image or raise max_pixels")
    return StringIO(data) if isinstance(data, str) else BytesIO(data)


@contextmanager
def _damage_as_input_error(name: str) -> Iterator[None]:
    """Turns what a decoder raises into an `InputError`; on damaged bytes that may be nearly any exception."""
    try:
        yield
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{name} is too large to decode ({error}); scale it down") from error
    except UnidentifiedImageError:
        raise InputError(f"{name} is not an image that koocr reads; save it as PNG or JPEG") from None
    except Exception as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{name} is damaged or cut short ({reason}); save it again as PNG or JPEG"
        ) from error


def grey_of_pillow(image: Image.Image, name: str, *, max_pixels: int = MAX_PIXELS) -> GreyImage:
    """As `load_image`, of an open Pillow image; `name` is what errors call it."""
    _check_size(image.height, image.width, name, max_pixels)
    with _damage_as_input_error(name):
        image.load()  # before the orientation is read: TIFF files are turned as they are loaded
        return _upright(_grey_of(image, name), _orientation(image))


def _grey_of(image: Image.Image, name: str) -> GreyImage:
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return _eight_bits(np.asarray(image), name)
    if image.mode == "LAB":
        return np.asarray(image.getchannel("L"))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        return _opaque(np.asarray(rgba.convert("RGB").convert("L")), np.asarray(rgba.getchannel("A")))
    return np.asarray(image.convert("L"))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF data is no reason to refuse the picture
        return 1


def _array_of(source: Any) -> NDArray[Any]:
    try:
        return np.asarray(source)
    except Exception as error:  # a tensor on another device, or one that tracks gradients
        raise InputError(f"this {type(source).__name__} is no array ({error}); pass a NumPy array") from error


def _from_array(array: NDArray[Any], max_pixels: int) -> GreyImage:
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise InputError(
            f"one image has the shape (H, W) or (H, W, 1 to 4), this array has {array.shape}; "
            "pass several images as a list"
        )
    _check_size(array.shape[0], array.shape[1], "the array", max_pixels)
    pixels = _eight_bits(array, "the array")
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    colour, alpha = (pixels, None) if pixels.shape[2] % 2 else (pixels[..., :-1], pixels[..., -1])
    grey = colour[..., 0] if colour.shape[2] == 1 else _luma(colour)
    return np.ascontiguousarray(grey if alpha is None else _opaque(grey, alpha))


def _check_size(height: int, width: int, name: str, max_pixels: int) -> None:
    if height == 0 or width == 0:
        raise InputError(f"{name} has no pixels ({height} x {width}); pass an image that has some")
    if height * width > max_pixels:
        raise InputError(
            f"{name} is too large: {height} x {width} is more than {max_pixels:,} pixels; "
            "scale it down or raise max_pixels"
        )


def _eight_bits(array: NDArray[Any], name: str) -> GreyImage:
    """Brings values of any scale to 0 to 255; which scale it is, the type and the extremes tell."""
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        return cast(GreyImage, array)
    if kind == "b":
        return np.where(array, np.uint8(255), np.uint8(0))
    if kind not in "iuf":
        raise InputError(f"{name} holds values of type {array.dtype}; pass uint8, or floats in [0, 1]")
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(low + high):
        raise InputError(f"{name} holds NaN or infinite values; replace them first")
    tops, slack = ((1, 255), 0.1) if kind == "f" else ((255, 65_535), 0.0)
    top = next((top for top in tops if high <= top * (1 + slack)), None)
    if top is not None and low >= -slack * high:
        scaled: NDArray[np.float32] = array.astype(np.float32) * np.float32(255 / top)
        return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
    raise InputError(
        f"{name} holds values from {low:g} to {high:g}; pass integers from 0 to 255 or 65,535, "
        "or floats from 0 to 1 or 255"
    )


def _luma(colour: GreyImage) -> GreyImage:
    return np.asarray(Image.fromarray(np.ascontiguousarray(colour)).convert("L"))


def _opaque(grey: GreyImage, alpha: GreyImage) -> GreyImage:
    """Lays an image on white, or on black if it would vanish on white (white ink on a transparent ground)."""
    if alpha.min() == 255:
        return grey
    picture, mask = (Image.fromarray(np.ascontiguousarray(plane)) for plane in (grey, alpha))

    def laid_on(tone: int) -> GreyImage:
        return np.asarray(Image.composite(picture, Image.new("L", picture.size, tone), mask))

    on_white = laid_on(255)
    if np.ptp(on_white) >= 32:
        return on_white
    on_black = laid_on(0)
    return on_black if np.ptp(on_white) < np.ptp(on_black) // 8 else on_white


_TURNS: Final = {  # EXIF orientation → (rows backwards, columns backwards, rows become columns)
    2: (False, True, False),
    3: (True, True, False),
    4: (True, False, False),
    5: (False, False, True),
    6: (True, False, True),
    7: (True, True, True),
    8: (False, True, True),
}


def _upright(grey: GreyImage, orientation: int) -> GreyImage:
    """Turns an image as its EXIF orientation asks (EXIF 2.32, tag 274)."""
    rows, columns, transpose = _TURNS.get(orientation, (False, False, False))
    grey = grey[:: -1 if rows else 1, :: -1 if columns else 1]
    return np.ascontiguousarray(grey.T if transpose else grey)
