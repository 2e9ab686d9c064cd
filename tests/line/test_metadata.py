"""What is stored beside the weights of line networks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from koocr.charset import line_charset
from koocr.errors import WeightsError
from koocr.line.metadata import LineMetadata
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings


@pytest.mark.parametrize(
    "metadata",
    [
        LineMetadata(LineSettings()),
        LineMetadata(LineSettings(head="plain", width=0.5), {"symbol": 1.25}),
        LineMetadata(StageSettings(charset_size=3, features="RCNN", prediction="Attn"), symbols="가나 "),
    ],
)
def test_it_comes_back(metadata: LineMetadata) -> None:
    stored = json.loads(json.dumps(metadata.to_dict()))
    assert LineMetadata.of(stored, "it") == metadata


def test_the_charset() -> None:
    assert LineMetadata(LineSettings()).charset is line_charset()
    own = LineMetadata(StageSettings(charset_size=3), symbols="나 가")
    assert own.charset.symbols == ("나", " ", "가")


def changed(**values: Any) -> dict[str, Any]:
    return {**LineMetadata(LineSettings()).to_dict(), **values}


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({}, "'a.onnx' holds no line network; give weights of `koocr train line`"),
        (changed(task="character"), "'a.onnx' holds no line network"),
        (changed(settings={"neck": 3}), "there is no line setting 'neck'"),
        (changed(settings=None), "'a.onnx' was not made by this version of koocr"),
        (changed(family="svtr"), "the family is 'svtr'"),
        (changed(temperatures={"kind": 0}), "the temperatures are"),
        (changed(temperatures={"kind": "nan"}), "the temperatures are"),
        (changed(temperatures=[1]), "was not made by this version of koocr"),
        (changed(symbols="가가"), "the charset has '가' twice"),
        (changed(family="four-stage", settings={}), "charset_size is missing"),
    ],
)
def test_what_is_not_stored_by_us(stored: dict[str, Any], message: str) -> None:
    with pytest.raises(WeightsError) as caught:
        LineMetadata.of(stored, "'a.onnx'")
    assert message in str(caught.value)
