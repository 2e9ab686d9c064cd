"""How many training images a second one core makes, and where the time goes.

    python benchmarks/augmentation.py
    python benchmarks/augmentation.py --glyphs data/glyphs/train
    python benchmarks/augmentation.py --handwriting HANDWRITING

Counted is the processor's time of blocks of batches (which share what is written for them) with the default
augmentation. Without `--glyphs` the glyphs are of the face that koocr brings with it; `--handwriting` adds
crops of real hands to that.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import cv2
import numpy as np

from koocr.data.glyphs import GlyphSource, GlyphStore, build_store, glyphs_of_face, open_store
from koocr.data.sources import writer_sources
from koocr.data.synthesis import GlyphSampler, GlyphStream, SamplingSettings, stream
from koocr.fonts import korean_face
from koocr.hangul import NUM_SYLLABLES

PARTS = {
    "write_fitted": "writing",
    "thin_strokes": "pen: thinned",
    "change_stroke_width": "pen: width",
    "join_or_break": "pen: joined",
    "lift_pen": "pen: lifted",
    "warp": "hand",
    "add_surroundings": "surroundings",
    "degrade": "picture",
    "fit_glyph": "reader",
}
"""Functions of `koocr.data.synthesis.stream`, and what `docs/training.md` calls them."""


def main() -> None:
    """Prints median and best, and the share of each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--glyphs", type=Path, help="a finished glyph store")
    parser.add_argument("--handwriting", type=Path, help="folder of labelled crops of real hands")
    parser.add_argument("--blocks", type=int, default=20, help=f"of {stream.BLOCK} batches each")
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--image_size", type=int, default=64)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(args.glyphs) if args.glyphs else _store(Path(folder), args.handwriting)
        sampler = GlyphSampler(store, SamplingSettings())
        batches = GlyphStream(store, sampler, batch_size=args.batch_size, size=args.image_size)
        _report(batches, args.blocks, args.batch_size)
        del batches, sampler, store  # Windows deletes no file that is mapped


def _report(batches: GlyphStream, count: int, batch_size: int) -> None:
    def block(number: int) -> None:
        for index in range(number * stream.BLOCK, (number + 1) * stream.BLOCK):
            batches.batch(index)

    block(0)  # fills the caches
    seconds = [_time(block, number) for number in range(1, count + 1)]
    glyphs = stream.BLOCK * batch_size
    median, best = glyphs / float(np.median(seconds)), glyphs / min(seconds)
    print(f"{median:,.0f} glyphs a second on one core, at best {best:,.0f}")
    with _clocks() as spent:
        total = sum(_time(block, number) for number in range(1, count + 1))
    spent["sampling and the rest"] = total - sum(spent.values())
    for part, share in spent.items():
        print(f"{part:22s} {1e6 * share / (count * glyphs):6.1f} µs a glyph {share / total:5.0%}")


def _store(folder: Path, handwriting: Path | None) -> GlyphStore:
    """Every fifth syllable of the face of the labels, and perhaps real hands."""
    syllables = range(0, NUM_SYLLABLES, 5)
    face = GlyphSource("label", "printed", False, lambda: glyphs_of_face(korean_face(), syllables))
    return build_store(folder, [face, *(writer_sources(handwriting, split="train") if handwriting else [])])


def _time(function: Callable[..., Any], *args: Any) -> float:
    start = time.process_time()
    function(*args)
    return time.process_time() - start


@contextmanager
def _clocks() -> Iterator[dict[str, float]]:
    """Seconds spent in each part, while it lasts."""
    spent = dict.fromkeys(PARTS.values(), 0.0)

    def clocked(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **how: Any) -> Any:
            start = time.process_time()
            result = function(*args, **how)
            spent[part] += time.process_time() - start
            return result

        return run

    plain = {name: getattr(stream, name) for name in PARTS}
    for name, function in plain.items():
        setattr(stream, name, clocked(PARTS[name], function))
    try:
        yield spent
    finally:
        for name, function in plain.items():
            setattr(stream, name, function)


if __name__ == "__main__":
    main()
