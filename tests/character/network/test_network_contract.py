"""What every network and every option must do, at 32 px and an eighth of the width."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnxruntime
import pytest

from koocr.character.network import build_network, inception_resnet, reading_network
from koocr.character.settings import NETWORK_NAMES, CharacterSettings

SPLIT = {"initial": 19, "medial": 21, "final": 28, "single": 52}
EARLIER = {"initial_1": 19, "medial_1": 21, "final_1": 28}
KIND = {"kind": 1}

OPTIONS = {
    "flat": ({"fc_link": ""}, SPLIT),
    "links by head": ({"fc_link": "initial=GAP,medial=,final=GWOAP,single=GAP"}, SPLIT),
    "hidden layer, dropout": ({"hidden_units": 16, "dropout": 0.1}, SPLIT),
    "joint": ({"joint": True, "joint_rank": 4}, {"syllable": 11172, "single": 52}),
    "direct map": ({"direct_map": True}, SPLIT),
    "refinement": ({"iterative_refinement": True, "refinement_t": 2}, SPLIT | EARLIER),
    "adversarial": ({"adversarial": True}, SPLIT | KIND),
    "one softmax": ({"split_components": False}, {"symbol": 11223}),
    "charset": ({"split_components": False, "charset": "가나다힣ㄱㅣ", "fc_link": "GAP"}, {"symbol": 6}),
    "all of refinement": (
        {
            "iterative_refinement": True,
            "refinement_t": 2,
            "adversarial": True,
            "direct_map": True,
            "dropout": 0.1,
        },
        SPLIT | EARLIER | KIND,
    ),
    "all of joint": (
        {"joint": True, "adversarial": True, "direct_map": True, "hidden_units": 16, "fc_link": "final=GAP"},
        {"syllable": 11172, "single": 52} | KIND,
    ),
}
NETWORKS = {name: ({"network": name}, SPLIT) for name in NETWORK_NAMES}
CASES = NETWORKS | OPTIONS

pytestmark = pytest.mark.parametrize("case", CASES)


@pytest.fixture(autouse=True)
def fewer_alike_blocks(monkeypatch):
    monkeypatch.setattr(inception_resnet, "REPEATS", (1, 2, 1))
    keras.utils.set_random_seed(0)
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    keras.backend.clear_session()


def settings(case):
    return CharacterSettings(image_size=32, width=0.125, refinement_units=8, **CASES[case][0])


def images(count=8):
    return np.random.default_rng(1).random((count, 32, 32, 1)).astype("float32")


def labels(case, count=8):
    draw = np.random.default_rng(2)
    return {
        name: draw.integers(2 if name == "kind" else size, size=count)
        for name, size in CASES[case][1].items()
    }


def lived_in(model):
    """The model with moved weights and statistics, so that no two layers or start values are alike."""
    draw = np.random.default_rng(3)
    for weight in model.weights:
        value = np.asarray(weight) + draw.normal(0, 0.05, weight.shape)
        weight.assign(draw.uniform(0.5, 1.5, weight.shape) if weight.name.endswith("variance") else value)
    return model


def answers(model, count=8):
    return {name: np.asarray(value) for name, value in model(images(count)).items()}


def loss_of(case, model, *, training=True):
    """Sum of the cross-entropies; the kind's is apart, since the trunk works against it."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    outputs = model(images(), training=training)
    return sum(float(loss(want, outputs[name])) for name, want in labels(case).items() if name != "kind")


def take_steps(case, model, steps=4):
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = {name: cross_entropy for name in CASES[case][1]}
    if "kind" in losses:
        losses["kind"] = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.02), losses, run_eagerly=True)
    for _ in range(steps):
        model.train_on_batch(images(), {name: want[:, None] for name, want in labels(case).items()})


def test_outputs_are_float32_logits_of_the_promised_names_and_sizes(case):
    model = build_network(settings(case))
    outputs = answers(model, count=3)
    assert {name: value.shape for name, value in outputs.items()} == {
        name: (3, size) for name, size in CASES[case][1].items()
    }
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in outputs.values())
    assert any((value < 0).any() for value in outputs.values())  # no probabilities
    assert len(model.get_layer("features").output.shape) == 4
    assert all(np.std(value, axis=0).max() > 0 for value in outputs.values())  # the image matters


def test_steps_lower_the_loss(case):
    model = build_network(settings(case))
    before = loss_of(case, model)
    take_steps(case, model)
    assert loss_of(case, model) < before - 0.01


def test_saved_and_loaded_are_identical_and_so_is_the_config(case, tmp_path):
    model = lived_in(build_network(settings(case)))
    want = answers(model)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    again = build_network(CharacterSettings.from_dict(settings(case).to_dict()))
    again.load_weights(tmp_path / "model.weights.h5")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.to_json() == model.to_json()
    for copy in (loaded, again):
        got = answers(copy)
        assert list(got) == list(want)
        for name, value in want.items():
            np.testing.assert_array_equal(got[name], value)


def test_mixed_precision_trains_and_stays_near(case):
    model = lived_in(build_network(settings(case)))
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    mixed = build_network(settings(case))
    mixed.set_weights(model.get_weights())
    assert mixed.get_layer("features").compute_dtype == "bfloat16"
    want = answers(model)
    for name, value in answers(mixed).items():
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, want[name], atol=0.1 * np.abs(value).max())
    before = loss_of(case, mixed)
    take_steps(case, mixed)
    assert loss_of(case, mixed) < before
    assert all(weight.dtype == "float32" for weight in mixed.trainable_weights)


def test_onnx_agrees(case, tmp_path):
    model = reading_network(lived_in(build_network(settings(case))))
    want = answers(model)
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    assert (image.name, image.shape[1:]) == ("image", [32, 32, 1])
    names = [output.name for output in session.get_outputs()]
    assert sorted(names) == sorted(want)
    for name, value in zip(names, session.run(None, {"image": images()}), strict=True):
        assert np.abs(want[name]).max() > 0.02
        np.testing.assert_allclose(value, want[name], atol=1e-4 * min(1, np.abs(want[name]).max()))
