"""Small, skewed, blurred, noisy pictures for tests.

Written apart from the training's augmentation and with another library (Pillow), on purpose: a test that uses
the noise that training used flatters the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from koocr.image import GreyImage

__all__ = ["Degradation", "degrade"]


@dataclass(frozen=True)
class Degradation:
    """The ranges that each picture's faults are drawn from, uniformly.

    The defaults are those of the published figures; changing them makes another test.

    Attributes:
        em_px: height of the em after shrinking, whole pixels, both ends included.
        angle_deg: skew, to either side.
        blur_px: standard deviation of the Gaussian blur, in pixels of the small picture.
        ink: grey level of black.
        paper: grey level of white.
        noise: standard deviation of the normal noise, in grey levels.
        jpeg_quality: whole numbers, both ends included.
    """

    em_px: tuple[int, int] = (20, 32)
    angle_deg: tuple[float, float] = (-7.0, 7.0)
    blur_px: tuple[float, float] = (0.2, 0.8)
    ink: tuple[float, float] = (0.0, 80.0)
    paper: tuple[float, float] = (190.0, 255.0)
    noise: tuple[float, float] = (2.0, 12.0)
    jpeg_quality: tuple[int, int] = (40, 80)


def degrade(
    image: GreyImage, rng: np.random.Generator, *, em_px: float, ranges: Degradation | None = None
) -> GreyImage:
    """Makes a bad picture of a clean one: skewed, shrunk, blurred, faded, noisy, and saved as JPEG.

    Args:
        image: (H, W), black on white.
        rng: draws the faults; equal states give equal pictures.
        em_px: the type size that the glyph was drawn at. A size of 20 means letters of about 18 pixels.
        ranges: how bad.

    Returns:
        (h, w), smaller.
    """
    ranges = ranges or Degradation()
    skewed = _skew(Image.fromarray(image), float(rng.uniform(*ranges.angle_deg)))
    small = _shrink(skewed, int(rng.integers(*ranges.em_px, endpoint=True)) / em_px)
    blurred = small.filter(ImageFilter.GaussianBlur(float(rng.uniform(*ranges.blur_px))))
    noisy = _fade_and_add_noise(blurred, rng, ranges)
    return _through_jpeg(noisy, int(rng.integers(*ranges.jpeg_quality, endpoint=True)))


def _skew(image: Image.Image, angle_deg: float) -> Image.Image:
    return image.rotate(angle_deg, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _shrink(image: Image.Image, scale: float) -> Image.Image:
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BILINEAR)  # Pillow widens the filter: no aliasing


def _fade_and_add_noise(image: Image.Image, rng: np.random.Generator, ranges: Degradation) -> Image.Image:
    ink, paper = rng.uniform(*ranges.ink), rng.uniform(*ranges.paper)
    tones = ink + np.asarray(image, dtype=np.float64) * ((paper - ink) / 255)
    tones += rng.normal(0.0, rng.uniform(*ranges.noise), size=tones.shape)
    return Image.fromarray(np.clip(np.rint(tones), 0, 255).astype(np.uint8))


def _through_jpeg(image: Image.Image, quality: int) -> GreyImage:
    stream = BytesIO()
    image.save(stream, "JPEG", quality=quality)
    with Image.open(stream) as decoded:
        return np.asarray(decoded.convert("L"))
