"""Training on the ancestor's patches: files of images and labels in a folder."""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from koocr.character.symbols import encode
from koocr.data.glyphs import GLYPH_SIZE, INK_SIZE, GlyphStore, fit_ink
from koocr.data.patches import Patch, PatchKind, list_patches, read_patch
from koocr.data.synthesis import AugmentationSettings, GlyphBatch
from koocr.data.synthesis.settings import PLAIN
from koocr.data.synthesis.stream import augment
from koocr.errors import ConfigError, DataError
from koocr.ink import fit_glyph

if TYPE_CHECKING:
    import keras

    from koocr.character.settings import CharacterSettings
    from koocr.character.training import TrainingData

UInt8Array = NDArray[np.uint8]


def store_of(patches: Sequence[Patch]) -> GlyphStore:
    """The images of patches as stored glyphs, a source a file; blank images are left out."""
    images, symbols, sources = [], [], []
    for number, patch in enumerate(patches):
        for image, symbol in zip(patch.images, encode(patch.labels), strict=True):
            glyph = as_glyph(image)
            if glyph is not None:
                images.append(glyph)
                symbols.append(symbol)
                sources.append(number)
    if not images:
        raise DataError("the patches hold nothing but blank images; make them again with a larger char_size")
    kinds = tuple("printed" if patch.kind is PatchKind.PRINTED else "handwritten" for patch in patches)
    return GlyphStore(
        images=np.stack(images),
        symbols=np.array(symbols, np.int32),
        sources=np.array(sources, np.int32),
        names=tuple(patch.path.name for patch in patches),
        kinds=kinds,
        is_real=tuple(patch.kind is PatchKind.HANDWRITTEN for patch in patches),
    )


