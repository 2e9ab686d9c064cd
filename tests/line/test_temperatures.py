"""The temperature of line networks: found again where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.errors import DataError
from koocr.line.metadata import LineMetadata
from koocr.line.stages.settings import StageSettings
from koocr.line.temperatures import ReadBatch, fit_temperatures

SYMBOLS = "가나다"
CTC = LineMetadata(StageSettings(charset_size=3), symbols=SYMBOLS)
ATTENTION = LineMetadata(StageSettings(charset_size=3, prediction="Attn"), symbols=SYMBOLS)


def batch(temperature: float, *, lines: int, length: int = 6, seed: int = 0) -> ReadBatch:
    """Each frame in two is a symbol: drawn from a softmax, whose logits come too hot or too cold."""
    rng = np.random.default_rng(seed)
    logits = np.full((lines, 2 * length, 4), -30.0, np.float32)
    logits[:, 1::2, 0] = 30
    own = rng.normal(0, 1.5, (lines, length, 3))
    logits[:, ::2, 1:] = own
    shares = np.exp(own) / np.exp(own).sum(axis=2, keepdims=True)
    drawn = (shares.cumsum(axis=2) < rng.random((lines, length, 1))).sum(axis=2)
    texts = ["".join(SYMBOLS[min(2, number)] for number in row) for row in drawn]
    return ReadBatch({"symbol": logits * np.float32(temperature)}, np.full(lines, 2 * length), texts)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5])
def test_the_temperature_is_found(temperature: float) -> None:
    batches = [batch(temperature, lines=60, seed=seed) for seed in range(3)]
    found = fit_temperatures(CTC, batches)
    assert found == {"symbol": pytest.approx(temperature, rel=0.15)}


def test_whole_lines_count_where_characters_have_no_confidence() -> None:
    rng = np.random.default_rng(0)
    logits = np.full((300, 2, 4), -30.0, np.float32)
    logits[:, 1, 0] = 30
    logits[:, 0, 1:] = own = rng.normal(0, 1.5, (300, 3))
    shares = np.exp(own) / np.exp(own).sum(axis=1, keepdims=True)
    drawn = (shares.cumsum(axis=1) < rng.random((300, 1))).sum(axis=1)
    texts = [SYMBOLS[min(2, number)] for number in drawn]
    found = fit_temperatures(ATTENTION, [ReadBatch({"symbol": logits * 2}, np.full(300, 8), texts)])
    assert found == {"symbol": pytest.approx(2.0, rel=0.3)}


def test_a_network_without_mistakes_stays_within_reason() -> None:
    logits = np.full((4, 2, 4), -1.0, np.float32)
    logits[:, 0, 1] = logits[:, 1, 0] = 5
    found = fit_temperatures(CTC, [ReadBatch({"symbol": logits}, np.full(4, 2), ["가"] * 4)])
    assert 0.4 <= found["symbol"] < 0.45


def test_nothing_read() -> None:
    blank = np.zeros((2, 3, 4), np.float32)
    blank[:, :, 0] = 9
    with pytest.raises(DataError, match="nothing was read in the validation lines"):
        fit_temperatures(CTC, [ReadBatch({"symbol": blank}, np.array([3, 3]), ["가", "나"])])
    with pytest.raises(DataError, match="nothing was read"):
        fit_temperatures(CTC, [])
