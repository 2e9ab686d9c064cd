"""Reads pages by the package rapidocr; run as a program by a Python that has it, which needs no koocr.

`python rapidocr_worker.py RECOGNISER DICTIONARY THREADS` first writes a line that says what reads:
`{"version": …, "detector": …}`. Then it answers each line of its input, a picture's path as JSON, by a line:
`{"lines": [[quad, text], …]}`. `{"error": …}` stands for either where it fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

__all__ = ["answers"]


def answers(requests: Iterable[str], recogniser: str, dictionary: str, num_threads: int) -> Iterator[str]:
    """What it says: of itself, and to each request; all in ASCII, each one line.

    Args:
        requests: paths of pictures, as JSON.
        recogniser: ONNX file, which reads the lines in place of the package's own.
        dictionary: its symbols, one a line.
        num_threads: of each network.
    """
    try:
        engine = _engine(recogniser, dictionary, num_threads)
        detector = engine.cfg.Det
        name = " ".join(
            str(getattr(one, "value", one)) for one in (detector.ocr_version, detector.model_type)
        )
        yield json.dumps({"version": version("rapidocr"), "detector": name})
    except Exception as error:  # whatever it is, koocr says it
        yield json.dumps({"error": _said(error)})
        return
    for request in requests:
        try:
            yield json.dumps({"lines": _lines(engine(json.loads(request)))})
        except Exception as error:
            yield json.dumps({"error": _said(error)})


def _engine(recogniser: str, dictionary: str, num_threads: int) -> Any:
    """The package as it comes, but for who reads the lines, and without what turns them.

    Its classifier of which way up a line is turns Korean ones on their head. On six drawn pages of one to
    three columns, clean and photographed, faces and texts of the training split, the CER of all true lines is
    30 to 46 % with it and 26 to 42 % without, lower on each page.
    """
    from rapidocr import RapidOCR

    threads = "EngineConfig.onnxruntime.{}_op_num_threads"
    params = {
        "Global.use_cls": False,
        "Rec.model_path": recogniser,
        "Rec.rec_keys_path": dictionary,
        threads.format("intra"): num_threads,
        threads.format("inter"): 1,
    }
    return RapidOCR(params=params)


def _lines(read: Any) -> list[tuple[list[list[float]], str]]:
    """Quad and text of each line in the package's order; of a page without text it has None."""
    if read.boxes is None or read.txts is None:
        return []
    quads = [[[float(x), float(y)] for x, y in quad] for quad in read.boxes]
    return [(quad, str(read.txts[row])) for row, quad in enumerate(quads)]


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


if __name__ == "__main__":
    del sys.path[0]  # this folder, whose modules would stand before those of that name elsewhere
    out, sys.stdout = sys.stdout, sys.stderr  # what a package prints is no answer
    for answer in answers(sys.stdin, sys.argv[1], sys.argv[2], int(sys.argv[3])):
        out.write(answer + "\n")
        out.flush()
