"""The fourth stage as attention: a recurrent cell looks at the frames and writes one symbol after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from koocr.line.positions import waves
from koocr.line.stages.maps import Shape

END = 0
"""The column of "there is no further symbol"; symbol i has column i + 1."""

State = tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]
"""The cell's output and its memory, (N, hidden) each, and what was looked at, (N, D)."""
Step = Callable[[State, keras.KerasTensor], State]


@keras.saving.register_keras_serializable(package="koocr")
class AttentionDecoder(layers.Layer):
    """Attention over the frames and an LSTM that spells (Shi et al., 2016, arXiv 1603.03915, section 3.2.2).

    In two things it differs from the published recognisers: each symbol is named by the cell's output and
    what it looks at together (Luong et al., 2015, section 3), and the frames' keys know their place on the
    line. With both it finds the symbols after some thousand lines; without, not within a small budget.

    Called on frames (N, T, D), their numbers (N,) and, in training, labels (N, L), ids with -1 behind the
    end: then each step is told the symbol before it (teacher forcing), and there are L + 1 steps. Called
    without labels, each step is told what the one before found most likely, for `max_length` + 1 steps.
    Returns logits (N, steps, 1 + C); column 0 is `END`.

    Args:
        charset_size: C.
        hidden: units of the cell and of the attention.
        max_length: most symbols of a text.
        kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, charset_size: int, hidden: int, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.charset_size = charset_size
        self.hidden = hidden
        self.max_length = max_length
        self._key = layers.Dense(hidden, use_bias=False, dtype=self.dtype_policy, name="key")
        self._query = layers.Dense(hidden, dtype=self.dtype_policy, name="query")
        self._score = layers.Dense(1, use_bias=False, dtype=self.dtype_policy, name="score")
        self._seen = layers.Dense(4 * hidden, use_bias=False, dtype=self.dtype_policy, name="seen")
        self._state = layers.Dense(4 * hidden, dtype=self.dtype_policy, name="state")
        self._out = layers.Dense(1 + charset_size, dtype=self.dtype_policy, name="out")

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the weights."""
        units = input_shape[0][-1]
        for layer, size in (
            (self._key, units),
            (self._query, self.hidden),
            (self._score, self.hidden),
            (self._seen, units),
            (self._state, self.hidden),
            (self._out, self.hidden + units),
        ):
            layer.build((None, size))
        # What the symbol before adds to the gates. Row 0 is the beginning of the text.
        self._before = self.add_weight(
            name="before", shape=(1 + self.charset_size, 4 * self.hidden), initializer="glorot_uniform"
        )

    def call(self, inputs: list[keras.KerasTensor]) -> keras.KerasTensor:
        """See the class."""
        frames, num_frames = inputs[:2]
        placed = ops.cast(waves(ops.shape(frames)[1], self.hidden), frames.dtype)
        keys = self._key(frames) + placed  # (N, T, hidden)
        hidden_frames = _beside(frames, num_frames)
        nothing = ops.zeros_like(keys[:, 0])  # (N, hidden)
        start = nothing, nothing, ops.zeros_like(frames[:, 0])

        def step(state: State, told: keras.KerasTensor) -> State:
            return self._step(state, told, (frames, keys, hidden_frames))

        if len(inputs) == 3:
            return self._taught(step, start, inputs[2])
        return self._spelled(step, start)

    def _taught(self, step: Step, start: State, labels: keras.KerasTensor) -> keras.KerasTensor:
        """The logits where the symbols before are given: (N, L + 1, 1 + C)."""
        before = ops.pad(ops.cast(labels, "int32") + 1, [[0, 0], [1, 0]])
        # A product: the gradient of `take` is sparse, which koocr's own optimizers don't expect.
        chosen = ops.one_hot(before, 1 + self.charset_size, dtype=self.compute_dtype)
        told = _time_first(ops.matmul(chosen, self._before))  # (L + 1, N, 4 hidden)

        def forced(state: State, row: keras.KerasTensor) -> tuple[State, State]:
            state = step(state, row)
            return state, state  # TensorFlow's scan wants both to be alike

        outputs, _, contexts = ops.scan(forced, start, told)[1]
        return self._named(_time_first(outputs), _time_first(contexts))

    def _named(self, output: keras.KerasTensor, context: keras.KerasTensor) -> keras.KerasTensor:
        """Logits from the cell's output and what it looks at."""
        return self._out(ops.concatenate([output, context], axis=-1))

    def _spelled(self, step: Step, start: State) -> keras.KerasTensor:
        """The logits where each step is told the best symbol of the one before: (N, steps, 1 + C).

        Steps are written out one by one, and the best is found by `top_k`: neither a loop nor Keras's
        `argmax` comes through the export to ONNX.
        """
        state = start
        best = ops.zeros_like(start[0][:, 0], dtype="int32")  # row 0: the beginning of the text
        logits = []
        for _ in range(self.max_length + 1):
            state = step(state, ops.take(self._before, best, axis=0))
            logits.append(self._named(state[0], state[2]))
            best = ops.top_k(logits[-1], 1, sorted=False)[1][:, 0]
        return ops.stack(logits, axis=1)

    def _step(self, state: State, told: keras.KerasTensor, seen: tuple[keras.KerasTensor, ...]) -> State:
        """One step of the cell.

        Args:
            state: those of the step before.
            told: (N, 4 hidden), what the symbol before adds to the gates.
            seen: frames (N, T, D), keys (N, T, hidden), and what hides the padding (N, T, 1).
        """
        output, cell, _ = state
        frames, keys, hidden_frames = seen
        scores = self._score(ops.tanh(keys + ops.expand_dims(self._query(output), 1))) + hidden_frames
        weights = ops.softmax(scores, axis=1)  # (N, T, 1)
        context = ops.sum(weights * frames, axis=1)  # (N, D)
        gates = self._seen(context) + told + self._state(output)
        into, keep, new, out = ops.split(gates, 4, axis=-1)
        cell = ops.sigmoid(keep) * cell + ops.sigmoid(into) * ops.tanh(new)
        return ops.sigmoid(out) * ops.tanh(cell), cell, context

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """(N, steps, 1 + C)."""
        steps: int | None = self.max_length
        if len(input_shape) == 3:
            steps = input_shape[2][1]
        return input_shape[0][0], None if steps is None else steps + 1, 1 + self.charset_size

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        own = {"charset_size": self.charset_size, "hidden": self.hidden, "max_length": self.max_length}
        return {**super().get_config(), **own}


def _beside(frames: keras.KerasTensor, num_frames: keras.KerasTensor) -> keras.KerasTensor:
    """Added to scores: 0 on a line, so much less beside it that nothing is seen there. (N, T, 1)."""
    places = ops.reshape(ops.arange(ops.shape(frames)[1], dtype="int32"), (1, -1, 1))
    inside = places < ops.reshape(ops.cast(num_frames, "int32"), (-1, 1, 1))
    return (ops.cast(inside, frames.dtype) - 1) * 1e9


def _time_first(values: keras.KerasTensor) -> keras.KerasTensor:
    """Swaps the first two axes."""
    return ops.transpose(values, (1, 0, 2))
