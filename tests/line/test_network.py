"""koocr's own line network: its contract for every head, folding, padding, and its parts by definition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras", reason="networks need the train extra")

from koocr.charset import line_charset  # noqa: E402
from koocr.hangul import NUM_SYLLABLES  # noqa: E402
from koocr.line.batches import pad  # noqa: E402
from koocr.line.network import FrameAttention, FrameMask, Given, block_names, build_network  # noqa: E402
from koocr.line.settings import HEADS, LineSettings  # noqa: E402
from koocr.line.spelling import NUM_LETTERS  # noqa: E402
from koocr.training.folding import fold, folded_block  # noqa: E402
from koocr.training.precision import precision  # noqa: E402
from koocr.training.weights_file import load_weights, save_weights  # noqa: E402

NUM_OTHERS = len(line_charset()) - NUM_SYLLABLES
SHAPES = {
    "jamo": {
        "kind": (2 + NUM_OTHERS,),
        "initial": (19,),
        "medial": (19, 21),
        "final": (21, 28),
    },
    "plain": {"symbol": (1 + len(line_charset()),)},
    "jamo-sequence": {"symbol": (1 + NUM_LETTERS + NUM_OTHERS,)},
}


def small(**values: Any) -> LineSettings:
    return LineSettings.from_dict(
        {
            "height": 16,
            "width": 0.25,
            "neck_layers": 1,
            "neck_units": 12,
            "neck_heads": 2,
            "rank": 3,
            **values,
        }
    )


def randomised(settings: LineSettings) -> keras.Model:
    """A network whose every weight is random: statistics, scales and offsets too."""
    keras.utils.set_random_seed(0)
    model = build_network(settings)
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if variable.name in ("gamma", "moving_variance"):
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif variable.name in ("beta", "moving_mean", "bias") or "gates" in variable.path:
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


def inputs(widths: list[int], *, height: int = 16, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    strips = [rng.integers(0, 256, (height, width)).astype(np.uint8) for width in widths]
    return pad(strips).as_input()


@pytest.mark.parametrize("head", HEADS)
def test_every_head_keeps_the_contract(head: str, tmp_path: Path) -> None:
    settings = small(head=head)
    model = randomised(settings)
    batch = inputs([30, 90])
    outputs = model.predict_on_batch(batch)
    frames = batch["image"].shape[2] // 4
    assert {name: value.shape[2:] for name, value in outputs.items()} == SHAPES[head]
    for value in outputs.values():
        assert value.shape[:2] == (2, frames) and value.dtype == np.float32 and np.isfinite(value).all()
    save_weights(tmp_path / "a.h5", model, settings.to_dict())
    other = build_network(settings)
    load_weights(tmp_path / "a.h5", other)
    again = other.predict_on_batch(batch)
    assert all(np.array_equal(again[name], value) for name, value in outputs.items())


@pytest.mark.parametrize("height", [32, 48])
def test_any_height_and_width(height: int) -> None:
    model = build_network(small(height=height))
    for width in (4, 100):
        image = np.zeros((1, height, width, 1), np.float32)
        outputs = model.predict_on_batch({"image": image, "num_frames": np.array([width // 4], np.int32)})
        assert outputs["kind"].shape[1] == width // 4


def test_mixed_precision_gives_float32() -> None:
    with precision("mixed_bfloat16"):
        model = build_network(small())
    assert any(layer.compute_dtype == "bfloat16" for layer in model.layers)
    outputs = model.predict_on_batch(inputs([40]))
    assert all(value.dtype == np.float32 for value in outputs.values())


@pytest.mark.parametrize("neck_layers", [0, 1])
def test_neither_padding_nor_neighbours_change_a_line(neck_layers: int) -> None:
    """A batch's margin is as wide as the trunk sees, so every line ends alike."""
    model = randomised(small(neck_layers=neck_layers))
    strip = np.random.default_rng(3).integers(0, 256, (16, 53)).astype(np.uint8)
    wide = np.random.default_rng(4).integers(0, 256, (16, 200)).astype(np.uint8)
    alone = model.predict_on_batch(pad([strip]).as_input())
    beside = model.predict_on_batch(pad([wide, strip, wide]).as_input())
    for name, logits in alone.items():
        np.testing.assert_allclose(beside[name][1, :14], logits[0, :14], atol=2e-5)
        assert np.abs(logits[0, :14] - logits[0, 13]).max() > 1e-2, "the frames differ"


