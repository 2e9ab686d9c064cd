"""Melnyk-Net, the reference."""

from __future__ import annotations

import keras

from koocr.character.network.blocks import AveragePooling3x3, channels, conv_bn
from koocr.character.settings import CharacterSettings

STAGES = ((64, 64), (96, 64, 96), (128, 96, 128), (256, 192, 256), (448, 256, 448))
"""Channels of the 3×3 convolutions; the narrow one in the middle of a stage is its bottleneck."""


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Five stages of 3×3 convolutions with average pooling between: (N, S, S, c) to (N, S/16, S/16, 448).

    Melnyk, You, Li, "A high-performance CNN method for offline handwritten Chinese character recognition and
    visualization" (2020, arXiv 1812.11489), table 1; they read 96×96 pixels and pool with GWAP.
    """
    for stage, widths in enumerate(STAGES, start=1):
        if stage > 1:
            x = AveragePooling3x3(name=f"stage{stage}_pool")(x)
        for number, width in enumerate(widths, start=1):
            x = conv_bn(x, channels(width, settings), name=f"stage{stage}_{number}")
    return x
