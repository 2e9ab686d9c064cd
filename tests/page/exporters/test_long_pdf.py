"""A long PDF becomes searchable in the memory of a short one, and a full disk is noticed."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from koocr.layout import Block, Page, PageLine, Word
from koocr.page.exporters import open_exporter, pdf_layer
from koocr.page.finding import Source
from tests.memory import megabytes_held, needs_statm
from tests.page.made_pages import upright
from tests.page.test_sources import pdf_of, tone


def book_of(num_pages: int) -> Source:
    return Source("책.pdf", pdf_of(*[tone(9, (200, 300))] * num_pages), Path("책"))


def full_page(number: int, num_lines: int = 60) -> Page:
    lines = []
    for row in range(num_lines):
        top = 290 * row / num_lines
        words = tuple(
            Word(f"{number}쪽{row}", 1.0, upright(20 * column, top, 20 * column + 15, top + 3))
            for column in range(10)
        )
        quad = upright(0, top, 200, top + 3)
        lines.append(PageLine(" ".join(word.text for word in words), 1.0, quad, words))
    return Page(number, 200, 300, blocks=(Block(upright(0, 0, 200, 300), tuple(lines)),))


def shown(data: bytes) -> list[str]:
    document = pdfium.PdfDocument(data)
    return [page.get_textpage().get_text_range() for page in document]


def test_a_pdf_that_is_put_aside_is_the_same(monkeypatch, tmp_path):
    source, texts = book_of(7), []
    for pages_in_memory in (100, 2):
        monkeypatch.setattr(pdf_layer, "_PAGES_IN_MEMORY", pages_in_memory)
        stream = io.BytesIO()
        exporter = open_exporter("pdf", stream, "책", folder=tmp_path)
        for number in (1, 2, 3, 5, 6):
            exporter.add(full_page(number, 2), source)
        exporter.skip(7, source)
        exporter.finish()
        texts.append(shown(stream.getvalue()))
    assert texts[0] == texts[1]
    assert [text.partition(" ")[0] for text in texts[1]] == ["1쪽0", "2쪽0", "3쪽0", "5쪽0", "6쪽0", ""]
    assert list(tmp_path.iterdir()) == []


@needs_statm
def test_memory_stays_flat_over_the_pages_that_are_written(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf_layer, "_PAGES_IN_MEMORY", 10)
    source, held = book_of(121), {}
    exporter = open_exporter("pdf", io.BytesIO(), "책", folder=tmp_path)
    for number in range(1, 122):
        exporter.add(full_page(number), source)
        held[number] = megabytes_held() if number in (21, 121) else 0
    exporter.finish()
    assert held[121] < held[21] + 3  # the text of 100 pages would be 10 MB


class FullDisk(io.BytesIO):
    """Has room for a thousand bytes."""

    def write(self, data) -> int:
        if self.tell() + memoryview(data).nbytes > 1000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def test_a_full_disk_is_an_error():
    exporter = open_exporter("pdf", FullDisk(), "책")
    exporter.add(full_page(1), book_of(1))
    with pytest.raises(OSError, match="No space"):
        exporter.finish()


def test_a_full_disk_is_an_error_while_a_pdf_is_put_aside(monkeypatch):
    monkeypatch.setattr(pdf_layer, "_PAGES_IN_MEMORY", 1)
    monkeypatch.setattr(pdf_layer.tempfile, "TemporaryFile", lambda dir: FullDisk())
    exporter, source = open_exporter("pdf", io.BytesIO(), "책"), book_of(2)
    exporter.add(full_page(1), source)
    with pytest.raises(OSError, match="No space"):
        exporter.add(full_page(2), source)
