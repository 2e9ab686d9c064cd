"""The networks that read one character, as Keras 3 graphs that every backend can run.

A trunk is a function (x, settings) -> feature map; `heads` turns the map into logits. Add a trunk: write it
in a file of its own, name it in `koocr.character.settings.NETWORK_NAMES` and in `NETWORKS`, and the contract
test covers it.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from koocr.character.network import afl, efficient, inception_resnet, melnyk, mobilenet, small, vgg
from koocr.character.network.blocks import DirectionMaps
from koocr.character.network.heads import Features, build_heads, head_of
from koocr.character.settings import CharacterSettings

Trunk = Callable[[keras.KerasTensor, CharacterSettings], Features]

NETWORKS: dict[str, Trunk] = {
    "small": small.trunk,
    "melnyk": melnyk.trunk,
    "VGG16": vgg.trunk,
    "inception-resnet": inception_resnet.trunk,
    "mobilenet": mobilenet.trunk,
    "efficient-net": efficient.trunk,
    "afl": afl.trunk,
}


def build_network(settings: CharacterSettings, *, trunk: Trunk | None = None) -> keras.Model:
    """Builds the network that the settings describe, with fresh weights.

    Args:
        settings: what to build.
        trunk: in the place of the registered one, e.g. its form for export.

    Returns:
        A model from "image", float (N, S, S, 1) with ink 1 and ground 0, to a dict of float32 logits, see
        `koocr.character.network.heads`. Its layer "features" gives the trunk's map, for class activation
        maps.
    """
    size = settings.image_size
    image = keras.Input((size, size, 1), name="image")
    x = DirectionMaps(name="direction_maps")(image) if settings.direct_map else image
    features = (trunk or NETWORKS[settings.network])(x, settings)
    if not isinstance(features, tuple):
        features = layers.Activation("linear", name="features")(features)
    return keras.Model(image, build_heads(features, settings), name="character")


def reading_network(model: keras.Model) -> keras.Model:
    """The part of a network that reading needs: neither early refinement steps nor "kind".

    It shares its weights with the whole network.
    """
    outputs = {name: output for name, output in model.output.items() if name == head_of(name) != "kind"}
    return keras.Model(model.input, outputs, name=model.name)
