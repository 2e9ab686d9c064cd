"""Tesseract on the same lines, through the package tesserocr or the program, in one thread."""

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
from koocr.image import GreyImage

__all__ = [
    "LINE_MODELS",
    "TesseractLines",
    "TesseractProgram",
    "find_line_tesseracts",
    "has_package",
    "model_folder",
    "program_output",
]

LINE_MODELS = ("kor", "Hangul")
"""The models that are compared with."""

_PSM = "7"  # one line of text; 13, which doesn't look for it, reads worse
_BORDER_PX = 10  # around each line: Tesseract misses letters that touch the edge
_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


class TesseractLines:
    """A model of Tesseract in this process, by the package tesserocr.

    Args:
        model: `kor`, `Hangul` or another that is in `folder`.
        folder: with the models.

    Raises:
        KoocrError: the model can't be loaded.
    """

    is_inside = True
    """Whether single lines can be timed: no process is started for each."""

    def __init__(self, model: str, folder: str) -> None:
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # read when the library is loaded
        import tesserocr

        version = tesserocr.tesseract_version().split()[1]
        self.name = f"Tesseract {version}, {model}"
        try:
            self._api: Any = tesserocr.PyTessBaseAPI(path=folder, lang=model, psm=int(_PSM), oem=1)
        except RuntimeError as error:
            raise KoocrError(f"Tesseract can't load {model!r} from {folder} ({error})") from error
        self._api.SetVariable("preserve_interword_spaces", "1")

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """Reads lines, one after the other."""
        return [self._read(image) for image in images]

    def _read(self, image: GreyImage) -> str:
        self._api.SetImage(Image.fromarray(_bordered(image)))
        return normalise(self._api.GetUTF8Text())


@dataclass(frozen=True)
class TesseractProgram:
    """A model of Tesseract, by its program: all lines in one process.

    Attributes:
        program: path of the binary.
        model: as `-l` takes it.
        name: with the version.
    """

    program: str
    model: str
    name: str

    is_inside = False

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """Reads lines in one process and one thread.

        Raises:
            KoocrError: Tesseract failed.
        """
        if not images:
            return []
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{number}.png" for number in range(len(images))]
            for name, image in zip(names, images, strict=True):
                Image.fromarray(_bordered(image)).save(Path(folder, name), compress_level=1)
            Path(folder, "list.txt").write_text("\n".join(names) + "\n")
            pages = self._run(folder).split("\f")
        if len(pages) < len(images):
            raise KoocrError("tesseract gave up on some lines; leave it out with --tesseract=false")
        return [normalise(page) for page in pages[: len(images)]]

    def _run(self, folder: str) -> str:
        command = [self.program, "list.txt", "stdout", "-l", self.model, "--psm", _PSM, "--oem", "1"]
        command += ["-c", "preserve_interword_spaces=1"]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "OMP_THREAD_LIMIT": "1"}, capture_output=True, check=False
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise KoocrError(f"tesseract failed ({last}); leave it out with --tesseract=false")
        return done.stdout.decode(errors="replace")


def find_line_tesseracts(models: Sequence[str] = LINE_MODELS) -> list[TesseractLines | TesseractProgram]:
    """The models that are installed, in the order that they are asked for; none without Tesseract.

    The package is used where it is installed, since it can be timed line by line, else the program.
    """
    folder = model_folder()
    if folder is not None and has_package():
        found = [model for model in models if Path(folder, f"{model}.traineddata").exists()]
        return [TesseractLines(model, folder) for model in found]
    program = shutil.which("tesseract")
    if program is None:
        return []
    try:
        listed = program_output(program, "--list-langs").split()
        version = program_output(program, "--version").split()[1].removeprefix("v")
    except (OSError, subprocess.SubprocessError, IndexError):
        return []
    return [
        TesseractProgram(program, model, f"Tesseract {version}, {model}")
        for model in models
        if model in listed
    ]


def has_package() -> bool:
    """Whether tesserocr is installed."""
    try:
        import tesserocr  # noqa: F401
    except ImportError:
        return False
    return True


def model_folder() -> str | None:
    """Where the models lie: `TESSDATA_PREFIX`, or where packages put them."""
    folders = (os.environ.get("TESSDATA_PREFIX", ""), *_FOLDERS)
    return next((folder for folder in folders if folder and list(Path(folder).glob("*.traineddata"))), None)


def _bordered(image: GreyImage) -> GreyImage:
    return np.pad(image, _BORDER_PX, mode="edge")


def program_output(*command: str) -> str:
    """What a program prints within half a minute; raises as `subprocess.run` does."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout or done.stderr
