"""Test lines: every kind in its place, of texts of one split, the same from the same seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.data.faces import write_coverage
from koocr.data.text import text_split
from koocr.errors import ConfigError, DataError
from koocr.hangul import syllable_index
from koocr.line.evaluation import LinePlan, LineSamples, draw_samples, explained
from tests.data.made_faces import make_face

COMMON = "가나다라마바사아자차카타파하"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces of two classes, of which the hand draws no digits; texts; a writer of some of the syllables."""
    folder = tmp_path_factory.mktemp("sources")
    make_face(folder / "serif.ttf", COMMON + "뷁0123456789.")
    make_face(folder / "pen.ttf", COMMON)
    rows = "id,klass,split,file,licence\n" + "".join(
        f"{name},{klass},{split},{file}.ttf,OFL\n"
        for name, klass, split, file in (
            ("serif", "serif", "test", "serif"),
            ("pen", "handwriting", "test", "pen"),
            ("other", "gothic", "train", "serif"),
        )
    )
    (folder / "faces.csv").write_text(rows, encoding="utf-8")
    syllables = np.array([syllable_index(letter) for letter in COMMON], np.int32)
    rare = np.append(syllables, np.int32(syllable_index("뷁")))
    write_coverage(folder / "coverage.tsv.gz", {"serif": rare, "pen": syllables})
    words = ["".join(letters) for letters in product(COMMON, repeat=3)]
    (folder / "dictionary_words.txt").write_text("\n".join(words), encoding="utf-8")
    lines = [f"{a} {b} {c} 20." for a, b, c in zip(words, words[7:], words[31:], strict=False)]
    (folder / "reviews.txt").write_text("\n".join(lines), encoding="utf-8")
    (folder / "hand").mkdir()
    for number in range(4):
        Image.fromarray(np.pad(np.full((20, 20), 30, np.uint8), 5, constant_values=240)).save(
            folder / "hand" / f"{number}.png"
        )
    labels = "".join(f"{number}.png\t{COMMON[number]}\n" for number in range(4))
    (folder / "hand" / "labels.tsv").write_text(labels, encoding="utf-8")
    return folder


def plan(sources: Path, **others: object) -> LinePlan:
    settings = {"fonts": sources, "text": sources, "num_per_face": 4, "forms": False, **others}
    return LinePlan(**settings)


@pytest.fixture(scope="module")
def samples(sources: Path) -> LineSamples:
    return draw_samples(plan(sources, handwriting=(sources / "hand",)))


def rows(samples: LineSamples, *names: str) -> list[tuple[str, ...]]:
    return list(zip(*(samples.groups[name] for name in names), strict=True))


def test_every_kind_is_there_as_often_as_it_should_be(samples: LineSamples) -> None:
    found = Counter(rows(samples, "face", "class", "condition", "kind"))
    serif, pen = ("serif", "serif"), ("pen", "handwriting")
    wanted = {
        (*face, condition, "sentences"): 4 for face in (serif, pen) for condition in ("clean", "degraded")
    }
    wanted[(*serif, "rare syllables", "syllables")] = 4
    wanted |= {(*serif, name, "words"): 2 for name in ("basic", "skew", "distortion", "blur", "background")}
    wanted["hand", "writer", "scanned", "words"] = 16
    assert found == wanted
    assert len(samples) == len(samples.images) == sum(wanted.values())
    assert list(explained(samples)) == list(dict.fromkeys(samples.groups["condition"]))
    assert all(explained(samples).values())


def test_texts_are_of_the_split_and_of_what_the_face_draws(samples: LineSamples, sources: Path) -> None:
    learnt = {
        line
        for line in (sources / "reviews.txt").read_text(encoding="utf-8").splitlines()
        if text_split(line) != "test"
    }
    for text, (face, kind) in zip(samples.texts, rows(samples, "face", "kind"), strict=True):
        assert text == " ".join(text.split()) and text not in learnt
        if kind == "words":
            assert all(text_split(word) == "test" for word in text.split())
        if face == "pen":
            assert set(text) <= {*COMMON, " "}
        if face == "hand":
            assert set(text) <= {*COMMON[:4], " "}
        if kind == "syllables":
            assert set(text) <= {*COMMON, "뷁", " "} and len(text) >= 20
    assert all(len(text.split()) == 10 for text, (name,) in zip(samples.texts, rows(samples, "condition"),
               strict=True) if name in ("basic", "blur"))  # fmt: skip


def test_degraded_lines_say_what_the_clean_ones_say(samples: LineSamples) -> None:
    by_condition: dict[str, list[int]] = {"clean": [], "degraded": []}
    for number, (face, condition) in enumerate(rows(samples, "face", "condition")):
        if face == "serif" and condition in by_condition:
            by_condition[condition].append(number)
    clean, degraded = by_condition.values()
    assert [samples.texts[number] for number in clean] == [samples.texts[number] for number in degraded]
    for one, other in zip(clean, degraded, strict=True):
        assert samples.images[one].max() == 255 and samples.images[other].shape[0] < 60


def test_the_same_seed_gives_the_same_lines_and_more_begin_with_them(
    samples: LineSamples, sources: Path
) -> None:
    again = draw_samples(plan(sources, handwriting=(sources / "hand",)))
    assert again.texts == samples.texts and all(map(np.array_equal, again.images, samples.images))
    only = plan(sources, conditions=False)
    more = draw_samples(replace(only, num_per_face=6))
    assert more.texts[:4] == samples.texts[:4] and all(
        map(np.array_equal, more.images[:4], samples.images[:4])
    )
    other = draw_samples(replace(only, seed=1))
    assert other.texts != draw_samples(only).texts


def test_forms_are_read_in_printed_faces(sources: Path) -> None:
    pytest.importorskip("faker", reason="forms need the train extra")
    found = draw_samples(plan(sources, forms=True, conditions=False, num_per_face=2))
    assert Counter(rows(found, "face", "condition"))["serif", "clean"] == 4
    forms = [text for text, (kind,) in zip(found.texts, rows(found, "kind"), strict=True) if kind == "forms"]
    assert len(forms) == 4 and all(text_split(text) == "test" for text in forms)


def test_what_is_missing_is_named(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--fonts"):
        draw_samples(plan(sources, fonts=None))
    with pytest.raises(DataError, match="no val faces"):
        draw_samples(plan(sources, split="val"))
    (tmp_path / "labels.tsv").write_text("0.png\t똠\n", encoding="utf-8")
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "0.png")
    with pytest.raises(DataError, match="none of the words"):
        draw_samples(plan(sources, fonts=None, handwriting=(tmp_path,)))
