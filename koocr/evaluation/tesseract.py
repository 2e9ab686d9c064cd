"""Tesseract on the same images, as something to compare with; used when it is installed, never needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from koocr.errors import KoocrError
from koocr.hangul import nfc
from koocr.image import GreyImage

__all__ = ["NOT_INSTALLED", "Tesseract", "find_tesseract"]

NOT_INSTALLED = (
    "Tesseract was left out: no tesseract with a Korean model is installed "
    "(Debian: apt-get install tesseract-ocr tesseract-ocr-script-hang)."
)

LANGUAGES = ("Hangul", "script/Hangul", "kor")
"""The models that are used, the best first."""

_BORDER_PX = 16
"""White around each image: Tesseract misses letters that touch the edge."""


@dataclass(frozen=True)
class Tesseract:
    """An installed Tesseract.

    Attributes:
        program: path of the binary.
        language: the model, as `-l` takes it.
        version: as it prints it, such as `5.3.0`.
    """

    program: str
    language: str
    version: str

    def read(self, images: Sequence[GreyImage]) -> list[str]:
        """Reads single characters (page segmentation mode 10) in one process and one thread.

        Args:
            images: grey images of one character each, dark on light.

        Returns:
            What it read of each, stripped, NFC; often "", sometimes more than one character.

        Raises:
            KoocrError: Tesseract failed.
        """
        if not images:
            return []
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{number}.png" for number in range(len(images))]
            for name, image in zip(names, images, strict=True):
                Image.fromarray(np.pad(image, _BORDER_PX, constant_values=255)).save(Path(folder, name))
            Path(folder, "list.txt").write_text("\n".join(names) + "\n")
            pages = self._run(folder).split("\f")
        if len(pages) < len(images):
            raise KoocrError("tesseract gave up on some images; leave it out with --tesseract=false")
        return [nfc(page.strip()) for page in pages[: len(images)]]

    def _run(self, folder: str) -> str:
        command = [self.program, "list.txt", "stdout", "-l", self.language, "--psm", "10"]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "OMP_THREAD_LIMIT": "1"}, capture_output=True, check=False
        )
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise KoocrError(f"tesseract failed ({last}); leave it out with --tesseract=false")
        return done.stdout.decode(errors="replace")


def find_tesseract() -> Tesseract | None:
    """Finds an installed Tesseract that knows Hangul; None if there is none."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        languages = _output(program, "--list-langs").split()
        version = _output(program, "--version").split()[1]
    except (OSError, subprocess.SubprocessError, IndexError):
        return None
    language = next((name for name in LANGUAGES if name in languages), None)
    return None if language is None else Tesseract(program, language, version.removeprefix("v"))


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout or done.stderr
