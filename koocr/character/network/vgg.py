"""VGG16."""

from __future__ import annotations

import keras
from keras import layers

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Thirteen 3×3 convolutions with max pooling between the stages: (N, S, S, c) to (N, S/16, S/16, 512).

    Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015,
    configuration D), with batch normalisation, without which it hardly trains from scratch, and without the
    last pooling, which would leave 2×2 positions of a 64 px image.
    """
    for stage, widths in enumerate(STAGES, start=1):
        if stage > 1:
            x = layers.MaxPooling2D(2, padding="same", name=f"stage{stage}_pool")(x)
        for number, width in enumerate(widths, start=1):
            x = conv_bn(x, channels(width, settings), name=f"stage{stage}_{number}")
    return x
