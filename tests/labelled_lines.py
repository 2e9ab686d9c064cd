"""Small label files with a drawn picture of each line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image


def write_labels(path: Path, texts: Sequence[str]) -> Path:
    """Writes a label file and, beside it, bars of ink as wide as each text is long.

    Line number i is `<stem>-i.png`; a picture's ink is darker by i, so that lines can be told apart.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        image = np.full((24, 16 * len(text) + 8), 240, np.uint8)
        for place in range(len(text)):
            image[6:18, 16 * place + 6 : 16 * place + 16] = 60 - number % 50
        Image.fromarray(image).save(path.parent / f"{path.stem}-{number}.png")
    rows = "".join(f"{path.stem}-{number}.png\t{text}\n" for number, text in enumerate(texts))
    path.write_text(rows, encoding="utf-8")
    return path
