"""How fast a character is read, how soon the first one, and how large the weights are."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from koocr.character.evaluation import CharacterReader
from koocr.errors import KoocrError
from koocr.image import GreyImage
from koocr.weights import shipped_model

__all__ = ["HEAVY_PACKAGES", "Startup", "measure_batch", "measure_single", "measure_startup", "weight_sizes"]

HEAVY_PACKAGES = ("tensorflow", "keras", "torch", "jax", "matplotlib", "sklearn", "fontTools", "onnx")
"""Packages that reading must not load."""

_BATCH = 256


@dataclass(frozen=True)
class Startup:
    """A fresh process that reads one image.

    Attributes:
        seconds: from its start to its end; the fastest of several runs.
        heavy: the heavy packages that it loaded, which should be none.
    """

    seconds: float
    heavy: tuple[str, ...]


def measure_single(
    readers: Mapping[str, CharacterReader], images: Sequence[GreyImage], *, rounds: int = 7
) -> dict[str, float]:
    """Times reading one image at a time, finding the ink included.

    The readers take turns, round by round, so that what else the machine does slows all of them, but none
    finds its caches full of another's weights; of each image the fastest reading counts.

    Args:
        readers: name → reader.
        images: what is read in each round, at least a hundred for steady figures.
        rounds: how often each reader reads each image, after once that doesn't count.

    Returns:
        Name → milliseconds an image, the mean.
    """
    seconds = {name: np.full(len(images), np.inf) for name in readers}
    for number in range(1 + rounds):
        for name, reader in readers.items():
            for position, image in enumerate(images):
                spent = _seconds(reader, [image])
                if number:
                    seconds[name][position] = min(seconds[name][position], spent)
    return {name: 1000 * float(values.mean()) for name, values in seconds.items()}


def measure_batch(reader: CharacterReader, images: Sequence[GreyImage], *, rounds: int = 7) -> float:
    """Times reading batches of 256; the reader decides on its threads.

    Args:
        reader: what is timed.
        images: any number; they are repeated to fill the batch.
        rounds: how many batches, after one that doesn't count; the fastest counts.

    Returns:
        Images a second.
    """
    batch = [images[number % len(images)] for number in range(_BATCH)]
    return _BATCH / min([_seconds(reader, batch) for _ in range(1 + rounds)][1:])


def _seconds(reader: CharacterReader, images: Sequence[GreyImage]) -> float:
    start = time.perf_counter()
    reader.candidates(images, 1)
    return time.perf_counter() - start


def measure_startup(image: GreyImage, *, weights: str = "", runs: int = 5) -> Startup:
    """Times `python -c "import koocr; koocr.KoOCR().predict('x.png')"` from outside, the disk being warm.

    Args:
        image: what is read.
        weights: as `KoOCR` takes them; "" for the default.
        runs: how many processes; the fastest counts.

    Raises:
        KoocrError: such a process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.png")
        Image.fromarray(image).save(path)
        times, heavy = [], ""
        for _ in range(1 + runs):
            start = time.perf_counter()
            heavy = _read_in_a_process(path, weights)
            times.append(time.perf_counter() - start)
    return Startup(min(times[1:]), tuple(heavy.split()))


def _read_in_a_process(path: Path, weights: str) -> str:
    call = f"koocr.KoOCR({weights!r} or None).predict({str(path)!r})"
    loaded = f"print(*(name for name in {HEAVY_PACKAGES!r} if name in sys.modules))"
    source_folder = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, (source_folder, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-c", f"import koocr; {call}; import sys; {loaded}"],
        env={**os.environ, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KoocrError(f"reading in a fresh process failed ({done.stderr.strip().splitlines()[-1]})")
    return done.stdout


def weight_sizes(weights: str) -> dict[str, int]:
    """The size of each file of some weights, in bytes, by format.

    Args:
        weights: a file, or the name of a shipped model; "" for the default model.

    Raises:
        WeightsMissingError: there are none of this name.
    """
    path = Path(weights)
    if weights and path.is_file():
        return {path.suffix.lstrip("."): path.stat().st_size}
    return {kind: file.num_bytes for kind, file in shipped_model(weights).files.items()}


def speed_images(images: Sequence[GreyImage], num: int = 128) -> list[GreyImage]:
    """A steady choice of images to time with: evenly spread over those given."""
    return [images[i] for i in np.linspace(0, len(images) - 1, num).astype(int)]
