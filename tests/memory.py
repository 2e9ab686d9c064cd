"""How much memory this process holds, that of C libraries included."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

STATM = Path("/proc/self/statm")
needs_statm = pytest.mark.skipif(not STATM.exists(), reason="only Linux says how much memory is held now")


def megabytes_held() -> float:
    """Resident memory, less what was freed and only waits to be used again."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc
    if trim is not None:
        trim(0)
    return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
