"""A folder to train in, and steps that need no tracing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from koocr.data.patches import write_patch
from koocr.hangul import syllable
from tests.cli.train.runs import square


@pytest.fixture(autouse=True, scope="module")
def untraced() -> Iterator[None]:
    """Runs steps one by one: to trace a network takes seconds, and these take few steps."""
    tf = pytest.importorskip("tensorflow", reason="training needs the train extra")
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present folder, with ./data and ./val_data in it."""
    text = "".join(map(syllable, range(0, 60, 10)))
    for name, part in (
        ("data/printed_1.pickle", text),
        ("data/clova_2.npz", text),
        ("val_data/printed_1.pickle", "가나"),
    ):
        write_patch(tmp_path / name, np.stack([square(char) for char in part]), list(part))
    monkeypatch.chdir(tmp_path)
    return tmp_path
