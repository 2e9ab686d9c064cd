"""`koocr read` in several processes, interrupted, and over many pages."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from koocr.cli.read_jobs import Job, PageWork, read_jobs
from koocr.errors import InputError
from koocr.layout import Page
from koocr.page.finding import Source
from koocr.page.sources import SourceSettings
from tests.cli.read.runs import all_files, main
from tests.page.made_pages import FakeReader
from tests.page.test_sources import tiff_of, tone


def test_several_processes_write_the_same(scans, tmp_path):
    (scans / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for jobs in (1, 2):
        assert main(scans, "-o", tmp_path / str(jobs), "--dpi=72", "--jobs", jobs, "--format=txt,tsv") == 2
    one, two = (tmp_path / str(jobs) for jobs in (1, 2))
    assert all_files(one) == all_files(two) and len(all_files(one)) == 6
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in all_files(one))


class Dying(FakeReader):
    """A reader that takes its process with it."""

    def read(self, image: np.ndarray) -> Page:
        if image.shape[1] == 42:
            os._exit(9)
        return super().read(image)


def test_a_page_that_ends_its_process_is_one_failure(tmp_path):
    sources = [Source(f"{n}.png", np.full((20, 40 + n), 9, np.uint8), Path(f"{n}")) for n in range(7)]
    jobs = [Job(source, 1, index) for index, source in enumerate(sources)]
    results = list(read_jobs(jobs, PageWork(Dying, SourceSettings()), num_processes=2))
    assert [job.index for job, _ in results] == list(range(7))
    widths = [None if isinstance(outcome, InputError) else outcome.width for _, outcome in results]
    assert widths == [40, 41, None, 43, 44, 45, 46]
    assert "ended the process that read it" in str(results[2][1])


_INTERRUPTED = """
import sys, time, functools
from koocr.cli import read
from tests.cli.read.test_read_jobs import Slow
read.make_reader = lambda args: Slow
from koocr.cli import COMMANDS, main
import koocr.cli
koocr.cli.COMMANDS = (*COMMANDS, "read")
sys.exit(main(["read", *sys.argv[1:]]))
"""


class Slow(FakeReader):
    """Takes its time from the third page on."""

    count = 0

    def read(self, image: np.ndarray) -> Page:
        Slow.count += 1
        if image.shape[1] >= 42:
            time.sleep(60)
        return super().read(image)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_leaves_whole_files_only(jobs, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(2):
        tone(9, (40 + number, 30)).save(tmp_path / "in" / f"{number}.png")
    (tmp_path / "in" / "9.tif").write_bytes(tiff_of(*(tone(9, (40 + n, 30)) for n in range(4))))
    command = [
        sys.executable,
        "-c",
        _INTERRUPTED,
        tmp_path / "in",
        "-o",
        tmp_path / "out",
        f"--jobs={jobs}",
        "--format=txt,pdf",
    ]
    run = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[3],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
    )
    wait_for(lambda: (tmp_path / "out" / "1.pdf").exists())
    time.sleep(0.5)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: every process of the group
    _, told = run.communicate(timeout=120)
    assert run.returncode == 130, told
    assert told.strip() == "koocr: interrupted"
    assert all_files(tmp_path / "out") == ["0.pdf", "0.txt", "1.pdf", "1.txt"]


def wait_for(is_there, seconds=240):
    stop = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < stop
        time.sleep(0.05)


def test_memory_stays_flat(tmp_path):
    """A page that is read and written is kept by nobody."""
    import tracemalloc

    sources = [Source(f"{n}.png", np.full((20, 40), 9, np.uint8), Path(f"{n}")) for n in range(400)]
    jobs = (Job(source, 1, index) for index, source in enumerate(sources))
    work = PageWork(functools.partial(Bulky), SourceSettings())
    tracemalloc.start()
    sizes = [tracemalloc.get_traced_memory()[0] for _ in read_jobs(jobs, work, num_processes=1)]
    tracemalloc.stop()
    assert max(sizes[-10:]) < max(sizes[:10]) + 2e6


class Bulky(FakeReader):
    """Gives results of a megabyte each."""

    def read(self, image: np.ndarray) -> Page:
        page = super().read(image)
        return Page(1, page.width, page.height, blocks=page.blocks * 100_000)


def test_processes_that_write_large_results_end_at_once():
    """Nobody waits for the rest of a result whose writer was ended."""
    sources = [Source(f"{n}.png", np.full((20, 40), 9, np.uint8), Path(f"{n}")) for n in range(40)]
    jobs = (Job(source, 1, index) for index, source in enumerate(sources))
    num_threads = threading.active_count()
    results = read_jobs(jobs, PageWork(functools.partial(Bulky), SourceSettings()), num_processes=2)
    next(results)
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 4
    assert not multiprocessing.active_children() and threading.active_count() <= num_threads


class SlowFirst(FakeReader):
    """Takes long over the first page."""

    def read(self, image: np.ndarray) -> Page:
        time.sleep(4.0 if image.shape[1] == 40 else 0.4)
        return super().read(image)


def test_others_go_on_while_one_page_is_slow():
    """So that the second process has read what it may before the first page is done."""
    sources = [Source(f"{n}.png", np.full((20, 40 + n), 9, np.uint8), Path(f"{n}")) for n in range(6)]
    jobs = [Job(source, 1, index) for index, source in enumerate(sources)]
    results = read_jobs(jobs, PageWork(SlowFirst, SourceSettings()), num_processes=2)
    assert next(results)[0].index == 0
    begun = time.monotonic()
    assert [job.index for job, _ in results] == [1, 2, 3, 4, 5]
    assert time.monotonic() - begun < 0.6  # of 0.8, if the second process had waited
