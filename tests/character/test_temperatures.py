"""Temperatures undo what was done to made logits whose true probabilities are known."""

from __future__ import annotations

import numpy as np
import pytest

from koocr.character.decode import scores_of
from koocr.character.symbols import NUM_SYMBOLS
from koocr.character.temperatures import fit_temperatures
from koocr.errors import DataError
from koocr.evaluation.calibration import expected_calibration_error
from koocr.hangul import NUM_SYLLABLES, join_index

SIZES = {"initial": 19, "medial": 21, "final": 28}
NUM = 3000


def draw(rng: np.random.Generator, size: int, *, num: int = NUM) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with exactly their softmax."""
    logits = rng.normal(0, 3, size=(num, size))
    labels = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return logits.astype(np.float32), labels


def independent() -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    logits, labels = zip(*(draw(rng, size) for size in SIZES.values()), strict=True)
    single = np.zeros((NUM, 52), np.float32)
    single[:, 0] = 20
    return {**dict(zip(SIZES, logits, strict=True)), "single": single}, join_index(*labels)


def ece(outputs: dict[str, np.ndarray], symbols: np.ndarray, temperatures: dict[str, float]) -> float:
    ids, logs = scores_of(outputs, temperatures=temperatures).top(1)
    return expected_calibration_error(np.exp(logs[:, 0].astype(float)).clip(0, 1), ids[:, 0] == symbols)


def test_each_head_gets_the_temperature_that_it_was_spoilt_with() -> None:
    outputs, symbols = independent()
    spoilt = {**outputs, "initial": outputs["initial"] * 0.5, "final": outputs["final"] * 2}
    found = fit_temperatures(spoilt, symbols)
    assert [found[name] for name in SIZES] == pytest.approx([0.5, 1.0, 2.0], rel=0.08)
    assert ece(spoilt, symbols, found) < 0.02 < ece(spoilt, symbols, {})


def test_errors_that_come_together_are_allowed_for() -> None:
    # images are either clear, with every jamo sure, or hopeless, with none: the product is then too modest
    outputs, symbols = independent()
    is_clear = np.random.default_rng(1).random(NUM) < 0.5
    labels = {"initial": symbols // 588, "medial": symbols // 28 % 21, "final": symbols % 28}
    hedged = {"single": outputs["single"]}
    for name, size in SIZES.items():
        right = np.eye(size, dtype=np.float32)[labels[name]]
        noise = np.eye(size, dtype=np.float32)[(labels[name] + 1) % size]
        shown = np.where(is_clear[:, None], right, noise)
        hedged[name] = 3 * shown  # equally sure of both
    alone = {name: 1.0 for name in hedged}
    found = fit_temperatures(hedged, symbols)
    assert ece(hedged, symbols, found) < ece(hedged, symbols, alone)
    assert ece(hedged, symbols, found) < 0.01  # half of the answers are right, and that is what they now say


def test_a_joint_output_and_single_jamo_are_fitted_too() -> None:
    rng = np.random.default_rng(2)
    table = rng.normal(0, 1, size=(60, NUM_SYLLABLES)).astype(np.float32)
    symbols = np.where(np.arange(60) % 4 == 0, NUM_SYLLABLES + 5, table.argmax(axis=1))
    single = np.zeros((60, 52), np.float32)
    single[:, 0] = 3
    single[::4, 6] = 6
    found = fit_temperatures(
        {"syllable": 8 * table, "single": single, "kind": np.zeros((60, 1), np.float32)}, symbols
    )
    assert set(found) == {"syllable", "single"}
    assert found["single"] < 1  # always right, so it may be surer


def test_a_small_charset_is_mapped_to_its_columns() -> None:
    rng = np.random.default_rng(3)
    logits, columns = draw(rng, 4, num=400)
    ids = np.array([10, 3, NUM_SYLLABLES, 7])  # in the order of the charset
    charset = "".join(chr(0xAC00 + i) if i < NUM_SYLLABLES else "ㄱ" for i in ids.tolist())
    symbols = ids[columns]
    symbols[:5] = NUM_SYMBOLS - 1  # not in the charset: no temperature can help
    found = fit_temperatures({"symbol": logits * 2}, symbols, charset=charset)
    assert found == {"symbol": pytest.approx(2.0, rel=0.3)}


def test_an_empty_set_is_refused() -> None:
    with pytest.raises(DataError, match="empty"):
        fit_temperatures({"single": np.zeros((0, 52), np.float32)}, np.zeros(0, int))