def as_glyph(image: UInt8Array) -> UInt8Array | None:
    """A picture of a character as a stored glyph, (GLYPH_SIZE, GLYPH_SIZE); None for a blank one."""
    fitted = fit_glyph(image, GLYPH_SIZE * 5 // 4)
    return None if fitted is None else fit_ink(fitted, ink_size=INK_SIZE)


class PatchBatches:
    """Numbered batches from a folder of patches, in groups of files.

    An epoch shows every image once: the files are mixed, read in groups of `patch_size`, and the images of
    a group mixed; its last batch is filled up with its first images. Batch i depends on the seed and i
    alone, and no more than one group is in memory.

    Args:
        folder: of the patches.
        patch_size: files in a group.
        batch_size: images in a batch.
        size: side of the images.
        seed: of the order and the augmentation.
        augmentation: how the images are changed; None for not at all.

    Raises:
        DataError: the folder is missing or empty, or a patch can't be read.
        ConfigError: a size is below 1.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        patch_size: int = 10,
        batch_size: int = 128,
        size: int = 64,
        seed: int = 0,
        augmentation: AugmentationSettings | None = None,
    ) -> None:
        self._files = list_patches(folder)
        if not self._files:
            raise DataError(
                "the folder has no patches; make some with crawl_data.py or load_data.py", file=folder
            )
        if patch_size < 1 or batch_size < 1:
            raise ConfigError(f"patch_size is {patch_size} and batch_size {batch_size}; give 1 or more")
        self._patch_size = min(patch_size, len(self._files))
        self._batch_size = batch_size
        self._size = size
        self._seed = seed
        self._augmentation = augmentation or PLAIN
        self._lengths = {file: len(read_patch(file)) for file in self._files}
        self._group: tuple[tuple[int, int], GlyphStore] | None = None

    @property
    def num_images(self) -> int:
        """Images in an epoch."""
        return sum(self._lengths.values())

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch: the most that any order of the files can need."""
        num_groups = -(-len(self._files) // self._patch_size)
        return max(0, self.num_images - num_groups) // self._batch_size + num_groups

    def batch(self, index: int) -> GlyphBatch:
        """Batch number `index`, from 0."""
        epoch, step = divmod(index, self.steps_per_epoch)
        groups = self._groups(epoch)
        ends = np.cumsum(
            [-(-sum(map(self._lengths.__getitem__, group)) // self._batch_size) for group in groups]
        )
        step = step % int(ends[-1])  # an epoch that needs fewer batches shows its first ones again
        number = bisect_right(ends.tolist(), step)
        store = self._load(epoch, number, groups[number])
        within = step - (int(ends[number - 1]) if number else 0)
        order = np.random.default_rng([self._seed, epoch, number]).permutation(len(store))
        chosen = range(within * self._batch_size, (within + 1) * self._batch_size)
        rows = np.take(order, chosen, mode="wrap")
        rng = np.random.default_rng([self._seed, epoch, number, within])
        return GlyphBatch(
            images=augment(store.images[rows], rng, self._augmentation, size=self._size),
            symbols=store.symbols[rows],
            is_handwritten=np.array(store.kinds)[store.sources[rows]] == "handwritten",
        )

    def _groups(self, epoch: int) -> list[list[Path]]:
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._files))
        files = [self._files[position] for position in order]
        return [files[start : start + self._patch_size] for start in range(0, len(files), self._patch_size)]

    def _load(self, epoch: int, number: int, files: list[Path]) -> GlyphStore:
        if self._group is None or self._group[0] != (epoch, number):
            self._group = (epoch, number), store_of([read_patch(file) for file in files])
        return self._group[1]


def patch_data(
    folder: str | Path,
    val_folder: str | Path | None,
    *,
    patch_size: int,
    batch_size: int,
    size: int,
    seed: int,
    augmentation: AugmentationSettings | None,
) -> TrainingData:
    """Patches to train on, and those to validate on if that folder is there and has any.

    The other arguments and the errors are those of `PatchBatches`.
    """
    from koocr.character.training import TrainingData
    from koocr.character.validation import make_validation_set

    batches = PatchBatches(
        folder, patch_size=patch_size, batch_size=batch_size, size=size, seed=seed, augmentation=augmentation
    )
    files = list_patches(val_folder) if val_folder is not None and Path(val_folder).is_dir() else []
    validation = None
    if files:
        store = store_of([read_patch(file) for file in files])
        validation = make_validation_set(store, per_source=200, size=size)
    return TrainingData(batches.batch, batches.steps_per_epoch, validation)


@dataclass(frozen=True, kw_only=True)
class PatchTraining:
    """What `KoOCR.train` takes.

    Attributes:
        epochs: times that every image is shown.
        lr: highest learning rate.
        data: folder of the patches.
        val_data: folder of patches to validate on; None, or a folder that is not there: none.
        batch_size: images a step.
        patch_size: files in memory at a time.
        optimizer: sgd, adam, adamw, adabound or muon.
        data_augmentation: change each image anew each time.
        logs: folder for checkpoint, weights and log. A run there that was stopped goes on; one that came to
            its end is replaced.
        zip_weights: also keep the weights of every epoch, zipped.
        silent_mode: no progress bar.
        seed: of the order, the augmentation and dropout.
    """

    epochs: int = 1
    lr: float = 0.001
    data: str | Path = "./data"
    val_data: str | Path | None = "./val_data"
    batch_size: int = 128
    patch_size: int = 10
    optimizer: str = "adamw"
    data_augmentation: bool = True
    logs: str | Path = "./logs"
    zip_weights: bool = False
    silent_mode: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ConfigError on a count that is none."""
        for name in ("epochs", "batch_size", "patch_size"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; give a whole number of at least 1")
        if isinstance(self.lr, bool) or not isinstance(self.lr, (int, float)) or not 0 < self.lr < math.inf:
            raise ConfigError(f"lr is {self.lr!r}; give a positive number")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ConfigError(f"seed is {self.seed!r}; give a whole number of at least 0")
        for name in ("data", "logs"):
            if not isinstance(getattr(self, name), (str, os.PathLike)):
                raise ConfigError(f"{name} is {getattr(self, name)!r}; name a folder")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> PatchTraining:
        """Options by name.

        Raises:
            ConfigError: a name is unknown.
        """
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                close = get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"the options are {', '.join(known)}"
                raise ConfigError(f"training has no option {name!r}; {hint}")
        return cls(**options)


def train_reader(model: keras.Model, settings: CharacterSettings, options: PatchTraining) -> keras.Model:
    """Trains a model on patches; what `KoOCR.train` calls.

    Args:
        model: to begin with.
        settings: of the model.
        options: how.

    Returns:
        The trained model.
    """
    from koocr.character.training import TrainingSettings, train_network
    from koocr.training.logs import CsvLog
    from koocr.training.loop import LoopSettings

    data = patch_data(
        options.data,
        options.val_data,
        patch_size=options.patch_size,
        batch_size=options.batch_size,
        size=settings.image_size,
        seed=options.seed,
        augmentation=AugmentationSettings() if options.data_augmentation else None,
    )
    steps = data.steps_per_epoch
    training = TrainingSettings(
        loop=LoopSettings(
            num_steps=options.epochs * steps, steps_per_epoch=steps, is_silent=options.silent_mode
        ),
        learning_rate=options.lr,
        optimizer=options.optimizer,
        seed=options.seed,
    )
    folder = Path(options.logs)
    return train_network(
        settings,
        training,
        data,
        folder=folder,
        logs=(CsvLog(folder),),
        start=model,
        zip_weights=options.zip_weights,
    )
