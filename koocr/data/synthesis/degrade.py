"""The picture: low resolution, blur, noise, JPEG, uneven light, inversion."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.settings import AugmentationSettings

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.int64]

_UPSAMPLING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_INK_SHARE = 52 / 64
_NUM_SIGMAS = 64
"""Blurs of the widest range of standard deviations, so fine that none is missed."""
_NOISE_STEP = 36
"""Grey levels of the noise field per standard deviation: three and a half of them fit into a byte."""


def degrade(images: UInt8Array, rng: np.random.Generator, settings: AugmentationSettings) -> None:
    """Takes some quality from each image of a batch, in place.

    What a camera does comes first (resolution, light, blur, noise, JPEG), at the resolution that the
    picture had; then the image is enlarged and its contrast stretched, as the ink finder does.

    Args:
        images: (N, S, S) uint8, ink bright on 0.
        rng: source of all chance.
        settings: how often and how strongly.
    """
    count = len(images)
    is_bad = rng.random(count) < settings.bad_picture

    def chosen(chance: float, if_bad: float) -> IntArray:
        return np.flatnonzero(rng.random(count) < np.where(is_bad, if_bad, chance))

    works = list(images)  # views at first; what a step makes anew takes a view's place
    _lower_resolution(works, chosen(settings.low_resolution, 1.0), rng, settings.min_size_px)
    _blur(works, chosen(settings.blur, 1.0), rng, images.shape[1])
    _light(works, chosen(settings.uneven_light, settings.uneven_light), rng)
    noisy = chosen(settings.noise, 1.0)
    _stretch_and_add_noise(works, np.arange(count) if settings.noise else noisy, noisy, rng, images.shape[1])
    _jpeg(works, chosen(settings.jpeg, 0.7), rng)
    _put_back(works, images, rng)
    for row in chosen(settings.inverted, settings.inverted):
        cv2.bitwise_not(images[row], dst=images[row])


def _lower_resolution(
    works: list[UInt8Array], chosen: IntArray, rng: np.random.Generator, min_size_px: int
) -> None:
    size = works[0].shape[0] if works else 0
    largest = 0.75 * size * _INK_SHARE
    sides = np.rint(rng.uniform(min(min_size_px, largest), largest, len(chosen)) / _INK_SHARE)
    for row, side in zip(
        chosen.tolist(), np.clip(sides, min(8, size), size).astype(int).tolist(), strict=True
    ):
        works[row] = cv2.resize(works[row], (side, side), interpolation=cv2.INTER_AREA)


def _blur(works: list[UInt8Array], chosen: IntArray, rng: np.random.Generator, size: int) -> None:
    """A lens out of focus, or a camera that moved."""
    numbers = rng.random((len(chosen), 3)).tolist()
    for row, (kind, strength, turn) in zip(chosen.tolist(), numbers, strict=True):
        work = works[row]
        is_small = work.shape[0] < size
        if kind < 0.15:  # a moved camera
            length = 2 + int((2 if is_small else 4) * strength)
            works[row] = cv2.blur(work, (length, 1) if turn < 0.5 else (1, length))
        else:
            kernel = _bells(0.9 if is_small else 1.7)[int(_NUM_SIGMAS * strength)]
            works[row] = cv2.sepFilter2D(work, -1, kernel, kernel)


@lru_cache(maxsize=2)
def _bells(most: float) -> tuple[NDArray[np.float32], ...]:
    """Gaussian kernels of standard deviations from 0.3 to `most`, as wide as OpenCV makes them for bytes."""
    sigmas = 0.3 + (most - 0.3) * (np.arange(_NUM_SIGMAS) + 0.5) / _NUM_SIGMAS
    return tuple(cv2.getGaussianKernel(round(6 * sigma + 1) | 1, sigma, cv2.CV_32F) for sigma in sigmas)


def _light(works: list[UInt8Array], chosen: IntArray, rng: np.random.Generator) -> None:
    """What the ink finder leaves of uneven light: a faint ramp or the soft edge of a shadow."""
    slopes = rng.normal(0, (1, 1, 0.3), (len(chosen), 3)).astype(np.float32)
    numbers = rng.random((len(chosen), 4)).tolist()
    for row, (across, down, level), (kind, edge, depth, veiled) in zip(
        chosen.tolist(), slopes, numbers, strict=True
    ):
        work = works[row]
        axis = _axis(work.shape[0])
        field = np.add.outer(down * axis + level, across * axis)
        if kind < 0.5:
            field *= np.float32(2 + 6 * edge)
            np.tanh(field, out=field)  # a shadow's edge
        veil = cv2.addWeighted(field, 5 + 35 * depth, field, 0, 0, dtype=cv2.CV_8U)  # nothing below 0
        cv2.threshold(veil, 90, 0, cv2.THRESH_TRUNC, dst=veil)
        faded = cv2.multiply(work, cv2.bitwise_not(veil), scale=1 / 255)
        works[row] = cv2.add(faded, veil) if veiled < 0.6 else faded


@lru_cache(maxsize=256)
def _axis(length: int) -> NDArray[np.float32]:
    return np.linspace(-1, 1, length, dtype=np.float32)


def _stretch_and_add_noise(
    works: list[UInt8Array], stretched: IntArray, noisy: IntArray, rng: np.random.Generator, size: int
) -> None:
    """Stretches the contrast to about full range, as the ink finder does, and adds fine or grainy noise."""
    gains = np.exp(rng.normal(0.05, 0.15, len(works))).tolist()
    sigmas = np.zeros(len(works))
    sigmas[noisy] = 255 * 0.18 * rng.random(len(noisy)) ** 2 * rng.choice([-1, 1], len(noisy))
    is_grainy = rng.random(len(works)) < 0.3
    levels = (np.where(is_grainy, 0.8, 1.0) / _NOISE_STEP * sigmas).tolist()
    corners = rng.integers(0, _noise(size).shape[1] - size, (len(works), 2)).tolist()
    for row in stretched.tolist():
        work, level, (top, left) = works[row], levels[row], corners[row]
        gain = gains[row] * 255 / max(30.0, cv2.norm(work, cv2.NORM_INF))
        if level == 0:
            cv2.convertScaleAbs(work, dst=work, alpha=gain)
            continue
        side = work.shape[0]
        noise = _noise(size)[int(is_grainy[row]), top : top + side, left : left + side]
        cv2.addWeighted(work, gain, noise, level, -128 * level, dst=work)


@lru_cache(maxsize=4)
def _noise(size: int) -> UInt8Array:
    """(2, 6·size, 6·size) fields of normal noise around 128, fine and grainy, of which each image has a cut.

    They are the same in every run: another cut is as good as other noise, and costs nothing.
    """
    side = 6 * size
    fine = np.random.default_rng(0).standard_normal((side, side), np.float32)
    grainy = 2 * cv2.blur(fine, (2, 2))  # a mean of four has half the standard deviation
    levels = np.rint(128 + _NOISE_STEP * np.stack([fine, grainy]))
    return np.clip(levels, 0, 255).astype(np.uint8)


def _jpeg(works: list[UInt8Array], chosen: IntArray, rng: np.random.Generator) -> None:
    for row, quality in zip(chosen.tolist(), rng.integers(12, 70, len(chosen)).tolist(), strict=True):
        page = cv2.bitwise_not(works[row])
        _, encoded = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])
        works[row] = cv2.bitwise_not(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))


def _put_back(works: list[UInt8Array], images: UInt8Array, rng: np.random.Generator) -> None:
    """Enlarges the works that are small, and writes those that are made anew over the images."""
    size = images.shape[1]
    modes = rng.integers(0, len(_UPSAMPLING), len(works)).tolist()
    for work, image, mode in zip(works, images, modes, strict=True):
        if work.shape[0] != size:
            cv2.resize(work, (size, size), dst=image, interpolation=_UPSAMPLING[mode])
        elif not np.may_share_memory(work, image):
            image[:] = work
