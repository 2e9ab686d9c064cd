"""The sections of a line report: tables and pictures, one function each."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from koocr.evaluation import plots
from koocr.evaluation.alignment import Step
from koocr.evaluation.calibration import Reliability, expected_calibration_error, reliability
from koocr.evaluation.clusters import Cluster, Clusters
from koocr.evaluation.confusion import jamo_confusions
from koocr.evaluation.line_pictures import LineSample, cluster_sheet, line_sheet, marked_text, samples_page
from koocr.evaluation.line_readings import CONDITION, FACE, GROUPS, LineReadings
from koocr.evaluation.readings import FloatArray, Readings
from koocr.evaluation.report import Block, Paragraph, Picture, Section, Table, percent
from koocr.evaluation.text_metrics import (
    LineCounts,
    TextScore,
    confused,
    count_errors,
    line_scores_by,
    score_lines,
)
from koocr.image import GreyImage

__all__ = [
    "SCORE_HEADER",
    "calibration_section",
    "cluster_section",
    "error_section",
    "group_sections",
    "peer_section",
    "sample_section",
    "score_cells",
]

SCORE_HEADER = (
    "lines",
    "CER",
    "CER without spaces",
    "WER",
    "lines right",
    "1 − NED",
    "letter errors",
    "space precision",
    "space recall",
)

_PAGE_SAMPLES = 300


def score_cells(score: TextScore) -> tuple[str, ...]:
    """The rates of some lines as the cells under `SCORE_HEADER`."""
    rates = (score.cer, score.cer_solid, score.wer, score.exact, score.similarity, score.jamo_error)
    spaces = (score.space_precision, score.space_recall)
    return (f"{score.lines:,}", *(percent(rate) for rate in (*rates, *spaces)))


def group_sections(readings: LineReadings, counts: LineCounts) -> list[Section]:
    """By face, class and kind of text, a section each: all rates, and the CER under each condition."""
    sections = []
    for grouping in GROUPS:
        scores = line_scores_by(readings, counts, grouping)
        if grouping == CONDITION or len(scores) < 2:
            continue
        rows = tuple((name, *score_cells(score)) for name, score in scores.items())
        blocks = [Table((grouping, *SCORE_HEADER), rows, "All conditions together.")]
        if len(readings.group_names(CONDITION)) > 1:
            blocks.append(_crossed(readings, counts, grouping))
        title = {"kind": "By kind of text", FACE: "By face and writer"}.get(grouping, f"By {grouping}")
        sections.append(Section(title, tuple(blocks)))
    return sections


def _crossed(readings: LineReadings, counts: LineCounts, grouping: str) -> Table:
    conditions = readings.group_names(CONDITION)
    rows = []
    for name in readings.group_names(grouping):
        mask = readings.groups[grouping] == name
        scores = line_scores_by(readings.where(mask), counts.where(mask), CONDITION)
        rows.append((name, *(percent(scores[c].cer) if c in scores else "–" for c in conditions)))
    return Table((grouping, *conditions), tuple(rows), "CER under each condition.")


def error_section(readings: LineReadings, counts: LineCounts, folder: Path, *, num: int) -> Section:
    """What kind of errors there are, the most frequent ones, and the letters that are mistaken."""
    score = score_lines(counts)
    kinds = (score.substitutions, score.deletions, score.insertions)
    text = "Of a hundred true characters {} are taken for another and {} are lost; {} are invented."
    blocks: list[Block] = [Paragraph(text.format(*(f"{100 * share:.2f}" for share in kinds)))]
    blocks.append(_spaces(counts))
    errors = confused(readings, num)
    if errors:
        rows = tuple((_shown(step.truth), _shown(step.read), f"{count:,}") for step, count in errors)
        caption = "The most frequent errors; – is nothing: a character was lost, or invented."
        blocks.append(Table(("true", "read", "times"), rows, caption))
        blocks += _letters(readings.characters, folder)
    return Section("What is mistaken for what", tuple(blocks))


def _spaces(counts: LineCounts) -> Table:
    there, read, right = (int(c.sum()) for c in (counts.spaces, counts.read_spaces, counts.right_spaces))
    row = tuple(f"{number:,}" for number in (there, right, there - right, read - right))
    return Table(("spaces", "read rightly", "lost", "invented"), (row,))


def _shown(text: str) -> str:
    return {"": "–", " ": "space"}.get(text, text)


def _letters(characters: Readings, folder: Path) -> Iterable[Block]:
    for confusion in jamo_confusions(characters):
        if confusion.counts.sum() == np.trace(confusion.counts):
            continue
        file = f"confusion_{confusion.place}.png"
        plots.save_confusion(confusion, folder / file)
        yield Picture(file, f"Confusions of the {confusion.place}: red where letters are mistaken.")


def sample_section(
    readings: LineReadings, image: Callable[[int], GreyImage], folder: Path, *, num: int
) -> Section:
    """Lines with errors, from the least to the most: a picture, the same as text, and a page of more."""
    wrong = np.flatnonzero(~readings.is_right)
    shares = [_share_wrong(readings.steps[number]) for number in wrong.tolist()]
    ranked = wrong[np.argsort(shares, kind="stable")]
    shown = _spread(ranked, num)
    samples = [_sample(readings, image, number) for number in shown]
    _save(line_sheet(samples), folder / "samples.png")
    more = (_sample(readings, image, number) for number in _spread(ranked, _PAGE_SAMPLES))
    page = samples_page(more, title="Lines with errors")
    (folder / "samples.html").write_text(page, encoding="utf-8")
    text = (
        f"{len(wrong):,} of {len(readings):,} lines have an error. Here are {len(shown)} of them, evenly "
        f"from the least wrong to the worst; up to {_PAGE_SAMPLES} stand in samples.html beside this report."
    )
    picture = Picture("samples.png", "The line; the truth, errors red; what was read, errors blue.")
    rows = tuple((marked_text(sample.steps), sample.note) for sample in samples)
    caption = "[true→read] mistaken, [-true] lost, [+read] invented."
    table = Table(("line", "from"), rows, caption)
    return Section("Lines with errors", (Paragraph(text), picture, table))


def _share_wrong(steps: tuple[Step, ...]) -> float:
    return sum(not step.is_right for step in steps) / len(steps)


def _spread(numbers: np.ndarray, num: int) -> list[int]:
    places = np.linspace(0, len(numbers) - 1, min(num, len(numbers))).round().astype(int)
    return [int(number) for number in numbers[places]]


def _sample(readings: LineReadings, image: Callable[[int], GreyImage], number: int) -> LineSample:
    places = [str(readings.groups[name][number]) for name in GROUPS if name in readings.groups]
    return LineSample(image(number), readings.steps[number], ", ".join(places))


def calibration_section(readings: LineReadings, folder: Path) -> Section:
    """Whether the confidence of a character, of a space and of a whole line means what it says."""
    curves: dict[str, Reliability] = {}
    rows = []
    for kind, (confidence, is_right) in _answers(readings).items():
        if not len(confidence):
            continue
        curves[kind] = reliability(confidence, is_right)
        errors = [expected_calibration_error(confidence, is_right, equal_mass=mass) for mass in (False, True)]
        surest = confidence >= 0.99
        share = float(is_right[surest].mean()) if surest.any() else math.nan
        cells = (*map(percent, errors), percent(float(surest.mean())), percent(share))
        rows.append((kind, f"{len(confidence):,}", *cells))
    plots.save_reliability(curves, folder / "calibration.png")
    text = (
        "With each character, each space and each line that is read comes a confidence. It should mean what "
        "it says: of those read with 90 %, nine in ten should be right. The expected calibration error (ECE) "
        "is the mean distance between the two, over 15 bins of equal width, and over 15 of equal counts."
    )
    header = ("", "read", "ECE, equal width", "ECE, equal counts", "read with 99 % or more", "of them right")
    picture = Picture("calibration.png", "On the dashed line the confidence is exact; above it, too modest.")
    return Section("Can the confidence be trusted?", (Paragraph(text), picture, Table(header, tuple(rows))))


def _answers(readings: LineReadings) -> dict[str, tuple[FloatArray, NDArray[np.bool_]]]:
    """Confidences, and whether they were right, of what was read with one."""
    characters = readings.characters
    parts = {f"{kind}s": characters.where(characters.kind == kind) for kind in ("character", "space")}
    answers = {kind: (part.confidence, part.is_right) for kind, part in parts.items()}
    answers["whole lines"] = (readings.line_confidences, readings.is_right)
    has_one = {kind: ~np.isnan(confidence) for kind, (confidence, _) in answers.items()}
    return {kind: (found[has_one[kind]], right[has_one[kind]]) for kind, (found, right) in answers.items()}


def cluster_section(clusters: Clusters, folder: Path) -> Section:
    """What the network finds alike: clusters of its frames, and those that mix symbols."""
    text = (
        f"{clusters.num_frames:,} frames in which something is read were sorted by K-means into "
        f"{clusters.num_symbols:,} clusters, as many as there are symbols, on their standardised logits and "
        f"without being told the symbols. Purity, the share of frames that are of their cluster's most "
        f"frequent symbol: {percent(clusters.purity)}. Silhouette (1: clusters stand apart, 0: they touch): "
        f"{clusters.silhouette:.3f}. {len(clusters.mixed):,} of {len(clusters.clusters):,} clusters "
        "mix symbols."
    )
    blocks: list[Block] = [Paragraph(text)]
    if clusters.mixed:
        _save(cluster_sheet(clusters.views), folder / "clusters.png")
        caption = "The most mixed clusters: each frame as its symbol, the most frequent in grey."
        rows = tuple(
            (_symbols(c), f"{c.size:,}", percent(c.num_others / c.size)) for c in clusters.mixed[:20]
        )
        table = Table(("symbols and their frames", "frames", "not of the first"), rows)
        blocks += [Picture("clusters.png", caption), table, _pairs(clusters)]
    return Section("What the network finds alike", tuple(blocks))


def _symbols(cluster: Cluster) -> str:
    named = [f"{_shown(symbol)} {count}" for symbol, count in cluster.symbols[:8]]
    return ", ".join([*named, "…"] if len(cluster.symbols) > 8 else named)


def _pairs(clusters: Clusters) -> Table:
    rows = tuple((_shown(a), _shown(b), f"{count:,}") for a, b, count in clusters.mixed_symbols())
    return Table(("symbol", "and", "frames together"), rows, "Pairs of symbols that share clusters.")


def peer_section(
    readings: LineReadings,
    peers: Mapping[str, LineReadings],
    ms_per_line: Mapping[str, float],
    *,
    name: str,
) -> Section:
    """Other readers on the same lines, in the same run."""
    conditions = readings.group_names(CONDITION)
    rows = []
    for label, answers in {"": readings, **peers}.items():
        counts = count_errors(answers)
        by_condition = {c: score_lines(counts.where(readings.groups[CONDITION] == c)) for c in conditions}
        rates = (percent(by_condition[c].cer) for c in conditions)
        time = ms_per_line.get(label, math.nan)
        speed = "–" if math.isnan(time) else f"{time:.1f}"
        rows.append((label or name, *rates, *score_cells(score_lines(counts))[1:], speed))
    of_conditions = tuple(f"CER, {condition}" for condition in conditions)
    header = ("reader", *of_conditions, *SCORE_HEADER[1:], "ms a line")
    caption = "The same lines; speeds of the same run, one line at a time, one thread."
    return Section("Beside other readers", (Table(header, tuple(rows), caption),))


def _save(picture: Image.Image, path: Path) -> None:
    """Saves a sheet in 64 colours: a third of the size, and no difference to the eye."""
    picture.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
