"""From a feature map (N, h, w, C) to one vector (N, D) per image: the links between trunk and heads.

All of them compute in float32, whatever the precision of the trunk: the sums run over the whole map.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from koocr.character.network.blocks import Shape


@keras.saving.register_keras_serializable(package="koocr")
class GlobalWeightedAveragePooling2D(layers.Layer):
    """GWAP: each channel averaged under its own learnt map of weights.

    y[c] = mean over (i, j) of w[i, j, c] · x[i, j, c], with w = 1 at the start, where it equals GAP. Li,
    Teng, Jin, Lu, "Building efficient CNN architecture for offline handwritten Chinese character recognition"
    (2018, arXiv 1804.01259); used as here by Melnyk, You, Li (arXiv 1812.11489), who take the sum for the
    mean: the same functions, with a scale that does not grow with the map.
    """

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, (h, w, C)."""
        self.pool_weight = self.add_weight(name="pool_weight", shape=input_shape[1:], initializer="ones")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """(N, h, w, C) to (N, C)."""
        return ops.mean(inputs * self.pool_weight, axis=(1, 2))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, C)."""
        return (input_shape[0], input_shape[-1])


@keras.saving.register_keras_serializable(package="koocr")
class GlobalWeightedOutputAveragePooling2D(layers.Layer):
    """GWOAP: each channel averaged, then scaled by one learnt weight.

    y[c] = w[c] · mean over (i, j) of x[i, j, c], with w = 1 at the start, where it equals GAP. Melnyk, You,
    Li, "A high-performance CNN method for offline handwritten Chinese character recognition and
    visualization" (2020, arXiv 1812.11489, section 3), with the mean for their sum.
    """

    def build(self, input_shape: Shape) -> None:
        """Makes the weights, (C,)."""
        self.pool_weight = self.add_weight(name="pool_weight", shape=(input_shape[-1],), initializer="ones")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """(N, h, w, C) to (N, C)."""
        return ops.mean(inputs, axis=(1, 2)) * self.pool_weight

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, C)."""
        return (input_shape[0], input_shape[-1])


@keras.saving.register_keras_serializable(package="koocr")
class TwoScalePooling(layers.Layer):
    """GWAP for several heads at once, of a map and a coarser one that is not stretched to lie beside it.

    What GWAP makes of a stretched map is a weighted mean of the map itself: each of its places weighs what
    its copies weigh together. See `koocr.character.network.small.fold`.

    Called on [(N, h, w, C), (N, h', w', C')]; returns (N, heads, C + C').

    Args:
        heads: how many.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, heads: int, **kwargs: Any) -> None:
        """Sets the number of heads."""
        super().__init__(**kwargs)
        self.heads = heads

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the weights, (heads, places, channels) of each map."""
        self.pool_weights = [
            self.add_weight(
                name=f"pool_weight_{number}", shape=(self.heads, height * width, count), initializer="ones"
            )
            for number, (_, height, width, count) in enumerate(input_shape)
        ]

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """See the class."""
        means = [
            ops.mean(ops.reshape(x, (-1, 1, *weight.shape[1:])) * weight, axis=2)  # (N, heads, channels)
            for x, weight in zip(inputs, self.pool_weights, strict=True)
        ]
        return ops.concatenate(means, axis=-1)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """(N, heads, channels of both)."""
        return (input_shape[0][0], self.heads, sum(shape[-1] for shape in input_shape))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "heads": self.heads}


def pool(features: keras.KerasTensor, link: str, *, name: str) -> keras.KerasTensor:
    """Pools a feature map the way `link` says, in float32.

    Args:
        features: (N, h, w, C).
        link: "GAP", "GWAP", "GWOAP", or "" to flatten.
        name: of the layer; each head has its own.

    Returns:
        (N, C), or (N, h·w·C) if flattened.
    """
    return _LINKS[link](name=name, dtype="float32")(features)


_LINKS = {
    "": layers.Flatten,
    "GAP": layers.GlobalAveragePooling2D,
    "GWAP": GlobalWeightedAveragePooling2D,
    "GWOAP": GlobalWeightedOutputAveragePooling2D,
}
