"""Connectionist temporal classification, for outputs that are factorised into jamo and for plain ones.

CTC (Graves et al., 2006) asks for the probability of a label only: how the probabilities of all the other
symbols come about doesn't matter. So a line's T frames and L labels are first brought to the scores
log p(label | frame), (N, T, L), and log p(blank | frame), (N, T); for factorised outputs those are sums of
four terms, and no table of 11,172 syllables is ever made. The sum over paths starts from there, so plain
softmax outputs and sequences of jamo (`koocr.line.spelling`) go the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
from keras import ops

from koocr.hangul import NUM_FINALS, NUM_MEDIALS, NUM_SYLLABLES, split_index

__all__ = ["ctc_loss", "fits", "label_scores", "path_loss"]

Outputs = Mapping[str, keras.KerasTensor]

_NEVER = -1e30
"""The logarithm of zero: so low that nothing comes back from it, and sums of it stay finite."""


def ctc_loss(
    outputs: Outputs,
    labels: keras.KerasTensor,
    *,
    num_frames: keras.KerasTensor,
    num_labels: keras.KerasTensor,
) -> keras.KerasTensor:
    """Takes -log p(label sequence) of each line, with its gradient.

    Args:
        outputs: logits by name. Factorised: "kind" (N, T, 2 + K), "initial" (N, T, 19), "medial"
            (N, T, 19, 21), "final" (N, T, 21, 28). Plain: "symbol" (N, T, 1 + C), column 0 the blank.
        labels: (N, L) integers, the ids of `koocr.charset`, first syllables in Unicode order, if factorised;
            columns less one if plain. What lies beyond `num_labels` doesn't matter.
        num_frames: (N,) integers, frames of each line that are not padding.
        num_labels: (N,) integers, labels of each line; 0 for an empty one.

    Returns:
        (N,) float32. A label that doesn't fit into its frames has no path: its loss is 0, and so is its
        gradient; `fits` tells which these are.
    """
    scores, blank = label_scores(outputs, labels)
    return path_loss(scores, blank, labels, num_frames=num_frames, num_labels=num_labels)


def fits(
    labels: keras.KerasTensor, *, num_frames: keras.KerasTensor, num_labels: keras.KerasTensor
) -> keras.KerasTensor:
    """(N,) whether a label has a path: one frame a symbol, and one more for the blank between equal ones."""
    is_repeat = ops.logical_and(
        ops.equal(labels[:, 1:], labels[:, :-1]), _within(num_labels - 1, ops.shape(labels)[1] - 1)
    )
    needed = ops.cast(num_labels, "int32") + ops.sum(ops.cast(is_repeat, "int32"), axis=1)
    return ops.greater_equal(ops.cast(num_frames, "int32"), needed)


def label_scores(outputs: Outputs, labels: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Log-probabilities of the labels and of the blank in every frame.

    Args:
        outputs: logits, see `ctc_loss`.
        labels: (N, L) ids; ids that there are not, as padding may be, get the score of nothing in particular.

    Returns:
        (N, T, L) and (N, T), float32.
    """
    logits = {name: ops.cast(output, "float32") for name, output in outputs.items()}
    labels = ops.cast(labels, "int32")
    if "symbol" in logits:
        total = ops.logsumexp(logits["symbol"], axis=-1)
        return _pick(logits["symbol"], labels + 1) - total[:, :, None], logits["symbol"][:, :, 0] - total
    kind = logits["kind"]
    total = ops.logsumexp(kind, axis=-1)
    is_syllable = ops.less(labels, NUM_SYLLABLES)
    column = ops.where(is_syllable, 1, labels - NUM_SYLLABLES + 2)
    parts = _syllable_scores(logits, ops.where(is_syllable, labels, 0))
    scores = _pick(kind, column) - total[:, :, None] + ops.where(is_syllable[:, None], parts, 0.0)
    return scores, kind[:, :, 0] - total


def path_loss(
    scores: keras.KerasTensor,
    blank: keras.KerasTensor,
    labels: keras.KerasTensor,
    *,
    num_frames: keras.KerasTensor,
    num_labels: keras.KerasTensor,
) -> keras.KerasTensor:
    """Takes -log of the sum over all paths that read as the labels, (N,) float32.

    Forward and backward variables are summed in one loop over the frames, as the two halves of one batch:
    backwards is forwards with frames and labels turned round. The gradient is the analytic one (Graves et
    al., 2006, equation 14): the probability that a path passes through a state. It is put there by a term
    that is zero but for its derivative, which every backend understands; on TensorFlow's CPU that takes half
    the time of differentiating the loop.

    Args:
        scores: (N, T, L) log p(label | frame).
        blank: (N, T) log p(blank | frame).
        labels: (N, L) integers; between equal neighbours lies a blank.
        num_frames: (N,) see `ctc_loss`.
        num_labels: (N,) see `ctc_loss`.
    """
    is_frame = _within(num_frames, ops.shape(scores)[1])
    states = _interleave(scores, blank)  # (N, T, 2L + 1): blank, label, blank, … , label, blank
    size = ops.shape(states)[2]
    waiting = ops.where(ops.equal(ops.arange(size) % 2, 0), 0.0, _NEVER)
    emission = ops.where(is_frame[:, :, None], ops.stop_gradient(states), waiting)  # padding: only blanks
    through = emission + _incoming(emission, ops.cast(labels, "int32"), ops.cast(num_labels, "int32"))
    log_total = ops.logsumexp(through, axis=-1)  # (N, T), the same in every frame
    occupied = ops.exp(through - log_total[:, :, None])
    has_path = fits(labels, num_frames=num_frames, num_labels=num_labels)
    is_counted = ops.logical_and(is_frame, has_path[:, None])
    weights = ops.stop_gradient(ops.where(is_counted[:, :, None], occupied, 0.0))
    value = ops.stop_gradient(ops.where(has_path, -log_total[:, 0], 0.0))
    return value - ops.sum(weights * (states - ops.stop_gradient(states)), axis=(1, 2))


