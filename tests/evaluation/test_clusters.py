"""Clusters of frames: what is apart is told apart, what is mixed is named."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from koocr.errors import DataError
from koocr.evaluation.clusters import ClusterSettings, cluster_frames, frame_logits

SYMBOLS = "가나다라"


def frames(
    *, alike: str = "", num: int = 40, scale: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Frames about one point a symbol, far apart; the symbols of `alike` share one point."""
    rng = np.random.default_rng(0)
    centres = 20 * np.eye(len(SYMBOLS), 6)
    for symbol in alike:
        centres[SYMBOLS.index(symbol)] = centres[SYMBOLS.index(alike[0])]
    symbols = np.array(list(SYMBOLS) * num)
    places = np.array([centres[SYMBOLS.index(symbol)] for symbol in symbols.tolist()])
    noise = rng.normal(size=places.shape)
    return (scale * (places + noise) + 7).astype(np.float32), symbols


def test_symbols_that_stand_apart_have_pure_clusters() -> None:
    found = cluster_frames(*frames())
    assert (found.num_frames, found.num_symbols, found.purity) == (160, 4, 1.0)
    assert sorted(cluster.symbols for cluster in found.clusters) == [((symbol, 40),) for symbol in SYMBOLS]
    assert found.silhouette > 0.5
    assert found.mixed == () and found.views == () and found.mixed_symbols() == []


def test_symbols_that_look_alike_are_named() -> None:
    found = cluster_frames(*frames(alike="나라"))
    assert found.purity < 0.9
    assert [pair[:2] for pair in found.mixed_symbols()] == [("나", "라")]
    assert {symbol for cluster in found.mixed for symbol, _ in cluster.symbols} == {"나", "라"}
    assert len(found.views) == len(found.mixed)
    assert found.views[0].points.shape == (min(40, found.clusters[0].size), 2)
    assert sum(cluster.size for cluster in found.clusters) == 160
    others = sum(cluster.num_others for cluster in found.clusters)
    assert found.purity == pytest.approx(1 - others / 160)


def test_scale_of_a_column_and_constant_columns_do_not_matter() -> None:
    features, symbols = frames(alike="나라")
    scaled = np.concatenate(
        [features * np.float32([1, 1000, 0.001, 1, 1, 5]), np.ones((160, 3), "f4")], axis=1
    )
    plain, other = cluster_frames(features, symbols), cluster_frames(scaled, symbols)
    assert plain.clusters == other.clusters
    assert plain.silhouette == pytest.approx(other.silhouette, abs=1e-3)


def test_the_same_seed_gives_the_same_and_many_frames_are_thinned_out() -> None:
    settings = ClusterSettings(max_frames=60, silhouette_frames=30)
    first, second = (cluster_frames(*frames(alike="나라"), settings) for _ in range(2))
    assert first.num_frames == 60
    assert (first.clusters, first.silhouette) == (second.clusters, second.silhouette)


def test_one_symbol_is_one_cluster_without_silhouette_and_none_is_an_error() -> None:
    features, symbols = frames()
    found = cluster_frames(features[symbols == "가"], symbols[symbols == "가"])
    assert (found.purity, len(found.clusters)) == (1.0, 1)
    assert math.isnan(found.silhouette)
    with pytest.raises(DataError, match="no frames"):
        cluster_frames(features[:0], symbols[:0])


def test_logits_of_symbols_are_the_columns_that_win() -> None:
    line = {"symbol": np.float32([[9, 0, 0, 1], [0, 0, 5, 1], [0, 0, 1, 7]])}  # frame 0 is blank
    kept = np.array([False, True, True])
    assert frame_logits([line, line], [kept, ~kept]).tolist() == [[0, 5, 1], [0, 1, 7], [9, 0, 1]]
    with pytest.raises(DataError, match="nothing was read"):
        frame_logits([line], [np.zeros(3, bool)])


def test_factorised_logits_follow_the_likeliest_initial_and_medial() -> None:
    rng = np.random.default_rng(0)
    shapes = {"kind": (5, 4), "initial": (5, 19), "medial": (5, 19, 21), "final": (5, 21, 28)}
    line = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    line["kind"][:, 1] += 9  # all are syllables
    found = frame_logits([line], [np.ones(5, bool)])
    assert found.shape == (5, 1 + 19 + 21 + 28)
    for frame, row in enumerate(found):
        medial = line["medial"][frame, line["initial"][frame].argmax()]
        final = line["final"][frame, medial.argmax()]
        expected = [line["kind"][frame, 1:2], line["initial"][frame], medial, final]
        np.testing.assert_array_equal(row, np.concatenate(expected))
