"""Lines and labels of different sizes in one batch."""

import numpy as np
import pytest

from koocr.errors import ConfigError
from koocr.line.stages.batch import pad_labels, pad_lines, stage_batch

LINES = [np.full((32, width), 255, np.uint8) for width in (8, 13, 1)]
LABELS = [np.array([3, 0], np.int32), np.array([], np.int32), np.array([1, 1, 2], np.int32)]


def test_lines_are_padded_with_ground_to_whole_frames():
    inputs = pad_lines(LINES)
    assert inputs["image"].shape == (3, 32, 16, 1) and inputs["image"].dtype == np.float32
    assert inputs["num_frames"].tolist() == [2, 4, 1] and inputs["num_frames"].dtype == np.int32
    assert inputs["image"].sum(axis=(1, 2, 3)).tolist() == [32 * 8, 32 * 13, 32 * 1]
    assert (inputs["image"][1, :, :13] == 1).all()


def test_labels_are_padded_and_told_to_those_who_need_them():
    padded = [[3, 0, -1], [-1, -1, -1], [1, 1, 2]]
    ctc = stage_batch(LINES, LABELS, prediction="CTC")
    assert ctc.targets["symbol"].tolist() == [[2, *padded[0]], [4, *padded[1]], [1, *padded[2]]]
    assert set(ctc.inputs) == {"image", "num_frames"}
    spelt = stage_batch(LINES, LABELS, prediction="Attn")
    assert spelt.targets["symbol"].tolist() == padded == spelt.inputs["label"].tolist()
    assert pad_labels([np.array([], np.int32)]).tolist() == [[-1]]


def test_lines_of_several_heights_and_of_none_are_errors():
    with pytest.raises(ConfigError, match=r"heights \[16, 32\]; give lines of one height"):
        pad_lines([LINES[0], np.zeros((16, 4), np.uint8)])
    with pytest.raises(ConfigError, match=r"heights \[\]"):
        pad_lines([])
