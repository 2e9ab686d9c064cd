"""Batches that are made once: what comes back is what was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import DataError
from koocr.line.batches import FittedLines
from koocr.line.stored_batches import StoredBatches


def made(index: int) -> FittedLines:
    """Strips of different widths; a text may be empty or end in a space."""
    rng = np.random.default_rng(index)
    texts = ["가 나", "", "훑1½ "]
    strips = [rng.integers(0, 256, (32, 31 * row + 7), dtype=np.uint8) for row in range(len(texts))]
    return FittedLines(strips, texts)


def refuse(index: int) -> FittedLines:
    raise AssertionError(f"batch {index} is made again")


@pytest.mark.parametrize("index", [0, 1_234_567])
def test_a_batch_is_made_once_and_comes_back_as_it_was(tmp_path: Path, index: int) -> None:
    first = StoredBatches(made, tmp_path / "lines")(index)
    again = StoredBatches(refuse, tmp_path / "lines")(index)
    for batch in (first, again):
        assert batch.texts == made(index).texts
        for strip, other in zip(batch.strips, made(index).strips, strict=True):
            assert strip.dtype == np.uint8 and np.array_equal(strip, other)


def test_a_batch_of_which_nothing_is_left_is_not_kept(tmp_path: Path) -> None:
    assert StoredBatches(lambda index: FittedLines([], []), tmp_path)(0).texts == []
    assert not any(tmp_path.iterdir())


def test_only_what_is_asked_for_is_made(tmp_path: Path) -> None:
    StoredBatches(made, tmp_path)(5)
    assert [path.name for path in tmp_path.iterdir()] == ["000005.npz"]
    with pytest.raises(AssertionError, match="batch 4 is made again"):
        StoredBatches(refuse, tmp_path)(4)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"no zip"])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "000000.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"this is no batch of lines .*delete it"):
        StoredBatches(refuse, tmp_path)(0)
