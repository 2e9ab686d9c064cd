import pytest

from koocr.detection.metadata import DetectorMetadata
from koocr.detection.settings import DetectorSettings
from koocr.errors import ConfigError, WeightsError


def test_settings_come_back_from_their_values():
    settings = DetectorSettings(width=0.5, neck_channels=8, shrink_ratio=0.4)
    assert DetectorSettings.from_dict(settings.to_dict()) == settings
    assert DetectorSettings.from_dict({}) == DetectorSettings()


def test_the_paper_moves_sides_by_its_own_ratio():
    assert DetectorSettings(shrink_ratio=0.4).shrink == pytest.approx(1 - 0.16)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"width": 0}, "width is 0"),
        ({"width": float("nan")}, "width is nan"),
        ({"neck_channels": 0}, "neck_channels is 0"),
        ({"head_channels": -1}, "head_channels is -1"),
        ({"shrink_ratio": 1.0}, "shrink_ratio is 1.0"),
        ({"sharpness": 0}, "sharpness is 0"),
        ({"strength": 1}, "there is no detector setting 'strength'"),
    ],
)
def test_what_is_out_of_range_is_said(values, message):
    with pytest.raises(ConfigError, match=message):
        DetectorSettings.from_dict(values)


def test_metadata_comes_back():
    metadata = DetectorMetadata(DetectorSettings(width=2))
    assert DetectorMetadata.of(metadata.to_dict(), "it") == metadata


@pytest.mark.parametrize(
    "stored, message",
    [
        ({"task": "line"}, "it holds no text detector"),
        ({"task": "detection"}, "not made by this version"),
        ({"task": "detection", "settings": {"what": 1}}, "no detector setting 'what'"),
        ({"task": "detection", "settings": None}, "not made by this version"),
    ],
)
def test_metadata_of_something_else(stored, message):
    with pytest.raises(WeightsError, match=message):
        DetectorMetadata.of(stored, "it")
