"""What the network is sure of is read once; of the rest the mean over three looks counts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from koocr.character.decode import Scores, mean_scores, scores_of
from koocr.character.second_look import with_second_look

HEADS = {"initial": 19, "medial": 21, "final": 28, "single": 52}
JOINT = {"syllable": 11172, "single": 52}


def made(rng: np.random.Generator, heads: dict[str, int], *, rows: int, sure: tuple[int, ...] = ()) -> Scores:
    outputs = {name: rng.normal(0, 1, (rows, size)).astype(np.float32) for name, size in heads.items()}
    for values in outputs.values():
        values[list(sure), 0] = 50
    return scores_of(outputs)


def glyphs(rng: np.random.Generator, count: int, side: int = 64) -> list[np.ndarray]:
    return [cv2.blur(rng.integers(0, 256, (side, side)).astype(np.uint8), (9, 9)) for _ in range(count)]


@pytest.mark.parametrize("heads", [HEADS, JOINT], ids=["independent", "joint"])
@pytest.mark.parametrize("side", [48, 64])
def test_unsure_images_get_the_mean_of_three_looks(heads: dict[str, int], side: int) -> None:
    rng = np.random.default_rng(0)
    first = made(rng, heads, rows=4, sure=(1, 3))
    seen: list[np.ndarray] = []
    looks: list[Scores] = []

    def score(images: np.ndarray) -> Scores:
        seen.append(images)
        looks.append(made(rng, heads, rows=len(images)))
        return looks[-1]

    images = glyphs(rng, 4, side)
    found = with_second_look(images, first, score)
    assert [len(batch) for batch in seen] == [4]  # two images, two further looks each, in one run
    assert not any(np.array_equal(view, images[row]) for view in seen[0] for row in (0, 2))
    before = np.exp(first.symbols())
    for place, row in enumerate((0, 2)):
        # "single" and the rest are averaged apart, so compare what each look says of its own output
        table = (
            np.exp(first.syllables()[row])
            + sum(np.exp(looks[0].syllables()[place + 2 * k]) for k in range(2))
        ) / 3
        if heads is JOINT:
            assert np.exp(found.syllables()[row]) == pytest.approx(table, abs=1e-6)
        single = (np.exp(first.single[row]) + np.exp(looks[0].single[place::2]).sum(0)) / 3
        assert np.exp(found.single[row]) == pytest.approx(single, abs=1e-6)
    for row in (1, 3):
        assert np.array_equal(np.exp(found.symbols())[row], before[row])
    assert np.exp(found.symbols()).sum(1) == pytest.approx(1, abs=1e-4)


def test_sure_images_are_not_looked_at_again() -> None:
    scores = made(np.random.default_rng(1), JOINT, rows=3, sure=(0, 1, 2))

    def score(images: np.ndarray) -> Scores:
        raise AssertionError("a second look at something sure")

    assert with_second_look(glyphs(np.random.default_rng(0), 3), scores, score) is scores


def test_each_look_keeps_the_character_in_its_place() -> None:
    image = np.zeros((64, 64), np.uint8)
    image[12:52, 20:44] = 255
    views: list[np.ndarray] = []

    def score(images: np.ndarray) -> Scores:
        views.extend(images)
        return made(np.random.default_rng(2), HEADS, rows=len(images))

    with_second_look([image], made(np.random.default_rng(3), HEADS, rows=1), score)
    assert len(views) == 2
    for view in views:
        weights = view.astype(float) / view.sum()
        middle = [float((weights.sum(axis) * np.arange(64)).sum()) for axis in (0, 1)]
        assert middle == pytest.approx([31.5, 31.5], abs=0.3)
        assert 0.7 < view.sum() / image.sum() < 1.3


def test_the_mean_of_equal_looks_is_each_of_them() -> None:
    scores = made(np.random.default_rng(4), HEADS, rows=2)
    assert mean_scores([scores] * 3).symbols() == pytest.approx(scores.symbols(), abs=1e-5)


@pytest.mark.parametrize("heads", [HEADS, JOINT], ids=["independent", "joint"])
def test_the_mean_is_exact_where_probabilities_are_no_float32(heads: dict[str, int]) -> None:
    rng = np.random.default_rng(5)
    looks = [
        scores_of({name: rng.normal(0, 90, (2, size)).astype(np.float32) for name, size in heads.items()})
        for _ in range(3)
    ]
    found = mean_scores(looks)
    for part in ("single", "table"):
        if getattr(found, part) is not None:
            parts = np.stack([getattr(look, part) for look in looks]).astype(np.float64)
            expected = np.logaddexp.reduce(parts, axis=0) - np.log(3)
            assert expected.min() < -150
            assert getattr(found, part) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_what_no_look_can_be_stays_impossible() -> None:
    logits = np.random.default_rng(6).normal(0, 1, (1, 3)).astype(np.float32)
    looks = [scores_of({"symbol": logits * factor}, charset="가나ㄱ") for factor in (1, 2, 3)]
    found = mean_scores(looks).symbols()
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)
    assert np.isneginf(found).sum() == np.isneginf(looks[0].symbols()).sum() > 11_000
