"""The default network: few, dense 3×3 convolutions, fast on a CPU; see `koocr.training.folding`."""

from __future__ import annotations

import keras
from keras import layers

from koocr.character.network.blocks import channels
from koocr.character.settings import CharacterSettings
from koocr.training.folding import Block, folded_block, trained_block
from koocr.training.folding import fold as fold_blocks

STAGES = ((32, 1, 2), (64, 2, 2), (128, 5, 2), (256, 3, 2))
"""Channels, blocks and first stride of each stage; the first is the stem.

The heads see the last two stages side by side: the last, at a sixteenth of the image, has most of the
knowledge at a quarter of the cost, and the one before still tells places apart, so that under GWAP each jamo
has places of its own. The last alone, and a last stage at an eighth with fewer channels, were both worse in
equal time.
"""


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """(N, S, S, c) to (N, S/8, S/8, 128 + 256): the maps of the last two stages."""
    return _two_scales(x, settings, trained_block)


def folded_trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """The same function as `trunk`, one convolution a block; its weights come from `fold`."""
    return _two_scales(x, settings, folded_block)


def _two_scales(x: keras.KerasTensor, settings: CharacterSettings, block: Block) -> keras.KerasTensor:
    """All blocks; the last two stages' maps side by side, at the size of the finer one."""
    maps = []
    for name, filters, stride in _blocks(settings):
        if stride > 1:
            maps.append(x)
        x = block(x, name, filters, stride)
    fine, coarse = maps[-1], layers.UpSampling2D(2, name="coarse")(x)
    rest = coarse.shape[1] - fine.shape[1]  # 1 where the finer map has an odd number of places
    if rest:
        coarse = layers.Cropping2D(((0, rest), (0, rest)), name="coarse_cut")(coarse)
    return layers.Concatenate(name="two_scales")([fine, coarse])


def fold(trained: keras.Model, folded: keras.Model, settings: CharacterSettings) -> None:
    """Gives a model on `folded_trunk` the function of one on `trunk`; the heads' weights are copied."""
    fold_blocks(trained, folded, [name for name, _, _ in _blocks(settings)])


def _blocks(settings: CharacterSettings) -> list[tuple[str, int, int]]:
    """(name, channels, stride) of each block."""
    return [
        (f"stage{stage}_{number}", channels(filters, settings), stride if number == 1 else 1)
        for stage, (filters, count, stride) in enumerate(STAGES, start=1)
        for number in range(1, count + 1)
    ]
