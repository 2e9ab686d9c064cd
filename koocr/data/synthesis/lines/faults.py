"""What cameras, scanners and messengers do to a picture of a line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.paper import Textures
from koocr.data.synthesis.lines.settings import FaultSettings

__all__ = ["spoil"]

UInt8Array = NDArray[np.uint8]

_ENLARGING = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR, cv2.INTER_NEAREST)
_REFERENCE_PX = 32  # the em that blurs are named for
_NOISE, _NOISE_PER_PX = 0.33, 0.009  # most noise over contrast; small letters bear less
_LEAST_BILEVEL_PX = 22  # smaller letters need their grey edges
_MOST_ENLARGED_PX = 72  # nobody needs letters that are larger


def spoil(
    picture: UInt8Array,
    rng: np.random.Generator,
    settings: FaultSettings,
    *,
    em_px: float,
    contrast: float,
    textures: Textures,
) -> tuple[UInt8Array, float]:
    """Takes some quality from a picture.

    Args:
        picture: (H, W) grey.
        rng: source of all chance.
        settings: how often and how much.
        em_px: size of the letters.
        contrast: grey levels between ink and ground; noise is weaker where there are few.
        textures: noise.

    Returns:
        The picture, and how much larger it is than before: programs enlarge small ones.
    """
    chances = rng.random(7)
    picture = _blur(picture, rng, settings, em_px, chances)
    if chances[2] < settings.noise:
        most = min(settings.most_noise, contrast * min(_NOISE, _NOISE_PER_PX * em_px))
        picture = _noise(picture, rng, textures, spread=most * float(rng.random()) ** 2)
    if chances[3] < settings.sharpened:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
        amount = float(rng.uniform(0.5, 2.0))
        picture = cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)
    if chances[4] < settings.bilevel and em_px >= _LEAST_BILEVEL_PX:
        picture = _bilevel(picture, rng)
    if chances[5] < settings.jpeg:
        picture = _jpeg(picture, int(rng.integers(*settings.jpeg_quality, endpoint=True)))
    scale = 1.0
    if chances[6] < settings.enlarged and em_px < _MOST_ENLARGED_PX / 1.3:
        scale = float(rng.uniform(1.3, min(3.0, _MOST_ENLARGED_PX / em_px)))
        mode = _ENLARGING[rng.integers(len(_ENLARGING))]
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=mode)
    return picture, scale


def _blur(
    picture: UInt8Array,
    rng: np.random.Generator,
    settings: FaultSettings,
    em_px: float,
    chances: NDArray[np.float64],
) -> UInt8Array:
    if settings.fixed_blur:
        picture = cv2.GaussianBlur(picture, (0, 0), settings.fixed_blur * em_px)
    if chances[0] < settings.blur:
        spread = float(rng.uniform(0.3, 1.0)) * settings.most_blur_px * em_px / _REFERENCE_PX
        picture = cv2.GaussianBlur(picture, (0, 0), max(0.25, spread))
    if chances[1] < settings.motion:
        length = max(2, round(float(rng.uniform(0.05, 0.12)) * em_px))
        picture = cv2.blur(picture, (length, 1) if rng.random() < 0.6 else (1, length))
    return picture


def _noise(picture: UInt8Array, rng: np.random.Generator, textures: Textures, *, spread: float) -> UInt8Array:
    """Fine or grainy noise."""
    grain = textures.cut(textures.grain, rng, picture.shape)
    if rng.random() < 0.3:
        grain = cv2.blur(np.ascontiguousarray(grain), (2, 2)) * np.float32(1.6)
    return np.clip(picture + grain * np.float32(spread), 0, 255).astype(np.uint8)


def _bilevel(picture: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Two tones, parted about halfway between ink and ground (Otsu, 1979), so that thin strokes stay."""
    _, is_light = cv2.threshold(picture, 0, 255, cv2.THRESH_OTSU)
    light, dark = cv2.mean(picture, is_light)[0], cv2.mean(picture, cv2.bitwise_not(is_light))[0]
    bound = dark + float(rng.uniform(0.4, 0.6)) * (light - dark)
    return cv2.threshold(picture, bound, 255, cv2.THRESH_BINARY)[1]


def _jpeg(picture: UInt8Array, quality: int) -> UInt8Array:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)
