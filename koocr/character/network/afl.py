"""The feature extractor of adversarial feature learning."""

from __future__ import annotations

import keras

from koocr.character.network.blocks import channels, conv_bn
from koocr.character.settings import CharacterSettings

STAGES = (96, 128, 160, 256)


def trunk(x: keras.KerasTensor, settings: CharacterSettings) -> keras.KerasTensor:
    """Pairs of 3×3 convolutions, the second of stride 2, and one more: (N, S, S, c) to (N, S/16, S/16, 256).

    Zhang, Liang, Nie, Liu, Peng, "Robust offline handwritten character recognition through exploring
    writer-independent features under the guidance of printed data" (Pattern Recognition Letters 106, 2018,
    section 3); the last convolution is padded here, which leaves 4×4 positions at 64 px in the place of 2×2.
    Their discriminator comes with `settings.adversarial`, for every trunk.
    """
    for stage, width in enumerate(STAGES, start=1):
        for number, stride in ((1, 1), (2, 2)):
            name = f"stage{stage}_{number}"
            x = conv_bn(x, channels(width, settings), stride=stride, name=name, activation="leaky_relu")
    return conv_bn(x, channels(STAGES[-1], settings), name="last", activation="leaky_relu")
