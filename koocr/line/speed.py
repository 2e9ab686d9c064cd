"""How fast a line is read, and whether reading many of them takes ever more memory."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from koocr.image import GreyImage

__all__ = ["measure_lines", "memory_growth", "spread"]

_STATM = "/proc/self/statm"


def measure_lines(
    readers: Mapping[str, Callable[[GreyImage], object]], images: Sequence[GreyImage], *, rounds: int = 3
) -> dict[str, float]:
    """Times reading one line at a time, preparing the picture included.

    The readers take turns, round by round, so that what else the machine does slows all of them; of each line
    the fastest reading counts.

    Args:
        readers: name → what reads one line.
        images: what is read in each round.
        rounds: how often each reader reads each line, after once that doesn't count.

    Returns:
        Name → milliseconds a line, the mean.
    """
    seconds = {name: np.full(len(images), np.inf) for name in readers}
    for number in range(1 + rounds):
        for name, read in readers.items():
            for position, image in enumerate(images):
                start = time.perf_counter()
                read(image)
                spent = time.perf_counter() - start
                if number:
                    seconds[name][position] = min(seconds[name][position], spent)
    return {name: 1000 * float(values.mean()) for name, values in seconds.items()}


def memory_growth(
    read: Callable[[GreyImage], object], images: Sequence[GreyImage], *, num: int = 5000, warm_up: int = 500
) -> float:
    """Reads many lines, one at a time, and measures how much more memory the process then has.

    Args:
        read: reads one line.
        images: what is read, over and over.
        num: lines in all.
        warm_up: after so many, buffers should have their size.

    Returns:
        Megabytes (10^6 bytes) of resident memory more after all lines than after the first ones; NaN where
        the system doesn't say.
    """
    if not os.path.exists(_STATM):
        return math.nan
    before = 0
    for number in range(num):
        if number == warm_up:
            before = _resident_bytes()
        read(images[number % len(images)])
    return (_resident_bytes() - before) / 1e6


def spread(images: Sequence[GreyImage], num: int) -> list[GreyImage]:
    """A steady choice of images: evenly spread over those given."""
    return [images[i] for i in np.linspace(0, len(images) - 1, min(num, len(images))).astype(int)]


def _resident_bytes() -> int:
    with open(_STATM, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
