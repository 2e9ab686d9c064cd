"""Test images are drawn as promised, the findings count rightly, and the report and command hold together."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from koocr.character.evaluation import (
    CLEAN_SIZES_PX,
    Samples,
    face_samples,
    faces_of,
    patch_samples,
    read_samples,
    writer_samples,
    writers_of,
)
from koocr.character.findings import (
    CLEAN,
    DEGRADED,
    PATCHES,
    WRITERS,
    Findings,
    TestPlan,
    is_common,
    measure,
    samples_of,
    trimmed,
)
from koocr.character.report import ReportOptions, build_report
from koocr.character.scorecard import (
    HAND_FACES,
    LIMITS,
    ROWS,
    TEXT_FACES,
    figures_of,
    scorecard_table,
    verdict,
)
from koocr.character.small_type import BLURS_PX, SIZES_PX, measure_small_type
from koocr.character.speed import measure_batch, measure_single
from koocr.data.patches import write_patch
from koocr.document import Candidate, Character
from koocr.errors import ConfigError, DataError
from koocr.evaluation.readings import Readings
from koocr.evaluation.report import write_report
from koocr.fonts import korean_face
from koocr.hangul import syllable, syllable_index
from koocr.image import GreyImage

SYLLABLES = "가각간갈감값강같개거건걸검겁것겉게겨결고곡곤골곰공과관광교구국군굴굶궁귀그근글긁금급기길김"


class Reader:
    """Answers rightly to images that it was shown, except for the syllables that it is told to mistake."""

    def __init__(self, sets: Sequence[Samples], mistaken: str = "") -> None:
        pairs = [pair for samples in sets for pair in zip(samples.images, samples.labels, strict=True)]
        self._known = {image.tobytes(): label for image, label in pairs}
        self._mistaken = mistaken

    def candidates(self, image: Sequence[GreyImage], n: int = 1) -> list[Character]:
        return [self._answer(self._known[one.tobytes()], n) for one in image]

    def _answer(self, label: str, n: int) -> Character:
        texts = ["힣", label] if label in self._mistaken else [label, "힣"]
        return Character((Candidate(texts[0], 0.9), Candidate(texts[1], 0.1))[:n])


@pytest.fixture
def fonts(tmp_path: Path) -> Path:
    """Two test faces, one of them "handwriting", and one that is for training."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    shutil.copy(korean_face(), folder / "label.otf")
    rows = [("upright", "gothic", "test"), ("hand", "handwriting", "test"), ("learnt", "serif", "train")]
    with (folder / "faces.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "family", "klass", "split", "file", "hangul", "licence"])
        writer.writerows(
            [name, name, klass, split, "label.otf", len(SYLLABLES), "OFL-1.1"] for name, klass, split in rows
        )
    lines = "".join(f"{name}\t{SYLLABLES}\n" for name, _, _ in rows)
    (folder / "coverage.tsv.gz").write_bytes(gzip.compress(lines.encode()))
    return folder


@pytest.fixture
def writer(tmp_path: Path) -> Path:
    path = tmp_path / "hhr-005.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(4):
            stream = BytesIO()
            page = np.full((40, 40), 250, np.uint8)
            page[10 : 20 + number, 10:30] = 20
            Image.fromarray(page).save(stream, "PNG")
            archive.writestr(f"{number}.png", stream.getvalue())
        archive.writestr("labels.tsv", "0.png\t가\n1.png\t나\n2.png\tㄱ\n3.png\t다\n")
    return path


def test_clean_images_are_black_on_white_within_their_sizes(fonts: Path) -> None:
    (face, syllables), _ = faces_of(fonts, split="test")
    samples = face_samples(face, syllables)
    assert sorted(samples.labels) == sorted(SYLLABLES)
    assert (samples.source, samples.kind) == ("upright", "printed")
    for image in samples.images:
        assert image.min() == 0
        edges = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert (edges == 255).all()
        rows = np.flatnonzero((image < 128).any(axis=1))
        assert 0.3 * CLEAN_SIZES_PX[0] < rows[-1] - rows[0] < 1.4 * CLEAN_SIZES_PX[-1]
    heights = [len(image) for image in samples.images]
    assert max(heights) > 1.8 * min(heights)


def test_images_depend_on_the_seed_and_on_their_own_face_alone(fonts: Path) -> None:
    (face, syllables), (hand, _) = faces_of(fonts, split="test")

    def drawn(*args: object, **options: object) -> list[bytes]:
        return [image.tobytes() for image in face_samples(*args, **options).images]  # type: ignore[arg-type]

    assert drawn(face, syllables, num=10) == drawn(face, syllables, num=10)
    assert drawn(face, syllables, num=10) != drawn(face, syllables, num=10, seed=1)
    assert drawn(face, syllables, num=10) != drawn(hand, syllables, num=10)
    assert drawn(face, syllables, is_degraded=True) == drawn(face, syllables, is_degraded=True)
    clean, bad = (face_samples(face, syllables, num=10, is_degraded=flag) for flag in (False, True))
    assert clean.labels == bad.labels
    assert len(set(clean.labels)) == 10


def test_syllables_are_chosen_with_equal_chance(fonts: Path) -> None:
    face, _ = faces_of(fonts, split="test")[0]
    wide = np.arange(400, dtype=np.int32)
    chosen = [
        syllable_index(label)
        for seed in range(30)
        for label in face_samples(face, wide, num=20, seed=seed).labels
    ]
    counts = np.histogram(chosen, bins=4, range=(0, 400))[0]
    assert counts.sum() == 600
    assert (abs(counts - 150) < 50).all()  # 4.7 standard deviations of a binomial


def test_missing_faces_and_coverage_are_said(fonts: Path) -> None:
    with pytest.raises(DataError, match="no val faces"):
        faces_of(fonts, split="val")
    (fonts / "coverage.tsv.gz").write_bytes(gzip.compress("upright\t가\n".encode()))
    with pytest.raises(DataError, match="hand"):
        faces_of(fonts, split="test")


def test_writers_and_patches_come_as_they_are(writer: Path, tmp_path: Path) -> None:
    (found,) = writers_of([writer], split="test")
    samples = writer_samples(found)
    assert samples.labels == ["가", "나", "ㄱ", "다"]
    assert (samples.source, samples.kind) == ("hhr-005", "handwritten")
    assert writers_of([tmp_path], split="test")[0].writer == "hhr-005"  # a folder of writers
    images = np.full((3, 8, 8), 255, np.uint8)
    write_patch(tmp_path / "clova_1.npz", images, ["가", "나", "다"])
    (patch,) = patch_samples(tmp_path)
    assert (patch.kind, patch.source, len(patch)) == ("clova", "clova_1", 3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no patches"):
        list(patch_samples(tmp_path / "empty"))


def plan_of(fonts: Path, writer: Path) -> TestPlan:
    return TestPlan(fonts=fonts, handwriting=(writer,), num_per_face=20, top_n=2)


def reader_for(plan: TestPlan, mistaken: str = "") -> Reader:
    return Reader([samples for _, samples in samples_of(plan)], mistaken)


def test_findings_count_what_was_read(fonts: Path, writer: Path) -> None:
    plan = plan_of(fonts, writer)
    lines: list[str] = []
    findings = measure(reader_for(plan, mistaken="나"), plan, progress=lines.append)
    assert {test: len(readings) for test, readings in findings.readings.items()} == {
        CLEAN: 40,
        DEGRADED: 40,
        WRITERS: 4,
    }
    assert set(findings.readings[CLEAN].source.tolist()) == {"upright", "hand"}
    assert findings.readings[CLEAN].is_right.all()
    assert findings.readings[WRITERS].rank.tolist() == [0, 1, 0, 0]
    assert [mistake.tile.caption[0][0] for mistake in findings.mistakes] == ["나 → 힣"]
    assert len(lines) == 5
    assert lines[-1] == "writers: hhr-005: 75.00% of 4"


def test_a_plan_without_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing to measure"):
        measure(Reader([]), TestPlan())


def test_margins_are_cut_and_ink_is_kept() -> None:
    page = np.full((200, 300), 250, np.uint8)
    page[50:80, 100:140] = 30
    small = trimmed(page)
    assert (small < 100).sum() == 30 * 40
    assert small.shape[0] < 60 and small.shape[1] < 70
    blank = np.full((20, 20), 255, np.uint8)
    assert trimmed(blank) is blank


def test_common_syllables_are_the_2350_of_ks_x_1001() -> None:
    assert sum(is_common(syllable(index)) for index in range(11172)) == 2350
    assert not is_common("ㄱ") and not is_common("A")


def readings_of(accuracies: dict[str, float], *, count: int = 1000, confidence: float = 1.0) -> Readings:
    """Readings in which each source has exactly this share right."""
    truth, answers, source = [], [], []
    for name, share in accuracies.items():
        for number in range(count):
            truth.append("가")
            right = number < round(share * count)
            texts = ("가", "각", "간", "갈", "감") if right else ("각", "가", "간", "갈", "감")
            answers.append(
                Character(
                    tuple(Candidate(text, confidence / (1 + 9 * place)) for place, text in enumerate(texts))
                )
            )
            source.append(name)
    return Readings.of(truth, answers, source=source, kind=["printed"] * len(truth), n=5)


def test_figures_are_those_counted_by_hand() -> None:
    findings = Findings()
    text = dict(zip(TEXT_FACES, (1.0, 0.998, 0.996, 1.0), strict=True))
    display = {"bm-dohyeon": 0.99, "galmuri": 0.85}
    findings.readings[CLEAN] = readings_of({**text, **display})
    findings.readings[DEGRADED] = readings_of(
        {**dict.fromkeys(TEXT_FACES, 0.98), **dict.fromkeys(display, 0.96)}
    )
    findings.readings[WRITERS] = readings_of({"hhr-005": 0.9})
    findings.extra.update(fp32_mb=3.0, int8_mb=0.9, single_ms=0.2)
    figures = figures_of(findings)
    assert figures["text_mean"] == pytest.approx(0.9985)
    assert figures["text_worst"] == pytest.approx(0.996)
    assert (figures["dohyeon"], figures["galmuri"]) == (0.99, 0.85)
    assert figures["degraded_mean"] == pytest.approx((4 * 0.98 + 2 * 0.96) / 6)
    assert figures["writer_top_1"] == pytest.approx(0.9)
    assert figures["writer_top_5"] == 1.0
    assert figures["writer_ece"] == pytest.approx(0.1)
    assert np.isnan(figures["hands_mean"]) and np.isnan(figures["unseen_loss"])
    rows = {row[0]: row[-1] for row in scorecard_table(figures).rows}
    assert rows["four printed text faces, top-1, mean / worst face"] == "must"
    assert rows["display faces bm-dohyeon / galmuri (pixels), top-1"] == "missed"
    assert rows["size of the weights, ONNX float32 / int8"] == "want"
    assert not any("handwriting" in what for what in rows)
    assert len(HAND_FACES) == 6


def test_loss_on_unseen_syllables_is_taken_face_by_face() -> None:
    findings = Findings(held_out=frozenset("나"))
    truth, read = list("가가나나") + list("가나"), list("가가나다") + list("가나")
    answers = [Character((Candidate(text, 1.0),)) for text in read]
    findings.readings[CLEAN] = Readings.of(
        truth, answers, source=["a"] * 4 + ["b"] * 2, kind=["printed"] * 6, n=1
    )
    assert figures_of(findings)["unseen_loss"] == pytest.approx((0.5 + 0.0) / 2)


def test_every_limit_stands_in_one_row_and_want_is_stricter_than_must() -> None:
    assert sorted(name for _, names in ROWS for name in names) == sorted(LIMITS)
    for name, limit in LIMITS.items():
        assert limit.verdict(limit.want) == "want"
        assert limit.verdict(limit.must) == "must"
        assert limit.verdict(limit.must - 1 if limit.is_least else limit.must + 1) == "missed"
        assert verdict({name: float("nan")}, (name,)) == ""


def test_the_report_holds_every_part(fonts: Path, writer: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="reports need the train extra")
    write_patch(
        tmp_path / "printed_1.npz",
        np.full((2, 40, 40), 255, np.uint8) - np.eye(40, dtype=np.uint8),
        ["가", "ㅏ"],
    )
    plan = TestPlan(fonts=fonts, handwriting=(writer,), patches=tmp_path, num_per_face=10, top_n=2)
    findings = measure(reader_for(plan, mistaken="가나"), plan)
    findings.others["other.onnx"] = {CLEAN: 0.5, "single_ms": 1.25}
    out = tmp_path / "out"
    options = ReportOptions(
        name="test", activations=Image.new("RGB", (9, 9)), notes=("A note.",), command="koocr evaluate"
    )
    write_report(build_report(findings, out, options), out)
    text = (out / "report.md").read_text("utf-8")
    for needed in (
        "hhr-005",
        "upright",
        "printed_1",
        PATCHES,
        "other.onnx",
        "1.25",
        "A note.",
        "koocr evaluate",
    ):
        assert needed in text
    pictures = {line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")}
    assert pictures == {path.name for path in out.glob("*.png")}
    assert {"confusion_initial.png", "calibration.png", "faces.png", "activations.png"} <= pictures
    data = json.loads((out / "report.json").read_text("utf-8"))
    assert data["tests"][WRITERS]["all"] == {"count": 4, "top_1": 0.5, "top_n": 1.0}


class ShortSighted:
    """Reads what is large: as 가, and everything else as 힣."""

    def candidates(self, image: Sequence[GreyImage], n: int = 1) -> list[Character]:
        return [Character((Candidate("가" if one.shape[0] > 36 else "힣", 1.0),)) for one in image]


def test_small_type_is_read_at_every_size_and_blur(fonts: Path, tmp_path: Path) -> None:
    (fonts / "coverage.tsv.gz").write_bytes(gzip.compress("upright\t가\nhand\t가\nlearnt\t가\n".encode()))
    said: list[str] = []
    cells = measure_small_type(ShortSighted(), fonts, num_per_face=3, progress=said.append)
    assert len(cells) == 2 * len(SIZES_PX) * len(BLURS_PX) and len(said) == 2 * len(SIZES_PX)
    assert {(cell.kind, cell.count) for cell in cells} == {("printed", 1), ("handwritten", 1)}
    by_size = {size: [cell.top_1 for cell in cells if cell.em_px == size] for size in SIZES_PX}
    assert set(by_size[16]) == set(by_size[20]) == {0.0} and set(by_size[48]) == {1.0}
    sharpness = [
        float(np.abs(np.diff(cell.example[0].astype(float), axis=1)).max())
        for cell in cells
        if (cell.kind, cell.em_px) == ("printed", 48)
    ]
    assert sharpness[0] > sharpness[2], "blurred less"
    pytest.importorskip("matplotlib", reason="reports need the train extra")
    plan = TestPlan(fonts=fonts)
    findings = measure(reader_for(plan), plan)
    findings.small_type = cells
    write_report(build_report(findings, tmp_path / "out", ReportOptions(name="test")), tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "| 48 pixels | 100.00 % |" in text and "| 16 pixels | 0.00 % |" in text
    data = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert data["small_type"][-1] == {
        "kind": "handwritten",
        "em_px": 48,
        "blur_px": 0.8,
        "count": 1,
        "top_1": 1.0,
    }


def test_parts_of_the_report_can_be_left_out(writer: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="reports need the train extra")
    plan = TestPlan(handwriting=(writer,))
    findings = measure(reader_for(plan), plan)
    options = ReportOptions(name="test", accuracy=False, confusion_matrix=False)
    titles = [section.title for section in build_report(findings, tmp_path / "out", options).sections]
    assert titles == ["In short", "What the images look like", "How this was measured"]


def test_timing_takes_turns_and_fills_the_batch() -> None:
    calls: list[int] = []

    class Counting:
        def candidates(self, image: Sequence[GreyImage], n: int = 1) -> list[Character]:
            calls.append(len(image))
            return [Character(())] * len(image)

    images = [np.zeros((8, 8), np.uint8)] * 3
    found = measure_single({"a": Counting(), "b": Counting()}, images, rounds=2)
    assert set(found) == {"a", "b"} and all(value > 0 for value in found.values())
    assert calls == [1] * 3 * 2 * 3  # 3 images, 2 readers, 2 rounds and one before
    calls.clear()
    assert measure_batch(Counting(), images, rounds=1) > 0
    assert calls == [256, 256]


def test_empty_samples_are_read_as_nothing() -> None:
    assert len(read_samples(Reader([]), Samples("none", "printed", [], []))) == 0
