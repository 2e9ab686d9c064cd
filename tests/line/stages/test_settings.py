"""The configuration of the family: 24 names, round trips, and kind errors."""

import dataclasses

import pytest

from koocr.errors import ConfigError
from koocr.line.stages.settings import StageSettings, stage_names


def test_there_are_24_and_those_of_the_study_are_among_them():
    names = stage_names()
    assert len(names) == len(set(names)) == 24
    assert {"TPS-VGG-BiLSTM-Attn", "TPS-ResNet-BiLSTM-Attn", "None-RCNN-None-CTC"} <= set(names)


@pytest.mark.parametrize("name", stage_names())
def test_names_and_plain_values_come_back(name):
    settings = StageSettings.named(name, charset_size=100, hidden=32)
    assert settings.name == name
    assert settings.hidden == 32
    assert StageSettings.from_dict(settings.to_dict()) == settings
    assert len(settings.to_dict()) == len(dataclasses.fields(StageSettings))


def test_the_simplest_is_the_default_at_the_size_of_the_study():
    settings = StageSettings(charset_size=7)
    assert settings.name == "None-VGG-None-CTC"
    assert (settings.height, settings.channels, settings.hidden, settings.num_fiducials) == (32, 512, 256, 20)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.height = 48


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"features": "vgg"}, "features is 'vgg'; did you mean 'VGG'? allowed: VGG, RCNN, ResNet"),
        ({"transformation": None}, "transformation is None; did you mean 'None'? allowed: None, TPS"),
        ({"prediction": "LSTM"}, "prediction is 'LSTM'; allowed: CTC, Attn"),
        ({"height": 40}, "height is 40; give a multiple of 16 from 32 to 128"),
        ({"height": 16}, "height is 16; give a multiple of 16 from 32 to 128"),
        ({"charset_size": 0}, "charset_size is 0; give a whole number from 1 to 100000"),
        ({"hidden": True}, "hidden is True; give a whole number from 1 to 4096"),
        ({"num_fiducials": 7}, "num_fiducials is 7; give a multiple of 2 from 6 to 100"),
        ({"charset": 7}, "setting is 'charset'; did you mean 'charset_size'? allowed: "),
    ],
)
def test_errors_say_the_value_and_what_to_do(values, message):
    with pytest.raises(ConfigError) as error:
        StageSettings.from_dict({"charset_size": 5} | values)
    assert str(error.value).startswith(message)


def test_unknown_recognisers_and_missing_charsets_are_errors():
    with pytest.raises(
        ConfigError, match="recogniser is 'TPS-VGG-BiLSTM'; did you mean 'TPS-VGG-BiLSTM-CTC'"
    ):
        StageSettings.named("TPS-VGG-BiLSTM", charset_size=5)
    with pytest.raises(ConfigError, match="charset_size is missing; give the number of symbols"):
        StageSettings.from_dict({"features": "VGG"})
