"""The diagrams of a report, drawn with matplotlib without a display; Hangul in the package's own face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from koocr.errors import missing_dependency
from koocr.evaluation.calibration import Reliability
from koocr.evaluation.confusion import JamoConfusion
from koocr.fonts import korean_face

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["save_bars", "save_confusion", "save_reliability", "save_scatter"]

_BLUE, _RED, _GREY = "#2f5f9e", "#b03030", "#8c8c8c"


@contextmanager
def _figure(path: Path, *, width: float, height: float) -> Iterator[Axes]:
    """Yields empty axes (sizes in inches of 100 dots) and saves them; matplotlib's state stays as it is."""
    try:
        import matplotlib
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_dependency("matplotlib", "train") from error
    face = str(korean_face())
    if face not in {entry.fname for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(face)
    family = font_manager.FontProperties(fname=face).get_name()
    with matplotlib.rc_context({"font.family": [family], "font.size": 13, "axes.unicode_minus": False}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure.add_subplot()
        figure.savefig(path, dpi=100)


def save_confusion(confusion: JamoConfusion, path: Path) -> None:
    """Draws one confusion matrix: shares of each row, so that rare jamo show too.

    The diagonal is grey, errors are red, on a square-root scale: one in a thousand is still visible. The
    number in a cell is its count.
    """
    counts = confusion.counts
    size = len(confusion.labels)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    is_diagonal = np.eye(size, dtype=bool)
    with _figure(path, width=0.36 * size + 1.2, height=0.36 * size + 1.4) as axes:
        axes.imshow(np.where(is_diagonal, np.nan, np.sqrt(shares)), cmap="Reds", vmin=0, vmax=0.5)
        axes.imshow(np.where(is_diagonal, shares, np.nan), cmap="Greys", vmin=0, vmax=2)
        axes.set_xticks(range(size), confusion.labels, fontsize=16)
        axes.set_yticks(range(size), confusion.labels, fontsize=16)
        axes.set_xlabel("read as")
        axes.set_ylabel("true")
        axes.set_title(f"{confusion.place}: {_error_rate(counts):.2%} read wrongly")
        for true, read in zip(*np.nonzero(counts * ~is_diagonal), strict=True):
            axes.text(read, true, str(counts[true, read]), ha="center", va="center", fontsize=8)


def _error_rate(counts: np.ndarray) -> float:
    return 1 - float(np.trace(counts)) / max(1, int(counts.sum()))


def save_reliability(curves: Mapping[str, Reliability], path: Path) -> None:
    """Draws accuracy over confidence; on the diagonal, the probabilities mean what they say.

    Args:
        curves: name of a test set → its answers in bins. Marks grow with the number of answers in a bin.
        path: where to save the picture.
    """
    with _figure(path, width=5.6, height=5.4) as axes:
        axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle="--")
        for number, (name, curve) in enumerate(curves.items()):
            colour = f"C{number}"
            label = f"{name} (ECE {curve.expected_error:.2%})"
            axes.plot(curve.confidence, curve.accuracy, color=colour, linewidth=1.2, label=label)
            area = 10 + 140 * curve.count / max(1, curve.count.max())
            axes.scatter(curve.confidence, curve.accuracy, s=area, color=colour, alpha=0.6)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="confidence", ylabel="share that is right")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def save_bars(
    values: Mapping[str, float],
    path: Path,
    *,
    other: Mapping[str, float] | None = None,
    labels: Sequence[str] = (),
) -> None:
    """Draws accuracies as horizontal bars, the lowest on top.

    Args:
        values: group → share in [0, 1].
        path: where to save the picture.
        other: a second value of the same groups, drawn in red beneath (degraded images, another model).
        labels: names of the two series, for the legend.
    """
    names = sorted(values, key=lambda name: values[name], reverse=True)
    other = other or {}
    lowest = min([*values.values(), *other.values()], default=0.0)
    place = np.arange(len(names))
    with _figure(path, width=7.2, height=0.42 * len(names) + 1.4) as axes:
        bars: dict[str, Any] = {"height": 0.4 if other else 0.7}
        axes.barh(place, [values[name] for name in names], color=_BLUE, align="edge", **bars)
        if other:
            below = place - bars["height"]
            axes.barh(below, [other.get(name, np.nan) for name in names], color=_RED, align="edge", **bars)
            axes.legend(labels, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        axes.set_yticks(place, names)
        axes.set_xlim(max(0.0, lowest - 0.25 * (1 - lowest) - 0.002), 1.0)
        axes.set_xlabel("top-1")
        axes.xaxis.set_major_formatter(lambda share, _: f"{share:.1%}")


def save_scatter(
    points: Mapping[str, tuple[float, float]],
    path: Path,
    *,
    groups: Mapping[str, str],
    labels: tuple[str, str],
    is_log: bool = False,
) -> None:
    """Draws named points, each group in a colour of its own, and the best of them joined by a line.

    The best are those that no other point beats in both: none is further left and higher.

    Args:
        points: name → place along (less is better) and up (a share in [0, 1], more is better).
        path: where to save the picture.
        groups: name → group, for the colours and the legend.
        labels: of the two axes.
        is_log: a logarithmic axis along.
    """
    with _figure(path, width=9.6, height=6.4) as axes:
        best = _undominated(points)
        axes.plot(*zip(*(points[name] for name in best), strict=True), color=_GREY, linewidth=1, zorder=1)
        for number, group in enumerate(dict.fromkeys(groups[name] for name in points)):
            chosen = [points[name] for name in points if groups[name] == group]
            axes.plot(*zip(*chosen, strict=True), "o", color=f"C{number}", label=group, zorder=2)
        if is_log:
            from matplotlib.ticker import LogLocator

            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(lambda value, _: "")
        axes.margins(x=0.15)
        highest = max(share for _, share in points.values())
        axes.set(xlabel=labels[0], ylabel=labels[1], ylim=(0, min(1.06, max(0.05, 1.1 * highest))))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)
        for name, (offset, side) in _label_places(axes, points).items():
            axes.annotate(
                name,
                points[name],
                xytext=offset,
                textcoords="offset points",
                fontsize=9,
                color="black" if name in best else _GREY,
                ha=side,
                annotation_clip=False,
            )


