"""A reader that is there at once, and a folder to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from koocr.cli import read
from koocr.hangul import nfd
from tests.page.made_pages import FakeReader
from tests.page.test_sources import pdf_of, tone


@pytest.fixture(autouse=True)
def fake_reader(monkeypatch):
    monkeypatch.setattr(read, "make_reader", lambda args: FakeReader)


@pytest.fixture
def scans(tmp_path) -> Path:
    folder = tmp_path / "스캔"
    (folder / "b").mkdir(parents=True)
    tone(200, (101, 50)).save(folder / "2.png")
    tone(200, (102, 50)).save(folder / "10.png")
    (folder / "b" / f"{nfd('책')} 😀.pdf").write_bytes(pdf_of(*(tone(9, (50 + n, 72)) for n in range(3))))
    return folder
