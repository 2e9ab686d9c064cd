"""The sections of a character report: tables and pictures, one function each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from koocr.character.findings import CLEAN, DEGRADED, PATCHES, WRITERS, Findings, Peer, trimmed
from koocr.character.small_type import BLURS_PX, SmallType
from koocr.evaluation import plots
from koocr.evaluation.calibration import Reliability, expected_calibration_error, reliability
from koocr.evaluation.confusion import JamoConfusion, jamo_confusions
from koocr.evaluation.metrics import Score, jamo_accuracies, mean_and_worst, scores_by
from koocr.evaluation.readings import Readings
from koocr.evaluation.report import Block, Paragraph, Picture, Section, Table, percent
from koocr.evaluation.sheets import BLACK, GREY, Tile, contact_sheet
from koocr.image import GreyImage

_ENLARGED_PX = 96


def accuracy_section(findings: Findings, folder: Path) -> Section:
    """Bars and tables by face, writer and patch, and by jamo."""
    clean, degraded = (findings.readings.get(test) for test in (CLEAN, DEGRADED))
    blocks: list[Block] = []
    if clean is not None:
        by_face = _top_1(clean)
        beside = {} if degraded is None else _top_1(degraded)
        plots.save_bars(by_face, folder / "faces.png", other=beside, labels=("clean", "degraded"))
        blocks += [Picture("faces.png", "Top-1 by typeface, the worst on top."), _face_table(clean, degraded)]
    for test in (WRITERS, PATCHES):
        if test in findings.readings:
            blocks.append(_source_table(test, findings.readings[test]))
    blocks.append(_jamo_table(findings))
    return Section("Accuracy by typeface and by writer", tuple(blocks))


def _top_1(readings: Readings) -> dict[str, float]:
    return {name: found.top_1 for name, found in scores_by(readings, readings.source).items()}


def _face_table(clean: Readings, degraded: Readings | None) -> Table:
    n = clean.candidates.shape[1]
    of_clean = scores_by(clean, clean.source)
    of_degraded = {} if degraded is None else scores_by(degraded, degraded.source)
    missing = Score(0, math.nan, math.nan)
    rows = []
    for name, found in of_clean.items():
        kind = str(clean.kind[clean.source == name][0])
        bad = of_degraded.get(name, missing)
        shares = (found.top_1, found.top_n, bad.top_1, bad.top_n)
        rows.append((name, kind, f"{found.count:,}", *(percent(share) for share in shares)))
    header = ("face", "kind", "images", "top-1", f"top-{n}", "degraded top-1", f"degraded top-{n}")
    return Table(header, tuple(rows))


def _source_table(test: str, readings: Readings) -> Table:
    rows = tuple(
        (name, f"{found.count:,}", percent(found.top_1), percent(found.top_n))
        for name, found in scores_by(readings, readings.source).items()
    )
    return Table((test, "images", "top-1", f"top-{readings.candidates.shape[1]}"), rows)


def _jamo_table(findings: Findings) -> Table:
    rows = []
    for test, readings in findings.readings.items():
        found = jamo_accuracies(readings)
        rows.append((test, *(percent(share) for share in found.values())))
    caption = "Share of syllables whose initial, medial and final were read rightly, each on its own."
    return Table(("test", "initial (19)", "medial (21)", "final (28)"), tuple(rows), caption)


def calibration_section(findings: Findings, folder: Path) -> Section:
    """The reliability curve and the calibration errors."""
    curves: dict[str, Reliability] = {}
    rows = []
    for test, readings in findings.readings.items():
        is_right, confidence = readings.is_right, readings.confidence
        curves[test] = reliability(confidence, is_right, bins=15)
        errors = [expected_calibration_error(confidence, is_right, equal_mass=mass) for mass in (False, True)]
        surest = confidence >= 0.99
        share = float(is_right[surest].mean()) if surest.any() else math.nan
        texts = (*map(percent, errors), percent(float(surest.mean())), percent(share))
        rows.append((test, *texts))
    plots.save_reliability(curves, folder / "calibration.png")
    text = (
        "With each answer comes a probability. It should mean what it says: of the answers given with 90 %, "
        "nine in ten should be right. The expected calibration error (ECE) is the mean distance between the "
        "two, over 15 bins of equal width, and over 15 of equal counts."
    )
    header = ("test", "ECE, equal width", "ECE, equal counts", "answers with 99 % or more", "of them right")
    picture = Picture("calibration.png", "On the dashed line the probability is exact; above it, too modest.")
    return Section("Can the probability be trusted?", (Paragraph(text), picture, Table(header, tuple(rows))))


def mistakes_section(findings: Findings, folder: Path) -> Section:
    """One sheet per test of the wrong answers that were given most surely."""
    blocks: list[Block] = []
    for number, test in enumerate(findings.readings):
        tiles = [mistake.tile for mistake in findings.mistakes if mistake.test == test][:48]
        if not tiles:
            continue
        file = f"mistakes_{number}.png"
        _save(contact_sheet(tiles, columns=12, tile_px=72), folder / file)
        blocks.append(
            Picture(file, f"{test}: what it shows → what was read, how sure the network was, and the source.")
        )
    return Section("The most confident mistakes", tuple(blocks))


def confusion_section(findings: Findings, folder: Path) -> Section:
    """The three confusion matrices and the most frequent pairs."""
    confusions = jamo_confusions(Readings.join(findings.readings.values()))
    blocks: list[Block] = [
        Paragraph("All tests together. A row is the true letter, a column the one that was read.")
    ]
    for confusion in confusions:
        file = f"confusion_{confusion.place}.png"
        plots.save_confusion(confusion, folder / file)
        blocks.append(Picture(file, f"Confusions of the {confusion.place}: red where letters are mistaken."))
    return Section("Which letters are mistaken for which", (*blocks, _pair_table(confusions)))


def _pair_table(confusions: Sequence[JamoConfusion]) -> Table:
    columns = [[f"{t} → {r} ({n})" for t, r, n in confusion.worst_pairs(8)] for confusion in confusions]
    height = max(map(len, columns))
    padded = [column + [""] * (height - len(column)) for column in columns]
    rows = tuple(zip(*padded, strict=True))
    return Table(
        tuple(confusion.place for confusion in confusions),
        rows,
        "The most frequent, true → read (how often).",
    )


def picture_sections(
    findings: Findings, folder: Path, *, activations: Image.Image | None, augmentation: Image.Image | None
) -> list[Section]:
    """Where the network looks, if that was asked, and what the images look like."""
    sections = []
    if activations is not None:
        _save(activations, folder / "activations.png")
        text = (
            "Red are the places that speak for the letter below the picture (Grad-CAM). The network should "
            "look at the letter's own strokes."
        )
        picture = Picture("activations.png", "The image as the network sees it, then each letter.")
        sections.append(Section("Where the network looks", (Paragraph(text), picture)))
    _save(contact_sheet(_example_tiles(findings), columns=12, tile_px=64), folder / "examples.png")
    shown: list[Block] = [Picture("examples.png", "Some of the test images and where they are from.")]
    if augmentation is not None:
        _save(augmentation, folder / "augmentation.png")
        shown.append(
            Picture("augmentation.png", "Training images: bent and spoilt at random, each time anew.")
        )
    return [*sections, Section("What the images look like", tuple(shown))]


def _example_tiles(findings: Findings, num: int = 36) -> list[Tile]:
    tiles: list[Tile] = []
    for of_test in findings.examples.values():
        every = [
            Tile(image, ((label, BLACK), (samples.source, GREY)))
            for samples in of_test
            for image, label in zip(samples.images, samples.labels, strict=True)
        ]
        chosen = np.linspace(0, len(every) - 1, min(num, len(every))).astype(int).tolist()
        tiles += [every[number] for number in chosen]
    return tiles


def comparison_section(findings: Findings, name: str) -> Section:
    """Other weights on the same images."""
    every = {name: comparable(findings), **findings.others}
    header = ("weights", *(test for test in findings.readings), "ms a character", "MB")
    rows = []
    for label, found in every.items():
        shares = (percent(found.get(test, math.nan)) for test in findings.readings)
        numbers = (found.get(key, math.nan) for key in ("single_ms", "mb"))
        rows.append((label, *shares, *("–" if math.isnan(value) else f"{value:.2f}" for value in numbers)))
    caption = "Top-1, mean over faces or writers, on the same images; speeds of the same run, one thread."
    return Section("Beside other weights", (Table(header, tuple(rows), caption),))


def comparable(findings: Findings) -> dict[str, float]:
    """The figures that weights are compared by: top-1 of each test (mean over sources), speed and size."""
    means = {test: mean_and_worst(scores_by(r, r.source))[0] for test, r in findings.readings.items()}
    return {**means, **{key: findings.extra[key] for key in ("single_ms", "mb") if key in findings.extra}}


def small_type_section(cells: Sequence[SmallType], folder: Path) -> Section:
    """Accuracy by size and blur, with a picture of what that looks like."""
    by_place = {(cell.kind, cell.em_px, cell.blur_px): cell for cell in cells}
    sizes, kinds = sorted({cell.em_px for cell in cells}), list(dict.fromkeys(cell.kind for cell in cells))
    rows = [
        (
            f"{size} pixels",
            *(percent(by_place[kind, size, blur].top_1) for kind in kinds for blur in BLURS_PX),
        )
        for size in sizes
    ]
    header = ("height of the em", *(f"{kind}, blur {blur} px" for kind in kinds for blur in BLURS_PX))
    tiles = [
        Tile(
            _enlarged(trimmed(cell.example[0])),
            ((cell.example[1], BLACK), (f"{cell.em_px} px, {cell.blur_px}", GREY)),
        )
        for kind in kinds
        for blur in BLURS_PX
        for cell in (by_place[kind, size, blur] for size in sizes)
    ]
    _save(contact_sheet(tiles, columns=len(sizes), tile_px=_ENLARGED_PX), folder / "small_type.png")
    text = (
        "The same syllables at several sizes and blurs (standard deviation, in pixels of the small picture), "
        "with all other faults of the degraded test. A hand's characters are about three quarters of the em "
        f"high. {max(cell.count for cell in cells):,} images or fewer a cell."
    )
    picture = Picture("small_type.png", "One image of each, enlarged to one size.")
    return Section("How small may characters be?", (Paragraph(text), Table(header, tuple(rows)), picture))


def _enlarged(image: GreyImage) -> GreyImage:
    """Fits a square of a sheet, and its pixels show."""
    scale = _ENLARGED_PX / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.NEAREST))


def peer_section(peer: Peer) -> Section:
    """Tesseract on some of the same images."""
    rows = []
    for name, members in (
        ("all", np.ones(len(peer.ours), bool)),
        ("syllables of KS X 1001", peer.is_common),
        ("other syllables", ~peer.is_common),
    ):
        if members.any():
            shares = (float(peer.ours[members].mean()), float(peer.is_right[members].mean()))
            rows.append((name, f"{int(members.sum()):,}", *map(percent, shares)))
    text = f"{peer.name} on some of the same clean images, as single characters (page segmentation mode 10)."
    table = Table(("", "images", "koocr, top-1", "Tesseract, top-1"), tuple(rows))
    return Section("Beside Tesseract", (Paragraph(text), table))


def _save(picture: Image.Image, path: Path) -> None:
    """Saves a sheet in 64 colours: a third of the size, and no difference to the eye."""
    picture.quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