def test_the_margin_is_needed() -> None:
    """Without one, what lies beside a line's end would change it."""
    model = randomised(small())
    strip = np.random.default_rng(3).integers(0, 256, (16, 64)).astype(np.float32)[None, ..., None] / 255
    frames = np.array([16], np.int32)
    bare = model.predict_on_batch({"image": strip, "num_frames": frames})
    padded = np.pad(strip, ((0, 0), (0, 0), (0, 64), (0, 0)))
    behind = model.predict_on_batch({"image": padded, "num_frames": frames})
    assert np.abs(behind["kind"][:, :16] - bare["kind"]).max() > 1e-4


@pytest.mark.parametrize("head", ["jamo", "plain"])
def test_the_folded_network_computes_the_same(head: str) -> None:
    settings = small(head=head)
    model, folded = randomised(settings), build_network(settings, block=folded_block)
    fold(model, folded, block_names(settings))
    batch = inputs([40, 70])
    expected, found = model.predict_on_batch(batch), folded.predict_on_batch(batch)
    for name, logits in expected.items():
        assert np.ptp(logits) > 0.1
        np.testing.assert_allclose(found[name], logits, atol=1e-5 * np.abs(logits).max())


def test_the_trunk_begins_with_the_kernels_of_the_character_network() -> None:
    from koocr.character.network import build_network as build_character
    from koocr.character.settings import CharacterSettings

    theirs = {weight.path: tuple(weight.shape) for weight in build_character(CharacterSettings()).weights}
    ours = {weight.path: tuple(weight.shape) for weight in build_network(LineSettings()).weights}
    blocks = [path for path in ours if path.startswith("stage")]
    assert blocks and all(theirs.get(path) == ours[path] for path in blocks)


def test_dropout_is_in_the_neck() -> None:
    model = build_network(small(dropout=0.5))
    batch = inputs([60])
    one, other = (np.asarray(model(batch, training=True)["kind"]) for _ in range(2))
    assert not np.array_equal(one, other)
    still = [model.predict_on_batch(batch)["kind"] for _ in range(2)]
    assert np.array_equal(*still)


def test_a_mask_of_frames() -> None:
    mask = FrameMask()([np.zeros((3, 5, 2), np.float32), np.array([0, 2, 9], np.int32)])
    assert np.asarray(mask)[..., 0].tolist() == [[0] * 5, [1, 1, 0, 0, 0], [1] * 5]


def test_attention_is_what_the_paper_says() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 6, 8)).astype(np.float32)
    mask = (np.arange(6) < np.array([[6], [4]])).astype(np.float32)[..., None]
    layer = FrameAttention(2)
    found = np.asarray(layer([x, mask]))
    kernel, bias, out_kernel, out_bias = (np.asarray(weight) for weight in layer.weights)
    for row, count in ((0, 6), (1, 4)):
        query, key, value = np.split((x[row] @ kernel + bias).reshape(6, 6, 4), 3, axis=1)  # (T, 2, 4) each
        seen = []
        for head in range(2):
            scores = query[:, head] @ key[:count, head].T / 2
            weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            seen.append(weights @ value[:count, head])
        expected = np.concatenate(seen, axis=1) @ out_kernel + out_bias
        np.testing.assert_allclose(found[row], expected, atol=1e-5)


@pytest.mark.parametrize("place", [0, 1])
def test_a_jamo_given_the_one_before(place: int) -> None:
    rng = np.random.default_rng(place)
    alone, gates = (
        rng.normal(size=(2, 3, 5)).astype(np.float32),
        rng.normal(size=(2, 3, 4)).astype(np.float32),
    )
    layer = Given(num_before=4, rank=2, place=place)
    found = np.asarray(layer([alone, gates]))
    before, after = (np.asarray(weight) for weight in layer.weights)
    own = gates[..., 2 * place : 2 * place + 2]
    for n, t, a, b in np.ndindex(2, 3, 4, 5):
        tie = sum(own[n, t, r] * before[a, r] * after[b, r] for r in range(2))
        assert found[n, t, a, b] == pytest.approx(alone[n, t, b] + tie, abs=1e-5)


@pytest.mark.parametrize(
    "layer", [FrameAttention(3, name="a"), Given(19, 4, 1, name="b"), FrameMask(name="c")]
)
def test_layers_come_back_from_their_settings(layer: keras.layers.Layer) -> None:
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
