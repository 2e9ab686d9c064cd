"""Test lines: sentences, forms and rare syllables in faces, words of a writer, words under five conditions.

Every line is a function of its face, of what is tested and of a seed, so a figure can be measured again.
Texts belong to one split by their hash (`koocr.data.text.text_split`), so that none was trained on.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from koocr.data.faces import KLASSES, Face, load_coverage, load_faces, select_faces
from koocr.data.forms import Forms
from koocr.data.handwriting import Handwriting, load_handwriting, load_writers
from koocr.data.synthesis.lines import CONDITIONS, ConditionStream, HandPool
from koocr.data.synthesis.lines.measuring import FacePen, WriterPen
from koocr.data.text import (
    LineText,
    Repertoire,
    Sentences,
    TextSettings,
    TextSource,
    read_texts,
    read_words,
    text_split,
)
from koocr.document import Line
from koocr.errors import ConfigError, DataError
from koocr.evaluation.line_readings import CONDITION, FACE
from koocr.image import GreyImage

__all__ = [
    "CLEAN",
    "DEGRADED",
    "LABELLED",
    "OWN",
    "RARE",
    "SCANNED",
    "LinePlan",
    "LineReading",
    "LineSamples",
    "TextReading",
    "draw_samples",
    "explained",
    "has_faker",
]

CLEAN, DEGRADED, RARE, SCANNED = "clean", "degraded", "rare syllables", "scanned"
OWN, LABELLED = "your lines", "labelled"
"""Condition, and class and kind, of lines that are not drawn but given, see `koocr.line.own_lines`."""
PRINTED = tuple(klass for klass in KLASSES if klass != "handwriting")
SENTENCES, FORMS, SYLLABLES, WORDS = "sentences", "forms", "syllables", "words"

_EXPLAINED = {
    CLEAN: "black on white, type sizes of 30 to 50 pixels",
    DEGRADED: "the same, skewed by up to 2°, shrunk to 20 to 32 pixels, blurred, faded, noisy, saved as JPEG",
    RARE: "clean; words of syllables drawn with equal chance from all that the face has, up to 11,172",
    SCANNED: "crops of a writer's syllables, as scanned, set into lines of dictionary words",
    "basic": "ten dictionary words, plain; this and the next four are drawn as in training, for comparison",
    "skew": "ten words, askew by up to 5°",
    "distortion": "ten words on a wave",
    "blur": "ten words, blurred",
    "background": "ten words on paper, patterns and pictures",
    OWN: "labelled pictures that were given, as they are",
}
_LENGTH = (8, 40)  # symbols of a sentence
_RARE_LENGTH = 20  # of a line of rare syllables
_WRITER_LENGTH = 24
_WORD = (1, 6)  # syllables of a word of them
_LEAST_FROM_WRITER = 4  # times as many lines as from a face: there are few writers


class LineReading(Protocol):
    """What is measured: `koocr.line.reader.LineReader`, or anything that reads a list of images so."""

    def read(self, image: Sequence[GreyImage]) -> list[Line]:
        """The line in each image."""


class TextReading(Protocol):
    """Another reader, of which the text alone counts."""

    @property
    def name(self) -> str:
        """What it is, with its version."""

    @property
    def is_inside(self) -> bool:
        """Whether it runs in this process, so that reading a single line can be timed."""

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """The text in each image."""


@dataclass(frozen=True, kw_only=True)
class LinePlan:
    """What to measure on.

    Attributes:
        fonts: a folder of faces; None for none.
        text: a folder with texts and a word list.
        handwriting: writers, or folders of them.
        split: of faces, writers and texts: `train`, `val` or `test`.
        num_per_face: lines of each face, kind of text and condition; half as many of each of the five, four
            times as many of each writer.
        conditions: whether printed faces are also read under the five conditions.
        forms: whether printed faces are also read with lines of forms.
        seed: of all choices.
    """

    fonts: Path | None = None
    text: Path
    handwriting: tuple[Path, ...] = ()
    split: str = "test"
    num_per_face: int = 60
    conditions: bool = True
    forms: bool = True
    seed: int = 0


@dataclass(eq=False)
class LineSamples:
    """Test lines.

    Attributes:
        images: grey, each of its own size.
        texts: what each says.
        groups: name of a grouping (`koocr.evaluation.line_readings.GROUPS`) → the group of each line.
    """

    images: list[GreyImage] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    groups: dict[str, list[str]] = field(
        default_factory=lambda: {FACE: [], "class": [], CONDITION: [], "kind": []}
    )

    def add(self, image: GreyImage, text: str, *groups: str) -> None:
        """Adds a line, its groups in the order of `groups`."""
        self.images.append(image)
        self.texts.append(text)
        for name, group in zip(self.groups, groups, strict=True):
            self.groups[name].append(group)

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.texts)


def explained(samples: LineSamples) -> dict[str, str]:
    """What the lines of each condition are, for a report."""
    return {name: _EXPLAINED.get(name, "") for name in dict.fromkeys(samples.groups[CONDITION])}


def draw_samples(plan: LinePlan, *, progress: Callable[[str], None] = lambda line: None) -> LineSamples:
    """Draws all lines of a plan.

    Args:
        plan: what to measure on.
        progress: is told a line per face and writer.

    Raises:
        ConfigError: the plan names neither faces nor writers.
        DataError: some of the data can't be used.
        MissingDependencyError: lines of forms need Faker, and it is not installed.
    """
    if plan.fonts is None and not plan.handwriting:
        raise ConfigError("there is nothing to read lines of; give --fonts, --handwriting, or both")
    samples = LineSamples()
    words = [word for word in read_words(plan.text) if text_split(word) == plan.split]
    if plan.fonts is not None:
        texts = _line_text(plan)
        for face, pen in _pens(plan.fonts, plan.split):
            progress(f"drawing {face.id}")
            _add_face(samples, face, pen, texts, plan)
            if plan.conditions and face.klass in PRINTED:
                _add_conditions(samples, face, pen, words, plan)
    for writer in _writers(plan):
        progress(f"drawing {writer.writer}")
        _add_writer(samples, WriterPen(writer), words, plan)
    return samples


def _line_text(plan: LinePlan) -> LineText:
    sources: dict[str, TextSource] = {SENTENCES: Sentences(read_texts(plan.text), split=plan.split)}
    if plan.forms:
        sources[FORMS] = Forms()
    low, high = _LENGTH
    settings = TextSettings(syllables=0.0, min_length=low, max_length=high, respaced=0.0)
    return LineText(sources, split=plan.split, settings=settings)


def _pens(fonts: Path, split: str) -> Iterator[tuple[Face, FacePen]]:
    faces = select_faces(load_faces(fonts), splits=[split])
    if not faces:
        raise DataError(f"there are no {split} faces here; name another split", file=fonts)
    coverage = load_coverage(fonts)
    for face in faces:
        if not len(coverage.get(face.id, ())):
            raise DataError(f"no coverage of the face {face.id}; make it with crawl_data.py", file=fonts)
        yield face, FacePen(face, coverage[face.id])


def _add_face(samples: LineSamples, face: Face, pen: FacePen, texts: LineText, plan: LinePlan) -> None:
    """Sentences in all faces; forms, and rare syllables, in printed ones."""
    is_printed = face.klass in PRINTED
    repertoire = pen.repertoire
    for kind in (SENTENCES, FORMS)[: 1 + (plan.forms and is_printed)]:
        lines = [
            texts.draw(rng, repertoire, length=int(rng.integers(*_LENGTH, endpoint=True)), kinds=(kind,)).text
            for rng in _generators(plan, face.id, kind)
        ]
        for condition in (CLEAN, DEGRADED):
            _add_lines(samples, face, pen, lines, plan, condition=condition, kind=kind)
    if is_printed:
        rare = [_rare_line(repertoire, rng) for rng in _generators(plan, face.id, SYLLABLES)]
        _add_lines(samples, face, pen, rare, plan, condition=RARE, kind=SYLLABLES)


def _add_lines(
    samples: LineSamples,
    face: Face,
    pen: FacePen,
    lines: Sequence[str],
    plan: LinePlan,
    *,
    condition: str,
    kind: str,
) -> None:
    for text, rng in zip(lines, _generators(plan, face.id, condition + kind), strict=True):
        image = pen.line(text, rng, degraded=condition == DEGRADED)
        samples.add(image, text, face.id, face.klass, condition, kind)


def _rare_line(repertoire: Repertoire, rng: np.random.Generator) -> str:
    """Words of syllables drawn with equal chance from all that the face has."""
    words: list[str] = []
    while len(" ".join(words)) < _RARE_LENGTH:
        words.append(repertoire.random_syllables(rng, int(rng.integers(*_WORD, endpoint=True))))
    return " ".join(words)


def _add_conditions(
    samples: LineSamples, face: Face, pen: FacePen, words: Sequence[str], plan: LinePlan
) -> None:
    pool = HandPool([face], {face.id: pen.syllables})
    seed = zlib.crc32(face.id.encode()) + plan.seed
    for name in CONDITIONS:
        stream = ConditionStream(pool, words, conditions=(name,), split=plan.split, seed=seed)
        lines = stream.batch(0, max(1, plan.num_per_face // 2))
        for image, text in zip(lines.images, lines.texts, strict=True):
            samples.add(image, text, face.id, face.klass, name, WORDS)


def _writers(plan: LinePlan) -> Iterator[Handwriting]:
    for path in plan.handwriting:
        is_one = not path.is_dir() or (path / "labels.tsv").exists()
        yield from [load_handwriting(path)] if is_one else load_writers(path, split=plan.split)


def _add_writer(samples: LineSamples, pen: WriterPen, words: Sequence[str], plan: LinePlan) -> None:
    known = [word for word in words if pen.repertoire.draws(word)]
    if not known:
        raise DataError(f"the writer {pen.writer} has written none of the words; leave the writer out")
    for rng in _generators(plan, pen.writer, WORDS, _LEAST_FROM_WRITER * plan.num_per_face):
        text = ""
        while len(text) < _WRITER_LENGTH:
            text = f"{text} {known[rng.integers(len(known))]}".strip()
        samples.add(pen.line(text, rng), text, pen.writer, "writer", SCANNED, WORDS)


def _generators(plan: LinePlan, source: str, test: str, num: int = 0) -> Iterator[np.random.Generator]:
    """One for each line, so that more lines begin with the same ones."""
    names = zlib.crc32(source.encode()), zlib.crc32(test.encode())
    for number in range(num or plan.num_per_face):
        yield np.random.default_rng([plan.seed, *names, number])


def has_faker() -> bool:
    """Whether lines of forms can be drawn."""
    return find_spec("faker") is not None
