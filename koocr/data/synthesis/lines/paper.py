"""Tones: what paper looks like, and ink on it. All of it is made of numbers; no picture is read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from koocr.data.synthesis.lines.settings import PaperSettings
from koocr.data.synthesis.lines.typeset import Canvas

__all__ = ["Textures", "colour"]

UInt8Array = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

_BANK = (512, 4096)  # rows and columns of the textures that pieces are cut out of
_CLOUDS = ((6, 0.6), (24, 0.3), (96, 0.1))  # cells of a texture's height, and their shares


class Textures:
    """Fields of noise that pieces are cut out of: making noise anew for each line costs too much.

    Args:
        seed: other seeds, other noise.

    Attributes:
        grain: (512, 4096) normal numbers.
        clouds: (512, 4096) smooth, from about -1 to 1.
    """

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng([seed, 0x7E87])
        self.grain: FloatArray = rng.standard_normal(_BANK, dtype=np.float32)
        self.clouds: FloatArray = np.zeros(_BANK, np.float32)
        for cells, share in _CLOUDS:
            coarse = rng.standard_normal((cells, cells * _BANK[1] // _BANK[0]), dtype=np.float32)
            self.clouds += np.float32(share) * cv2.resize(coarse, _BANK[::-1], interpolation=cv2.INTER_CUBIC)

    def cut(self, field: FloatArray, rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
        """A piece of a field from any place, mirrored at random; repeated where the field is too small."""
        height, width = shape
        if height > _BANK[0] or width > _BANK[1]:
            field = np.tile(field, (-(-height // _BANK[0]), -(-width // _BANK[1])))
        top = int(rng.integers(field.shape[0] - height + 1))
        left = int(rng.integers(field.shape[1] - width + 1))
        piece = field[top : top + height, left : left + width]
        turn = int(rng.integers(4))
        return piece[:: 1 if turn & 1 else -1, :: 1 if turn & 2 else -1]


def colour(
    canvas: Canvas, rng: np.random.Generator, settings: PaperSettings, textures: Textures
) -> tuple[UInt8Array, float]:
    """Puts ink on paper.

    Returns:
        (H, W) uint8, tones as a camera sees them: mostly dark ink on light ground; and how many grey levels
        lie between the two, before light and texture.
    """
    is_plain = rng.random() < settings.plain
    paper, ink = _tones(rng, settings, is_plain=is_plain)
    contrast = paper - ink
    cover = canvas.ink
    if rng.random() < settings.dry_pen:
        cover = _dry(cover, rng, textures)
    ground: FloatArray | float = paper
    if not is_plain:
        ground = _ground(canvas, rng, settings, textures, paper, contrast)
    if canvas.behind is not None:
        ground = ground - canvas.behind * np.float32(contrast * rng.uniform(0.3, 1.0) / 255)
    picture = ground + (ink - ground) * (cover * np.float32(1 / 255))
    if not is_plain and rng.random() < settings.light:
        picture = picture * _light(rng, canvas.ink.shape)
    grey = np.clip(picture, 0, 255).astype(np.uint8)
    return (cv2.bitwise_not(grey) if rng.random() < settings.light_on_dark else grey), contrast


def _tones(rng: np.random.Generator, settings: PaperSettings, *, is_plain: bool) -> tuple[float, float]:
    """Grey levels of ground and ink, the ground lighter."""
    if is_plain:
        return float(rng.uniform(238, 255)), float(rng.uniform(0, 60))
    paper = 255 - 150 * float(rng.random()) ** 1.8  # most paper is light, and most ink dark on it
    least = min(settings.least_contrast, paper)
    return paper, (paper - least) * float(rng.random()) ** 1.6


def _ground(
    canvas: Canvas,
    rng: np.random.Generator,
    settings: PaperSettings,
    textures: Textures,
    paper: float,
    contrast: float,
) -> FloatArray:
    shape = canvas.ink.shape
    chances = rng.random(4)
    ground = np.full(shape, paper, np.float32)
    if chances[0] < settings.texture:
        ground += _texture(rng, textures, shape) * np.float32(contrast)
    if chances[1] < settings.pattern:
        ground -= _pattern(rng, shape) * np.float32(rng.uniform(0.08, 0.3) * contrast)
    if chances[2] < settings.picture:
        ground -= _picture(rng, shape) * np.float32(rng.uniform(0.1, 0.4) * contrast)
    if chances[3] < settings.show_through:
        back = cv2.GaussianBlur(
            cv2.flip(canvas.ink, int(rng.integers(-1, 2))), (0, 0), float(rng.uniform(0.8, 2))
        )
        ground -= np.roll(back, shape[1] // 3, 1) * np.float32(rng.uniform(0.05, 0.22) * contrast / 255)
    return ground


def _texture(rng: np.random.Generator, textures: Textures, shape: tuple[int, int]) -> FloatArray:
    """Grain, fibres or clouds, as shares of the contrast: what is as fine as strokes hides them first."""
    kind = rng.random()
    if kind < 0.4:
        return textures.cut(textures.clouds, rng, shape) * np.float32(rng.uniform(0.05, 0.25))
    grain = np.ascontiguousarray(textures.cut(textures.grain, rng, shape)) * np.float32(
        rng.uniform(0.02, 0.10)
    )
    if kind < 0.6:
        return grain
    size = (int(rng.integers(2, 9)), 2) if kind < 0.8 else (3, 3)  # fibres lie along
    return cv2.blur(grain, size) * np.float32(size[0] * size[1]) ** np.float32(0.5)


def _pattern(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Hatching or dots, 0 to 1."""
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    x = np.arange(shape[1], dtype=np.float32)[None, :]
    across, down = rng.normal(0, 1, 2) * rng.uniform(0.2, 0.9)
    wave = np.sin(np.float32(across) * x + np.float32(down) * y)
    if rng.random() < 0.4:
        wave = wave * np.sin(np.float32(down) * x - np.float32(across) * y)
    return np.clip(wave * np.float32(rng.uniform(0.5, 4)), 0, 1)


