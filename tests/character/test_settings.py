import dataclasses
import json

import pytest

from koocr.character.settings import FC_LINKS, NETWORK_NAMES, CharacterSettings, parse_fc_link
from koocr.errors import ConfigError


def test_settings_survive_json():
    settings = CharacterSettings(network="melnyk", image_size=96, fc_link="final=GAP", dropout=0.5)
    assert CharacterSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_every_field_is_in_the_dict_and_left_out_ones_take_defaults():
    assert set(CharacterSettings().to_dict()) == {
        field.name for field in dataclasses.fields(CharacterSettings)
    }
    assert CharacterSettings.from_dict({}) == CharacterSettings()


def test_settings_are_frozen_and_hashable():
    settings = CharacterSettings(fc_link={"initial": "GAP"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.network = "afl"
    assert settings in {CharacterSettings(fc_link="initial=GAP")}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("GWAP", "GWAP"),
        ("", ""),
        ({"initial": "GWAP", "final": "GWAP"}, "GWAP"),
        ({"final": "GAP"}, "initial=GWAP,medial=GWAP,final=GAP,single=GWAP"),
        (" final = GAP , initial=", "initial=,medial=GWAP,final=GAP,single=GWAP"),
        ("initial=GAP,medial=GAP,final=GAP,single=GAP", "GAP"),
    ],
)
def test_one_stored_form_of_each_link(given, stored):
    settings = CharacterSettings(fc_link=given)
    assert settings.fc_link == stored
    assert CharacterSettings(fc_link=stored) == settings
    assert parse_fc_link(given) == {head: settings.link(head) for head in settings.heads}


def test_whole_softmax_has_one_head():
    settings = CharacterSettings(split_components=False, fc_link="symbol=GAP")
    assert settings.heads == ("symbol",)
    assert settings.link("symbol") == "GAP"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"network": "melnik"}, ["'melnik'", "did you mean 'melnyk'", *NETWORK_NAMES]),
        ({"network": "vgg-16"}, ["did you mean 'VGG16'"]),
        ({"network": "?"}, ["allowed: small"]),
        ({"network": None}, ["None", "allowed"]),
        ({"fc_link": "GAWP"}, ["'GAWP'", "did you mean", *filter(None, FC_LINKS), "''"]),
        ({"fc_link": "initial=XXL"}, ["fc_link of initial", "'XXL'"]),
        ({"fc_link": "inital=GAP"}, ["'inital'", "did you mean 'initial'"]),
        ({"fc_link": "initial=GAP,GAP"}, ["'GAP'", "head=link"]),
        ({"fc_link": "initial=GAP,initial=GWAP"}, ["initial", "twice"]),
        ({"fc_link": "symbol=GAP"}, ["'symbol'", "medial"]),
        ({"fc_link": 3}, ["3", "GWAP"]),
        ({"image_size": 15}, ["image_size", "15", "16", "512"]),
        ({"image_size": 64.0}, ["64.0", "whole number"]),
        ({"image_size": True}, ["True"]),
        ({"direct_map": "yes"}, ["direct_map", "'yes'", "True or False"]),
        ({"refinement_t": 0}, ["refinement_t", "0"]),
        ({"dropout": 1.0}, ["dropout", "1.0"]),
        ({"dropout": float("nan")}, ["nan"]),
        ({"width": 0}, ["width"]),
        ({"joint": True, "split_components": False}, ["joint", "split_components"]),
        ({"joint": True, "iterative_refinement": True}, ["exclude each other"]),
        ({"iterative_refinement": True, "split_components": False}, ["iterative_refinement"]),
        ({"charset": "가나"}, ["split_components=False"]),
        ({"charset": "", "split_components": False}, ["''", "None"]),
        ({"charset": "가a", "split_components": False}, ["'a'"]),
        ({"charset": "가나가", "split_components": False}, ["'가'", "twice"]),
        ({"imagesize": 64}, ["'imagesize'", "did you mean 'image_size'", "network"]),
    ],
)
def test_errors_name_the_value_and_the_remedy(values, words):
    with pytest.raises(ConfigError) as error:
        CharacterSettings.from_dict(values)
    message = str(error.value)
    assert all(word in message for word in words), message
    assert "\n" not in message


def test_unknown_head():
    with pytest.raises(ConfigError, match="symbol"):
        CharacterSettings().link("symbol")
