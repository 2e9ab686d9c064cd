"""From read lines to a report that somebody who has never seen the code can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from koocr.evaluation.clusters import Clusters
from koocr.evaluation.line_readings import CONDITION, GROUPS, LineReadings
from koocr.evaluation.line_report_sections import (
    SCORE_HEADER,
    calibration_section,
    cluster_section,
    error_section,
    group_sections,
    peer_section,
    sample_section,
    score_cells,
)
from koocr.evaluation.report import Block, Paragraph, Report, Section, Table, percent
from koocr.evaluation.text_metrics import (
    LineCounts,
    cer_interval,
    confused,
    count_errors,
    line_scores_by,
    mean_cer,
    score_lines,
)
from koocr.image import GreyImage

__all__ = ["LineFindings", "LineReportOptions", "build_line_report"]


@dataclass(frozen=True, eq=False)
class LineFindings:
    """What was found out about one line reader.

    Attributes:
        readings: its answers to N lines, with their groups.
        image: gives a line's picture by its number, for the samples (a list's `__getitem__`, or
            `LineArchive.image`); None leaves samples out.
        peers: other readers' answers to the same N lines: name → answers.
        ms_per_line: name of a reader, "" for the one in question → milliseconds a line, measured in one run.
        clusters: of its frames, if that was asked.
    """

    readings: LineReadings
    image: Callable[[int], GreyImage] | None = None
    peers: Mapping[str, LineReadings] = field(default_factory=dict)
    ms_per_line: Mapping[str, float] = field(default_factory=dict)
    clusters: Clusters | None = None

    def __post_init__(self) -> None:
        """Raises ValueError if a peer read other lines."""
        for name, peer in self.peers.items():
            if peer.truth != self.readings.truth:
                raise ValueError(f"{name} read other lines than the reader that it stands beside")


@dataclass(frozen=True, kw_only=True)
class LineReportOptions:
    """What a report is to hold.

    Attributes:
        name: of the weights.
        explained: name of a condition → what its lines are, in a few words.
        scorecard: what is asked of the model beside what was measured; None for none.
        figures: the same for programs: name of a reader, "" for the one in question → figure → value.
        num_confusions: how many of the most frequent errors are listed.
        num_samples: how many lines with errors are shown in the report itself.
        notes: sentences on what was left out.
        command: the command that measures the same again.
    """

    name: str
    explained: Mapping[str, str] = field(default_factory=dict)
    scorecard: Table | None = None
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    num_confusions: int = 40
    num_samples: int = 24
    notes: tuple[str, ...] = ()
    command: str = ""


def build_line_report(findings: LineFindings, folder: Path, options: LineReportOptions) -> Report:
    """Draws the pictures of a report into a folder and writes its text.

    Beside the pictures, `samples.html` shows every line with an error, up to some hundreds.

    Args:
        findings: what was measured.
        folder: where the report will lie; it is made.
        options: what the report is to hold.

    Returns:
        The report, to be written with `koocr.evaluation.report.write_report`.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    readings = findings.readings
    counts = count_errors(readings)
    sections = [_summary(readings, counts, options), *group_sections(readings, counts)]
    sections.append(error_section(readings, counts, folder, num=options.num_confusions))
    if findings.image is not None and not readings.is_right.all():
        sections.append(sample_section(readings, findings.image, folder, num=options.num_samples))
    if any(readings.confidences):
        sections.append(calibration_section(readings, folder))
    if findings.clusters is not None:
        sections.append(cluster_section(findings.clusters, folder))
    if findings.peers or findings.ms_per_line:
        sections.append(peer_section(readings, findings.peers, findings.ms_per_line, name=options.name))
    sections.append(_method(options))
    data = _data(findings, counts, options)
    return Report(f"How {options.name} reads lines", tuple(sections), data)


