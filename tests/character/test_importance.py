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
from koocr.weights import shipped_model

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


def test_chances_are_in_proportion_and_sum_to_the_number() -> None:
    wanted = np.array([0.05, 0.05, 0.15, 0.55, 1.05, 1.05, 0.05, 0.07])
    for num in (1, 3, 5, 8):
        chance = chances(wanted, num)
        assert chance.sum() == pytest.approx(num)
        assert (chance > 0).all() and (chance <= 1).all()
        free = chance < 1
        assert np.ptp(chance[free] / wanted[free]) < 1e-9 if free.any() else num == 8
    assert (chances(np.ones(4), 4) == 1).all()
    assert chances(np.zeros(4), 2) == pytest.approx([0.5] * 4)
    assert chances(wanted, 5)[4] == 1, "what is read worst is always taken"


class Doubtful(Judge):
    """Gives an image's label, symbol 0, the share of ink that the image has."""

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        outputs = super().run(batch)
        share = np.clip(batch.mean((1, 2, 3)), 1e-6, 1 - 1e-6)
        outputs["syllable"][:] = np.log((1 - share) / (NUM_SYLLABLES - 1))[:, None]
        outputs["syllable"][:, 0] = np.log(share)
        return outputs


def shaded(index: int, levels: np.ndarray | None = None) -> GlyphBatch:
    """Image i is of grey level i throughout, unless other levels are given."""
    grey = np.arange(60) * 4 if levels is None else levels
    images = grey.astype(np.uint8)[:, None, None] * np.ones((1, SIZE, SIZE), np.uint8)
    return GlyphBatch(images, np.zeros(len(grey), np.int32), np.zeros(len(grey), bool))


def test_each_image_is_taken_as_often_as_its_chance_says() -> None:
    batches = ChosenBatches(shaded, Doubtful(), one_of=6, seed=3)
    taken, weight = np.zeros(60), np.zeros(60)
    num = 1500
    for index in range(num):
        batch = batches(index)
        rows = batch.images[:, 0, 0] // 4
        assert len(np.unique(rows)) == 10, "none twice"
        assert batch.weights is not None
        taken[rows] += 1
        weight[rows] += batch.weights
    chance = chances(1.05 - np.arange(60) * 4 / 255, 10)
    assert np.abs(taken / num - chance).max() < 0.06
    assert weight / num == pytest.approx(np.full(60, 1 / 6), abs=0.06), "in the mean all count alike"


def test_a_label_at_half_of_what_is_legible_counts_half() -> None:
    levels = np.array([3] + [255] * 11)  # the first label has a probability of 3 / 255
    for legible, share in ((2 * 3 / 255, 0.5), (0.0, 1.0)):
        batches = ChosenBatches(lambda index: shaded(index, levels), Doubtful(), one_of=2, legible=legible)
        batch = batches(0)
        assert batch.weights is not None
        (row,) = np.flatnonzero(batch.images[:, 0, 0] == 3)
        assert batch.weights[row] == pytest.approx(share / 2), "it is always taken, one of two"


def test_batches_of_two_numbers_differ() -> None:
    batches = ChosenBatches(shaded, Doubtful(), one_of=6)
    one, other = (batches(index).images[:, 0, 0] for index in (0, 1))
    assert not np.array_equal(one, other)


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


@pytest.mark.parametrize("count", [59, 4, 0])
def test_images_that_are_no_multiple(count: int) -> None:
    batches = ChosenBatches(lambda index: shaded(index, np.full(count, 9)), Doubtful(), one_of=6)
    with pytest.raises(ConfigError, match=f"{count} images are no multiple of 6"):
        batches(0)


def test_a_judge_of_damaged_weights() -> None:
    class Broken(Judge):
        def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
            return {name: np.full_like(values, np.nan) for name, values in super().run(batch).items()}

    with pytest.raises(WeightsError, match="gives no numbers; its weights are damaged"):
        ChosenBatches(drawn, Broken(), one_of=6)(0)


def test_what_no_one_can_read_counts_less() -> None:
    batches = ChosenBatches(drawn, Judge(), one_of=6, legible=0.02)
    taken = [batches(index) for index in range(0, 400, 10)]
    weights = [batch.weights[batch.is_handwritten] for batch in taken if batch.weights is not None]
    assert sum(map(len, weights)) < 0.02 * 10 * len(taken), "the judge gives the label next to nothing"
    assert sum(map(sum, weights)) < 1e-6
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
    with pytest.raises(ConfigError, match="choose_of is 1; give a whole number of at least 2"):
        Choice("small", 1)
    with pytest.raises(ConfigError, match="choose_legible is 1; give a probability from 0 to below 1"):
        Choice("small", 2, 1)


def test_what_can_not_judge(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("not a network")
    for name in ("text.onnx", "none.onnx"):
        with pytest.raises(WeightsError, match=name):
            load_judge(str(tmp_path / name))
    line = str(shipped_model("line", task="line").files["onnx-int8"].path)
    with pytest.raises(WeightsError, match="koocr-line-int8"):
        load_judge(line)
    with pytest.raises(WeightsError, match="is not of ONNX"):
        load_judge("weights.h5")
    assert load_judge("small").metadata["settings"]["joint"]
