"""What the character models must show, what we want of them, and what was measured: one table."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from koocr.character.findings import CLEAN, DEGRADED, WRITERS, Findings
from koocr.evaluation.calibration import expected_calibration_error
from koocr.evaluation.limits import Limit, lowest_verdict, unit
from koocr.evaluation.metrics import accuracy, mean_and_worst, scores_by
from koocr.evaluation.readings import Readings
from koocr.evaluation.report import Table

__all__ = [
    "DISPLAY_FACES",
    "HAND_FACES",
    "LIMITS",
    "TEXT_FACES",
    "figures_of",
    "scorecard_table",
    "verdict",
]

TEXT_FACES = ("gowun-batang", "ibm-plex-sans-kr", "song-myung", "baekmuk-gulim")
DISPLAY_FACES = ("bm-dohyeon", "galmuri")
PRINTED_FACES = TEXT_FACES + DISPLAY_FACES
HAND_FACES = ("nanum-pen", "gamja-flower", "bm-kirang", "east-sea-dokdo", "hi-melody", "single-day")
TEST_WRITER = "hhr-005"

NAN = math.nan


def _points(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.2f} points"


LIMITS: dict[str, Limit] = {
    "text_mean": Limit(0.998, 0.9997),
    "text_worst": Limit(0.996, 0.999),
    "dohyeon": Limit(0.99, 0.998),
    "galmuri": Limit(0.88, 0.96),
    "degraded_mean": Limit(0.975, 0.993),
    "hands_mean": Limit(0.995, 0.999),
    "hands_worst": Limit(0.98, 0.996),
    "hands_degraded_mean": Limit(0.97, 0.99),
    "writer_top_1": Limit(0.91, 0.97),
    "writer_top_5": Limit(0.98, 0.995),
    "unseen_loss": Limit(0.005, 0.001, _points, is_least=False),
    "printed_ece": Limit(0.005, 0.001, is_least=False),
    "writer_ece": Limit(0.03, 0.01, is_least=False),
    "fp32_mb": Limit(12, 4, unit("{:.2f} MB"), is_least=False),
    "int8_mb": Limit(3, 1, unit("{:.2f} MB"), is_least=False),
    "int8_loss": Limit(0.002, 0, _points, is_least=False),
    "single_ms": Limit(0.7, 0.25, unit("{:.2f} ms"), is_least=False),
    "reference_ratio": Limit(12, 35, unit("{:.1f} times")),
    "batch_per_second": Limit(3000, 8000, unit("{:,.0f} a second")),
    "startup": Limit(0.7, 0.4, unit("{:.2f} s"), is_least=False),
}

ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("four printed text faces, top-1, mean / worst face", ("text_mean", "text_worst")),
    ("display faces bm-dohyeon / galmuri (pixels), top-1", ("dohyeon", "galmuri")),
    ("all six printed faces degraded, top-1, mean", ("degraded_mean",)),
    ("six handwriting faces, top-1, mean / worst face", ("hands_mean", "hands_worst")),
    ("six handwriting faces degraded, top-1, mean", ("hands_degraded_mean",)),
    ("writer hhr-005, top-1 / top-5", ("writer_top_1", "writer_top_5")),
    ("syllables never shown in training, loss against the others", ("unseen_loss",)),
    ("calibration error (ECE), printed / hhr-005", ("printed_ece", "writer_ece")),
    ("size of the weights, ONNX float32 / int8", ("fp32_mb", "int8_mb")),
    ("int8 against float32, loss of top-1", ("int8_loss",)),
    ("one character, one thread, preprocessing included", ("single_ms",)),
    ("faster than melnyk at 96 pixels, same run", ("reference_ratio",)),
    ("batch of 256, two threads", ("batch_per_second",)),
    ("start of Python to the first answer", ("startup",)),
)


def figures_of(findings: Findings) -> dict[str, float]:
    """Every figure of `LIMITS`; NaN for what was not measured.

    Accuracies and ECE come from the readings, `unseen_loss` from them and `findings.held_out`; all others are
    taken from `findings.extra`.
    """
    clean, degraded = findings.readings.get(CLEAN), findings.readings.get(DEGRADED)
    writer = _from(findings.readings.get(WRITERS), (TEST_WRITER,))
    text_mean, text_worst = _mean_and_worst(clean, TEXT_FACES)
    hands_mean, hands_worst = _mean_and_worst(clean, HAND_FACES)
    measured = {
        "text_mean": text_mean,
        "text_worst": text_worst,
        "dohyeon": _mean_and_worst(clean, ("bm-dohyeon",))[0],
        "galmuri": _mean_and_worst(clean, ("galmuri",))[0],
        "degraded_mean": _mean_and_worst(degraded, PRINTED_FACES)[0],
        "hands_mean": hands_mean,
        "hands_worst": hands_worst,
        "hands_degraded_mean": _mean_and_worst(degraded, HAND_FACES)[0],
        "writer_top_1": _top(writer, 1),
        "writer_top_5": _top(writer, 5),
        "unseen_loss": _unseen_loss(clean, findings.held_out),
        "printed_ece": _ece(_from(clean, PRINTED_FACES)),
        "writer_ece": _ece(writer),
    }
    return {name: measured.get(name, findings.extra.get(name, NAN)) for name in LIMITS}


def verdict(figures: Mapping[str, float], names: tuple[str, ...]) -> str:
    """The lowest verdict of several figures; "" if one was not measured."""
    return lowest_verdict(LIMITS[name].verdict(figures[name]) for name in names)


def scorecard_table(figures: Mapping[str, float]) -> Table:
    """The rows of which something was measured, with columns for must, want and measured."""
    rows = []
    for what, names in ROWS:
        if all(math.isnan(figures[name]) for name in names):
            continue
        limits = [LIMITS[name] for name in names]
        must = " / ".join(limit.show(limit.must) for limit in limits)
        want = " / ".join(limit.show(limit.want) for limit in limits)
        value = " / ".join(LIMITS[name].show(figures[name]) for name in names)
        rows.append((what, must, want, value, verdict(figures, names)))
    return Table(("", "must", "want", "measured", "reaches"), tuple(rows))


def _from(readings: Readings | None, sources: tuple[str, ...]) -> Readings | None:
    """The readings of some sources, None unless all of them are there."""
    if readings is None or not set(sources) <= set(readings.source.tolist()):
        return None
    return readings.where(np.isin(readings.source, sources))


def _mean_and_worst(readings: Readings | None, sources: tuple[str, ...]) -> tuple[float, float]:
    chosen = _from(readings, sources)
    if chosen is None:
        return NAN, NAN
    mean, worst, _ = mean_and_worst(scores_by(chosen, chosen.source))
    return mean, worst


def _top(readings: Readings | None, n: int) -> float:
    if readings is None or readings.candidates.shape[1] < n:
        return NAN
    return accuracy(readings.rank, n)


def _ece(readings: Readings | None) -> float:
    return NAN if readings is None else expected_calibration_error(readings.confidence, readings.is_right)


def _unseen_loss(readings: Readings | None, held_out: frozenset[str]) -> float:
    """How much lower the accuracy is on the syllables that training left out, in each face; the mean."""
    if readings is None or not held_out:
        return NAN
    is_unseen = np.isin(readings.truth, sorted(held_out))
    losses = []
    for source in np.unique(readings.source):
        hits, unseen = readings.is_right[readings.source == source], is_unseen[readings.source == source]
        if unseen.any() and not unseen.all():
            losses.append(hits[~unseen].mean() - hits[unseen].mean())
    return float(np.mean(losses)) if losses else NAN
