"""What is stored beside weights: comes back, or is refused in one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from koocr.character.metadata import ModelMetadata
from koocr.character.settings import CharacterSettings
from koocr.errors import WeightsError

SETTINGS = CharacterSettings(network="melnyk", image_size=96, split_components=False, charset="가ㄱ")


def test_it_comes_back_from_json() -> None:
    metadata = ModelMetadata(SETTINGS, {"symbol": 1.5}, 0.7)
    stored = json.loads(json.dumps(metadata.to_dict(), ensure_ascii=False))
    assert ModelMetadata.of(stored, "x.onnx") == metadata
    assert ModelMetadata.of({"settings": SETTINGS.to_dict()}, "x.onnx") == ModelMetadata(SETTINGS)


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"settings": None},
        {"settings": {"network": "of the future"}},
        {"settings": {"colour": "red"}},
        {"settings": {}, "temperatures": [1.0]},
        {"settings": {}, "temperatures": {"symbol": "warm"}},
        {"settings": {}, "temperatures": {"symbol": 0.0}},
        {"settings": {}, "temperatures": {"symbol": -1.0}},
        {"settings": {}, "temperatures": {"symbol": float("nan")}},
        {"settings": {}, "common_bonus": "much"},
        {"settings": {}, "common_bonus": float("inf")},
    ],
)
def test_what_another_version_stored(stored: dict[str, Any]) -> None:
    with pytest.raises(
        WeightsError, match=r"^x\.onnx was not made by this version of koocr .*; export or train it"
    ):
        ModelMetadata.of(stored, "x.onnx")
