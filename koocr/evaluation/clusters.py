"""What a line network confuses: its frames sorted by likeness, without being told which symbol they are.

K-means on the standardised logits of single frames makes as many clusters as there are symbols. If the
network tells symbols well apart, each cluster holds one of them; where a cluster mixes symbols, they look
alike to it, and those are the ones that it will take for each other on worse images.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from koocr.errors import DataError, missing_dependency
from koocr.evaluation.readings import FloatArray, IntArray, TextArray

__all__ = ["Cluster", "ClusterSettings", "Clusters", "View", "cluster_frames", "frame_logits"]

Logits = Mapping[str, NDArray[np.float32]]
"""What a network says of one line of T frames: "symbol" (T, C), or "kind" (T, 2 + K), "initial" (T, 19),
"medial" (T, 19, 21) and "final" (T, 21, 28)."""


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """How frames are clustered.

    Attributes:
        max_frames: more are thinned out at random; 20,000 in a thousand clusters take some seconds.
        max_iterations: of K-means; purity changes in the third digit after 50.
        silhouette_frames: its cost grows with their square.
        num_views: how many clusters are kept for the picture: a page of them.
        view_frames: how many frames of each: more overlap.
        seed: of all choices.
    """

    max_frames: int = 20_000
    max_iterations: int = 50
    silhouette_frames: int = 3_000
    num_views: int = 12
    view_frames: int = 40
    seed: int = 0


@dataclass(frozen=True)
class Cluster:
    """Frames that are alike.

    Attributes:
        symbols: what the best path reads in them, and in how many; the most frequent first.
    """

    symbols: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        """The number of frames."""
        return sum(count for _, count in self.symbols)

    @property
    def num_others(self) -> int:
        """How many frames are not of the most frequent symbol."""
        return self.size - self.symbols[0][1]


@dataclass(frozen=True, eq=False)
class View:
    """Some frames of one cluster, seen along the two directions in which they differ most.

    Attributes:
        symbols: (n,) what the best path reads in them.
        points: (n, 2), centred.
    """

    symbols: TextArray
    points: FloatArray


@dataclass(frozen=True, eq=False)
class Clusters:
    """How the frames of a test fall into clusters.

    Attributes:
        num_frames: how many frames were clustered.
        num_symbols: how many different symbols the best path reads in them: the number of clusters asked for.
        silhouette: mean over frames of how much nearer they are to their own cluster than to the next, in
            [-1, 1] (Rousseeuw, 1987); NaN if there are fewer than two clusters.
        purity: share of frames that are of the most frequent symbol of their cluster.
        clusters: those that hold frames, the most mixed first.
        views: of the most mixed ones, in the same order.
    """

    num_frames: int
    num_symbols: int
    silhouette: float
    purity: float
    clusters: tuple[Cluster, ...]
    views: tuple[View, ...]

    @property
    def mixed(self) -> tuple[Cluster, ...]:
        """The clusters that hold more than one symbol, the most mixed first."""
        return tuple(cluster for cluster in self.clusters if len(cluster.symbols) > 1)

    def mixed_symbols(self, num: int = 20) -> list[tuple[str, str, int]]:
        """The pairs of symbols that share clusters, and the frames of the rarer one there: the most first."""
        together: Counter[tuple[str, str]] = Counter()
        for cluster in self.mixed:
            for place, (first, _) in enumerate(cluster.symbols):
                for second, count in cluster.symbols[place + 1 :]:  # the rarer one
                    together[min(first, second), max(first, second)] += count
        found = sorted(together.items(), key=lambda item: (-item[1], item[0]))[:num]
        return [(first, second, count) for (first, second), count in found]


def frame_logits(lines: Sequence[Logits], kept: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """The logits of the frames that read something, as one row each.

    Of outputs over symbols, only the columns are taken that win somewhere: the thousands of symbols that
    never occur are noise. Of factorised outputs, medials are taken under the likeliest initial and finals
    under the likeliest medial.

    Args:
        lines: what the network says of each line, before any softmax.
        kept: for each line (T,), true where the best path emits a symbol and not the blank.

    Returns:
        (F, D), the kept frames of all lines, one after the other.

    Raises:
        DataError: no frame is kept.
    """
    if not any(mask.any() for mask in kept):
        raise DataError("nothing was read in any line, so there are no frames to cluster; give other lines")
    chosen = [
        {name: np.asarray(values)[mask] for name, values in line.items()}
        for line, mask in zip(lines, kept, strict=True)
    ]
    head = "symbol" if "symbol" in chosen[0] else "kind"
    winners = np.unique(np.concatenate([line[head].argmax(axis=1) for line in chosen if len(line[head])]))
    return np.concatenate([_features(line, head, winners) for line in chosen], dtype=np.float32)


def _features(line: Logits, head: str, winners: IntArray) -> NDArray[np.float32]:
    of_symbols = line[head][:, winners]
    if head == "symbol":
        return of_symbols
    frames = np.arange(len(of_symbols))
    medial = line["medial"][frames, line["initial"].argmax(axis=1)]  # (F, 21)
    final = line["final"][frames, medial.argmax(axis=1)]  # (F, 28)
    return np.concatenate([of_symbols, line["initial"], medial, final], axis=1)


def cluster_frames(
    features: NDArray[np.float32], symbols: TextArray, settings: ClusterSettings | None = None
) -> Clusters:
    """Clusters frames by K-means, K being the number of different symbols, and compares with the best path.

    Args:
        features: (F, D) logits of the frames, see `frame_logits`; each column is brought to mean 0 and
            standard deviation 1, constant ones to 0.
        symbols: (F,) what the best path reads in each.
        settings: how.

    Raises:
        DataError: there are no frames.
        MissingDependencyError: scikit-learn is not installed.
    """
    settings = settings or ClusterSettings()
    if not len(features):
        raise DataError("there are no frames to cluster; give lines in which something is read")
    rng = np.random.default_rng(settings.seed)
    if len(features) > settings.max_frames:
        thinned = np.sort(rng.choice(len(features), settings.max_frames, replace=False))
        features, symbols = features[thinned], symbols[thinned]
    scaled = _standardised(features)
    num_symbols = len(np.unique(symbols))
    assigned = _k_means(scaled, num_symbols, settings)
    members = [np.flatnonzero(assigned == number) for number in np.unique(assigned)]
    members.sort(key=lambda rows: (-_num_others(symbols[rows]), int(rows[0])))
    clusters = tuple(Cluster(_counted(symbols[rows])) for rows in members)
    return Clusters(
        num_frames=len(scaled),
        num_symbols=num_symbols,
        silhouette=_silhouette(scaled, assigned, settings, rng),
        purity=1 - sum(cluster.num_others for cluster in clusters) / len(scaled),
        clusters=clusters,
        views=_views(scaled, symbols, members, settings, rng),
    )


def _standardised(features: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = centred.std(axis=0, dtype=np.float64)
    is_constant = deviation < 1e-6 * np.maximum(1, np.abs(features).max(axis=0))
    scaled: NDArray[np.float32] = centred / np.where(is_constant, np.inf, deviation).astype(np.float32)
    return scaled


def _k_means(features: NDArray[np.float32], num: int, settings: ClusterSettings) -> IntArray:
    means = _scikit_learn("cluster").KMeans(
        num, n_init=1, max_iter=settings.max_iterations, random_state=settings.seed
    )
    return np.asarray(means.fit_predict(features), np.int64)


def _silhouette(
    features: NDArray[np.float32], assigned: IntArray, settings: ClusterSettings, rng: np.random.Generator
) -> float:
    if len(features) > settings.silhouette_frames:
        chosen = rng.choice(len(features), settings.silhouette_frames, replace=False)
        features, assigned = features[chosen], assigned[chosen]
    if not 2 <= len(np.unique(assigned)) < len(features):
        return math.nan
    return float(_scikit_learn("metrics").silhouette_score(features, assigned))


def _scikit_learn(part: str) -> Any:
    try:
        from sklearn import cluster, metrics
    except ImportError as error:
        raise missing_dependency("scikit-learn", "train") from error
    return {"cluster": cluster, "metrics": metrics}[part]


def _counted(symbols: TextArray) -> tuple[tuple[str, int], ...]:
    found = Counter(symbols.tolist())
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _num_others(symbols: TextArray) -> int:
    return Cluster(_counted(symbols)).num_others


def _views(
    features: NDArray[np.float32],
    symbols: TextArray,
    members: Sequence[IntArray],
    settings: ClusterSettings,
    rng: np.random.Generator,
) -> tuple[View, ...]:
    views = []
    for rows in members[: settings.num_views]:
        if not _num_others(symbols[rows]):
            break
        shown = rows
        if len(rows) > settings.view_frames:
            shown = rng.choice(rows, settings.view_frames, replace=False)
        views.append(View(symbols[shown], _principal(features[shown])))
    return tuple(views)


def _principal(features: NDArray[np.float32]) -> FloatArray:
    """(n, 2): the first two principal components; 0 where there is no second."""
    centred = features.astype(np.float64) - features.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(features), 2))
    points[:, : min(2, len(scale))] = (left * scale)[:, :2]
    return points
