"""A folder of made faces, texts and hands, as training on lines takes them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from koocr.data.faces import write_coverage
from koocr.data.text import text_split
from koocr.hangul import syllable, syllable_index
from koocr.line.drawn import LineSources
from tests.data.made_faces import make_face

SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"
OTHERS = "ABCabc0123456789.,!?/-()ㅋㅎㅠㅜㅇㄴㅡ~:%"
WORDS = [first + second for first in SYLLABLES for second in SYLLABLES]


def make_sources(folder: Path) -> LineSources:
    """Two faces to learn from, two to validate on, a writer of each split, and texts of both."""
    faces = [("serif", "serif", "train"), ("clova-1", "handwriting", "train")]
    faces += [("gothic", "gothic", "val"), ("pen", "handwriting", "val")]
    rows = ["id,klass,split,file,licence"]
    for name, klass, split in faces:
        make_face(folder / "fonts" / f"{name}.ttf", SYLLABLES + OTHERS, pictures={" ": ()}, family=name)
        rows.append(f"{name},{klass},{split},{name}.ttf,OFL")
    (folder / "fonts" / "faces.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    indices = np.array(sorted(map(syllable_index, SYLLABLES)), np.int32)
    write_coverage(folder / "fonts" / "coverage.tsv.gz", {name: indices for name, _, _ in faces})
    text = folder / "text"
    text.mkdir()
    sentences = [" ".join(WORDS[start : start + 6]) for start in range(0, len(WORDS) - 6, 2)]
    assert {text_split(line) for line in sentences} >= {"train", "val"}
    (text / "sentences.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")
    (text / "dictionary_words.txt").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    for writer in ("hhr-001", "hhr-004"):
        write_writer(folder / "hands" / f"{writer}.zip")
    return LineSources(fonts=folder / "fonts", text=text, handwriting=folder / "hands")


def write_writer(path: Path) -> None:
    """Sixty syllables: dark frames on light cells."""
    path.parent.mkdir(exist_ok=True)
    crop = np.full((60, 60), 240, np.uint8)
    crop[15:45, 18:42] = 30
    crop[20:40, 22:38] = 240
    stream = io.BytesIO()
    Image.fromarray(crop).save(stream, "PNG")
    labels = [*SYLLABLES, *map(syllable, range(5000, 5040))]
    with zipfile.ZipFile(path, "w") as archive:
        for number, _ in enumerate(labels):
            archive.writestr(f"{number}.png", stream.getvalue())
        archive.writestr(
            "labels.tsv", "".join(f"{number}.png\t{label}\n" for number, label in enumerate(labels))
        )
