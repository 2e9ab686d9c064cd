"""What recognisers are compared on: a few dictionary words a line under named conditions, or all of training.

The study of Korean recognisers at HCLT 2019 trained on the conditions basic and skew and read all five. Here
the number of words and of symbols can be cut down, so that a small machine can train two dozen networks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from koocr.charset import Charset, line_charset
from koocr.data.faces import KLASSES, load_coverage, load_faces, select_faces
from koocr.data.synthesis.lines import CONDITIONS, ConditionStream, HandPool, LineBatch
from koocr.data.text import read_words
from koocr.errors import ConfigError, DataError
from koocr.line.drawn import LineDrawing, LineSources, line_data

__all__ = ["ComparisonData", "ConditionSettings", "condition_data", "training_data"]

PRINTED = tuple(klass for klass in KLASSES if klass != "handwriting")


@dataclass(frozen=True)
class ComparisonData:
    """The same for every recogniser.

    Attributes:
        batches: lines to learn from, by number.
        tests: name → lines to measure on, of other faces and texts.
        charset: symbols of all these lines.
        max_length: symbols of the longest text that may come.
        batch_size: lines in a batch.
        summary: what it is, in a sentence.
    """

    batches: Callable[[int], LineBatch]
    tests: Mapping[str, LineBatch]
    charset: Charset
    max_length: int
    batch_size: int
    summary: str


@dataclass(frozen=True, kw_only=True)
class ConditionSettings:
    """Lines of dictionary words, of printed faces.

    Attributes:
        conditions: learnt from, each as often; the study's two. All five are measured on.
        num_symbols: only words of the so many most frequent syllables are used; 0: of all.
        num_words: of each line; the study has ten.
        max_word: symbols of the longest word.
        num_test: lines of each condition to measure on.
        split: faces and words to measure on: `val` where the result decides on something, else `test`.
        batch_size: of training.
        seed: of all choices.
    """

    conditions: tuple[str, ...] = ("basic", "skew")
    num_symbols: int = 300
    num_words: int = 3
    max_word: int = 5
    num_test: int = 100
    split: str = "val"
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ConfigError on a count below 1."""
        for name in ("num_words", "max_word", "num_test", "batch_size"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give at least 1")


def condition_data(
    fonts: Path, text: Path, settings: ConditionSettings, *, train_split: str = "train"
) -> ComparisonData:
    """Dictionary words under named conditions.

    Args:
        fonts: folder with `faces.csv`, `coverage.tsv.gz` and the faces.
        text: folder with the word list.
        settings: which words, how many.
        train_split: of the faces and words to learn from.

    Raises:
        ConfigError: there is no such condition.
        DataError: a file is missing or damaged, or too few faces or words are there.
    """
    words = _words(read_words(text), settings)
    train = _stream(_pool(fonts, train_split), words, settings, train_split, settings.conditions)
    test = _stream(_pool(fonts, settings.split), words, settings, settings.split, CONDITIONS)
    drawn = test.batch(0, settings.num_test * len(CONDITIONS))  # each condition in turn
    places = {name: range(number, len(drawn), len(CONDITIONS)) for number, name in enumerate(CONDITIONS)}
    charset = Charset.of([*words, "가 나"])  # the space too
    summary = (
        f"{settings.num_words} dictionary words a line, of {len(charset) - 1} syllables, printed faces; "
        f"learnt from: {', '.join(settings.conditions)}; read: {settings.num_test} lines of each of the five "
        f"conditions, faces and words of the split {settings.split}."
    )
    return ComparisonData(
        batches=lambda index: train.batch(index, settings.batch_size),
        tests={name: _rows(drawn, rows) for name, rows in places.items()},
        charset=charset,
        max_length=settings.num_words * (settings.max_word + 1),
        batch_size=settings.batch_size,
        summary=summary,
    )


def training_data(sources: LineSources, drawing: LineDrawing) -> ComparisonData:
    """What koocr's own recogniser is trained and validated on, with all symbols.

    Raises:
        DataError: a file is missing or damaged, or there are no faces to validate on.
    """
    data = line_data(sources, drawing)
    if data.validation is None:
        raise DataError("there are no faces of the split val to measure on; add some", file=sources.fonts)
    groups = data.validation.groups
    summary = (
        "Lines as koocr's own recogniser is trained on, of all symbols; read: "
        f"{', '.join(f'{len(lines)} {name}' for name, lines in groups.items())}, faces, hands and texts of "
        "the split val."
    )
    return ComparisonData(
        batches=cast("Callable[[int], LineBatch]", data.batches),  # drawn, not fitted: no workers are asked
        tests=groups,
        charset=line_charset(),
        max_length=drawing.text.max_length,
        batch_size=drawing.batch_size,
        summary=summary,
    )


def _words(words: Sequence[str], settings: ConditionSettings) -> list[str]:
    """The words that are short enough and made of frequent symbols."""
    counts = Counter(symbol for word in words for symbol in word)
    ranked = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    kept = set(ranked[: settings.num_symbols] if settings.num_symbols else ranked)
    return [word for word in words if len(word) <= settings.max_word and kept.issuperset(word)]


def _pool(fonts: Path, split: str) -> HandPool:
    faces = select_faces(load_faces(fonts), splits=[split], klasses=PRINTED)
    if not faces:
        raise DataError(f"there are no printed faces of the split {split}; add some", file=fonts)
    table = fonts / "coverage.tsv.gz"
    return HandPool(faces, load_coverage(table) if table.exists() else {})


def _stream(
    pool: HandPool, words: Sequence[str], settings: ConditionSettings, split: str, conditions: Sequence[str]
) -> ConditionStream:
    return ConditionStream(
        pool,
        words,
        conditions=conditions,
        split=split,
        num_words=settings.num_words,
        seed=settings.seed,
    )


def _rows(lines: LineBatch, rows: range) -> LineBatch:
    chosen = list(rows)
    return LineBatch(
        images=[lines.images[row] for row in chosen],
        texts=tuple(lines.texts[row] for row in chosen),
        spans=tuple(lines.spans[row] for row in chosen),
        kinds=tuple(lines.kinds[row] for row in chosen),
        sources=tuple(lines.sources[row] for row in chosen),
        is_handwritten=lines.is_handwritten[chosen],
    )
