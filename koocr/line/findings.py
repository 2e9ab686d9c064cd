"""Measures a line reader on test lines, and other readers beside it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from koocr.errors import KoocrError
from koocr.evaluation.clusters import Clusters
from koocr.evaluation.line_readings import CONDITION, LineReadings
from koocr.evaluation.line_report import LineFindings
from koocr.image import GreyImage
from koocr.line.evaluation import CLEAN, DEGRADED, LineReading, LineSamples, TextReading
from koocr.line.scorecard import figures_of, times_worse
from koocr.line.speed import measure_lines, memory_growth, spread
from koocr.weights import shipped_model

__all__ = ["Measured", "OtherReader", "add_speeds", "measure", "weight_figures"]

_AT_ONCE = 256  # lines between two reports of progress
_TIMED = 60
_ROUNDS = 3


class OtherReader:
    """Another of our readers, as something to compare with.

    Args:
        name: of its weights.
        reader: the reader.
    """

    is_inside = True

    def __init__(self, name: str, reader: LineReading) -> None:
        self.name = name
        self._reader = reader

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """The text in each image."""
        return [line.text for line in self._reader.read(images)]


@dataclass(eq=False)
class Measured:
    """What was found out about a reader, and the others beside it.

    Attributes:
        samples: the lines.
        readings: the reader's answers.
        peers: name of another reader → its answers.
        figures: of the reader, by the names of `koocr.line.scorecard.LIMITS`.
        peer_figures: name of another reader → those of its figures that come from reading lines.
        ms_per_line: name, "" for the reader in question → milliseconds a line.
        clusters: of its frames, if they were asked for.
        notes: sentences on what was left out.
    """

    samples: LineSamples
    readings: LineReadings
    peers: dict[str, LineReadings] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    peer_figures: dict[str, dict[str, float]] = field(default_factory=dict)
    ms_per_line: dict[str, float] = field(default_factory=dict)
    clusters: Clusters | None = None
    notes: list[str] = field(default_factory=list)

    def findings(self) -> LineFindings:
        """The same, as a report takes it."""
        return LineFindings(
            self.readings,
            image=self.samples.images.__getitem__,
            peers=self.peers,
            ms_per_line=self.ms_per_line,
            clusters=self.clusters,
        )


def measure(
    reader: LineReading,
    samples: LineSamples,
    peers: Sequence[TextReading] = (),
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> Measured:
    """Reads all lines with all readers. One that fails is left out, with a note.

    Args:
        reader: what is measured.
        samples: the lines.
        peers: what stands beside it.
        progress: is told a line now and then.
    """
    readings = LineReadings.of(
        samples.texts, _read(reader.read, samples, "reading", progress), groups=samples.groups
    )
    found = Measured(samples, readings, figures=figures_of(readings))
    for peer in peers:
        start = time.perf_counter()
        try:
            texts = _read(peer.read, samples, f"reading, {peer.name}", progress)
        except KoocrError as error:
            found.notes.append(f"{peer.name} was left out: {error}.")
            continue
        if not peer.is_inside:  # it can't be timed line by line
            found.ms_per_line[peer.name] = 1000 * (time.perf_counter() - start) / max(1, len(samples))
        found.peers[peer.name] = LineReadings.of_texts(samples.texts, texts, groups=samples.groups)
        found.peer_figures[peer.name] = figures_of(found.peers[peer.name])
    for figure, word in (("worse_than_tesseract", "Tesseract"), ("worse_than_paddle", "PP-OCR")):
        others = [figures for name, figures in found.peer_figures.items() if name.startswith(word)]
        found.figures[figure] = times_worse(found.figures, others)
    return found


def _read(
    read: Callable[[Sequence[GreyImage]], list],
    samples: LineSamples,
    what: str,
    progress: Callable[[str], None],
) -> list:
    answers: list = []
    for start in range(0, len(samples), _AT_ONCE):
        progress(f"{what}: line {start} of {len(samples)}")
        answers += read(samples.images[start : start + _AT_ONCE])
    return answers


def add_speeds(
    found: Measured,
    reader: LineReading,
    peers: Sequence[TextReading],
    *,
    progress: Callable[[str], None] = lambda line: None,
) -> None:
    """Times reading a line at a time, and reads 5,000 lines to see whether memory grows.

    Args:
        found: what was measured; the results are added to it.
        reader: the same as before.
        peers: the same as before; those that are programs were timed then.
        progress: is told what goes on.
    """
    progress("timing")
    images = spread(_plain_images(found.samples), _TIMED)
    inside = {peer.name: peer for peer in peers if peer.is_inside and peer.name in found.peers}
    readers: dict[str, Callable[[GreyImage], object]] = {"": lambda image: reader.read([image])}
    readers |= {name: _one_line(peer) for name, peer in inside.items()}
    found.ms_per_line |= measure_lines(readers, images, rounds=_ROUNDS)
    fastest = min(
        (value for name, value in found.ms_per_line.items() if name.startswith("Tesseract")), default=math.nan
    )
    found.figures["times_faster"] = fastest / found.ms_per_line[""]
    progress("reading 5,000 lines one at a time")
    found.figures["memory_mb"] = memory_growth(lambda image: reader.read([image]), found.samples.images)


def _one_line(peer: TextReading) -> Callable[[GreyImage], list[str]]:
    return lambda image: peer.read([image])


def _plain_images(samples: LineSamples) -> list[GreyImage]:
    """Clean and degraded lines; any, if there are none of them."""
    conditions = samples.groups[CONDITION]
    chosen = [
        image for image, name in zip(samples.images, conditions, strict=True) if name in (CLEAN, DEGRADED)
    ]
    return chosen or samples.images


def weight_figures(weights: Sequence[str]) -> dict[str, float]:
    """Sizes of ONNX files, `fp32_mb` and `int8_mb`, of the first weights that have such a file.

    Args:
        weights: names of shipped models, "" for the default, or files; of a file its name says what it is.

    Raises:
        WeightsError: there is no such model.
    """
    found: dict[str, float] = {}
    for name in weights:
        for kind, num_bytes in _sizes(name).items():
            found.setdefault({"onnx": "fp32_mb", "onnx-int8": "int8_mb"}.get(kind, kind), num_bytes / 1e6)
    return {kind: size for kind, size in found.items() if kind.endswith("_mb")}


def _sizes(weights: str) -> Mapping[str, int]:
    path = Path(weights)
    if not weights or not path.is_file():
        return {kind: file.num_bytes for kind, file in shipped_model(weights, task="line").files.items()}
    if path.suffix != ".onnx":
        return {}
    return {"onnx-int8" if "int8" in path.stem else "onnx": path.stat().st_size}
