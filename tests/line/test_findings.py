"""Measuring a reader and others beside it: counts, notes, times, memory, sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from koocr.document import Line
from koocr.errors import KoocrError
from koocr.line.evaluation import LineSamples
from koocr.line.findings import OtherReader, add_speeds, measure, weight_figures
from koocr.line.scorecard import TEXT_FACES
from koocr.line.speed import measure_lines, memory_growth, spread


class Reader:
    """Reads a line's number out of its first pixel."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.num_read = 0

    def read(self, image: Sequence[np.ndarray]) -> list[Line]:
        self.num_read += len(image)
        return [Line(self.texts[one[0, 0]], 0.5) for one in image]


class Peer:
    def __init__(self, name: str, texts: Sequence[str], *, is_inside: bool = True, problem: str = "") -> None:
        self.name, self.is_inside, self.problem = name, is_inside, problem
        self.reader = Reader(texts)

    def read(self, images: Sequence[np.ndarray]) -> list[str]:
        if self.problem:
            raise KoocrError(self.problem)
        return [line.text for line in self.reader.read(images)]


TRUTH = ["가나", "다라", "마바", "사아"]
WRONG = ["가", "다", "마", "사"]


@pytest.fixture
def samples() -> LineSamples:
    found = LineSamples()
    for number, (text, face) in enumerate(zip(TRUTH, TEXT_FACES, strict=True)):
        found.add(np.full((10, 20), number, np.uint8), text, face, "serif", "clean", "sentences")
    return found


def test_all_read_the_same_lines_and_one_that_fails_is_left_out(samples: LineSamples) -> None:
    peers = [
        Peer("Tesseract 5, kor", WRONG, is_inside=False),
        Peer("Tesseract 5, Hangul", TRUTH, problem="it gave up"),
        Peer("PP-OCRv3 Korean", TRUTH),
        OtherReader("int8.onnx", Reader(["가나", "다라", "마바", "사"])),
    ]
    told: list[str] = []
    found = measure(Reader(["가나", "다라", "마바", "사"]), samples, peers, progress=told.append)
    assert found.figures["text_clean"] == 0.5 / 4
    assert list(found.peers) == ["Tesseract 5, kor", "PP-OCRv3 Korean", "int8.onnx"]
    assert found.peer_figures["Tesseract 5, kor"]["text_clean"] == 0.5
    assert (found.figures["worse_than_tesseract"], found.figures["worse_than_paddle"]) == (0, 1)
    assert found.notes == ["Tesseract 5, Hangul was left out: it gave up."]
    assert list(found.ms_per_line) == ["Tesseract 5, kor"], "a program is timed as it reads all lines"
    assert len(told) == 5
    findings = found.findings()
    assert (
        findings.image is not None
        and findings.image(2)[0, 0] == 2
        and set(findings.peers) == set(found.peers)
    )


def test_times_and_memory_are_added(samples: LineSamples) -> None:
    reader, kor = Reader(TRUTH), Peer("Tesseract 5, kor", TRUTH)
    peers = [kor, Peer("Tesseract 5, Hangul", TRUTH, problem="no")]
    found = measure(reader, samples, peers)
    add_speeds(found, reader, peers)
    assert set(found.ms_per_line) == {"", "Tesseract 5, kor"} and found.figures["times_faster"] > 0
    assert reader.num_read == 4 + 4 * 4 + 5000 and kor.reader.num_read == 4 + 4 * 4
    assert math.isnan(found.figures["memory_mb"]) or abs(found.figures["memory_mb"]) < 5


def test_the_fastest_reading_of_each_line_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    spent = {"fast": iter([9, 9, 1, 3, 2, 2, 3, 1]), "slow": iter([9, 9, 5, 5, 5, 5, 5, 5])}
    monkeypatch.setattr("koocr.line.speed.time.perf_counter", lambda: clock[0])

    def reading(name: str) -> object:
        def read(image: np.ndarray) -> None:
            clock[0] += next(spent[name]) / 1000

        return read

    images = [np.zeros((1, 1), np.uint8)] * 2
    times = measure_lines({name: reading(name) for name in spent}, images, rounds=3)
    assert times == pytest.approx({"fast": 1.0, "slow": 5.0})


def test_memory_that_stays_is_seen() -> None:
    kept: list[np.ndarray] = []

    def leak(image: np.ndarray) -> None:
        kept.append(np.ones(400_000, np.uint8))

    image = [np.zeros((1, 1), np.uint8)]
    growth = memory_growth(leak, image, num=300, warm_up=50)
    if math.isnan(growth):
        pytest.skip("this system doesn't say how much memory a process has")
    assert 50 < growth < 150, "100 MB, some of which the process had to spare"
    assert abs(memory_growth(lambda image: np.ones(400_000, np.uint8), image, num=300, warm_up=50)) < 10


def test_images_are_spread_evenly() -> None:
    images = [np.full((1, 1), number, np.uint8) for number in range(10)]
    assert [int(one[0, 0]) for one in spread(images, 4)] == [0, 3, 6, 9]
    assert len(spread(images[:2], 4)) == 2


def test_sizes_of_files_are_told_apart_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "line.onnx").write_bytes(b"x" * 3_000_000)
    (tmp_path / "line-int8.onnx").write_bytes(b"x" * 1_000_000)
    (tmp_path / "line.h5").write_bytes(b"x")
    names = [str(tmp_path / name) for name in ("line.h5", "line-int8.onnx", "line.onnx")]
    assert weight_figures(names) == {"int8_mb": 1.0, "fp32_mb": 3.0}
    assert weight_figures(names[:1]) == {}
