"""Batches of lines that are drawn and prepared once, and learnt from by each of several networks.

Both take longer than a small network's step; two dozen networks that learn from the same lines need not have
them drawn two dozen times.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from koocr.data.files import atomic_file
from koocr.errors import DataError
from koocr.line.batches import FittedLines

__all__ = ["StoredBatches"]


class StoredBatches:
    """Numbered batches, kept in a folder as they are asked for.

    Several processes may share the folder: a file takes its name when all of it is written, and whoever
    makes a batch makes the same.

    Args:
        make: makes batch i, each time the same.
        folder: a file a batch, `000123.npz`; made when the first is written.
    """

    def __init__(self, make: Callable[[int], FittedLines], folder: Path) -> None:
        self._make, self._folder = make, folder

    def __call__(self, index: int) -> FittedLines:
        """Batch i, from its file or made.

        Raises:
            DataError: its file is damaged.
        """
        path = self._folder / f"{index:06d}.npz"
        if path.exists():
            return _load(path)
        batch = self._make(index)
        if batch.texts:
            _save(path, batch)
        return batch


def _save(path: Path, batch: FittedLines) -> None:
    with atomic_file(path) as stream:
        np.savez(
            stream,
            strips=np.concatenate(batch.strips, axis=1),  # all of one height
            widths=np.array([strip.shape[1] for strip in batch.strips], np.int64),
            texts=np.array(batch.texts, str),
        )


def _load(path: Path) -> FittedLines:
    try:
        with np.load(path, allow_pickle=False) as stored:
            stops = np.cumsum(stored["widths"])
            return FittedLines(np.split(stored["strips"], stops[:-1], axis=1), stored["texts"].tolist())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"this is no batch of lines ({error}); delete it", file=path) from error
