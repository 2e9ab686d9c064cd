"""Pages drawn for tests with the face that comes with koocr, and texts whose split shows."""

from functools import cache

import numpy as np

from koocr.data.faces import Face
from koocr.data.synthesis.pages import PageSettings, PageStream, TypePool
from koocr.data.text import LineText, Sentences, Syllables, TextSettings, text_split
from koocr.fonts import korean_face
from koocr.hangul import NUM_SYLLABLES

LINES = tuple(
    " ".join(f"{'가나다라마바사'[(n + place) % 7]}{n:04}" for place in range(6)) for n in range(1000, 2500)
)
"""Each line says its own number of four digits in every word."""


def numbers_of(split):
    return {line[1:5] for line in LINES if text_split(line) == split}


@cache
def pool():
    file = korean_face()
    face = Face("label", "Dongle", "gothic", "train", file.name, "OFL-1.1", file.parent)
    return TypePool([face], {"label": np.arange(NUM_SYLLABLES, dtype=np.int32)})


def texts(split="train"):
    sources = {
        "sentences": Sentences([LINES], split=split),
        "syllables": Syllables([word for line in LINES for word in line.split(" ")], split=split),
    }
    return LineText(sources, split=split, settings=TextSettings(max_length=400, respaced=0.0))


def stream(settings=None, *, seed=0, split="train"):
    return PageStream(pool(), texts(split), settings=settings or PageSettings(), seed=seed)