def _label_places(
    axes: Axes, points: Mapping[str, tuple[float, float]]
) -> dict[str, tuple[tuple[int, int], str]]:
    """For each point the corner at which its label covers the fewest others: offset and side."""
    corners = [
        ((4 * way, up), side) for up in (4, -11, 15, -22) for way, side in ((1, "left"), (-1, "right"))
    ]
    centres = {name: axes.transData.transform(place) for name, place in points.items()}
    taken = [(x - 3, y - 3, x + 3, y + 3) for x, y in centres.values()]
    found = {}
    for name, (x, y) in centres.items():
        width, height = 6 * len(name), 12  # pixels, about
        boxes = []
        for (right, up), side in corners:
            left = x + right * 1.4 - (width if side == "right" else 0)
            boxes.append((left, y + up * 1.4, left + width, y + up * 1.4 + height))
        hits = [sum(_overlap(box, other) for other in taken) + 2 * _is_outside(box, axes) for box in boxes]
        chosen = hits.index(min(hits))
        taken.append(boxes[chosen])
        found[name] = corners[chosen]
    return found


_Box = tuple[float, float, float, float]


def _is_outside(box: _Box, axes: Axes) -> bool:
    """Whether a box leaves the plot at one of its sides."""
    return box[0] < axes.bbox.x0 or box[2] > axes.bbox.x1


def _overlap(one: _Box, other: _Box) -> bool:
    """Whether two boxes (left, bottom, right, top) share ground."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _undominated(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names of the points that none beats, from left to right."""
    kept: list[str] = []
    for name in sorted(points, key=lambda name: (points[name][0], -points[name][1])):
        if not kept or points[name][1] > points[kept[-1]][1]:
            kept.append(name)
    return kept
