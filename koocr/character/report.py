"""From findings to a report that somebody who has never seen the code can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from koocr.character.findings import CLEAN, DEGRADED, PATCHES, WRITERS, Findings
from koocr.character.report_sections import (
    accuracy_section,
    calibration_section,
    comparison_section,
    confusion_section,
    mistakes_section,
    peer_section,
    picture_sections,
    small_type_section,
)
from koocr.character.scorecard import figures_of, scorecard_table
from koocr.evaluation.calibration import expected_calibration_error
from koocr.evaluation.metrics import bootstrap_interval, jamo_accuracies, mean_and_worst, score, scores_by
from koocr.evaluation.report import Block, Paragraph, Report, Section, Table, percent

__all__ = ["ReportOptions", "build_report"]

_EXPLAINED = {
    CLEAN: "typefaces of the {split} split, drawn black on white at 32 to 96 pixels",
    DEGRADED: "the same, skewed by up to 7°, shrunk to 20 to 32 pixels, blurred, faded, noisy, saved as JPEG",
    WRITERS: "scanned handwriting, one image per character; each writer belongs to one split",
    PATCHES: "ready-made test images (patches)",
}


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What a report is to hold.

    Attributes:
        name: of the weights.
        accuracy: tables and bars by kind, face and writer, calibration, and the most confident mistakes.
        confusion_matrix: confusions of initial, medial and final.
        activations: a picture of where the network looks, if there is one.
        augmentation: a picture of training images, if there is one.
        notes: sentences on what was left out.
        command: the command that measures the same again.
    """

    name: str
    accuracy: bool = True
    confusion_matrix: bool = True
    activations: Image.Image | None = field(default=None, compare=False)
    augmentation: Image.Image | None = field(default=None, compare=False)
    notes: tuple[str, ...] = ()
    command: str = ""


def build_report(findings: Findings, folder: Path, options: ReportOptions) -> Report:
    """Draws the pictures of a report into a folder and writes its text.

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
    figures = figures_of(findings)
    sections = [_summary(findings, figures, options)]
    if options.accuracy:
        sections += [accuracy_section(findings, folder), calibration_section(findings, folder)]
        sections += [mistakes_section(findings, folder)] if findings.mistakes else []
    if options.confusion_matrix:
        sections.append(confusion_section(findings, folder))
    sections += picture_sections(
        findings, folder, activations=options.activations, augmentation=options.augmentation
    )
    if findings.small_type:
        sections.append(small_type_section(findings.small_type, folder))
    if findings.others:
        sections.append(comparison_section(findings, options.name))
    if findings.peer is not None:
        sections.append(peer_section(findings.peer))
    sections.append(_method(options))
    return Report(f"What {options.name} reads", tuple(sections), _data(findings, figures, options))


def _summary(findings: Findings, figures: Mapping[str, float], options: ReportOptions) -> Section:
    count = sum(len(readings) for readings in findings.readings.values())
    text = (
        f"The network {options.name} looks at the image of one Korean character and says which it is: one of "
        f"11,172 syllables or of 51 single letters (jamo). Here it read {count:,} images. Top-1 is the share "
        "whose first answer is right, top-n the share with the right one among the first n."
    )
    kinds = [(test, _EXPLAINED[test].format(split=findings.split)) for test in findings.readings]
    blocks: list[Block] = [Paragraph(text), Table(("test", "what it is"), tuple(kinds)), _overview(findings)]
    table = scorecard_table(figures)
    if table.rows:
        blocks += [Paragraph("What the project asks of its models (must) and hopes for (want):"), table]
    return Section("In short", tuple(blocks))


def _overview(findings: Findings) -> Table:
    rows = []
    for test, readings in findings.readings.items():
        for kind, of_kind in scores_by(readings, readings.kind).items():
            part = readings.where(readings.kind == kind)
            mean, worst, name = mean_and_worst(scores_by(part, part.source))
            interval = bootstrap_interval(part.is_right, part.source)
            extent = f"{percent(interval.low)} to {percent(interval.high)}"
            shares = (percent(mean), extent, f"{percent(worst)} ({name})", percent(of_kind.top_n))
            rows.append((test, kind, f"{of_kind.count:,}", *shares))
    num = next(iter(findings.readings.values())).candidates.shape[1]
    header = ("test", "kind", "images", "top-1, mean", "95 % interval", "top-1, worst", f"top-{num}")
    caption = (
        "Each face or writer counts the same in the mean. The interval comes from drawing them anew "
        "(bootstrap); where there are few, it is a hint."
    )
    return Table(header, tuple(rows), caption)


def _method(options: ReportOptions) -> Section:
    text = (
        "Whole typefaces and whole writers belong to one split: train, val or test. Of each face, syllables "
        "are drawn with equal chance from all that it has. Images are read as a user's are: the program "
        "finds the ink itself. All chance comes from a fixed seed, so the same command gives the same "
        "figures, except for speeds."
    )
    blocks = [Paragraph(text), *map(Paragraph, options.notes)]
    if options.command:
        blocks.append(Paragraph(f"Command: {options.command}"))
    return Section("How this was measured", tuple(blocks))


def _data(findings: Findings, figures: Mapping[str, float], options: ReportOptions) -> dict[str, object]:
    tests = {}
    for test, readings in findings.readings.items():
        tests[test] = {
            "all": asdict(score(readings)),
            "by_kind": {name: asdict(found) for name, found in scores_by(readings, readings.kind).items()},
            "by_source": {
                name: asdict(found) for name, found in scores_by(readings, readings.source).items()
            },
            "interval": asdict(bootstrap_interval(readings.is_right, readings.source)),
            "jamo": jamo_accuracies(readings),
            "ece": expected_calibration_error(readings.confidence, readings.is_right),
        }
    peer = findings.peer and {
        "name": findings.peer.name,
        "top_1": float(findings.peer.is_right.mean()),
        "ours": float(findings.peer.ours.mean()),
    }
    small = [
        {
            "kind": cell.kind,
            "em_px": cell.em_px,
            "blur_px": cell.blur_px,
            "count": cell.count,
            "top_1": cell.top_1,
        }
        for cell in findings.small_type
    ]
    found: dict[str, object] = {
        "name": options.name,
        "command": options.command,
        "figures": dict(figures),
        "tests": tests,
    }
    if small:
        found["small_type"] = small
    return {**found, "extra": findings.extra, "others": findings.others, "tesseract": peer}
