"""Pages of a long PDF take no more memory than those of a short one."""

from __future__ import annotations

import io

import numpy as np

from koocr.page.exporters.pdf_file import PdfFile
from koocr.page.pdf import PdfPages
from tests.memory import megabytes_held, needs_statm

SIDE = 300


def scans(num_pages: int) -> bytes:
    """A PDF whose pages are noise of 90 kB each, the first pixel of each its number modulo 256."""
    stream, rng = io.BytesIO(), np.random.default_rng(0)
    file = PdfFile(stream)
    tree, pages = file.reserve(), []
    for number in range(num_pages):
        pixels = rng.integers(0, 256, (SIDE, SIDE), np.uint8)
        pixels[:100, :100] = number % 256
        picture = file.add(
            f"/Type /XObject /Subtype /Image /Width {SIDE} /Height {SIDE} /ColorSpace /DeviceGray "
            "/BitsPerComponent 8",
            pixels.tobytes(),
        )
        content = file.add("", f"q {SIDE} 0 0 {SIDE} 0 0 cm /Im Do Q".encode())
        pages.append(
            file.add(
                f"/Type /Page /Parent {tree} 0 R /Contents {content} 0 R /MediaBox [0 0 {SIDE} {SIDE}] "
                f"/Resources << /XObject << /Im {picture} 0 R >> >>"
            )
        )
    kids = " ".join(f"{key} 0 R" for key in pages)
    file.add(f"/Type /Pages /Kids [{kids}] /Count {num_pages}", at=tree)
    file.finish(file.add(f"/Type /Catalog /Pages {tree} 0 R"))
    return stream.getvalue()


@needs_statm
def test_memory_stays_flat_over_the_pages_that_are_drawn(tmp_path):
    (tmp_path / "a.pdf").write_bytes(scans(300))
    document, held = PdfPages(tmp_path / "a.pdf", "a.pdf", dpi=72), []
    for number in range(1, 301):
        image, _ = document.picture(number)
        assert image[50, 50] == (number - 1) % 256
        held.append(megabytes_held())
    document.close()
    assert max(held[-50:]) < max(held[:50]) + 8  # the pictures of 250 pages would be 22 MB
