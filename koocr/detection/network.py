"""koocr's own text detector: a thin trunk, maps of four scales that meet, probability and threshold of text.

DBNet (Liao et al., "Real-time scene text detection with differentiable binarization", 2020) with a trunk of
blocks that read as plain 3×3 convolutions, which CPUs do best. Little is done where maps are large: the two
convolutions of the stem come down to a quarter of the page at once, and the heads double what they find there
in one step.
"""

from __future__ import annotations

import keras
from keras import layers

from koocr.detection.settings import DetectorSettings
from koocr.training.folding import Block, folded_block, trained_block

__all__ = ["OUTPUTS", "block_names", "build_network", "folded_block"]

STEM = 12
STAGES = ((24, 2), (48, 3), (96, 4), (128, 4))
"""Channels and blocks of the stages at a quarter, an eighth, … of the page; a first block halves the map."""
OUTPUTS = ("probability", "threshold")


def build_network(settings: DetectorSettings, *, block: Block = trained_block) -> keras.Model:
    """Builds the detector with fresh weights.

    Args:
        settings: what to build.
        block: `trained_block`, or `folded_block` for reading.

    Returns:
        A model from (N, H, W, 1) grey, 0 black to 1 white, H and W multiples of 32, to logits by name,
        float32 (N, H / 2, W / 2, 1): "probability" that the core of a text unit is there, and the "threshold"
        that it is held against (only for training).
    """
    image = keras.Input((None, None, 1), name="image")
    x = _neck(_trunk(image, settings, block), settings, block)
    outputs = {name: _head(x, settings, block, name) for name in OUTPUTS}
    return keras.Model({"image": image}, outputs, name="detector")


def block_names(settings: DetectorSettings) -> list[str]:
    """The names of all blocks, for folding."""
    stages = [f"stage{stage}_{number}" for stage, number, *_ in _blocks(settings)]
    return ["stem", *stages, "meet8", "meet4", *(f"{name}_smooth" for name in OUTPUTS)]


def _trunk(x: keras.KerasTensor, settings: DetectorSettings, block: Block) -> list[keras.KerasTensor]:
    """The last map of each stage, the largest first."""
    x = block(x, "stem", _channels(STEM, settings), 2)  # (N, H / 2, W / 2, C)
    maps: list[keras.KerasTensor] = []
    for stage, number, filters in _blocks(settings):
        x = block(x, f"stage{stage}_{number}", filters, 2 if number == 1 else 1)
        if number == STAGES[stage - 1][1]:
            maps.append(x)
    return maps


def _neck(maps: list[keras.KerasTensor], settings: DetectorSettings, block: Block) -> keras.KerasTensor:
    """(N, H / 4, W / 4, head channels): the deeper maps meet at an eighth, and that with the first one."""
    units = settings.neck_channels
    lateral = [_project(x, units, f"lateral{2 ** (place + 3)}") for place, x in enumerate(maps[1:])]
    x = lateral[-1]
    for place in (1, 0):
        x = layers.UpSampling2D(2, interpolation="nearest", name=f"up{2 ** (place + 3)}")(x)
        x = layers.Add(name=f"add{2 ** (place + 3)}")([lateral[place], x])
    x = block(x, "meet8", 2 * settings.head_channels, 1)
    x = layers.UpSampling2D(2, interpolation="nearest", name="up4")(
        _project(x, settings.head_channels, "down4")
    )
    x = layers.Add(name="add4")([_project(maps[0], settings.head_channels, "lateral4"), x])
    return block(x, "meet4", settings.head_channels, 1)


def _project(x: keras.KerasTensor, units: int, name: str) -> keras.KerasTensor:
    return layers.Conv2D(units, 1, kernel_initializer="he_normal", name=name)(x)


def _head(x: keras.KerasTensor, settings: DetectorSettings, block: Block, name: str) -> keras.KerasTensor:
    """(N, H / 2, W / 2, 1) logits: four of each place of its map."""
    x = block(x, f"{name}_smooth", settings.head_channels, 1)
    return layers.Conv2DTranspose(1, 2, strides=2, dtype="float32", name=name)(x)


def _blocks(settings: DetectorSettings) -> list[tuple[int, int, int]]:
    """Stage, number in it, and channels."""
    return [
        (stage, number, _channels(filters, settings))
        for stage, (filters, count) in enumerate(STAGES, start=1)
        for number in range(1, count + 1)
    ]


def _channels(count: int, settings: DetectorSettings) -> int:
    return count if settings.width == 1.0 else max(4, round(count * settings.width / 4) * 4)
