"""How fast an A4 page is read, beside Tesseract in the same run, and how much memory a fine one takes."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from koocr.errors import KoocrError
from koocr.evaluation.page_tesseract import TesseractPages, TesseractProgramPages
from koocr.image import GreyImage, load_image
from koocr.page.evaluation import PageFindings
from koocr.page.fresh import read_in_fresh_process, run_program

__all__ = ["NUM_THREADS", "a4", "add_speeds", "time_in_turns"]

NUM_THREADS = 2
_A4_INCHES = (210 / 25.4, 297 / 25.4)
_TIMED_DPI, _FINE_DPI = 150, 300
_ROUNDS = 7
_WARM, _FRESH = "koocr", "koocr read, the program"


def add_speeds(
    found: PageFindings,
    image: GreyImage,
    read_file: Callable[[str], object],
    tesseracts: Sequence[TesseractPages | TesseractProgramPages],
    *,
    detector: str = "",
    lines: str = "",
    progress: Callable[[str], None] = lambda line: None,
) -> None:
    """Times reading an A4 page from its file on, and measures the memory that one at 300 dpi takes.

    Like is compared with like: Tesseract's program, which starts and loads its model for every page, with
    ours, `koocr read`; the package, which is loaded once, with a reader that is.

    Args:
        found: `seconds`, and the figures `times_faster` and `memory_mb`, are added to it.
        image: a page of any size; it is scaled to A4.
        read_file: reads a file, with `NUM_THREADS` threads.
        tesseracts: of them, those of psm 3 are timed.
        detector: weights, as `read_in_fresh_process` takes them.
        lines: likewise.
        progress: is told what goes on.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = _save(a4(image, _TIMED_DPI), Path(folder, "page.png"), _TIMED_DPI)
        progress("timing an A4 page at 150 dpi")
        readers: dict[str, Callable[[], object]] = {
            _WARM: lambda: read_file(str(file)),
            _FRESH: lambda: run_program(file, detector=detector, lines=lines, num_threads=NUM_THREADS),
        }
        timed = [one for one in tesseracts if one.name.endswith("psm 3") and one.name in found.counts]
        readers |= {one.name: _whole(one, file) for one in timed}
        try:
            found.seconds |= time_in_turns(readers)
            progress("an A4 page at 300 dpi in a process of its own")
            fine = _save(a4(image, _FINE_DPI), Path(folder, "fine.png"), _FINE_DPI)
            run = read_in_fresh_process(fine, detector=detector, lines=lines, num_threads=NUM_THREADS)
            found.figures["memory_mb"] = run.peak_mb
        except KoocrError as error:
            found.notes.append(f"Speed and memory were left out: {error}.")
            return
    ours = {one.name: found.seconds[_WARM if one.is_inside else _FRESH] for one in timed}
    ratios = [found.seconds[name] / seconds for name, seconds in ours.items()]
    found.figures["times_faster"] = min(ratios, default=math.nan)


def time_in_turns(readers: Mapping[str, Callable[[], object]], *, rounds: int = _ROUNDS) -> dict[str, float]:
    """Name → seconds of the fastest call, after one that doesn't count.

    They take turns, so that what else the machine does slows all of them.
    """
    seconds = dict.fromkeys(readers, math.inf)
    for number in range(1 + rounds):
        for name, read in readers.items():
            start = time.perf_counter()
            read()
            spent = time.perf_counter() - start
            if number:
                seconds[name] = min(seconds[name], spent)
    return seconds


def a4(image: GreyImage, dpi: int) -> GreyImage:
    """The page scaled into a sheet of A4, upright or lying as it is, with white around what is left."""
    height, width = image.shape
    short, long = (round(inches * dpi) for inches in _A4_INCHES)
    sheet_width, sheet_height = (short, long) if height >= width else (long, short)
    scale = min(sheet_width / width, sheet_height / height)
    size = min(sheet_width, round(width * scale)), min(sheet_height, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sheet = np.full((sheet_height, sheet_width), 255, np.uint8)
    sheet[: size[1], : size[0]] = cv2.resize(image, size, interpolation=way)
    return sheet


def _save(image: GreyImage, file: Path, dpi: int) -> Path:
    Image.fromarray(image).save(file, dpi=(dpi, dpi))
    return file


def _whole(tesseract: Any, file: Path) -> Callable[[], object]:
    if isinstance(tesseract, TesseractProgramPages):
        return lambda: tesseract.run(file)
    return lambda: tesseract.read(load_image(file), _TIMED_DPI)
