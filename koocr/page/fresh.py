"""Reads one page in a new process: as the program `koocr read`, or to say how much memory it took."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from koocr.errors import KoocrError

__all__ = ["FreshRun", "read_in_fresh_process", "run_program"]

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class FreshRun:
    """What reading a page in a new process took.

    Attributes:
        seconds: from the start of the process to its end: imports and models included.
        peak_mb: the most memory that it held, in 10^6 bytes; NaN where the system doesn't say.
        num_lines: that it read.
    """

    seconds: float
    peak_mb: float
    num_lines: int


def run_program(file: Path, *, detector: str = "", lines: str = "", num_threads: int = 1) -> str:
    """Reads a page as `koocr read` does when it is called, and returns what it prints.

    Args:
        file: a picture.
        detector: weights, a name or a path; "" for the default model.
        lines: likewise.
        num_threads: of the reader.

    Raises:
        KoocrError: the program failed.
    """
    command = [sys.executable, "-m", "koocr", "read", str(file), "--threads", str(num_threads)]
    command += [f"--detector={detector}"] * bool(detector) + [f"--weights={lines}"] * bool(lines)
    return _run(command).stdout


def read_in_fresh_process(
    file: Path, *, detector: str = "", lines: str = "", num_threads: int = 1
) -> FreshRun:
    """Reads a page in a new process.

    Args:
        file: a picture.
        detector: weights, a name or a path; "" for the default model.
        lines: likewise.
        num_threads: of the reader.

    Raises:
        KoocrError: the process failed.
    """
    command = [sys.executable, "-m", "koocr.page.fresh", str(file), detector, lines, str(num_threads)]
    start = time.perf_counter()
    done = _run(command)
    seconds = time.perf_counter() - start
    said = json.loads(done.stdout.strip().rpartition("\n")[2])
    peak = said["peak_bytes"]
    return FreshRun(seconds, math.nan if peak is None else peak / 1e6, said["num_lines"])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise KoocrError(f"reading in a process of its own failed ({last}); leave it out with --speed=false")
    return done


def _read(file: str, detector: str, lines: str, num_threads: str) -> dict[str, int | None]:
    from koocr.page.reader import PageReader

    reader = PageReader(detector or None, lines or None, num_threads=int(num_threads))
    page = reader.read(file)
    return {"num_lines": len(page.lines), "peak_bytes": _peak_bytes()}


def _peak_bytes() -> int | None:
    """The most memory that this process held.

    On Linux `ru_maxrss` may be that of the process which started this one: the kernel keeps it when a new
    program is loaded. VmHWM begins anew then.
    """
    if _STATUS.exists():
        fields = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line)
        if "VmHWM" in fields:
            return 1024 * int(fields["VmHWM"].split()[0])
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else 1024 * int(peak)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_read(*sys.argv[1:])) + "\n")
