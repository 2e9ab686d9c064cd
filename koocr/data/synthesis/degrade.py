"""The picture: low resolution, blur, noise, JPEG, uneven light, inversion."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

UInt8Array = NDArray[np.uint8]

_UPSAMPLING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_INK_SHARE = 52 / 64


def degrade(images: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Takes some quality from each image of a batch, in place.

    What a camera does comes first (resolution, light, blur, noise, JPEG), at the resolution that the
    picture had; then the image is enlarged and its contrast stretched, as the ink finder does.

    Args:
        images: (N, S, S) uint8, ink bright on 0.
        rng: source of all chance.
        settings: how often and how strongly.
    """
    size = images.shape[1]
    noise_bank = _noise_bank(rng, size) if settings.noise or settings.bad_picture else None
    all_at_once = replace(settings, low_resolution=1.0, blur=1.0, noise=1.0, jpeg=0.7)
    for image in images:
        chances = all_at_once if rng.random() < settings.bad_picture else settings
        small = _lower_resolution(image, rng, chances)
        work = image if small is None else small
        work = _blur(work, rng, chances, is_small=small is not None)
        work = _light(work, rng, chances)
        work = _contrast_and_noise(work, rng, chances, noise_bank)
        if rng.random() < chances.jpeg:
            work = _jpeg(work, rng)
        if work.shape[0] != size:
            work = cv2.resize(work, (size, size), interpolation=_UPSAMPLING[rng.integers(len(_UPSAMPLING))])
        if rng.random() < settings.inverted:
            work = cv2.bitwise_not(work)
        if work is not image:
            image[:] = work


def _lower_resolution(
    image: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings
) -> UInt8Array | None:
    if rng.random() >= settings.low_resolution:
        return None
    size = image.shape[0]
    largest = 0.75 * size * _INK_SHARE
    ink_px = rng.uniform(min(settings.min_size_px, largest), largest)
    side = min(size, max(8, round(ink_px / _INK_SHARE)))
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def _blur(
    image: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings, *, is_small: bool
) -> UInt8Array:
    if rng.random() >= settings.blur:
        return image
    if rng.random() < 0.15:  # a moved camera
        length = int(rng.integers(2, 4 if is_small else 6))
        return cv2.blur(image, (length, 1) if rng.random() < 0.5 else (1, length))
    sigma = rng.uniform(0.3, 0.9 if is_small else 1.7)
    return cv2.GaussianBlur(image, (0, 0), sigma)


def _light(image: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> UInt8Array:
    """What the ink finder leaves of uneven light: a faint ramp or the soft edge of a shadow."""
    if rng.random() >= settings.uneven_light:
        return image
    side = image.shape[0]
    axis = np.linspace(-1, 1, side, dtype=np.float32)
    across, down = rng.normal(0, 1, 2)
    field = across * axis[None, :] + down * axis[:, None] + rng.normal(0, 0.3)
    if rng.random() < 0.5:
        field = np.tanh(field * rng.uniform(2, 8))  # a shadow's edge
    veil = np.clip(field * rng.uniform(5, 40), 0, 90).astype(np.uint8)
    faded = cv2.multiply(image, 255 - veil, scale=1 / 255)
    return cv2.add(faded, veil) if rng.random() < 0.6 else faded


def _noise_bank(rng: np.random.Generator, size: int) -> NDArray[np.int16]:
    """One field of normal noise with standard deviation 256, from which each image takes its own cut."""
    return (rng.standard_normal((4 * size, 4 * size), dtype=np.float32) * 256).astype(np.int16)


def _contrast_and_noise(
    image: UInt8Array,
    rng: np.random.Generator,
    settings: AugmentationSettings,
    bank: NDArray[np.int16] | None,
) -> UInt8Array:
    """Stretches the contrast to about full range, as the ink finder does, and adds fine or grainy noise."""
    peak = max(30.0, float(image.max()))
    gain = 255 / peak * float(np.exp(rng.normal(0.05, 0.15)))
    if bank is None or rng.random() >= settings.noise:
        return cv2.convertScaleAbs(image, alpha=gain) if settings.noise else image
    side = image.shape[0]
    top, left = rng.integers(0, bank.shape[0] - side, 2)
    sigma = 255 * 0.18 * rng.random() ** 2
    noise = bank[top : top + side, left : left + side]
    if rng.random() < 0.3:
        noise = cv2.blur(noise, (2, 2))
        sigma *= 1.6
    noisy = cv2.addWeighted(image.astype(np.int16), gain, noise, sigma / 256, 0)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _jpeg(image: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    quality = int(rng.integers(12, 70))
    _, encoded = cv2.imencode(".jpg", cv2.bitwise_not(image), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.bitwise_not(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
