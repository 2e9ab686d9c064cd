"""Named points: which of them none beats, and a picture of them all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.evaluation import plots

pytest.importorskip("matplotlib", reason="plots need the train extra")


def test_the_best_are_those_that_none_beats_in_both() -> None:
    points = {
        "slow": (3.0, 0.9),
        "fast": (1.0, 0.5),
        "beaten": (2.0, 0.5),
        "good": (2.0, 0.8),
        "last": (9.0, 0.9),
    }
    assert plots._undominated(points) == ["fast", "good", "slow"]


@pytest.mark.parametrize(
    "points",
    [{"하나": (2.0, 0.0)}, {"하나": (1.0, 0.5), "둘": (1.0, 0.5), "셋": (4.0, 0.25)}],
    ids=["one", "some"],
)
def test_the_picture_shows_every_group(points: dict[str, tuple[float, float]], tmp_path: Path) -> None:
    path = tmp_path / "points.png"
    groups = {name: f"group {number}" for number, name in enumerate(points)}
    plots.save_scatter(points, path, groups=groups, labels=("시간", "정확도"), is_log=True)
    pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
    colours = ((31, 119, 180), (255, 127, 14), (44, 160, 44))[: len(points)]
    assert all((pixels == colour).all(axis=1).any() for colour in colours)


def test_boxes_overlap_where_they_share_ground() -> None:
    assert plots._overlap((0, 0, 2, 2), (1, 1, 3, 3))
    assert not plots._overlap((0, 0, 2, 2), (2, 0, 3, 2)) and not plots._overlap((0, 0, 2, 2), (0, 3, 2, 4))
