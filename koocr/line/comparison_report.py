"""The table of compared recognisers, beside the study's figures; what each stage is worth; two plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np

from koocr.charset import normalise
from koocr.evaluation import plots
from koocr.evaluation.alignment import align
from koocr.evaluation.line_pictures import LineSample, line_sheet
from koocr.evaluation.report import Block, Paragraph, Picture, Report, Section, Table, percent
from koocr.line.comparison import ComparisonSettings, Result
from koocr.line.comparison_data import ComparisonData
from koocr.line.recognisers import OWN
from koocr.line.stages.settings import FEATURES, PREDICTIONS, SEQUENCES, TRANSFORMATIONS

__all__ = ["STUDY", "build_comparison_report", "comparison_table"]

STUDY: dict[str, float] = {
    "TPS-VGG-BiLSTM-Attn": 0.8824,
    "TPS-VGG-BiLSTM-CTC": 0.8779,
    "TPS-ResNet-BiLSTM-Attn": 0.8743,
    "None-RCNN-None-CTC": 0.6536,
    "None-VGG-None-CTC": 0.6272,
}
"""Sentence accuracies that the study of Korean recognisers at HCLT 2019 gives: the two ends of its table."""

_STAGES = {
    "transformation": TRANSFORMATIONS,
    "features": FEATURES,
    "sequence": SEQUENCES,
    "prediction": PREDICTIONS,
}


def build_comparison_report(
    results: Sequence[Result],
    data: ComparisonData,
    settings: ComparisonSettings,
    *,
    folder: Path,
    command: str = "",
) -> Report:
    """Draws the pictures of a comparison into a folder and writes its text.

    Args:
        results: of all recognisers that are finished, at least one.
        data: what they were compared on.
        settings: how they were trained.
        folder: where the report will lie; it is made.
        command: the command that does the same again.

    Returns:
        The report, to be written with `koocr.evaluation.report.write_report`.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ranked = sorted(results, key=lambda result: (-result.mean_exact, result.mean_cer))
    blocks: list[Block] = [
        Paragraph(_what(data, settings)),
        comparison_table(ranked),
        *_plots(ranked, folder),
    ]
    sections = [Section("All recognisers", tuple(blocks))]
    effects = list(_effects(ranked))
    if effects:
        sections.append(_stage_section(effects))
    agreements = list(_agreements(ranked))
    if agreements:
        sections.append(_study_section(agreements))
    sections.append(_lines_section(ranked[0], data, folder, command))
    found = [asdict(result) for result in ranked]
    described = {"data": data.summary, "training": asdict(settings), "command": command}
    return Report("Line recognisers compared", tuple(sections), {**described, "results": found})


def _what(data: ComparisonData, settings: ComparisonSettings) -> str:
    budget = settings.budget
    given = f"{budget.steps:,} steps" if budget.steps else f"{budget.minutes:g} minutes of the processor"
    return (
        f"Every recogniser got the same: {given}, {data.batch_size} lines a step, the same lines in the same "
        f"order, {settings.optimizer} with a peak rate of {settings.learning_rate:g}. {data.summary} The "
        f"family has {settings.sizes.channels} channels and {settings.sizes.hidden} recurrent units (the "
        "study: 512 and 256). A line counts as right when all of it is, spaces too. A small budget tells who "
        "learns fast, and only in part who reads best in the end."
    )


def comparison_table(results: Sequence[Result]) -> Table:
    """One row a recogniser: the study's figure, lines read, by test, errors, size and times."""
    tests = list(results[0].exact)
    rows = tuple(
        (
            result.name,
            percent(STUDY[result.name]) if result.name in STUDY else "–",
            percent(result.mean_exact),
            *(percent(result.exact[test]) for test in tests),
            percent(result.mean_cer),
            f"{result.num_parameters / 1e6:.2f} M",
            f"{result.ms_per_line:.1f}",
            f"{result.num_lines:,}",
            f"{result.minutes:.1f}",
        )
        for result in results
    )
    header = (
        "recogniser", "study", "lines right, mean", *tests, "CER, mean", "parameters", "ms a line",
        "lines learnt from", "minutes",
    )  # fmt: skip
    caption = (
        "The study: sentence accuracy, HCLT 2019, where it is known (–: unknown). Times are the processor's, "
        "on Keras: ms to read a line in batches of 32, minutes of training."
    )
    return Table(header, rows, caption)


