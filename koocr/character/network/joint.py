"""One softmax over all 11,172 syllables, made of jamo.

score(a, b, c) = A[a] + B[b] + C[c] + sum over r of g[r]·U[a, r]·V[b, r] + the same for (b, c) and (a, c),

where A, B, C and the gates g come from the image and the factors U, V are learnt. Without the pairwise terms
the softmax is the product of three independent ones; with them, what is seen of one jamo can change how
another is read (is it 의 or 외?), and the probabilities stay exact, since 11,172 scores are few enough to sum
over.
"""

from __future__ import annotations

import keras
from keras import layers, ops

from koocr.character.network.blocks import Shape

_PAIRS = ((0, 1), (1, 2), (0, 2))


@keras.saving.register_keras_serializable(package="koocr")
class JointScores(layers.Layer):
    """Scores of all syllables from three unary scores and the gates of three pairwise terms.

    Called on [A (N, 19), B (N, 21), C (N, 28), gates (N, 3·rank)]; returns (N, 11172) float32, in the order
    of the syllables in Unicode.
    """

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the factors, each (classes, rank)."""
        sizes = [shape[-1] for shape in input_shape[:3]]
        self._rank = input_shape[3][-1] // 3
        start = keras.initializers.RandomNormal(stddev=0.3)
        self._factors = [
            tuple(
                self.add_weight(
                    name=f"factor_{pair}_{side}", shape=(sizes[side], self._rank), initializer=start
                )
                for side in pair
            )
            for pair in _PAIRS
        ]

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """See the class."""
        initial, medial, final, gates = (ops.cast(part, "float32") for part in inputs)
        terms = []
        for (left, right), gate in zip(self._factors, ops.split(gates, 3, axis=1), strict=True):
            # Products of factors, (left, right, rank): constants in an exported network, which then needs
            # one product of matrices for each term.
            products = ops.expand_dims(ops.cast(left, "float32"), 1) * ops.cast(right, "float32")
            weights = ops.transpose(ops.reshape(products, (-1, self._rank)))
            shape = (-1, left.shape[0], right.shape[0])
            terms.append(ops.reshape(ops.matmul(gate, weights), shape))  # (N, left, right)
        pair = terms[0] + ops.expand_dims(initial, 2) + ops.expand_dims(medial, 1)  # (N, 19, 21)
        with_final = terms[1] + ops.expand_dims(final, 1)  # (N, 21, 28)
        scores = ops.expand_dims(pair, 3) + ops.expand_dims(with_final, 1) + ops.expand_dims(terms[2], 2)
        return ops.reshape(scores, (-1, initial.shape[1] * medial.shape[1] * final.shape[1]))

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """(N, 19·21·28)."""
        return (input_shape[0][0], input_shape[0][-1] * input_shape[1][-1] * input_shape[2][-1])


def joint_scores(vectors: dict[str, keras.KerasTensor], rank: int) -> keras.KerasTensor:
    """The joint output on the heads' vectors.

    Args:
        vectors: what "initial", "medial" and "final" see of the image, each (N, D).
        rank: of each pairwise term.

    Returns:
        (N, 11172) logits.
    """
    parts = [vectors[name] for name in ("initial", "medial", "final")]
    unary = [
        layers.Dense(size, dtype="float32", name=name)(part)
        for name, size, part in zip(("initial", "medial", "final"), (19, 21, 28), parts, strict=True)
    ]
    seen = layers.Concatenate(name="joint_vector")(parts)
    gates = layers.Dense(3 * rank, dtype="float32", kernel_initializer="zeros", name="joint_gates")(seen)
    return JointScores(dtype="float32", name="syllable")([*unary, gates])
