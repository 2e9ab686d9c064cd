"""Several weights on the same images, in the same run: accuracy, speed and size side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from koocr.character.findings import Findings, TestPlan, measure
from koocr.character.report_sections import comparable
from koocr.character.speed import measure_batch, measure_single, measure_startup, speed_images, weight_sizes
from koocr.image import GreyImage
from koocr.weights import shipped_model

if TYPE_CHECKING:
    from koocr.character.reader import KoOCR

__all__ = ["add_others", "add_sizes", "add_speeds"]

_BATCH_THREADS = 2


def add_others(
    findings: Findings,
    others: Mapping[str, KoOCR],
    plan: TestPlan,
    *,
    name: str,
    progress: Callable[[str], None],
) -> None:
    """Measures other weights on the same images, and what int8 costs where one of two formats is that.

    Args:
        findings: what was measured of the weights in question; the results are added to it.
        others: weights, as `KoOCR` takes them → reader.
        plan: the same as before.
        name: the weights in question, as `KoOCR` takes them.
        progress: see `koocr.character.findings.measure`.
    """
    ours = comparable(findings)
    for weights, reader in others.items():
        progress(f"and with {weights}:")
        figures = comparable(measure(reader, replace(plan, tesseract=None), progress=progress))
        findings.others[weights] = figures
        if is_int8(name) != is_int8(weights) and _family(name) == _family(weights):
            sign = 1 if is_int8(name) else -1
            findings.extra["int8_loss"] = sign * float(
                np.mean([figures[test] - ours[test] for test in figures])
            )


def is_int8(weights: str) -> bool:
    """Whether some weights are quantised, by the name of the file that is read with."""
    return "int8" in _file(weights).stem


def _family(weights: str) -> str:
    """The file's name without what says its format, so that both formats of a network have the same."""
    stem = _file(weights).stem
    for ending in ("int8", "fp32", "float32"):
        stem = stem.replace(f"-{ending}", "").replace(f"_{ending}", "").replace(f".{ending}", "")
    return stem


def _file(weights: str) -> Path:
    if weights and Path(weights).is_file():
        return Path(weights)
    model = shipped_model(weights)
    return model.files[model.reads_with].path


def add_speeds(findings: Findings, reader: KoOCR, others: Mapping[str, KoOCR], *, weights: str) -> None:
    """Times reading one by one and in batches, and the start of a process; see `koocr.character.speed`."""
    from koocr.character.reader import KoOCR

    images = speed_images(_images(findings))
    singles = measure_single({"": reader, **others}, images)
    findings.extra["single_ms"] = singles[""]
    for name, other in others.items():
        findings.others.setdefault(name, {})["single_ms"] = singles[name]
        if other.settings.network == "melnyk" and other.settings.image_size == 96:
            once = {key: KoOCR(key or weights or None, second_look=False) for key in ("", name)}
            # A network that is unsure looks more often, but isn't slower.
            ratio = measure_single(once, images)
            findings.extra["reference_ratio"] = ratio[name] / ratio[""]
    in_threads = KoOCR(weights or None, num_threads=_BATCH_THREADS)
    findings.extra["batch_per_second"] = measure_batch(in_threads, images)
    startup = measure_startup(images[0], weights=weights)
    findings.extra["startup"] = startup.seconds
    findings.extra["heavy_packages"] = float(len(startup.heavy))


def _images(findings: Findings) -> Sequence[GreyImage]:
    return [
        image
        for of_test in findings.examples.values()
        for samples in of_test
        for image in samples.images
    ]  # fmt: skip


def add_sizes(findings: Findings, others: Sequence[str], *, weights: str) -> None:
    """Notes the sizes of the weight files, in megabytes (10^6 bytes)."""
    sizes = weight_sizes(weights)
    for key, kinds in (("fp32_mb", ("onnx",)), ("int8_mb", ("onnx-int8",))):
        findings.extra[key] = next((sizes[kind] / 1e6 for kind in kinds if kind in sizes), math.nan)
    findings.extra["mb"] = _file(weights).stat().st_size / 1e6
    for name in others:
        findings.others.setdefault(name, {})["mb"] = _file(name).stat().st_size / 1e6
        key = "int8_mb" if is_int8(name) else "fp32_mb"
        if _family(name) == _family(weights) and math.isnan(findings.extra[key]):
            findings.extra[key] = findings.others[name]["mb"]
