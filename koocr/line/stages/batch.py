"""Lines of different widths and their texts as the arrays that the family is trained on. Pure NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.errors import ConfigError
from koocr.line.stages.settings import STRIDE

UInt8Array = NDArray[np.uint8]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class StageBatch:
    """One step's arrays.

    Attributes:
        inputs: of the network, by name; see `koocr.line.stages.network.build_stages`.
        targets: of the losses, by output; see `koocr.line.stages.losses`.
    """

    inputs: dict[str, NDArray[Any]]
    targets: dict[str, NDArray[np.int32]]


def stage_batch(images: Sequence[UInt8Array], labels: Sequence[IntArray], *, prediction: str) -> StageBatch:
    """Pads lines and labels to the widest and longest.

    Args:
        images: uint8 (H, W) each, all of one height, ink 255 on ground 0.
        labels: the ids of each line's text, (L,).
        prediction: "CTC" or "Attn", which is told the symbols before the one it is to write.

    Raises:
        ConfigError: the lines are of different heights, or there are none.
    """
    inputs: dict[str, NDArray[Any]] = dict(pad_lines(images))
    padded = pad_labels(labels)
    if prediction == "CTC":
        return StageBatch(inputs, {"symbol": np.concatenate([inputs["num_frames"][:, None], padded], axis=1)})
    return StageBatch({**inputs, "label": padded}, {"symbol": padded})


def pad_lines(images: Sequence[UInt8Array]) -> dict[str, NDArray[Any]]:
    """The inputs of a network that reads.

    Args:
        images: uint8 (H, W) each, all of one height, ink 255 on ground 0.

    Returns:
        "image" (N, H, W, 1) float32 with ink 1 on ground 0, W in whole frames; "num_frames" (N,) int32.

    Raises:
        ConfigError: the lines are of different heights, or there are none.
    """
    heights = sorted({len(image) for image in images})
    if len(heights) != 1:
        raise ConfigError(f"the lines of a batch have the heights {heights}; give lines of one height")
    num_frames = np.array([-(-image.shape[1] // STRIDE) for image in images], np.int32)
    batch = np.zeros((len(images), heights[0], STRIDE * int(num_frames.max()), 1), np.float32)
    for row, image in zip(batch, images, strict=True):
        row[:, : image.shape[1], 0] = image.astype(np.float32) / np.float32(255)
    return {"image": batch, "num_frames": num_frames}


def pad_labels(labels: Sequence[IntArray]) -> NDArray[np.int32]:
    """(N, L) int32 ids, -1 behind the end of each; L at least 1."""
    padded = np.full((len(labels), max([1, *map(len, labels)])), -1, np.int32)
    for row, label in zip(padded, labels, strict=True):
        row[: len(label)] = label
    return padded