def _incoming(
    emission: keras.KerasTensor, labels: keras.KerasTensor, num_labels: keras.KerasTensor
) -> keras.KerasTensor:
    """(N, T, S) log-sums of all ways to come to a state from the first frame, and from the last one."""
    size = ops.shape(emission)[2]
    skip = _skips(labels)
    skip_back = _shifted(ops.flip(skip, axis=1), 2)
    start = ops.broadcast_to(ops.equal(ops.arange(size), 0), ops.shape(skip))
    stop = ops.equal(ops.arange(size)[None], 2 * num_labels[:, None])  # in the blank behind the last label
    begin = ops.where(ops.concatenate([start, ops.flip(stop, axis=1)], axis=0), 0.0, _NEVER)
    both = ops.concatenate([emission, ops.flip(emission, axis=(1, 2))], axis=0)
    skips = ops.concatenate([skip, skip_back], axis=0)

    def step(
        sums: keras.KerasTensor, frame: keras.KerasTensor
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        incoming = _log_sum(sums, _shifted(sums, 1), _shifted(sums, 2) + skips)
        return incoming + frame, incoming

    _, ways = ops.scan(step, begin, ops.transpose(both, (1, 0, 2)))  # (T, 2N, S)
    forward, backward = ops.split(ops.transpose(ways, (1, 0, 2)), 2, axis=0)
    return forward + ops.flip(backward, axis=(1, 2))


def _skips(labels: keras.KerasTensor) -> keras.KerasTensor:
    """(N, 2L + 1) 0 where a path may leave out a blank: before a label that differs from the last one."""
    differs = ops.not_equal(labels[:, 1:], labels[:, :-1])
    at_labels = ops.pad(ops.where(differs, 0.0, _NEVER), ((0, 0), (1, 0)), constant_values=_NEVER)
    never = ops.full_like(at_labels, _NEVER)
    return _alternate(never, at_labels)


def _syllable_scores(logits: Outputs, syllables: keras.KerasTensor) -> keras.KerasTensor:
    """(N, T, L) log p(initial) + log p(medial | initial) + log p(final | medial)."""
    initial, medial, final = split_index(syllables)
    total = ops.logsumexp(logits["initial"], axis=-1, keepdims=True)
    return (
        _pick(logits["initial"] - total, initial)
        + _pick(_flat(logits["medial"]), initial * NUM_MEDIALS + medial)
        - _pick(ops.logsumexp(logits["medial"], axis=-1), initial)
        + _pick(_flat(logits["final"]), medial * NUM_FINALS + final)
        - _pick(ops.logsumexp(logits["final"], axis=-1), medial)
    )


def _pick(table: keras.KerasTensor, columns: keras.KerasTensor) -> keras.KerasTensor:
    """(N, T, C), (N, L) → (N, T, L) the named columns of each frame.

    A product with ones and zeros: on a CPU it takes, with its gradient, a third of the time of gathering and
    a ninth with 11,554 columns. (A GPU that multiplies in TF32 rounds the scores to 11 bits.)
    """
    chosen = ops.one_hot(columns, table.shape[-1], dtype="float32")  # (N, L, C)
    return ops.matmul(table, ops.transpose(chosen, (0, 2, 1)))


def _flat(table: keras.KerasTensor) -> keras.KerasTensor:
    """(N, T, A, B) → (N, T, A·B)."""
    count, steps = ops.shape(table)[:2]
    return ops.reshape(table, (count, steps, table.shape[2] * table.shape[3]))


def _interleave(scores: keras.KerasTensor, blank: keras.KerasTensor) -> keras.KerasTensor:
    return _alternate(ops.broadcast_to(blank[:, :, None], ops.shape(scores)), scores, blank[:, :, None])


def _alternate(
    first: keras.KerasTensor, second: keras.KerasTensor, last: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """(…, L) and (…, L) → (…, 2L + 1): first, second, first, second, …, and `first` once more."""
    pairs = ops.stack([first, second], axis=-1)
    shape = ops.shape(pairs)
    flat = ops.reshape(pairs, (*shape[:-2], 2 * shape[-2]))
    return ops.concatenate([flat, first[..., :1] if last is None else last], axis=-1)


def _within(counts: keras.KerasTensor, size: int | keras.KerasTensor) -> keras.KerasTensor:
    """(N,) → (N, size) whether a place lies before the end."""
    return ops.less(ops.arange(size)[None], ops.cast(counts, "int32")[:, None])


def _shifted(sums: keras.KerasTensor, places: int) -> keras.KerasTensor:
    return ops.pad(sums[:, :-places], ((0, 0), (places, 0)), constant_values=_NEVER)


def _log_sum(
    first: keras.KerasTensor, second: keras.KerasTensor, third: keras.KerasTensor
) -> keras.KerasTensor:
    peak = ops.maximum(ops.maximum(first, second), third)
    return peak + ops.log(ops.exp(first - peak) + ops.exp(second - peak) + ops.exp(third - peak))
