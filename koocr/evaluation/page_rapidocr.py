"""The package rapidocr itself on the same pages, with its detector and a Korean recogniser.

It runs in a process of its own, by any Python that has it: its dependencies need not fit koocr's.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from koocr.charset import normalise
from koocr.errors import KoocrError
from koocr.evaluation import rapidocr_worker
from koocr.evaluation.paddle import PaddleLines, recogniser_files
from koocr.evaluation.page_lines import PlacedText
from koocr.image import GreyImage

__all__ = ["RapidOcrPages"]

_REMEDY = "give --rapidocr a Python with the package rapidocr 3, or leave it out"


class RapidOcrPages:
    """RapidOCR with PP-OCRv3 for Korean, since its own recogniser reads no Hangul.

    It is best without its classifier of which way up lines are, see `rapidocr_worker`, and so it is run.

    Args:
        python: program of the Python that has the package.
        recogniser: folder, see `koocr.evaluation.paddle.PaddleLines`.
        num_threads: of its networks.

    Raises:
        WeightsMissingError: the recogniser or its dictionary is not in the folder.
        KoocrError: the package is not there, or failed.
    """

    is_inside = False

    def __init__(self, python: str | Path, recogniser: str | Path, *, num_threads: int = 1) -> None:
        files = [str(file.resolve()) for file in recogniser_files(recogniser)]
        # -E: what koocr's Python was told of packages is not for another one.
        command = [str(python), "-E", rapidocr_worker.__file__, *files, str(num_threads)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            raise KoocrError(f"{str(python)!r} can't be run ({error.strerror}); {_REMEDY}") from error
        self.close = weakref.finalize(self, _end, self._process)
        """Ends the process."""
        about = self._answer()
        self.name = f"RapidOCR {about['version']}, {about['detector']}, {PaddleLines.name}"

    def read(self, image: GreyImage, dpi: float | None = None) -> list[PlacedText]:
        """The lines of a page, in RapidOCR's order.

        Raises:
            KoocrError: it failed.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "page.png")
            Image.fromarray(image).save(file, compress_level=1)
            lines = self._answer(str(file))["lines"]
        return [(np.array(quad, np.float32), said) for quad, text in lines if (said := normalise(text))]

    def _answer(self, request: str | None = None) -> dict[str, Any]:
        """The process's next line, to a request if there is one."""
        line = ""
        try:
            if self._process.stdin is not None and request is not None:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            if self._process.stdout is not None:
                line = self._process.stdout.readline()
        except BrokenPipeError:  # it ended, which no answer says, too
            pass
        answer: dict[str, Any] = json.loads(line) if line else {"error": "it ended without an answer"}
        if "error" in answer:
            self.close()
            raise KoocrError(f"RapidOCR failed ({answer['error']}); {_REMEDY}")
        return answer


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
