"""From drawn lines to what a line network is trained and validated on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from koocr.charset import Charset
from koocr.image import GreyImage
from koocr.line.prepare import HEIGHT, fit_line

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int32]

STRIDE = 4
"""Pixels of the strip to one frame."""
_WIDTH_STEP = 32
"""Widths of batches come in these steps: each new shape costs a backend time."""
_MARGIN = 32
"""Ground behind the widest line, as far as the trunk sees: so each line's end looks the same in any batch."""
_MAX_WIDTH = 1600
"""A wider strip, 45 heights, is left out of training: one of them would make all of its batch as wide."""
_ANY_WIDTH = 10**6


@dataclass(frozen=True)
class Strips:
    """Prepared lines, padded on the right.

    Attributes:
        images: (N, H, W) uint8, ink 255 on ground 0.
        num_frames: (N,) frames of each line that are not padding.
        rows: (N,) which of the given lines they are: those without ink, and too wide ones, are left out.
    """

    images: UInt8Array
    num_frames: IntArray
    rows: IntArray

    def as_input(self) -> dict[str, NDArray[np.float32] | IntArray]:
        """What a network takes: "image" (N, H, W, 1), ink 1 on ground 0, and "num_frames" (N,)."""
        images = (self.images.astype(np.float32) / np.float32(255))[..., None]
        return {"image": images, "num_frames": self.num_frames}


def to_strips(images: Sequence[GreyImage], *, height: int, max_width: int = _MAX_WIDTH) -> Strips:
    """Prepares lines and pads them to the widest of them.

    Args:
        images: (H, W) grey pictures of lines.
        height: of the strips.
        max_width: of a strip; wider ones are left out.
    """
    kept = _fitted(images, height, max_width)
    padded = pad([strip for _, strip in kept], height=height)
    return Strips(padded.images, padded.num_frames, np.array([row for row, _ in kept], np.int32))


@dataclass(frozen=True)
class FittedLines:
    """Lines as they are learnt from.

    Attributes:
        strips: (H, w) uint8 each, of one height, without padding.
        texts: what each says.
    """

    strips: list[UInt8Array]
    texts: list[str]


def fit_lines(
    images: Sequence[GreyImage], texts: Sequence[str], *, height: int, max_width: int = _MAX_WIDTH
) -> FittedLines:
    """Prepares lines with their texts; those without ink, and too wide ones, are left out.

    Args:
        images: (H, W) grey pictures of lines.
        texts: what each says.
        height: of the strips.
        max_width: of a strip; wider ones are left out.
    """
    kept = _fitted(images, height, max_width)
    return FittedLines([strip for _, strip in kept], [texts[row] for row, _ in kept])


def _fitted(images: Sequence[GreyImage], height: int, max_width: int) -> list[tuple[int, UInt8Array]]:
    """The strips that are kept, with the numbers of their lines."""
    strips = [fit_line(image, height) for image in images]
    return [
        (row, strip.image)
        for row, strip in enumerate(strips)
        if strip is not None and strip.image.shape[1] <= max_width
    ]


def sorted_strips(images: Sequence[GreyImage], *, height: int, batch_size: int = 16) -> Iterator[Strips]:
    """Prepares many lines in batches of about the same width; `rows` count through all of them.

    Args:
        images: (H, W) grey pictures of lines.
        height: of the strips.
        batch_size: lines at a time.
    """
    order = sorted(range(len(images)), key=lambda row: images[row].shape[1] / images[row].shape[0])
    for start in range(0, len(order), batch_size):
        chosen = np.array(order[start : start + batch_size], np.int32)
        strips = to_strips([images[row] for row in chosen], height=height, max_width=_ANY_WIDTH)
        if len(strips.rows):
            yield Strips(strips.images, strips.num_frames, chosen[strips.rows])


def pad(images: Sequence[UInt8Array], *, height: int = HEIGHT) -> Strips:
    """Pads strips to a little more than the widest of them.

    Args:
        images: (H, w) uint8 each, of one height.
        height: H, where there are none.
    """
    widest = max((image.shape[1] for image in images), default=0)
    rows = images[0].shape[0] if images else height
    padded = np.zeros((len(images), rows, padded_width(widest)), np.uint8)
    for row, image in zip(padded, images, strict=True):
        row[:, : image.shape[1]] = image
    widths = np.array([image.shape[1] for image in images], np.int32)
    return Strips(padded, -(-widths // STRIDE), np.arange(len(images), dtype=np.int32))


def padded_width(widest: int) -> int:
    """How wide a batch is whose widest strip is so wide."""
    return -(-(widest + _MARGIN) // _WIDTH_STEP) * _WIDTH_STEP


def to_labels(texts: Sequence[str], charset: Charset) -> tuple[IntArray, IntArray]:
    """(N, L) ids, padded with 0, and (N,) how many of them count.

    Raises:
        CharsetError: a text has a symbol that the charset lacks.
    """
    ids = [charset.encode(text) for text in texts]
    counts = np.array([len(row) for row in ids], np.int32)
    labels = np.zeros((len(ids), max(1, int(counts.max(initial=0)))), np.int32)
    for row, values in zip(labels, ids, strict=True):
        row[: len(values)] = values
    return labels, counts
