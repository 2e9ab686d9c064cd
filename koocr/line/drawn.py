"""Lines drawn to learn from, and others, of other faces, hands and texts, to validate on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from koocr.data.faces import KLASSES, load_coverage, load_faces, select_faces
from koocr.data.forms import Forms
from koocr.data.handwriting import WRITER_SPLITS, Handwriting, load_writers
from koocr.data.line_sets import OnProblem
from koocr.data.synthesis.lines import DrawingSettings, HandPool, LineBatch, LineStream
from koocr.data.synthesis.lines.pool import sign_fonts
from koocr.data.synthesis.lines.settings import PoolSettings
from koocr.data.text import LineText, Sentences, Syllables, TextSettings, TextSource, read_texts, read_words
from koocr.errors import DataError
from koocr.line.batches import FittedLines, fit_lines
from koocr.line.data import LineData, LineValidation
from koocr.line.labelled import LabelledLines, LabelledSettings, mixed

_PRINTED = tuple(klass for klass in KLASSES if klass != "handwriting")
_TRAINING = PoolSettings(written=0.12)
"""Who writes lines to learn from: some are written with a moving pen, as no typeface is."""
_VAL_SEED = 20
"""Validation is the same whatever the seed of training is."""


@dataclass(frozen=True, kw_only=True)
class LineSources:
    """What lines are drawn from.

    Attributes:
        fonts: folder with `faces.csv`, `coverage.tsv.gz` and the faces.
        text: folder with text files, one line a line, and a word list, see `koocr.data.text`.
        handwriting: folder of labelled crops of real hands; None: faces only.
        leave_out: faces and writers whose names begin with one of these are not used.
    """

    fonts: Path
    text: Path
    handwriting: Path | None = None
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineDrawing:
    """How they are drawn.

    Attributes:
        batch_size: lines in a batch.
        seed: another seed, other lines.
        text: what they say.
        drawing: all else.
        num_validation: lines in each group of the validation; 0 for no validation.
    """

    batch_size: int = 32
    seed: int = 0
    text: TextSettings = field(default_factory=TextSettings)
    drawing: DrawingSettings = field(default_factory=DrawingSettings)
    num_validation: int = 64


def line_data(
    sources: LineSources, drawing: LineDrawing, *, labelled: LabelledLines | None = None
) -> LineData:
    """Opens the sources of the splits train and val.

    The validation has up to four groups: "clean", printed faces in black on white; "hands", handwriting faces
    likewise; "writers", crops of a real hand; "degraded", all faces under all that happens in training.

    Args:
        sources: what lines are drawn from.
        drawing: how.
        labelled: lines that take their share of each batch.

    Raises:
        DataError: a file is missing or damaged, or no face is there to learn from.
        MissingDependencyError: Faker is not installed.
    """
    words = _Words.of(sources.text)
    batches = _training_batches(sources, words, drawing, labelled)
    groups = _validation(sources, words, drawing) if drawing.num_validation else {}
    validation = LineValidation(groups) if groups else None
    return LineData(batches, validation)


def fitted_batches(
    sources: LineSources,
    drawing: LineDrawing,
    height: int,
    *,
    labelled: LabelledSettings | None = None,
    on_problem: OnProblem | None = None,
) -> Callable[[int], FittedLines]:
    """Makes batches for training, drawn and prepared: what worker processes do.

    Args:
        sources: what lines are drawn from.
        drawing: how.
        height: of the strips.
        labelled: lines that take their share of each batch.
        on_problem: is told of a labelled line whose picture can't be read; bad rows of label files are passed
            over, since whoever starts the processes has told of them.

    Raises:
        DataError: see `line_data`.
    """
    given = None
    if labelled is not None:
        given = LabelledLines(labelled, on_problem=lambda error: None)
        given.on_problem = on_problem
    batches = _training_batches(sources, _Words.of(sources.text), drawing, given)

    def batch(index: int) -> FittedLines:
        lines = batches(index)
        return fit_lines(lines.images, lines.texts, height=height)

    return batch


def _training_batches(
    sources: LineSources, words: _Words, drawing: LineDrawing, labelled: LabelledLines | None
) -> Callable[[int], LineBatch]:
    train = _Split("train", sources)
    if not train.faces:
        raise DataError("no face of the split train is in the list; add some", file=sources.fonts)
    pool, text = train.pool(settings=_TRAINING), words.lines("train", drawing.text)
    stream = LineStream(pool, text, settings=drawing.drawing, seed=drawing.seed)
    if labelled is not None:
        return mixed(stream, labelled, size=drawing.batch_size)
    return lambda index: stream.batch(index, drawing.batch_size)


def validation_lines(sources: LineSources, drawing: LineDrawing) -> LineValidation:
    """The lines that training is validated on, alone; see `line_data`.

    Raises:
        DataError: a file is missing or damaged, or there is nothing of the split val.
        MissingDependencyError: Faker is not installed.
    """
    groups = _validation(sources, _Words.of(sources.text), drawing)
    if not groups:
        raise DataError("no face of the split val is in the list; add some", file=sources.fonts)
    return LineValidation(groups)


@dataclass(frozen=True)
class _Words:
    """What a folder of texts holds."""

    texts: list[list[str]]
    words: list[str]

    @classmethod
    def of(cls, folder: Path) -> _Words:
        return cls(read_texts(folder), read_words(folder))

    def lines(self, split: str, settings: TextSettings) -> LineText:
        """The mixture of a split."""
        sources: dict[str, TextSource] = {
            "sentences": Sentences(self.texts, split=split),
            "syllables": Syllables(self.words, split=split),
            "forms": Forms(manuals=True),
        }
        return LineText(sources, split=split, settings=settings)


class _Split:
    """The faces and writers of one split."""

    def __init__(self, split: str, sources: LineSources) -> None:
        table = sources.fonts / "coverage.tsv.gz"
        self._coverage = load_coverage(table) if table.exists() else {}
        faces = select_faces(load_faces(sources.fonts), splits=[split])
        self.faces = [face for face in faces if not face.id.startswith(sources.leave_out)]
        self.writers = list(_writers(sources, split))

    def pool(self, *, klasses: Sequence[str] = KLASSES, settings: PoolSettings | None = None) -> HandPool:
        """A pool of the faces of some classes, and of the writers."""
        return HandPool(
            select_faces(self.faces, klasses=klasses),
            self._coverage,
            writers=self.writers,
            signs=sign_fonts(),
            settings=settings,
        )


def _writers(sources: LineSources, split: str) -> Iterator[Handwriting]:
    folder = sources.handwriting
    if folder is None:
        return
    known = [name for name, its_split in WRITER_SPLITS.items() if its_split == split]
    if split != "train" and not any(
        (folder / name).exists() or (folder / f"{name}.zip").exists() for name in known
    ):
        return  # then nobody validates
    for writer in load_writers(folder, split=split):
        if not writer.writer.startswith(sources.leave_out):
            yield writer


def _validation(sources: LineSources, words: _Words, drawing: LineDrawing) -> dict[str, LineBatch]:
    """Lines by group."""
    text = words.lines("val", drawing.text)
    streams = _validation_streams(_Split("val", sources), text, drawing.drawing)
    return {name: stream.batch(0, drawing.num_validation) for name, stream in streams.items()}


def _validation_streams(split: _Split, text: LineText, drawing: DrawingSettings) -> dict[str, LineStream]:
    """By group; those without a face or writer are left out."""
    clean = replace(DrawingSettings.clean(), similar_lengths=False)
    changed = replace(drawing, similar_lengths=False)
    faces_only = PoolSettings(real=0.0)
    no_faces: dict[str, Any] = dict.fromkeys(KLASSES, 0.0)
    groups = {
        "clean": (_PRINTED, faces_only, clean),
        "hands": (("handwriting",), faces_only, clean),
        "writers": (KLASSES, PoolSettings(**no_faces), clean),
        "degraded": (KLASSES, faces_only, changed),
    }
    streams = {}
    for name, (klasses, shares, settings) in groups.items():
        if split.writers if name == "writers" else select_faces(split.faces, klasses=klasses):
            pool = split.pool(klasses=klasses, settings=shares)
            streams[name] = LineStream(pool, text, settings=settings, seed=_VAL_SEED)
    return streams
