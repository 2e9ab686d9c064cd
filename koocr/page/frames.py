"""The pages of an image file: all of a TIFF, the first frame of anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from koocr.errors import InputError
from koocr.image import MAX_PIXELS, GreyImage, ImageSource, grey_of_pillow, load_image, open_image
from koocr.layout import PageLine

__all__ = ["ImagePages", "known_dpi"]

_LEAST_DPI, _MOST_DPI = 100, 2400
"""Below stand what programs and cameras write who know nothing: 1, 72, 96."""


class ImagePages:
    """The pages of an image, or of an image file.

    Args:
        data: a path, the bytes of a file, a Pillow image or an array.
        max_pixels: larger images are refused, files before they are decoded.

    Raises:
        InputError: it is missing, damaged, empty, or not an image.
        MissingDependencyError: it is HEIC, and pillow-heif is not installed.
    """

    def __init__(self, data: ImageSource, *, max_pixels: int = MAX_PIXELS) -> None:
        self._data, self._max_pixels = data, max_pixels
        self.num_pages = 1
        if self._is_file:
            with open_image(self._file) as (image, _):
                self.num_pages = _num_frames(image)

    @property
    def _is_file(self) -> bool:
        return isinstance(self._data, (str, Path, bytes, bytearray, memoryview))

    @property
    def _file(self) -> Any:
        return self._data

    def picture(self, number: int) -> tuple[GreyImage, float | None]:
        """The picture of a page and its pixels per inch, if known.

        Raises:
            InputError: it is damaged or too large.
        """
        if not self._is_file:
            dpi = known_dpi(self._data) if isinstance(self._data, Image.Image) else None
            return load_image(self._data, max_pixels=self._max_pixels), dpi
        with open_image(self._file) as (image, name):
            if number > 1:
                image.seek(number - 1)
                name = f"page {number} of {name}"
            return grey_of_pillow(image, name, max_pixels=self._max_pixels), known_dpi(image)

    def text_layer(self, number: int) -> tuple[PageLine, ...] | None:
        """Images hold no text."""
        return None

    def close(self) -> None:
        """Nothing is open between two pages."""


def known_dpi(image: Image.Image) -> float | None:
    """The pixels per inch that a picture names, if they are those of a scanner."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    is_known = _LEAST_DPI <= across <= _MOST_DPI and abs(across - down) <= 0.02 * across
    return across if is_known else None


def _num_frames(image: Image.Image) -> int:
    """Of a TIFF its pages; frames of other formats are animations, thumbnails or the depths of a photo."""
    if image.format != "TIFF":
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except EOFError as error:
        raise InputError(f"the list of its pages is damaged ({error}); save it again") from error
