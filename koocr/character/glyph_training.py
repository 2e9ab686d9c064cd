"""Training on faces and hands: glyphs drawn once, and changed anew each time they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from koocr.character.importance import Choice, ChosenBatches, load_judge
from koocr.character.training import TrainingData
from koocr.character.validation import ValidationSet, make_validation_set
from koocr.data.frequencies import syllable_frequencies
from koocr.data.glyphs import GlyphSource, GlyphStore, build_store
from koocr.data.sources import face_sources, writer_sources
from koocr.data.synthesis import AugmentationSettings, GlyphSampler, GlyphStream, SamplingSettings
from koocr.errors import DataError


@dataclass(frozen=True, kw_only=True)
class GlyphTraining:
    """Where the glyphs come from, and which of them are shown.

    Attributes:
        fonts: folder with `faces.csv`, `coverage.tsv.gz` and the faces.
        store: folder in which drawn glyphs are kept.
        handwriting: folder of labelled crops of real hands; None: faces only.
        words: word list with frequencies, by which a part of the syllables comes; None: all come uniformly.
        sampling: the shares.
        leave_out: faces and writers whose names begin with one of these are not used.
        choice: which of the images are trained on; None: all that are drawn.
    """

    fonts: Path
    store: Path
    handwriting: Path | None = None
    words: Path | None = None
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    leave_out: tuple[str, ...] = ()
    choice: Choice | None = None


def glyph_data(
    glyphs: GlyphTraining,
    *,
    batch_size: int,
    steps_per_epoch: int,
    size: int,
    seed: int,
    augmentation: AugmentationSettings,
) -> TrainingData:
    """Draws what is not drawn yet, and makes batches of it.

    Only faces and writers of the split "train" are learnt from; those of "val", if there are any, validate.

    Args:
        glyphs: where they come from.
        batch_size: images in a batch.
        steps_per_epoch: batches between two validations.
        size: side of the images.
        seed: of the choice and the augmentation.
        augmentation: how the images are changed.

    Raises:
        DataError: a file is missing or damaged, or no face is there to train on.
        WeightsError: those of the network that chooses are missing, damaged, or no ONNX file.
    """
    choice = glyphs.choice
    judge = None if choice is None else load_judge(choice.judge)
    frequencies = None if glyphs.words is None else syllable_frequencies(glyphs.words)
    store = _store(glyphs, "train")
    if store is None:
        raise DataError("no face of the split train is in the list; add some", file=glyphs.fonts)
    sampler = GlyphSampler(store, glyphs.sampling, frequencies=frequencies, leave_out=glyphs.leave_out)
    num_drawn = batch_size * (choice.one_of if choice else 1)
    stream = GlyphStream(
        store, sampler, batch_size=num_drawn, size=size, seed=seed, augmentation=augmentation
    )
    batches = stream.batch
    if choice is not None and judge is not None:
        batches = ChosenBatches(batches, judge, one_of=choice.one_of, legible=choice.legible, seed=seed)
    return TrainingData(
        batches,
        steps_per_epoch,
        _validation(_store(glyphs, "val"), size),
        glyphs.sampling.hidden_symbols,
    )


def _validation(store: GlyphStore | None, size: int) -> ValidationSet | None:
    return None if store is None else make_validation_set(store, per_source=100, size=size)


def _store(glyphs: GlyphTraining, split: str) -> GlyphStore | None:
    """The glyphs of a split; None where it has no face."""
    sources: list[GlyphSource] = face_sources(glyphs.fonts, split=split)
    if glyphs.handwriting is not None:
        sources += writer_sources(glyphs.handwriting, split=split)
    return build_store(glyphs.store / split, sources) if sources else None
