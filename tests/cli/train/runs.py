"""What a run of `koocr train` takes and leaves behind, for tests of it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from koocr.character.reader import KoOCR
from tests.drawing import draw_character

TINY = ["--network=small", "--width=0.25", "--image_size=16", "--silent_mode", "--batch_size=8"]


def square(text: str) -> np.ndarray:
    image = np.full((40, 40), 255, np.uint8)
    drawn = draw_character(text, size_px=28, margin=2)[:40, :40]
    image[: drawn.shape[0], : drawn.shape[1]] = drawn
    return image


def rows(logs: str = "logs") -> list[dict[str, str]]:
    with open(Path(logs, "log.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weights(logs: str = "logs") -> list[np.ndarray]:
    return KoOCR(weights=Path(logs, "weights.h5")).model.get_weights()


def equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
