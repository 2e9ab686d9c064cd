"""Settings of koocr's own line network: a round trip, and what is refused."""

import json

import pytest

from koocr.errors import ConfigError
from koocr.line.settings import HEADS, LineSettings


def test_the_defaults_come_back() -> None:
    settings = LineSettings()
    assert LineSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert LineSettings.from_dict({}) == settings


@pytest.mark.parametrize("head", HEADS)
def test_other_settings_come_back(head: str) -> None:
    settings = LineSettings(head=head, height=32, width=0.5, neck_layers=0, neck_units=60, neck_heads=5)
    assert LineSettings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"head": "Jamo"}, "head is 'Jamo'; choose one of jamo, plain, jamo-sequence"),
        ({"height": 50}, "height is 50; give a multiple of 16 up to 128"),
        ({"height": 0}, "height is 0;"),
        ({"width": 0.01}, "width is 0.01; give a number from 0.1 to 4"),
        ({"neck_units": 0}, "neck_units is 0; give at least 1"),
        ({"neck_layers": -1}, "neck_layers is -1; give 0 or more"),
        ({"neck_units": 100}, "100 neck_units can't be shared by 6 neck_heads; give a divisor"),
        ({"rank": 0}, "rank is 0; give at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0; give a number from 0 to below 1"),
        ({"neck_unit": 100}, "there is no line setting 'neck_unit'; known are dropout, head, height"),
    ],
)
def test_what_is_wrong_is_said(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LineSettings.from_dict(values)
    assert str(caught.value).startswith(message)
