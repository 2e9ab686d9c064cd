"""A handful of made faces, and a writer, to draw lines with."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.data.faces import Face
from koocr.data.handwriting import Handwriting
from koocr.data.synthesis.lines.pool import HandPool
from koocr.data.text import LineText, Sentences, Syllables, TextSettings
from koocr.hangul import syllable, syllable_index
from tests.data.made_faces import BOX, make_face

COMMON = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"
RARE = {"serif": "뷁", "handwriting": "힣쀍", "gothic": ""}
LATIN = "ABCabc0123456789.,!?/-()ㅋㅎㅠㅜㅇㄴㅡ~"
WORDS = [first + second for first in COMMON for second in COMMON]


def indices(text: str) -> np.ndarray:
    return np.array(sorted(map(syllable_index, text)), np.int32)


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> list[Face]:
    """One of each class; the serif alone has Latin letters, the gothic draws a box for the space."""
    folder = tmp_path_factory.mktemp("faces")
    made = []
    for klass, rare in RARE.items():
        latin = LATIN if klass != "gothic" else ""
        pictures = {" ": BOX} if klass == "gothic" else {" ": ()}
        make_face(folder / f"{klass}.ttf", COMMON + rare + latin, pictures=pictures)
        made.append(Face(klass, klass, klass, "train", f"{klass}.ttf", "OFL", folder))
    return made


@pytest.fixture(scope="session")
def coverage() -> dict[str, np.ndarray]:
    return {klass: indices(COMMON + rare) for klass, rare in RARE.items()}


@pytest.fixture(scope="session")
def writer() -> Handwriting:
    """Sixty syllables: dark frames of 40 rows on light cells, but for the last, of 20."""
    labels = [*COMMON, *map(syllable, range(5000, 5032))]
    crops = []
    for number, _ in enumerate(labels):
        crop = np.full((100, 100), 240, np.uint8)
        rows = 20 if number == len(labels) - 1 else 40
        crop[50 - rows // 2 : 50 + rows // 2, 30:70] = 30
        crop[54 - rows // 2 : 46 + rows // 2, 34:66] = 240
        crops.append(crop)
    return Handwriting(crops, labels, "hhr-001")


@pytest.fixture(scope="session")
def pool(faces: list[Face], coverage: dict[str, np.ndarray], writer: Handwriting) -> HandPool:
    return HandPool(faces, coverage, writers=[writer])


@pytest.fixture(scope="session")
def line_text() -> LineText:
    lines = [" ".join(WORDS[start : start + 7]) for start in range(0, 700, 3)]
    sources = {"sentences": Sentences([lines], split="train"), "syllables": Syllables(WORDS, split="train")}
    return LineText(sources, split="train", settings=TextSettings(max_length=16))
