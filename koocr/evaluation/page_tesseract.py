"""Tesseract on the same pages: each model with each way to look for lines, by its program or by tesserocr.

Lines and their places come from its table (TSV), their text from its plain text: with
`preserve_interword_spaces` that holds the spaces of Korean as it reads them, while its table cuts words
anywhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from koocr.charset import normalise
from koocr.errors import KoocrError
from koocr.evaluation.line_tesseract import has_package, model_folder, program_output
from koocr.evaluation.page_lines import PlacedText
from koocr.image import GreyImage

__all__ = ["MODELS", "PSMS", "TesseractPages", "TesseractProgramPages", "find_page_tesseracts", "lines_of"]

MODELS = ("Hangul", "kor")
PSMS = (3, 6)
"""3 looks for columns, 6 takes a page as one block."""

_PLACES = ("", "script/")  # where packages put the models of scripts
_LINE, _WORD = "4", "5"  # levels of the table


class TesseractPages:
    """A model of Tesseract in this process, by the package tesserocr.

    Args:
        model: such as `kor`.
        psm: page segmentation mode.
        folder: with the models.

    Raises:
        KoocrError: the model can't be loaded.
    """

    is_inside = True

    def __init__(self, model: str, psm: int, folder: str) -> None:
        import tesserocr

        version = tesserocr.tesseract_version().split()[1]
        self.name = _name(version, model, psm)
        try:
            self._api: Any = tesserocr.PyTessBaseAPI(path=folder, lang=model, psm=psm, oem=1)
        except RuntimeError as error:
            raise KoocrError(f"Tesseract can't load {model!r} from {folder} ({error})") from error
        self._api.SetVariable("preserve_interword_spaces", "1")

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """The lines of a page, in the order in which Tesseract reads."""
        self._api.SetImage(Image.fromarray(image))
        if dpi is not None:
            self._api.SetSourceResolution(round(dpi))
        text = self._api.GetUTF8Text()
        return lines_of(self._api.GetTSVText(0), text)


@dataclass(frozen=True)
class TesseractProgramPages:
    """A model of Tesseract, by its program, a process for each page.

    Attributes:
        program: path of the binary.
        model: as `-l` takes it.
        psm: page segmentation mode.
        version: of Tesseract.
        num_threads: that it may use.
    """

    program: str
    model: str
    psm: int
    version: str
    num_threads: int = 1

    is_inside = False

    @property
    def name(self) -> str:
        """With version, model and mode."""
        return _name(self.version, self.model, self.psm)

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """See `TesseractPages.read`.

        Raises:
            KoocrError: Tesseract failed.
        """
        with tempfile.TemporaryDirectory() as folder:
            known: dict[str, Any] = {} if dpi is None else {"dpi": (dpi, dpi)}
            Image.fromarray(image).save(Path(folder, "page.png"), compress_level=1, **known)
            self.run(Path(folder, "page.png"))
            table, text = (Path(folder, f"page{suffix}").read_text("utf-8") for suffix in (".tsv", ".txt"))
        return lines_of(table, text)

    def run(self, file: Path) -> None:
        """Reads a picture's file and writes what it says beside it, as .txt and .tsv.

        Raises:
            KoocrError: Tesseract failed.
        """
        command = [self.program, file.name, file.stem, "-l", self.model, "--psm", str(self.psm), "--oem", "1"]
        for variable in ("preserve_interword_spaces", "tessedit_create_txt", "tessedit_create_tsv"):
            command += ["-c", f"{variable}=1"]
        environment = {**os.environ, "OMP_THREAD_LIMIT": str(self.num_threads)}
        done = subprocess.run(command, cwd=file.parent, env=environment, capture_output=True, check=False)
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise KoocrError(f"tesseract failed ({last}); leave it out with --tesseract=false")


def find_page_tesseracts(
    models: Sequence[str] = MODELS, psms: Sequence[int] = PSMS, *, num_threads: int = 1
) -> list[TesseractPages | TesseractProgramPages]:
    """Each model that is installed, in each mode; none without Tesseract.

    The program is used where it is installed: that is what people run. Else the package is.

    Args:
        models: that are looked for.
        psms: page segmentation modes.
        num_threads: that a program may use; a package takes what `OMP_THREAD_LIMIT` says.
    """
    program = shutil.which("tesseract")
    if program is not None:
        try:
            listed = program_output(program, "--list-langs").split()
            version = program_output(program, "--version").split()[1].removeprefix("v")
        except (OSError, subprocess.SubprocessError, IndexError):
            listed, version = [], ""
        known = [place + model for model in models for place in _PLACES if place + model in listed]
        if known:
            return [
                TesseractProgramPages(program, model, psm, version, num_threads)
                for model in known
                for psm in psms
            ]
    folder = model_folder()
    if folder is None or not has_package():
        return []
    os.environ.setdefault("OMP_THREAD_LIMIT", str(num_threads))  # read when the library is loaded
    found = [
        place + model
        for model in models
        for place in _PLACES
        if Path(folder, f"{place}{model}.traineddata").exists()
    ]
    return [TesseractPages(model, psm, folder) for model in found for psm in psms]


def lines_of(table: str, text: str) -> list[PlacedText]:
    """Puts the lines of Tesseract's table and those of its text together.

    Args:
        table: TSV: level, page, block, paragraph, line, word, left, top, width, height, confidence, text;
            with or without a header.
        text: the plain text of the same page.

    Returns:
        Quad and text of each line in which there is something to read. Where both don't agree on a line, its
        words in the table are taken, with spaces between.
    """
    spaced = [normalise(line) for line in text.replace("\f", "\n").split("\n")]
    waiting = [line for line in spaced if line]
    found: list[PlacedText] = []
    for quad, words in _table_lines(table):
        solid = "".join(words).replace(" ", "")
        places = [place for place, line in enumerate(waiting) if line.replace(" ", "") == solid]
        said = normalise(" ".join(words))
        if places:  # what stands before it is in no line of the table
            said = waiting[places[0]]
            del waiting[: places[0] + 1]
        if said:
            found.append((quad, said))
    return found


def _table_lines(table: str) -> list[tuple[np.ndarray[Any, np.dtype[np.float32]], list[str]]]:
    """Quad and words of each line of the table."""
    lines: list[tuple[np.ndarray[Any, np.dtype[np.float32]], list[str]]] = []
    for row in table.splitlines():
        cells = row.split("\t")
        if cells[0] == _LINE:
            left, top, width, height = map(float, cells[6:10])
            right, bottom = left + width, top + height
            quad = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
            lines.append((quad, []))
        elif cells[0] == _WORD and len(cells) > 11 and lines and (word := normalise(cells[11])):
            lines[-1][1].append(word)
    return lines


def _name(version: str, model: str, psm: int) -> str:
    return f"Tesseract {version}, {model.removeprefix('script/')}, psm {psm}"