def _picture(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """Something that was photographed: areas, edges and stripes, more or less sharp, 0 to 1."""
    height, width = shape
    canvas = np.full(shape, int(rng.integers(0, 256)), np.uint8)
    for _ in range(int(rng.integers(3, 12))):
        tone = int(rng.integers(0, 256))
        center = int(rng.integers(width)), int(rng.integers(height))
        size = int(rng.integers(4, max(5, width // 3))), int(rng.integers(4, 2 * height + 5))
        kind = rng.integers(3)
        if kind == 0:
            cv2.ellipse(canvas, center, size, float(rng.uniform(0, 180)), 0, 360, tone, -1)
        elif kind == 1:
            corner = center[0] + size[0], center[1] + size[1]
            cv2.rectangle(canvas, center, corner, tone, -1)
        else:
            end = int(rng.integers(width)), int(rng.integers(-height, 2 * height))
            cv2.line(canvas, center, end, tone, int(rng.integers(1, 12)))
    smooth = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.8, 6)))
    return smooth * np.float32(1 / 255)


def _dry(ink: UInt8Array, rng: np.random.Generator, textures: Textures) -> UInt8Array:
    """Ink that lies unevenly: fine as of a pencil, or in patches as of worn type."""
    field = textures.grain if rng.random() < 0.6 else textures.clouds
    keeps = 255 * (1 - np.float32(rng.uniform(0.1, 0.55)) * np.abs(textures.cut(field, rng, ink.shape)))
    return cv2.multiply(ink, np.clip(keeps, 40, 255).astype(np.uint8), scale=1 / 255)


def _light(rng: np.random.Generator, shape: tuple[int, int]) -> FloatArray:
    """What light does to each tone: a ramp, or the edge of a shadow."""
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    across, down = rng.normal(0, 1.0), rng.normal(0, 0.4)
    field = np.float32(across) * x + np.float32(down) * y + np.float32(rng.normal(0, 0.3))
    if rng.random() < 0.45:
        field = np.tanh(field * np.float32(rng.uniform(3, 25)))
    shadow: FloatArray = np.clip((field + 1) / 2, 0, 1.3).astype(np.float32)
    return 1 - np.float32(rng.uniform(0.05, 0.35)) * shadow
