"""Training on the ancestor's patches: files of images and labels in a folder."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
    """A picture of a character as a stored glyph, (GLYPH_SIZE, GLYPH_SIZE), ink bright on 0; None for a blank one."""
    fitted = fit_glyph(image, GLYPH_SIZE * 5 // 4)
    return None if fitted is None else fit_ink(fitted, ink_size=INK_SIZE)


class PatchBatches:
    """Numbered batches from a folder of patches, in groups of files.

    An epoch shows every image once: the files are mixed, read in groups of `patch_size`, and the images of a group
    mixed. Batch i depends on the seed and i alone, and no more than one group is in memory.

    Args:
        folder: of the patches.
        patch_size: files in a group.
        batch_size: images in a batch; the last one of a group may have fewer.
        size: side of the images.
        seed: of the order and the augmentation.
        augmentation: how the images are changed; None for not at all.
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
            raise ConfigError("patch_size and batch_size are counts; give 1 or more")
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
        groups = -(-len(self._files) // self._patch_size)
        return self.num_images // self._batch_size + groups

    def batch(self, index: int) -> GlyphBatch:
        """Batch number `index`, from 0."""
        epoch, step = divmod(index, self.steps_per_epoch)
        groups = self._groups(epoch)
        ends = np.cumsum(
            [-(-sum(self._lengths[file] for file in group) // self._batch_size) for group in groups]
        )
        step = step % int(ends[-1])  # an epoch that needs fewer batches shows its first ones again
        number = bisect_right(ends.tolist(), step)
        store = self._load(epoch, number, groups[number])
        within = step - (int(ends[number - 1]) if number else 0)
        order = np.random.default_rng([self._seed, epoch, number]).permutation(len(store))
        rows = np.take(order, range(within * self._batch_size, (within + 1) * self._batch_size), mode="wrap")
        rng = np.random.default_rng([self._seed, epoch, number, within])
        is_handwritten = np.array([kind == "handwritten" for kind in store.kinds])
        return GlyphBatch(
            images=augment(store.images[rows], rng, self._augmentation, size=self._size),
            symbols=store.symbols[rows],
            is_handwritten=is_handwritten[store.sources[rows]],
        )

    def _groups(self, epoch: int) -> list[list[Path]]:
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._files))
        files = [self._files[position] for position in order]
        return [files[start : start + self._patch_size] for start in range(0, len(files), self._patch_size)]

    def _load(self, epoch: int, number: int, files: list[Path]) -> GlyphStore:
        if self._group is None or self._group[0] != (epoch, number):
            self._group = (epoch, number), store_of([read_patch(file) for file in files])
        return self._group[1]


def train_reader(
    model: keras.Model,
    settings: CharacterSettings,
    *,
    epochs: int = 1,
    lr: float = 0.001,
    data: str | Path = "./data",
    val_data: str | Path | None = "./val_data",
    batch_size: int = 128,
    patch_size: int = 10,
    optimizer: str = "adamw",
    data_augmentation: bool = True,
    logs: str | Path = "./logs",
    silent_mode: bool = False,
    seed: int = 0,
) -> keras.Model:
    """Trains a model on patches; what `KoOCR.train` calls.

    Args:
        model: to begin with.
        settings: of the model.
        epochs: times that every image is shown.
        lr: highest learning rate.
        data: folder of the patches.
        val_data: folder of patches to validate on; None, or a folder that is not there: none.
        batch_size: images a step.
        patch_size: files in memory at a time.
        optimizer: sgd, adam, adamw, adabound or muon.
        data_augmentation: change each image anew each time.
        logs: folder for checkpoint, weights and log; a run that was stopped goes on from there.
        silent_mode: no progress bar.
        seed: of the order and the augmentation.

    Returns:
        The trained model.
    """
    from koocr.character.training import TrainingSettings, train_network
    from koocr.character.validation import make_validation_set
    from koocr.training.logs import CsvLog
    from koocr.training.loop import LoopSettings

    batches = PatchBatches(
        data,
        patch_size=patch_size,
        batch_size=batch_size,
        size=settings.image_size,
        seed=seed,
        augmentation=AugmentationSettings() if data_augmentation else None,
    )
    loop = LoopSettings(
        num_steps=epochs * batches.steps_per_epoch,
        steps_per_epoch=batches.steps_per_epoch,
        average_decay=0.0 if batches.steps_per_epoch * epochs < 100 else 0.99,
        is_silent=silent_mode,
    )
    validation = None
    if val_data is not None and Path(val_data).is_dir() and list_patches(val_data):
        store = store_of([read_patch(file) for file in list_patches(val_data)])
        validation = make_validation_set(store, per_source=200, size=settings.image_size)
    warmup = min(300, loop.num_steps // 10)
    training = TrainingSettings(loop=loop, learning_rate=lr, optimizer=optimizer, warmup_steps=warmup)
    folder = Path(logs)
    folder.mkdir(parents=True, exist_ok=True)
    return train_network(
        settings,
        training,
        batches.batch,
        folder=folder,
        validation=validation,
        logs=(CsvLog(folder),),
        start=model,
    )
