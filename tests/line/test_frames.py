"""Frames of lines that read something, and their clusters, with a tiny trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from koocr.errors import ConfigError, DataError
from koocr.line.frames import FrameReader, LineFrames, cluster_lines
from koocr.line.settings import LineSettings
from koocr.line.stages.settings import StageSettings
from tests.trained_lines import draw_line

pytest.importorskip("sklearn", reason="clusters need the train extra")

TEXTS = ["가를 볶쭈", "쭈가", "를를 가볶", "볶볶 쭈가를"] * 3


@pytest.fixture(scope="module")
def reader(onnx_file: Path) -> FrameReader:
    return FrameReader(onnx_file)


def test_the_symbols_of_frames_are_those_that_the_reader_reads(reader: FrameReader) -> None:
    images = [draw_line(text, size_px=28 + number) for number, text in enumerate(TEXTS)]
    for image, frames in zip(images, reader.frames(images), strict=True):
        line = reader.read(image)
        assert set(line.text) <= set(frames.symbols.tolist()), "its own frames, in the given order"
        counts = {len(values) for values in frames.logits.values()}
        assert counts == {len(frames.symbols)} and len(frames.symbols) >= len(line.text)
        assert set(frames.logits) == {"kind", "initial", "medial", "final"}
    assert len(reader.frames([np.full((20, 90), 255, np.uint8)])[0].symbols) == 0


def test_frames_of_a_network_that_tells_symbols_apart_fall_into_pure_clusters(reader: FrameReader) -> None:
    clusters = cluster_lines(reader.frames, [draw_line(text, size_px=32) for text in TEXTS])
    assert clusters.num_symbols >= 5 and clusters.purity > 0.8
    with pytest.raises(DataError, match="nothing was read"):
        cluster_lines(lambda images: [LineFrames({}, np.array([], np.str_))], [])


@pytest.mark.parametrize(
    "settings",
    [LineSettings(head="jamo-sequence"), StageSettings(charset_size=5, prediction="Attn")],
    ids=["jamo", "attention"],
)
def test_networks_whose_frames_are_no_symbols_are_refused(
    settings: object, onnx_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = FrameReader(onnx_file)
    monkeypatch.setattr(FrameReader, "settings", settings)
    with pytest.raises(ConfigError, match="whole symbols"):
        other.frames([np.zeros((9, 9), np.uint8)])
