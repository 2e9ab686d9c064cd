"""What is no text, made of numbers: things photographed, screens of dots, bar codes, curves, scribbles."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.pages.taken import smooth_field

__all__ = ["PICTURES", "barcode", "photo", "scribble", "seal"]

UInt8Array = NDArray[np.uint8]

_OCTAVES = ((3, 50.0), (9, 28.0), (40, 10.0))  # cells across, and grey levels


def photo(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """Something photographed: areas, edges and stripes on smooth changes of light, with some grain."""
    field = np.full((height, width), float(rng.uniform(60, 200)), np.float32)
    for cells, levels in _OCTAVES:
        field += smooth_field(rng, (height, width), cells) * np.float32(levels * rng.uniform(0.3, 1))
    image = np.clip(field, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 14))):
        _thing(image, rng)
    image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.5, 3)))
    noise = rng.standard_normal((height, width), dtype=np.float32) * np.float32(rng.uniform(1, 9))
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def _thing(image: UInt8Array, rng: np.random.Generator) -> None:
    height, width = image.shape
    tone = float(rng.integers(0, 256))
    x, y = int(rng.integers(width)), int(rng.integers(height))
    across, down = (max(3, int(side * rng.uniform(0.02, 0.35))) for side in (width, height))
    kind = int(rng.integers(4))
    if kind == 0:
        cv2.ellipse(image, (x, y), (across, down), float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.rectangle(image, (x, y), (x + across, y + down), tone, -1)
    elif kind == 2:
        for stripe in range(int(rng.integers(2, 12))):
            shift = stripe * max(2, across // 8)
            cv2.line(
                image,
                (x + shift, y),
                (x + shift + across // 3, y + down),
                tone,
                max(1, across // 30),
                cv2.LINE_AA,
            )
    else:
        points = rng.uniform((x, y), (x + across, y + down), (int(rng.integers(3, 7)), 2))
        cv2.fillPoly(image, [np.rint(points).astype(np.int32)], tone, cv2.LINE_AA)


def halftone(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """A photograph in a screen of dots, as newspapers print it."""
    tones = photo(rng, width, height).astype(np.float32)
    pitch, angle = float(rng.uniform(3, 9)), float(rng.uniform(0, np.pi / 2))
    x = np.arange(width, dtype=np.float32)[None, :] * np.float32(2 * np.pi / pitch)
    y = np.arange(height, dtype=np.float32)[:, None] * np.float32(2 * np.pi / pitch)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    screen = 128 + 64 * (np.cos(cos * x + sin * y) + np.cos(cos * y - sin * x))
    return np.clip(128 + 4 * (tones - screen), 0, 255).astype(np.uint8)


def barcode(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """Bars, or a square of cells as of a QR code where it is about as high as wide."""
    is_square = width < 1.6 * height
    if is_square:
        cells = int(rng.integers(21, 41))
        code = (rng.random((cells, cells)) < 0.5).astype(np.uint8) * 255
        for top, left in ((0, 0), (0, cells - 7), (cells - 7, 0)):
            code[top : top + 7, left : left + 7] = 0
            code[top + 1 : top + 6, left + 1 : left + 6] = 255
            code[top + 2 : top + 5, left + 2 : left + 5] = 0
        side = min(width, height)
        code = cv2.resize(code, (side, side), interpolation=cv2.INTER_NEAREST)
        return np.pad(code, ((0, height - side), (0, width - side)), constant_values=255)
    bars = np.repeat(rng.integers(0, 2, max(20, width // 2)), rng.integers(1, 4, max(20, width // 2)))
    row = np.resize(bars[:width], width).astype(np.uint8) * 255
    return np.broadcast_to(row, (height, width)).copy()


def plot(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """Axes with curves, bars or points, and nothing written on them."""
    image = np.full((height, width), 255, np.uint8)
    thick = max(1, width // 300)
    if rng.random() < 0.5:
        for share in np.linspace(0.1, 0.9, int(rng.integers(3, 7))):
            cv2.line(image, (0, int(share * height)), (width, int(share * height)), 200.0, thick)
    kind, count = int(rng.integers(3)), int(rng.integers(3, 14))
    x = np.linspace(0.05, 0.95, count) * width
    for _ in range(int(rng.integers(1, 4))):
        values = np.clip(0.5 + np.cumsum(rng.normal(0, 0.16, count)), 0.05, 0.95) * height
        points = np.rint(np.stack([x, values], 1)).astype(np.int32)
        tone = float(rng.uniform(0, 150))
        if kind == 0:
            cv2.polylines(image, [points], False, tone, thick + 1, cv2.LINE_AA)
        elif kind == 1:
            half = max(2, int(0.3 * width / count))
            for place, top in points.tolist():
                cv2.rectangle(image, (place - half, top), (place + half, height), tone, -1)
        for spot in points.tolist() if kind == 2 else ():
            cv2.circle(image, spot, 2 + 2 * thick, tone, -1, cv2.LINE_AA)
    cv2.polylines(image, [np.array([(0, 0), (0, height - 1), (width, height - 1)])], False, 0.0, thick)
    return image


def drawing(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """Lines and figures in outline, as of a plan or a figure of geometry."""
    image = np.full((height, width), 255, np.uint8)
    thick = max(1, min(width, height) // 150)
    for _ in range(int(rng.integers(3, 16))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        across, down = (
            max(3, int(rng.uniform(0.05, 0.4) * width)),
            max(3, int(rng.uniform(0.05, 0.4) * height)),
        )
        kind = int(rng.integers(3))
        if kind == 0:
            cv2.ellipse(image, (x, y), (across, down), 0.0, 0, 360, 0.0, thick, cv2.LINE_AA)
        elif kind == 1:
            cv2.rectangle(image, (x, y), (x + across, y + down), 0.0, thick)
        else:
            cv2.line(
                image, (x, y), (int(rng.integers(width)), int(rng.integers(height))), 0.0, thick, cv2.LINE_AA
            )
    return image


PICTURES: dict[str, Callable[[np.random.Generator, int, int], UInt8Array]] = {
    "photo": photo,
    "halftone": halftone,
    "plot": plot,
    "drawing": drawing,
    "barcode": barcode,
}


def seal(rng: np.random.Generator, size: int) -> UInt8Array:
    """(size, size) how much ink a stamp leaves: a ring or a square with strokes in it, nothing readable."""
    cover = np.zeros((size, size), np.uint8)
    thick, half = max(1, size // 25), size // 2
    if rng.random() < 0.7:
        cv2.circle(cover, (half, half), half - thick, 255.0, thick, cv2.LINE_AA)
    else:
        cv2.rectangle(cover, (thick, thick), (size - thick, size - thick), 255.0, thick)
    for _ in range(int(rng.integers(4, 14))):
        ends = rng.uniform(0.28, 0.72, (2, 2)) * size
        ends[1, int(rng.integers(2))] = ends[0, int(rng.integers(2))]
        first, last = np.rint(ends).astype(int).tolist()
        cv2.line(cover, first, last, 255.0, thick, cv2.LINE_AA)
    worn = np.clip(0.8 + 0.3 * smooth_field(rng, cover.shape, 8), 0.2, 1)
    return (cover * worn).astype(np.uint8)


def scribble(rng: np.random.Generator, width: int, height: int) -> UInt8Array:
    """(height, width) how much ink a signature or a doodle leaves."""
    cover = np.zeros((height, width), np.uint8)
    count = int(rng.integers(6, 16))
    x = np.linspace(0.05, 0.95, count) * width + rng.normal(0, 0.06 * width, count)
    y = rng.uniform(0.1, 0.9, count) * height
    places = np.linspace(0, count - 1, 16 * count)
    smooth = [
        cv2.GaussianBlur(np.interp(places, np.arange(count), line)[None], (0, 0), 6)[0] for line in (x, y)
    ]
    points = np.rint(np.stack(smooth, 1)).astype(np.int32)
    cv2.polylines(cover, [points], False, 255.0, max(1, height // 30), cv2.LINE_AA)
    return cover
