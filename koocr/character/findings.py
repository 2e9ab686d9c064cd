"""Measures a reader on everything that a plan names, and keeps what a report needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from koocr.character.evaluation import (
    CharacterReader,
    Samples,
    face_samples,
    faces_of,
    patch_samples,
    read_samples,
    writer_samples,
    writers_of,
)
from koocr.character.small_type import SmallType
from koocr.errors import ConfigError
from koocr.evaluation.metrics import accuracy
from koocr.evaluation.readings import Readings
from koocr.evaluation.sheets import Tile, most_confident_mistakes
from koocr.evaluation.tesseract import Tesseract
from koocr.hangul import is_syllable, nfc
from koocr.image import GreyImage

__all__ = ["CLEAN", "DEGRADED", "PATCHES", "WRITERS", "Findings", "Mistake", "Peer", "TestPlan", "measure"]

CLEAN, DEGRADED, WRITERS, PATCHES = "faces, clean", "faces, degraded", "writers", "patches"

_MISTAKES_KEPT = 96
_EXAMPLES_A_SOURCE = 4


@dataclass(frozen=True, kw_only=True)
class TestPlan:
    """What to measure on.

    Attributes:
        fonts: a folder of faces; None for none.
        split: which faces, and which writers of a folder of writers: `train`, `val` or `test`.
        num_per_face: how many syllables of each face; 0 for all that it draws.
        degraded: whether faces are also read degraded.
        handwriting: writers, or folders of them.
        patches: a folder of patches; None for none.
        seed: of all choices.
        top_n: how many candidates are kept.
        tesseract: reads some of the clean images too; None to leave it out.
        tesseract_per_face: how many of each face.
    """

    __test__ = False  # not a test, whatever pytest thinks of its name

    fonts: Path | None = None
    split: str = "test"
    num_per_face: int = 1000
    degraded: bool = True
    handwriting: tuple[Path, ...] = ()
    patches: Path | None = None
    seed: int = 0
    top_n: int = 5
    tesseract: Tesseract | None = None
    tesseract_per_face: int = 100


@dataclass(frozen=True, eq=False)
class Mistake:
    """A wrong answer, with its picture."""

    test: str
    confidence: float
    tile: Tile


@dataclass(frozen=True)
class Peer:
    """Another program's answers to images that the reader read too: each (N,) right or not.

    Attributes:
        name: the program and its version.
        is_right: the program's.
        ours: the reader's.
        is_common: whether the syllable is one of the 2,350 of KS X 1001.
    """

    name: str
    is_right: np.ndarray
    ours: np.ndarray
    is_common: np.ndarray


@dataclass(eq=False)
class Findings:
    """What was found out about one reader.

    Attributes:
        readings: test (`CLEAN`, …) → all answers.
        mistakes: the most confident wrong answers of each test, the surest first.
        examples: some images of each test and source, for pictures: test → tiles.
        peer: Tesseract on the same images, if it was asked.
        split: of the faces and of the writers.
        held_out: syllables that training left out, if that is known; the caller fills this and what follows.
        extra: further figures by name, see `koocr.character.scorecard.LIMITS`.
        others: other weights on the same images: name → figures.
        small_type: faces at several sizes and blurs, if that was asked.
    """

    readings: dict[str, Readings] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    examples: dict[str, list[Samples]] = field(default_factory=dict)
    peer: Peer | None = None
    split: str = "test"
    held_out: frozenset[str] = frozenset()
    extra: dict[str, float] = field(default_factory=dict)
    others: dict[str, dict[str, float]] = field(default_factory=dict)
    small_type: list[SmallType] = field(default_factory=list)


def measure(
    reader: CharacterReader, plan: TestPlan, *, progress: Callable[[str], None] = lambda line: None
) -> Findings:
    """Reads every image of a plan.

    Args:
        reader: what is measured.
        plan: what on.
        progress: is told one line per face, writer and patch.

    Raises:
        ConfigError: the plan names no data.
        DataError: some of it can't be used.
    """
    findings = Findings(split=plan.split)
    parts: dict[str, list[Readings]] = {}
    peers: list[Peer] = []
    for test, samples in samples_of(plan):
        readings = read_samples(reader, samples, n=plan.top_n)
        parts.setdefault(test, []).append(readings)
        findings.mistakes += _mistakes(test, readings, samples)
        findings.examples.setdefault(test, []).append(_examples(samples))
        if test == CLEAN and plan.tesseract is not None:
            peers.append(_ask(plan.tesseract, samples, readings, plan.tesseract_per_face))
        progress(f"{test}: {samples.source}: {accuracy(readings.rank):.2%} of {len(readings)}")
    findings.readings = {test: Readings.join(found) for test, found in parts.items()}
    findings.mistakes = _surest(findings.mistakes)
    findings.peer = _join(peers) if peers else None
    return findings


def samples_of(plan: TestPlan) -> Iterator[tuple[str, Samples]]:
    """The images of a plan, one source at a time: (test, samples).

    Raises:
        ConfigError: the plan names no data.
        DataError: some of it can't be used.
    """
    if plan.fonts is None and plan.patches is None and not plan.handwriting:
        raise ConfigError(
            "there is nothing to measure on; give --fonts, --handwriting, or patches in ./val_data"
        )
    if plan.fonts is not None:
        for face, syllables in faces_of(plan.fonts, split=plan.split):
            for is_degraded in (False, True)[: 1 + plan.degraded]:
                test = DEGRADED if is_degraded else CLEAN
                num = plan.num_per_face
                yield test, face_samples(face, syllables, num=num, is_degraded=is_degraded, seed=plan.seed)
    for writer in writers_of(plan.handwriting, split=plan.split):
        yield WRITERS, writer_samples(writer)
    if plan.patches is not None:
        for samples in patch_samples(plan.patches):
            yield PATCHES, samples


def _mistakes(test: str, readings: Readings, samples: Samples) -> list[Mistake]:
    found = most_confident_mistakes(readings, samples.images, num=_MISTAKES_KEPT)
    return [
        Mistake(test, float(readings.confidence[number]), replace(tile, image=trimmed(tile.image)))
        for tile, number in found
    ]


def trimmed(image: GreyImage) -> GreyImage:
    """Cuts wide margins off, to show small writing larger; a fifth of the ink's size stays around it.

    On purpose without the reader's ink finder, whose mistakes are to be seen.
    """
    is_dark = image < (int(np.median(image)) + int(image.min())) / 2
    rows, columns = np.flatnonzero(is_dark.any(axis=1)), np.flatnonzero(is_dark.any(axis=0))
    if not len(rows):
        return image
    margin = round(0.2 * max(np.ptp(rows), np.ptp(columns))) + 1
    top, left = max(0, rows[0] - margin), max(0, columns[0] - margin)
    return image[top : rows[-1] + margin + 1, left : columns[-1] + margin + 1]


def _surest(mistakes: list[Mistake]) -> list[Mistake]:
    """The surest ones of each test."""
    kept: list[Mistake] = []
    for test in dict.fromkeys(mistake.test for mistake in mistakes):
        of_test = [mistake for mistake in mistakes if mistake.test == test]
        kept += sorted(of_test, key=lambda mistake: -mistake.confidence)[:_MISTAKES_KEPT]
    return kept


def _examples(samples: Samples) -> Samples:
    chosen = np.linspace(0, len(samples) - 1, min(_EXAMPLES_A_SOURCE, len(samples))).astype(int).tolist()
    images, labels = [samples.images[i] for i in chosen], [samples.labels[i] for i in chosen]
    return Samples(samples.source, samples.kind, images, labels)


def _ask(tesseract: Tesseract, samples: Samples, readings: Readings, num: int) -> Peer:
    chosen = np.linspace(0, len(samples) - 1, min(num, len(samples))).astype(int)
    images: list[GreyImage] = [samples.images[i] for i in chosen.tolist()]
    labels = [nfc(samples.labels[i]) for i in chosen.tolist()]
    read = tesseract.read(images)
    return Peer(
        name=f"Tesseract {tesseract.version} ({tesseract.language})",
        is_right=np.array([text == label for text, label in zip(read, labels, strict=True)]),
        ours=readings.is_right[chosen],
        is_common=np.array([is_common(label) for label in labels]),
    )


def _join(peers: list[Peer]) -> Peer:
    arrays: Mapping[str, np.ndarray] = {
        name: np.concatenate([getattr(peer, name) for peer in peers])
        for name in ("is_right", "ours", "is_common")
    }
    return Peer(name=peers[0].name, **arrays)


def is_common(text: str) -> bool:
    """Whether the text is one of the 2,350 syllables of KS X 1001, which EUC-KR writes in two bytes."""
    return is_syllable(text) and len(text.encode("euc-kr")) == 2
