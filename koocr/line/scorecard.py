"""What the line models must show, what we want of them, and what was measured: one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from koocr.data.synthesis.lines import CONDITIONS
from koocr.evaluation.limits import Limit, lowest_verdict, unit
from koocr.evaluation.line_readings import CONDITION, FACE, LineReadings
from koocr.evaluation.report import Table
from koocr.evaluation.text_metrics import count_errors, mean_cer, score_lines
from koocr.line.evaluation import CLEAN, DEGRADED, RARE, SCANNED, SENTENCES

__all__ = ["COMPARED", "HAND_FACES", "LIMITS", "TEXT_FACES", "figures_of", "scorecard_table", "times_worse"]

TEXT_FACES = ("gowun-batang", "ibm-plex-sans-kr", "song-myung", "baekmuk-gulim")
HAND_FACES = ("nanum-pen", "gamja-flower", "bm-kirang", "east-sea-dokdo", "hi-melody", "single-day")
TEST_WRITER = "hhr-005"

_NONE = Limit(math.nan, math.nan, is_least=False)  # reported beside the others, nothing is asked of it


def _at_most(must: float, want: float) -> Limit:
    return Limit(must, want, is_least=False)


LIMITS: dict[str, Limit] = {
    "text_clean": _at_most(0.010, 0.003),
    "dohyeon_clean": _NONE,
    "galmuri_clean": _NONE,
    "text_degraded": _at_most(0.030, 0.012),
    "dohyeon_degraded": _NONE,
    "galmuri_degraded": _NONE,
    "hands": _at_most(0.05, 0.015),
    "writer": _at_most(0.15, 0.06),
    "syllables": _at_most(0.03, 0.008),
    "space_precision": Limit(0.99, 0.998),
    "space_recall": Limit(0.99, 0.998),
    "space_f1": Limit(0.99, 0.998),
    "conditions": Limit(0.88, 0.96),
    "worse_than_tesseract": Limit(0, 0, unit("{:.0f}"), is_least=False),
    "worse_than_paddle": Limit(0, 0, unit("{:.0f}"), is_least=False),
    "times_faster": Limit(1, 3, unit("{:.1f} times")),
    "fp32_mb": Limit(10, 6, unit("{:.2f} MB"), is_least=False),
    "int8_mb": Limit(3.5, 2, unit("{:.2f} MB"), is_least=False),
    "memory_mb": Limit(5, 1, unit("{:+.1f} MB"), is_least=False),
}

ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("four printed text faces, clean, CER", ("text_clean",)),
    ("bm-dohyeon / galmuri (pixels), clean, CER", ("dohyeon_clean", "galmuri_clean")),
    ("four printed text faces, degraded, CER", ("text_degraded",)),
    ("bm-dohyeon / galmuri (pixels), degraded, CER", ("dohyeon_degraded", "galmuri_degraded")),
    ("six handwriting faces, sentences, CER", ("hands",)),
    ("writer hhr-005, lines of words, CER", ("writer",)),
    ("lines of random syllables, four printed text faces, CER", ("syllables",)),
    (
        "spaces, four printed text faces, clean, precision / recall / F1",
        ("space_precision", "space_recall", "space_f1"),
    ),
    ("five conditions, four printed text faces, lines right, mean", ("conditions",)),
    ("figures above in which a model of Tesseract is better", ("worse_than_tesseract",)),
    ("figures above in which PP-OCR is better", ("worse_than_paddle",)),
    ("faster than the fastest model of Tesseract, a line at a time, one thread", ("times_faster",)),
    ("size of the weights, ONNX float32 / int8", ("fp32_mb", "int8_mb")),
    ("memory that 4,500 further lines take in one process", ("memory_mb",)),
)

COMPARED = tuple(name for _, names in ROWS[:9] for name in names)
"""The figures that come from reading lines, which every reader has."""
_HALVES = ("space_precision", "space_recall")
"""Of one figure, its F1, by which readers are compared: who reads hardly any space has all of them right."""


def figures_of(readings: LineReadings) -> dict[str, float]:
    """Every figure of `COMPARED`, NaN for what was not measured; rates of several faces are their mean."""
    clean = _part(readings, condition=CLEAN, kind=SENTENCES)
    degraded = _part(readings, condition=DEGRADED, kind=SENTENCES)
    spaces = _of_faces(clean, TEXT_FACES)
    score = None if spaces is None else score_lines(count_errors(spaces))
    return {
        "text_clean": _cer(clean, TEXT_FACES),
        "dohyeon_clean": _cer(clean, ("bm-dohyeon",)),
        "galmuri_clean": _cer(clean, ("galmuri",)),
        "text_degraded": _cer(degraded, TEXT_FACES),
        "dohyeon_degraded": _cer(degraded, ("bm-dohyeon",)),
        "galmuri_degraded": _cer(degraded, ("galmuri",)),
        "hands": _cer(clean, HAND_FACES),
        "writer": _cer(_part(readings, condition=SCANNED), (TEST_WRITER,)),
        "syllables": _cer(_part(readings, condition=RARE), TEXT_FACES),
        "space_precision": math.nan if score is None else score.space_precision,
        "space_recall": math.nan if score is None else score.space_recall,
        "space_f1": math.nan if score is None else _f1(score.space_precision, score.space_recall),
        "conditions": _five_conditions(readings),
    }


def times_worse(ours: Mapping[str, float], others: Sequence[Mapping[str, float]]) -> float:
    """In how many of the figures of `COMPARED` one of the others is better; spaces are one, by their F1.

    NaN without others, and where none of the figures was measured.
    """
    if not others or all(math.isnan(ours.get(name, math.nan)) for name in COMPARED):
        return math.nan
    worse = 0
    for name in (name for name in COMPARED if name not in _HALVES):
        sign = 1 if LIMITS[name].is_least else -1
        worse += any(sign * other[name] > sign * ours[name] for other in others)
    return float(worse)


def scorecard_table(figures: Mapping[str, float], peers: Mapping[str, Mapping[str, float]]) -> Table:
    """The rows of which something was measured: must, want, measured, and what other readers reach.

    Args:
        figures: by the names of `LIMITS`; NaN, or missing, for what was not measured.
        peers: name of another reader → its figures.
    """
    rows = []
    for what, names in ROWS:
        values = [figures.get(name, math.nan) for name in names]
        if all(map(math.isnan, values)):
            continue
        limits = [LIMITS[name] for name in names]
        shown = (
            _joined(limits, [limit.must for limit in limits]),
            _joined(limits, [limit.want for limit in limits]),
            _joined(limits, values),
            _verdict(limits, values),
            *(_joined(limits, [of_peer.get(name, math.nan) for name in names]) for of_peer in peers.values()),
        )
        rows.append((what, *shown))
    return Table(("", "must", "want", "measured", "reaches", *peers), tuple(rows))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _joined(limits: Sequence[Limit], values: Sequence[float]) -> str:
    if all(map(math.isnan, values)):
        return ""
    return " / ".join(limit.show(value) for limit, value in zip(limits, values, strict=True))


def _verdict(limits: Sequence[Limit], values: Sequence[float]) -> str:
    asked = [
        (limit, value) for limit, value in zip(limits, values, strict=True) if not math.isnan(limit.must)
    ]
    return lowest_verdict([limit.verdict(value) for limit, value in asked]) if asked else ""


def _part(readings: LineReadings, **groups: str) -> LineReadings:
    """The lines of some groups."""
    chosen = np.ones(len(readings), bool)
    for grouping, group in groups.items():
        chosen &= readings.groups[grouping] == group
    return readings.where(chosen)


def _of_faces(readings: LineReadings, faces: Sequence[str]) -> LineReadings | None:
    """The lines of some faces, None unless all of them are there."""
    if not set(faces) <= set(readings.group_names(FACE)):
        return None
    return readings.where(np.isin(readings.groups[FACE], faces))


def _cer(readings: LineReadings, faces: Sequence[str]) -> float:
    """The mean over faces of their character error rates, spaces counted."""
    chosen = _of_faces(readings, faces)
    return math.nan if chosen is None else mean_cer(chosen, count_errors(chosen))


def _five_conditions(readings: LineReadings) -> float:
    """The mean over conditions of the share of lines without an error."""
    shares = []
    for name in CONDITIONS:
        chosen = _of_faces(_part(readings, **{CONDITION: name}), TEXT_FACES)
        if chosen is None:
            return math.nan
        shares.append(float(chosen.is_right.mean()))
    return float(np.mean(shares))
