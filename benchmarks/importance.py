"""How training images are read by the default model, and what choosing among them gives and costs.

    python benchmarks/importance.py --fonts FONTS --handwriting HANDWRITING --words WORDS

Times are the processor's. Of each image, one minus the probability of its label bounds the gradient of a step
on it. With chances in proportion to that bound, as many images as give the same noise are fewer by the factor
that is printed last.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded

import cv2
import numpy as np

from koocr.character.glyph_training import GlyphTraining, glyph_data
from koocr.character.importance import ChosenBatches, load_judge
from koocr.data.synthesis import AugmentationSettings, SamplingSettings


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--handwriting", type=Path)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--glyph_store", type=Path, default=Path("data/glyphs"))
    parser.add_argument("--weights", default="small", help="a shipped model, or an ONNX file")
    parser.add_argument("--batches", type=int, default=40)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    glyphs = GlyphTraining(
        fonts=args.fonts,
        store=args.glyph_store,
        handwriting=args.handwriting,
        words=args.words,
        sampling=SamplingSettings(real=0.2, written=0.12),
    )
    data = glyph_data(
        glyphs, batch_size=128, steps_per_epoch=1, size=64, seed=77, augmentation=AugmentationSettings()
    )
    judge = ChosenBatches(data.batches, load_judge(args.weights), one_of=2)
    drawing, reading, parts = 0.0, 0.0, []
    for index in range(args.batches + 2):  # the first two fill the caches
        began = time.process_time()
        batch = data.batches(index)
        drawn = time.process_time()
        probabilities = judge.probabilities(batch)
        if index >= 2:
            drawing, reading = drawing + drawn - began, reading + time.process_time() - drawn
            parts.append(probabilities)
    label = np.concatenate(parts)
    error = 1 - label
    print(f"{len(label):,} images; drawing {1000 * drawing / len(label):.2f} ms, "
          f"reading {1000 * reading / len(label):.2f} ms each")  # fmt: skip
    print(f"{'label has':>18}  {'images':>7}  {'of the bound':>12}")
    for low, high in ((0, 0.02), (0.02, 0.5), (0.5, 0.95), (0.95, 1.01)):
        chosen = (label >= low) & (label < high)
        share = error[chosen].sum() / error.sum()
        print(f"{low:8.2f} to {min(high, 1):6.2f}  {chosen.mean():7.1%}  {share:12.1%}")
    print(f"E[bound²] / E[bound]²: {(error**2).mean() / error.mean() ** 2:.1f}")


if __name__ == "__main__":
    main()