def _summary(readings: LineReadings, counts: LineCounts, options: LineReportOptions) -> Section:
    text = (
        f"The network {options.name} looks at the image of one line and says what is written there. Here "
        f"it read {len(readings):,} lines with {int(counts.characters.sum()):,} characters, spaces included. "
        "CER is the character error rate: how many characters have to be put in, taken out or exchanged to "
        "get the truth, for each character of it. WER is the same for words (what stands between spaces)."
    )
    blocks: list[Block] = [Paragraph(text)]
    if options.explained:
        blocks.append(Table((CONDITION, "what its lines are"), tuple(options.explained.items())))
    blocks.append(_overview(readings, counts))
    if options.scorecard is not None:
        blocks += [Paragraph("What the project asks of its models (must) and hopes for (want):")]
        blocks.append(options.scorecard)
    return Section("In short", tuple(blocks))


def _overview(readings: LineReadings, counts: LineCounts) -> Table:
    rows = []
    for name, part, of_part in _conditions(readings, counts):
        extent = "–"
        if of_part.characters.any():
            interval = cer_interval(part, of_part)
            extent = f"{percent(interval.low)} to {percent(interval.high)}"
        cells = score_cells(score_lines(of_part))
        rows.append((name, cells[0], percent(mean_cer(part, of_part)), extent, *cells[1:]))
    header = (CONDITION, SCORE_HEADER[0], "CER, mean over faces", "95 % interval", *SCORE_HEADER[1:])
    caption = (
        "In the first rate each face or writer counts the same, in the others each character (or word, "
        "space, line). The interval comes from drawing faces anew (bootstrap); where there are few, it is "
        "a hint. 1 − NED is the mean likeness of a line to its truth; letters are jamo."
    )
    return Table(header, tuple(rows), caption)


def _conditions(readings: LineReadings, counts: LineCounts) -> list[tuple[str, LineReadings, LineCounts]]:
    names = readings.group_names(CONDITION)
    masks = {name: readings.groups[CONDITION] == name for name in names}
    parts = [(name, readings.where(mask), counts.where(mask)) for name, mask in masks.items()]
    return parts if len(parts) == 1 else [*parts, ("all", readings, counts)]


def _method(options: LineReportOptions) -> Section:
    text = (
        "Whole faces, whole writers and whole lines of text belong to one split: train, val or test. Lines "
        "are read as a user's are: the program is given the picture alone. Texts are compared in composed "
        "form (NFC) with single spaces; nothing else is forgiven, neither a full-width comma for a comma nor "
        "a curly quote for a straight one. All chance comes from a fixed seed, so the same command gives the "
        "same figures, except for speeds."
    )
    blocks = [Paragraph(text), *map(Paragraph, options.notes)]
    if options.command:
        blocks.append(Paragraph(f"Command: {options.command}"))
    return Section("How this was measured", tuple(blocks))


def _data(findings: LineFindings, counts: LineCounts, options: LineReportOptions) -> dict[str, object]:
    readings = findings.readings
    conditions = {}
    for name, part, of_part in _conditions(readings, counts):
        interval = asdict(cer_interval(part, of_part)) if of_part.characters.any() else None
        by_group = {
            grouping: {group: asdict(s) for group, s in line_scores_by(part, of_part, grouping).items()}
            for grouping in GROUPS
            if grouping != CONDITION and grouping in part.groups
        }
        scores = {**asdict(score_lines(of_part)), "mean_cer": mean_cer(part, of_part), "interval": interval}
        conditions[name] = {**scores, "by": by_group}
    clusters = findings.clusters and {
        name: getattr(findings.clusters, name)
        for name in ("num_frames", "num_symbols", "silhouette", "purity")
    }
    return {
        "name": options.name,
        "command": options.command,
        "figures": {name: dict(values) for name, values in options.figures.items()},
        "conditions": conditions,
        "confusions": [[step.truth, step.read, n] for step, n in confused(readings, options.num_confusions)],
        "peers": {name: asdict(score_lines(count_errors(peer))) for name, peer in findings.peers.items()},
        "ms_per_line": dict(findings.ms_per_line),
        "clusters": clusters,
    }
