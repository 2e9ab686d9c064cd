"""What CTC is by definition, in float64: every path, every symbol."""

from collections import defaultdict
from itertools import product

import numpy as np

Outputs = dict[str, np.ndarray]
Text = tuple[int, ...]

SIZES = {"initial": (19,), "medial": (19, 21), "final": (21, 28)}


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits.astype(np.float64)
    powers = np.exp(shifted - shifted.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def factorised(*shape: int, others: int = 6, scale: float = 2.0, seed: int = 0) -> Outputs:
    """Random logits of the factorised outputs, (*shape, …) each."""
    rng = np.random.default_rng(seed)
    sizes = {"kind": (2 + others,), **SIZES}
    return {name: rng.normal(0, scale, (*shape, *size)).astype(np.float32) for name, size in sizes.items()}


def plain(*shape: int, symbols: int = 3, scale: float = 2.0, seed: int = 0) -> Outputs:
    """Random logits of the plain output."""
    rng = np.random.default_rng(seed)
    return {"symbol": rng.normal(0, scale, (*shape, 1 + symbols)).astype(np.float32)}


def all_probabilities(outputs: Outputs) -> np.ndarray:
    """(…, 1 + C) probabilities of the blank and of every symbol, by the definition."""
    share = {name: softmax(logits) for name, logits in outputs.items()}
    if "symbol" in share:
        return share["symbol"]
    whole = (
        share["kind"][..., 1][..., None, None, None]
        * share["initial"][..., :, None, None]
        * share["medial"][..., :, :, None]
        * share["final"][..., None, :, :]
    )
    return np.concatenate(
        [share["kind"][..., :1], whole.reshape(*whole.shape[:-3], -1), share["kind"][..., 2:]], axis=-1
    )


def collapse(path: tuple[int, ...]) -> Text:
    """The symbols of a path of columns: repeats merged, blanks (column 0) dropped, columns less one."""
    merged = [column for place, column in enumerate(path) if place == 0 or column != path[place - 1]]
    return tuple(column - 1 for column in merged if column)


def all_texts(probabilities: np.ndarray) -> dict[Text, float]:
    """Every text of a (T, 1 + C) line with the sum of its paths."""
    sums: dict[Text, float] = defaultdict(float)
    steps, columns = probabilities.shape
    for path in product(range(columns), repeat=steps):
        sums[collapse(path)] += float(np.prod(probabilities[np.arange(steps), path]))
    return dict(sums)


def best_alignment(probabilities: np.ndarray, text: Text) -> tuple[int, ...]:
    """The likeliest path of columns that reads as a text."""
    steps, columns = probabilities.shape
    paths = [path for path in product(range(columns), repeat=steps) if collapse(path) == text]
    return max(paths, key=lambda path: float(np.prod(probabilities[np.arange(steps), path])))
