"""The trunks against what is published of them: layers one by one, or the number of parameters."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

from koocr.character.network import NETWORKS, inception_resnet
from koocr.character.settings import NETWORK_NAMES, CharacterSettings


def built(name, size=64):
    image = keras.Input((size, size, 1))
    return keras.Model(image, NETWORKS[name](image, CharacterSettings(network=name, image_size=size)))


def parameters(model, layer_type):
    return sum(layer.count_params() for layer in model.layers if isinstance(layer, layer_type))


def test_every_name_of_the_settings_has_a_trunk():
    assert tuple(NETWORKS) == NETWORK_NAMES


def test_melnyk_layer_by_layer():
    model = built("melnyk", 96)
    kinds = (keras.layers.Conv2D, keras.layers.BatchNormalization, keras.layers.Activation)
    stages = [[]]
    for layer in model.layers[1:]:
        if type(layer).__name__ == "AveragePooling3x3":
            stages.append([])
        elif isinstance(layer, kinds[0]):
            assert (layer.kernel_size, layer.strides, layer.padding) == ((3, 3), (1, 1), "same")
            assert not layer.use_bias
            stages[-1].append(layer.filters)
    expected = [[64, 64], [96, 64, 96], [128, 96, 128], [256, 192, 256], [448, 256, 448]]
    assert stages == expected
    rest = [layer for layer in model.layers[1:] if type(layer).__name__ != "AveragePooling3x3"]
    assert [type(layer) for layer in rest] == list(kinds) * 14
    assert all(layer.activation is keras.activations.relu for layer in rest[2::3])
    assert model.output_shape == (None, 6, 6, 448)


def test_vgg16_has_the_kernels_of_configuration_d():
    model = built("VGG16")
    biases, two_colours = 4224, 2 * 9 * 64  # the published count is with biases and three colours
    assert parameters(model, keras.layers.Conv2D) == 14_714_688 - biases - two_colours
    assert model.output_shape == (None, 4, 4, 512)


def test_inception_resnet_is_v2_with_fewer_blocks(monkeypatch):
    monkeypatch.setattr(inception_resnet, "REPEATS", (10, 20, 10))
    model = built("inception-resnet")
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    scales = sum(norm.gamma.shape[0] for norm in norms)  # theirs have no gamma
    two_colours = 2 * 9 * 32
    assert model.count_params() - scales == 54_336_736 - two_colours
    assert model.output_shape == (None, 4, 4, 1536)


def test_mobilenet_is_v3_small():
    theirs = keras.applications.MobileNetV3Small((64, 64, 1), include_top=False, weights=None)
    model = built("mobilenet")
    assert model.count_params() == theirs.count_params()
    assert model.output_shape == (None, 4, 4, 576)


def test_afl_layer_by_layer():
    model = built("afl")
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [96, 96, 128, 128, 160, 160, 256, 256, 256]
    assert [layer.strides[0] for layer in convolutions] == [1, 2, 1, 2, 1, 2, 1, 2, 1]


def test_fire_modules_squeeze_to_an_eighth_and_expand_by_halves():
    model = built("efficient-net")
    filters = {layer.name: layer.filters for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}
    outputs = [64, 128, 128, 128, 256, 256, 256, 512, 512, 512, 512]
    assert [filters[name] for name in filters if "squeeze" in name] == [count // 8 for count in outputs]
    for part in ("expand1", "expand3"):
        assert [filters[name] for name in filters if part in name] == [count // 2 for count in outputs]


@pytest.mark.parametrize("name", [name for name in NETWORK_NAMES if name != "inception-resnet"])
@pytest.mark.parametrize("size", [48, 96])
def test_feature_maps_keep_enough_places_for_the_links(name, size):
    """Inception-ResNet is left out here: its twenty blocks take seconds to build, and its map is tested
    above."""
    _, height, width, _ = built(name, size).output_shape
    assert height == width
    assert height in (size // 8, size // 16)