def _plots(results: Sequence[Result], folder: Path) -> Iterator[Picture]:
    groups = {result.name: "koocr" if result.name in OWN else result.name.split("-")[1] for result in results}
    wanted = (
        ("time", "ms a line (한 줄을 읽는 시간)", {r.name: r.ms_per_line for r in results}),
        (
            "parameters",
            "million parameters (매개변수, 백만)",
            {r.name: r.num_parameters / 1e6 for r in results},
        ),
    )
    for name, label, along in wanted:
        points = {result.name: (along[result.name], result.mean_exact) for result in results}
        plots.save_scatter(
            points,
            folder / f"{name}.png",
            groups=groups,
            labels=(label, "lines right, mean (문장 정확도)"),
            is_log=True,
        )
        caption = f"Lines read without an error against {name}; the line joins those that none beats in both."
        yield Picture(f"{name}.png", caption)


def _effects(results: Sequence[Result]) -> Iterator[tuple[str, str, str, list[float], list[str]]]:
    """Stage, two of its options, gains of the second over the first, and the study's: other stages equal."""
    exact = {result.name: result.mean_exact for result in results if result.name not in OWN}
    for place, (stage, options) in enumerate(_STAGES.items()):
        for first, second in combinations(options, 2):
            pairs = list(_pairs(exact, place, first, second))
            if pairs:
                known = [f"{100 * (STUDY[b] - STUDY[a]):+.2f}" for a, b in pairs if {a, b} <= set(STUDY)]
                yield stage, first, second, [exact[b] - exact[a] for a, b in pairs], known


def _pairs(names: Mapping[str, float], place: int, first: str, second: str) -> Iterator[tuple[str, str]]:
    for name in names:
        parts = name.split("-")
        if parts[place] == first:
            parts[place] = second
            if "-".join(parts) in names:
                yield name, "-".join(parts)


def _stage_section(effects: Sequence[tuple[str, str, str, list[float], list[str]]]) -> Section:
    rows = []
    for stage, first, second, gains, known in effects:
        better = f"{sum(gain > 0 for gain in gains)} of {len(gains)}"
        extent = f"{100 * min(gains):+.1f} to {100 * max(gains):+.1f}"
        mean = f"{100 * float(np.mean(gains)):+.1f}"
        rows.append((f"{stage}: {second} for {first}", mean, extent, better, ", ".join(known) or "–"))
    header = ("change", "points, mean", "least to most", "better in", "the study, in points")
    caption = (
        "Pairs of recognisers that differ in this stage alone, and what the change adds to the lines read."
    )
    return Section("What each stage is worth", (Table(header, tuple(rows), caption),))


def _agreements(results: Sequence[Result]) -> Iterator[tuple[str, str, str, str, str]]:
    """Pairs that the study knows: who is better there, and here."""
    exact = {result.name: result.mean_exact for result in results if result.name in STUDY}
    for first, second in combinations([name for name in STUDY if name in exact], 2):
        there, here = STUDY[first] - STUDY[second], exact[first] - exact[second]
        verdict = "agrees" if here > 0 else "undecided" if here == 0 else "differs"
        yield first, second, f"{100 * there:+.2f}", f"{100 * here:+.1f}", verdict


def _study_section(agreements: Sequence[tuple[str, str, str, str, str]]) -> Section:
    count = sum(row[-1] == "agrees" for row in agreements)
    text = (
        f"Of the {len(agreements)} pairs of recognisers for which the study's figures are known, {count} "
        "stand in the same order here. The study drew ten words a line, and its networks had their full "
        "size: only the order of its figures and ours can be compared, not the figures."
    )
    header = ("recogniser", "against", "the study, in points", "here", "order")
    return Section(
        "What agrees with the study, and what doesn't", (Paragraph(text), Table(header, tuple(agreements)))
    )


def _lines_section(best: Result, data: ComparisonData, folder: Path, command: str) -> Section:
    samples = [
        LineSample(image, tuple(align(text, normalise(read))), f"{name}, {source}")
        for name, lines in data.tests.items()
        for image, text, source, read in zip(
            lines.images, lines.texts, lines.sources, best.samples.get(name, ()), strict=False
        )
    ]
    line_sheet(samples).save(folder / "lines.png", optimize=True)
    caption = f"Lines, what they say (errors red), and what {best.name} read (errors blue)."
    blocks: list[Block] = [Picture("lines.png", caption)]
    if command:
        blocks.append(Paragraph(f"Command: {command}"))
    return Section("What was read", tuple(blocks))
