"""Importance sampling: what is read badly is taken more often, and counts less."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.character.importance import Choice, ChosenBatches, chances, load_judge
from koocr.character.metadata import ModelMetadata
from koocr.character.settings import CharacterSettings
from koocr.data.synthesis import GlyphBatch
from koocr.errors import ConfigError, WeightsError
from koocr.hangul import NUM_SYLLABLES

SIZE = 32
NUM_DRAWN = 60


class Judge:
    """Sure of symbol 0 where the image is dark, and of symbol 1 where it is bright."""

    def __init__(self, size: int = SIZE) -> None:
        self.metadata = ModelMetadata(CharacterSettings(image_size=size, joint=True)).to_dict()
        self.size = size

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        assert batch.shape[1:] == (self.size, self.size, 1) and batch.dtype == np.float32
        table = np.full((len(batch), NUM_SYLLABLES), -30, np.float32)
        table[np.arange(len(batch)), (batch.mean((1, 2, 3)) > 0.5).astype(int)] = 0
        single = np.full((len(batch), 52), -30, np.float32)
        single[:, 0] = 0
        return {"syllable": table, "single": single}


def drawn(index: int) -> GlyphBatch:
    """All of symbol 0; a tenth is bright, so that the judge reads it wrongly."""
    bright = np.arange(NUM_DRAWN) % 10 == index % 10
    images = np.where(bright, 255, 0).astype(np.uint8)[:, None, None] * np.ones((1, SIZE, SIZE), np.uint8)
    return GlyphBatch(images, np.zeros(NUM_DRAWN, np.int32), bright)


def test_chances_grow_with_the_error_and_sum_to_the_number() -> None:
    errors = np.array([0.0, 0.0, 0.1, 0.5, 1.0, 1.0, 0.0, 0.02])
    for num in (1, 3, 5, 8):
        chance = chances(errors, num)
        assert chance.sum() == pytest.approx(num)
        assert (chance > 0).all() and (chance <= 1).all()
        assert (np.diff(chance[np.argsort(errors)]) >= -1e-12).all()
    assert (chances(np.ones(4), 4) == 1).all()
    assert chances(np.zeros(4), 2) == pytest.approx([0.5] * 4)
    assert chances(errors, 5)[4] == 1, "what is read worst is always taken"


def test_the_expected_sum_is_that_of_all_images() -> None:
    batches = ChosenBatches(drawn, Judge(), one_of=6, seed=3)
    sums = []
    for index in range(0, 4000, 10):
        batch = batches(index)
        assert len(batch.symbols) == NUM_DRAWN // 6
        assert batch.weights is not None
        sums.append([batch.weights[batch.is_handwritten].sum(), batch.weights[~batch.is_handwritten].sum()])
    bright, dark = np.mean(sums, axis=0)
    assert bright == pytest.approx(1, rel=0.05)  # a tenth of ten
    assert dark == pytest.approx(9, rel=0.05)


def test_what_is_read_wrongly_is_most_of_a_batch_and_none_is_taken_twice() -> None:
    batch = ChosenBatches(drawn, Judge(), one_of=6)(0)
    assert batch.weights is not None
    assert batch.is_handwritten.sum() == 6, "all six of the sixty"
    assert batch.weights[batch.is_handwritten] == pytest.approx(1 / 6)
    assert batch.weights.max() < 3.1


def test_what_no_one_can_read_counts_less() -> None:
    batches = ChosenBatches(drawn, Judge(), one_of=6, legible=0.02)
    taken = [batches(index) for index in range(0, 400, 10)]
    weights = [batch.weights[batch.is_handwritten] for batch in taken if batch.weights is not None]
    assert sum(map(len, weights)) < 0.2 * 10 * len(taken), "the judge gives the label next to nothing"
    assert np.concatenate(weights).max() < 1e-6
    rest = [batch.weights[~batch.is_handwritten] for batch in taken if batch.weights is not None]
    assert np.concatenate(rest).sum() == pytest.approx(9 * len(taken), rel=0.1)


def test_a_batch_depends_on_its_number_and_the_seed_alone() -> None:
    first, again, other = (
        ChosenBatches(drawn, Judge(), one_of=6, seed=seed)(7).weights for seed in (1, 1, 2)
    )
    assert first is not None and again is not None and other is not None
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("size", [16, 48])
def test_a_judge_may_see_another_size(size: int) -> None:
    batch = ChosenBatches(drawn, Judge(size), one_of=6)(0)
    assert batch.is_handwritten.sum() == 6 and batch.images.shape[1:] == (SIZE, SIZE)


def test_no_choice_of_one() -> None:
    with pytest.raises(ConfigError, match="one image is to be chosen of 1; give at least 2"):
        Choice("small", 1)
    with pytest.raises(ConfigError, match="legible is 1; give a probability from 0 to below 1"):
        Choice("small", 2, 1)


def test_what_can_not_judge(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a network")
    for name in ("text.onnx", "none.onnx"):
        with pytest.raises(WeightsError, match=name):
            load_judge(str(tmp_path / name))
    assert load_judge("small").metadata["settings"]["joint"]
