"""The default network's two forms: as it is trained, and folded for reading."""

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.character.network import build_network, small  # noqa: E402
from koocr.character.network.pooling import (  # noqa: E402
    GlobalWeightedAveragePooling2D,
    TwoScalePooling,
)
from koocr.character.settings import CharacterSettings  # noqa: E402


def with_statistics(settings: CharacterSettings) -> "keras.Model":
    """A network whose every weight is random: statistics, scales and offsets of normalisation too."""
    keras.utils.set_random_seed(0)
    model = build_network(settings)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape[0]
            gamma, beta, mean = (rng.normal(middle, 0.3, size) for middle in (1, 0, 0))
            layer.set_weights([gamma, beta, mean, rng.uniform(0.3, 3, size)])
        if isinstance(layer, GlobalWeightedAveragePooling2D):
            layer.set_weights([rng.normal(1, 1, layer.pool_weight.shape)])
    return model


@pytest.mark.parametrize(
    "settings",
    [
        CharacterSettings(image_size=32, width=0.25),
        CharacterSettings(image_size=40, width=0.25, joint=True, joint_rank=2, dropout=0.1),
        CharacterSettings(image_size=33, width=0.25, direct_map=True, fc_link="final=GAP", adversarial=True),
        CharacterSettings(image_size=32, width=0.25, joint=True, joint_rank=2, hidden_units=8),
        CharacterSettings(image_size=32, width=0.25, split_components=False, charset="가나다", fc_link=""),
        CharacterSettings(image_size=32, width=0.25, split_components=False, charset="가나다"),
        CharacterSettings(image_size=32, width=0.25, iterative_refinement=True, refinement_units=8),
    ],
    ids=["split", "odd maps", "direct map", "joint", "flat", "whole", "refined"],
)
def test_the_folded_network_computes_the_same(settings: CharacterSettings) -> None:
    model = with_statistics(settings)
    folded = build_network(settings, trunk=small.folded_trunk)
    small.fold(model, folded, settings)
    side = settings.image_size
    images = np.random.default_rng(2).random((5, side, side, 1), dtype=np.float32)
    expected, found = model.predict_on_batch(images), folded.predict_on_batch(images)
    assert set(found) == set(expected)
    for name, logits in expected.items():
        assert np.ptp(logits) > 1e-3, "the images make no difference"
        np.testing.assert_allclose(found[name], logits, atol=1e-5 * max(1, np.abs(logits).max()), rtol=1e-5)


@pytest.mark.parametrize(("link", "is_stretched"), [("GWAP", False), ("final=GAP", True), ("", True)])
def test_the_coarser_map_is_stretched_only_where_it_must_be(link: str, is_stretched: bool) -> None:
    settings = CharacterSettings(image_size=32, width=0.25, fc_link=link)
    folded = build_network(settings, trunk=small.folded_trunk)
    kinds = {type(layer).__name__ for layer in folded.layers}
    assert ("UpSampling2D" in kinds) == is_stretched != ("TwoScalePooling" in kinds)


def test_pooling_of_two_scales_can_be_made_again_from_its_config() -> None:
    layer = TwoScalePooling(3, name="pools", dtype="float32")
    assert TwoScalePooling.from_config(layer.get_config()).get_config() == layer.get_config()
    shapes = [(None, 4, 4, 8), (None, 2, 2, 5)]
    maps = [np.ones((2, *shape[1:]), np.float32) for shape in shapes]
    assert layer(maps).shape[1:] == layer.compute_output_shape(shapes)[1:] == (3, 13)


def test_folding_halves_the_layers_and_keeps_shortcuts() -> None:
    settings = CharacterSettings(image_size=32)
    trained, folded = build_network(settings), build_network(settings, trunk=small.folded_trunk)
    blocks = sum(count for _, count, _ in small.STAGES)
    kinds = [type(layer).__name__ for layer in folded.layers]
    assert kinds.count("Conv2D") == blocks
    assert "BatchNormalization" not in kinds and "Add" not in kinds
    assert sum(isinstance(layer, keras.layers.Add) for layer in trained.layers) == blocks - len(small.STAGES)


def test_folding_changes_the_trained_network_in_nothing() -> None:
    settings = CharacterSettings(image_size=32, width=0.25)
    model = with_statistics(settings)
    before = [value.copy() for value in model.get_weights()]
    small.fold(model, build_network(settings, trunk=small.folded_trunk), settings)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))
