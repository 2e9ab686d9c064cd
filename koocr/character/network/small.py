"""The default network: few, dense 3×3 convolutions, fast on a CPU; see `koocr.training.folding`."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from koocr.character.network.blocks import channels
from koocr.character.network.heads import Features
from koocr.character.network.pooling import TwoScalePooling
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
    return _side_by_side(*_two_scales(x, settings, trained_block))


def folded_trunk(x: keras.KerasTensor, settings: CharacterSettings) -> Features:
    """The same function as `trunk`, one convolution a block; its weights come from `fold`.

    Where all heads have GWAP and nothing else looks at the map, both scales stay apart.
    """
    scales = _two_scales(x, settings, folded_block)
    return scales if _is_pooled(settings) else _side_by_side(*scales)


def _is_pooled(settings: CharacterSettings) -> bool:
    """Whether GWAP is all that looks at the map."""
    links = {settings.link(head) for head in settings.heads}
    return links == {"GWAP"} and not (settings.iterative_refinement or settings.adversarial)


def _two_scales(
    x: keras.KerasTensor, settings: CharacterSettings, block: Block
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """All blocks; the maps of the last two stages."""
    maps = []
    for name, filters, stride in _blocks(settings):
        if stride > 1:
            maps.append(x)
        x = block(x, name, filters, stride)
    return maps[-1], x


def _side_by_side(fine: keras.KerasTensor, coarse: keras.KerasTensor) -> keras.KerasTensor:
    """Both maps at the size of the finer one."""
    coarse = layers.UpSampling2D(2, name="coarse")(coarse)
    rest = coarse.shape[1] - fine.shape[1]  # 1 where the finer map has an odd number of places
    if rest:
        coarse = layers.Cropping2D(((0, rest), (0, rest)), name="coarse_cut")(coarse)
    return layers.Concatenate(name="two_scales")([fine, coarse])


def fold(trained: keras.Model, folded: keras.Model, settings: CharacterSettings) -> None:
    """Gives a model on `folded_trunk` the function of one on `trunk`; the heads' weights are copied."""
    apart = {}
    for layer in folded.layers:
        if isinstance(layer, TwoScalePooling):
            pools = [trained.get_layer(f"{head}_pool").get_weights()[0] for head in settings.heads]
            apart[layer.name] = _apart(np.stack(pools), layer.pool_weights[0].shape[-1])
    fold_blocks(trained, folded, [name for name, _, _ in _blocks(settings)], others=apart)


def _apart(pools: np.ndarray, num_fine: int) -> list[np.ndarray]:
    """GWAP's weights for both maps side by side, (heads, h, w, C), as `TwoScalePooling` has them.

    The coarser map's are sums over the copies that stretching makes of a place, and of means over fewer
    places.
    """
    heads, height, width, _ = pools.shape
    fine, coarse = pools[..., :num_fine], pools[..., num_fine:]
    coarse = np.pad(coarse, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
    half_height, half_width = coarse.shape[1] // 2, coarse.shape[2] // 2
    sums = coarse.reshape(heads, half_height, 2, half_width, 2, -1).sum((2, 4))
    sums *= half_height * half_width / (height * width)
    return [part.reshape(heads, -1, part.shape[-1]) for part in (fine, sums)]


def _blocks(settings: CharacterSettings) -> list[tuple[str, int, int]]:
    """(name, channels, stride) of each block."""
    return [
        (f"stage{stage}_{number}", channels(filters, settings), stride if number == 1 else 1)
        for stage, (filters, count, stride) in enumerate(STAGES, start=1)
        for number in range(1, count + 1)
    ]
